//! What is needed to build modules.

#![forbid(unsafe_code)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::Check;
use crate::common::workspace::Workspace;
use crate::project::new::LmmsSource;

/// The compiler that a workspace gets must be the one that this program was built with, which loads libraries itself.
pub(super) fn toolchain(workspace: Option<&Workspace>) -> Check {
    const NAME: &str = "toolchain";
    let install = "install Rust with https://rustup.rs, or put `rustc` into PATH";
    let Ok(output) = compiler(workspace).arg("-vV").output() else {
        return Check::bad(NAME, "there is no `rustc`", install);
    };
    let said = String::from_utf8_lossy(&output.stdout);
    match words(&said) {
        Some(found) => compare(&found, lmms::TOOLCHAIN),
        None => Check::bad(NAME, "`rustc -vV` says no version", install),
    }
}

/// Release and commit, as [`lmms::TOOLCHAIN`] words them.
fn words(said: &str) -> Option<String> {
    let fact = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
    let (release, commit) = (fact("release: ")?, fact("commit-hash: ")?);
    Some(format!("rustc {release} {commit}"))
}

fn compare(found: &str, own: &str) -> Check {
    const NAME: &str = "toolchain";
    if own.starts_with(found) {
        return Check::good(NAME, found);
    }
    let own = own.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    Check::bad(
        NAME,
        format!("{found}, but this program was built with {own}"),
        "install this program again with that toolchain, or name its toolchain in a rust-toolchain.toml: both must be the same",
    )
}

/// Links a library as modules are linked.
pub(super) fn linker(workspace: Option<&Workspace>) -> Check {
    const NAME: &str = "linker";
    let advice =
        "install a C compiler, which links Rust programs, too (`apt-get install gcc libc6-dev`)";
    let folder = std::env::temp_dir().join(format!("lmms-doctor-{}", std::process::id()));
    let linked = std::fs::create_dir_all(&folder).and_then(|()| link(workspace, &folder));
    // What is left in the temporary folder does no harm.
    let _ = std::fs::remove_dir_all(&folder);
    match linked {
        Ok(output) if output.status.success() => {
            Check::good(NAME, "links libraries, with wrapped functions")
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let mut lines = said.lines().map(str::trim);
            let line = lines.find(|line| line.starts_with("error"));
            let line = line.unwrap_or("the compiler failed and says nothing");
            Check::bad(NAME, format!("can't link a library: {line}"), advice)
        }
        Err(error) => Check::bad(NAME, format!("can't link a library: {error}"), advice),
    }
}

fn link(workspace: Option<&Workspace>, folder: &Path) -> std::io::Result<Output> {
    let mut command = compiler(workspace);
    command.args(["--crate-name=probe", "--crate-type=cdylib", "--out-dir"]);
    command.arg(folder);
    for symbol in lmms::WRAPPED_SYMBOLS {
        command.arg(format!("-Clink-arg=-Wl,--wrap={symbol}"));
    }
    let mut child = command
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut source) = child.stdin.take() {
        source.write_all(b"#[unsafe(no_mangle)] pub extern \"C\" fn probe() {}\n")?;
    }
    child.wait_with_output()
}

/// New projects depend on the checkout that this program was installed from.
pub(super) fn checkout() -> Check {
    const NAME: &str = "LMMS";
    match LmmsSource::of_this_program() {
        Ok(LmmsSource::Folder(folder)) => Check::good(NAME, folder.display().to_string()),
        Ok(other) => Check::good(NAME, format!("{other:?}")),
        Err(error) => Check::limited(
            NAME,
            error.to_string(),
            "give `cargo lmms new` the option --lmms",
        ),
    }
}

/// The compiler that cargo would take there.
fn compiler(workspace: Option<&Workspace>) -> Command {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
    if let Some(workspace) = workspace {
        command.current_dir(workspace.root());
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::doctor::Verdict;

    #[test]
    fn another_compiler_is_told_by_its_release_or_commit() {
        let said = "rustc 1.95.0 (0123 2026-04-14)\nbinary: rustc\ncommit-hash: 0123abc\nrelease: 1.95.0\n";
        let found = words(said).unwrap();
        let own = "rustc 1.95.0 0123abc x86_64-unknown-linux-gnu features=sse2";
        assert_eq!(compare(&found, own).verdict, Verdict::Good);
        let other = compare("rustc 1.96.0 4567def", own);
        assert_eq!(other.verdict, Verdict::Bad);
        for words in ["1.96.0", "with rustc 1.95.0 0123abc"] {
            assert!(other.found.contains(words), "{other:?}");
        }
        assert!(!other.found.contains("features"), "{other:?}");
        assert_eq!(words("nonsense"), None);
    }

    #[test]
    fn this_machine_which_compiles_tests_can_build_modules() {
        assert_eq!(toolchain(None).verdict, Verdict::Good);
        let linker = linker(None);
        assert_eq!(linker.verdict, Verdict::Good, "{linker:?}");
    }
}
