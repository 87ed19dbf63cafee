//! Asking a built library what it is, in a process of its own.
//!
//! Loading a library runs its code. A broken one may crash or hang, so a child does the asking and
//! this program only reads its answer.

use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::common::error::Error;
use crate::common::run::ending;

/// The hidden subcommand that the child runs.
pub(crate) const SUBCOMMAND: &str = "__describe";

/// This package's program.
pub(crate) const PROGRAM: &str = "cargo-lmms";

/// Whether this process is [`PROGRAM`], whatever its file is called.
static IS_PROGRAM: AtomicBool = AtomicBool::new(false);

/// How long a library may take to load and answer; a healthy one needs a millisecond.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a library says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The module's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The toolchain it was built with.
    pub toolchain: String,
    /// Why it can't be unloaded safely, as far as it knows itself.
    pub unload_unsafe: Option<String>,
    /// Whether its calls run on a thread of its own.
    pub dedicated_thread: bool,
    /// Its operations, sorted by interface and name.
    pub operations: Vec<DescribedOperation>,
}

/// One operation, as its library describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribedOperation {
    /// The interface.
    pub interface: String,
    /// The name.
    pub name: String,
    /// Fingerprint of the signature, 16 hex digits.
    pub fingerprint: String,
    /// The signature in words.
    pub signature: String,
}

/// Loads the library of `module` at `path` into this process and asks it. Only for the child.
///
/// # Errors
/// What the loader says.
pub(crate) fn describe_here(module: &str, path: &Path) -> Result<Description, String> {
    // SAFETY: the caller names a library that was built here.
    let found =
        unsafe { lmms::loader::describe(module, path) }.map_err(|error| error.to_string())?;
    Ok(Description {
        name: found.module,
        version: found.version,
        toolchain: found.toolchain,
        unload_unsafe: found.unload_unsafe,
        dedicated_thread: found.dedicated_thread,
        operations: found
            .operations
            .into_iter()
            .map(|operation| DescribedOperation {
                interface: operation.interface,
                name: operation.name,
                fingerprint: format!("{:016x}", operation.fingerprint),
                signature: operation.signature,
            })
            .collect(),
    })
}

/// Asks the library of `module` at `path`, in a child.
///
/// # Errors
/// [`Error::Describe`] when it can't be loaded, crashes, hangs or is no module; [`Error::Start`]
/// when there is no child.
pub fn describe(module: &str, path: &Path) -> Result<Description, Error> {
    let program = describer()?;
    describe_with(
        Command::new(program).args([SUBCOMMAND, module]),
        module,
        path,
        PATIENCE,
    )
}

fn describe_with(
    command: &mut Command,
    module: &str,
    path: &Path,
    patience: Duration,
) -> Result<Description, Error> {
    let problem = |problem: String| Error::Describe {
        module: module.to_owned(),
        path: path.to_owned(),
        problem,
        advice: Vec::new(),
    };
    let child = command
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| Error::Start {
            command: command.get_program().to_string_lossy().into_owned(),
            source,
        })?;
    let Some(answer) = wait(child, patience).map_err(|error| problem(error.to_string()))? else {
        return Err(problem(format!(
            "it did not answer within {} s of loading: look for an initialiser (a `static` with a \
             constructor) that waits",
            patience.as_secs()
        )));
    };
    if !answer.status.success() {
        let said = answer.stderr.trim();
        return Err(problem(match (ending(answer.status), said) {
            (ending, "") => format!("loading it ended with {ending}"),
            (ending, said) if answer.status.code().is_none() => {
                format!("loading it ended with {ending}: {said}")
            }
            (_, said) => said.trim_start_matches("error: ").to_owned(),
        }));
    }
    serde_json::from_str(&answer.stdout)
        .map_err(|error| problem(format!("its description is malformed: {error}")))
}

struct Answer {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

/// Reads all that the child says; `None` if it took too long and was ended.
fn wait(mut child: Child, patience: Duration) -> std::io::Result<Option<Answer>> {
    let (done, reports) = mpsc::channel();
    let readers = [
        child.stdout.take().map(|pipe| reader(pipe, done.clone())),
        child.stderr.take().map(|pipe| reader(pipe, done)),
    ];
    // Both pipes end when the child does.
    for _ in readers.iter().flatten() {
        if reports.recv_timeout(patience).is_err() {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
    }
    let status = child.wait()?;
    let [stdout, stderr] = readers.map(|reader| {
        reader
            .and_then(|reader| reader.join().ok())
            .unwrap_or_default()
    });
    Ok(Some(Answer {
        status,
        stdout,
        stderr,
    }))
}

fn reader(
    mut pipe: impl Read + Send + 'static,
    done: mpsc::Sender<()>,
) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What could be read is still the best there is to show.
        let _ = pipe.read_to_end(&mut bytes);
        let _ = done.send(());
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Says that this process has the hidden subcommand.
pub(crate) fn this_is_the_program() {
    IS_PROGRAM.store(true, Ordering::Relaxed);
}

/// The program that has the hidden subcommand: this one, or, in a test, the one built for it.
fn describer() -> Result<PathBuf, Error> {
    static FOUND: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = &*found {
        return Ok(program.clone());
    }
    let program = match env::current_exe() {
        Ok(program) if IS_PROGRAM.load(Ordering::Relaxed) => program,
        _ => match env::var_os("CARGO_BIN_EXE_cargo-lmms") {
            Some(program) => program.into(),
            None => build_describer()?,
        },
    };
    *found = Some(program.clone());
    Ok(program)
}

/// Builds this package's program, for callers that only link its library.
fn build_describer() -> Result<PathBuf, Error> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    command
        .args([
            "build",
            "--quiet",
            "--bin",
            PROGRAM,
            "--message-format",
            "json",
        ])
        .arg("--manifest-path")
        .arg(&manifest)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    let words = format!("cargo build --bin {PROGRAM}");
    let output = command.output().map_err(|source| Error::Start {
        command: words.clone(),
        source,
    })?;
    if !output.status.success() {
        return Err(Error::Build {
            crates: vec!["xtask".to_owned()],
            advice: Vec::new(),
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    cargo_metadata::Message::parse_stream(&*output.stdout)
        .filter_map(Result::ok)
        .find_map(|message| match message {
            cargo_metadata::Message::CompilerArtifact(artifact)
                if artifact.target.name == PROGRAM =>
            {
                artifact.executable
            }
            _ => None,
        })
        .map(|path| path.into_std_path_buf())
        .ok_or(Error::Answer {
            command: words,
            problem: "it names no program".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A child that does what a shell line says; the library's path is its `$0`.
    fn ask(line: &str, patience: Duration) -> Result<Description, String> {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]);
        describe_with(&mut shell, "sample", Path::new("lib/sample.so"), patience)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn reads_a_description() {
        let line = r#"echo '{"name":"a","version":"1","toolchain":"t","unload_unsafe":null,
            "dedicated_thread":false,"operations":[]}'"#;
        assert_eq!(ask(line, PATIENCE).unwrap().name, "a");
    }

    #[test]
    fn a_crash_is_told_by_its_signal() {
        let error = ask("kill -SEGV $$", PATIENCE).unwrap_err();
        assert!(
            error.contains("SIGSEGV") && error.contains("lib/sample.so"),
            "{error}"
        );
    }

    #[test]
    fn an_error_of_the_loader_is_passed_on() {
        let error = ask("echo 'error: wrong ABI' >&2; exit 1", PATIENCE).unwrap_err();
        assert!(error.ends_with("can't be used: wrong ABI"), "{error}");
    }

    #[test]
    fn a_hanging_library_is_ended() {
        let error = ask("exec sleep 1000", Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("did not answer"), "{error}");
    }

    #[test]
    fn nonsense_is_no_description() {
        let error = ask("echo hello", PATIENCE).unwrap_err();
        assert!(error.contains("malformed"), "{error}");
    }
}
