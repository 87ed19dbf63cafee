//! `sanitize`: loads, calls and unloads modules under AddressSanitizer or LeakSanitizer.
//!
//! Host and modules are instrumented and of one toolchain, since modules of another would be
//! refused. A module's own heap is no memory of the sanitizer's allocator: what a module leaks
//! there comes back when it leaves, and is no leak.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::ValueEnum;

use crate::common::error::Error;
use crate::common::run;
use crate::common::screen::{Screen, Style, report};
use crate::common::workspace::Workspace;
use crate::modules::describe;
use crate::quality::nightly::Nightly;

const CYCLES: &str = "200";

/// A sanitizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sanitizer {
    /// Memory errors, and leaks at the end.
    #[default]
    Address,
    /// Only leaks.
    Leak,
}

impl Sanitizer {
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Leak => "leak",
        }
    }

    fn runtime(self) -> &'static str {
        match self {
            Self::Address => "asan",
            Self::Leak => "lsan",
        }
    }

    /// Mistakes that it must see, and what it calls them.
    fn mistakes(self) -> &'static [(&'static str, &'static str)] {
        const LEAK: (&str, &str) = ("leak", "LeakSanitizer: detected memory leaks");
        match self {
            Self::Address => &[("use-after-free", "heap-use-after-free"), LEAK],
            Self::Leak => &[LEAK],
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SanitizeReport {
    /// What was run, and what the sanitizer said if it found something.
    pub runs: Vec<(String, Option<String>)>,
}

impl SanitizeReport {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.runs.iter().all(|(_, found)| found.is_none())
    }

    /// The report in words.
    pub fn text(&self) -> String {
        let lines = self.runs.iter().map(|(name, found)| match found {
            None => format!("{name}: nothing found\n"),
            Some(found) => format!("{name}: FOUND\n{found}\n"),
        });
        lines.collect()
    }
}

/// Builds host and modules with `sanitizer`, shows that it sees mistakes, and runs them.
///
/// # Errors
/// [`Error::Nightly`] without the toolchain or its runtime, [`Error::Failed`] when a build fails,
/// [`Error::Answer`] when the sanitizer misses a mistake made on purpose: then a clean run would
/// mean nothing.
pub fn sanitize(workspace: &Workspace, sanitizer: Sanitizer) -> Result<SanitizeReport, Error> {
    let nightly = Nightly::find("sanitizing", sanitizer.runtime())?;
    let stage = Stage {
        flags: format!(
            "-Zsanitizer={}\x1f-Cforce-frame-pointers=yes",
            sanitizer.name()
        ),
        folder: workspace
            .target_dir()
            .join("sanitize")
            .join(sanitizer.name()),
        workspace,
        nightly,
    };
    heading("building the tool and the program that loads");
    let (xtask, program) = stage.build_host()?;
    heading("building the modules");
    let modules = stage.build_modules(&xtask)?;
    stage.check_instrumented(&modules)?;
    heading("mistakes on purpose");
    for (mistake, words) in sanitizer.mistakes() {
        let output = stage.run(&program, &modules, "1", Some(mistake))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() || !said.contains(words) {
            return Err(Error::Answer {
                command: program.display().to_string(),
                problem: format!(
                    "the sanitizer did not see the mistake made on purpose ({mistake}), so it \
                     would see no other: {said}"
                ),
            });
        }
        report(format_args!("{mistake}: seen"));
    }
    heading("loading, calling, unloading");
    let output = stage.run(&program, &modules, CYCLES, None)?;
    report(String::from_utf8_lossy(&output.stdout).trim_end());
    let mut runs = vec![(
        format!("{CYCLES} cycles of load, call, unload"),
        said(&output),
    )];
    if sanitizer == Sanitizer::Address {
        heading("tests of lmms");
        let output = stage.test()?;
        runs.push(("tests of lmms, but for leaks".to_owned(), said(&output)));
    }
    Ok(SanitizeReport { runs })
}

/// What a run that failed printed.
fn said(output: &Output) -> Option<String> {
    if output.status.success() {
        return None;
    }
    let text = [&*output.stdout, &output.stderr].map(String::from_utf8_lossy);
    Some(text.concat())
}

/// What is built where, and how.
struct Stage<'a> {
    workspace: &'a Workspace,
    nightly: Nightly,
    /// As `CARGO_ENCODED_RUSTFLAGS` has them.
    flags: String,
    folder: PathBuf,
}

impl Stage<'_> {
    /// Also the tool: it loads the modules that it describes, which only an instrumented one can.
    fn build_host(&self) -> Result<(PathBuf, PathBuf), Error> {
        let build = |arguments: &[&str]| {
            run::run(
                self.command("cargo")
                    .arg("rustc")
                    .arg("--target-dir")
                    .arg(&self.folder)
                    .args(["--target", &self.nightly.target])
                    .args(arguments)
                    // The modules use the sanitizer that is linked into the program.
                    .args(["--", "-Clink-arg=-rdynamic"]),
            )
        };
        build(&["-p", "xtask", "--bin", describe::PROGRAM])?;
        build(&["-p", "lmms-library-tests", "--example", "cycles"])?;
        let built = self.folder.join(&self.nightly.target).join("debug");
        Ok((built.join(describe::PROGRAM), built.join("examples/cycles")))
    }

    fn build_modules(&self, xtask: &Path) -> Result<PathBuf, Error> {
        let target = self.folder.join("fixtures");
        run::run(
            self.command(xtask)
                .env("CARGO_TARGET_DIR", &target)
                // Compilers and the tool may leak.
                .env("ASAN_OPTIONS", "detect_leaks=0")
                .env("LSAN_OPTIONS", "detect_leaks=0")
                .args(["xtask", "build-modules", "--manifest-path"])
                .arg(self.workspace.root().join("tests/libraries/fixtures")),
        )?;
        Ok(target.join("lmms").join("modules"))
    }

    /// LeakSanitizer changes no code.
    fn check_instrumented(&self, modules: &Path) -> Result<(), Error> {
        let path = modules.join("probe.so");
        let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
        let marked = bytes.windows(13).any(|part| part == b"__asan_report");
        if marked || self.flags.contains("leak") {
            return Ok(());
        }
        Err(Error::Answer {
            command: "cargo build".to_owned(),
            problem: format!("{} is not instrumented", path.display()),
        })
    }

    /// They leak on purpose: what must live for ever, and modules that can't leave.
    fn test(&self) -> Result<Output, Error> {
        let mut command = self.command("cargo");
        command
            .args(["test", "-p", "lmms", "--lib", "--tests"])
            .args(["--target", &self.nightly.target, "--target-dir"])
            .arg(&self.folder)
            // That control sees what it must only in fast code.
            .args(["--", "--skip", "a_missing_barrier_is_seen"])
            .env("ASAN_OPTIONS", "detect_leaks=0");
        output_of(&mut command)
    }

    fn run(
        &self,
        program: &Path,
        modules: &Path,
        cycles: &str,
        mistake: Option<&str>,
    ) -> Result<Output, Error> {
        let mut command = self.command(program);
        command.arg(modules).arg(cycles);
        if let Some(mistake) = mistake {
            command.env("LMMS_MISTAKE", mistake);
        }
        output_of(&mut command)
    }

    fn command(&self, program: impl Into<PathBuf>) -> Command {
        let mut command = self.nightly.command(self.workspace, program);
        command.env("CARGO_ENCODED_RUSTFLAGS", &self.flags);
        command
    }
}

fn output_of(command: &mut Command) -> Result<Output, Error> {
    command.output().map_err(|source| Error::Start {
        command: run::words(command),
        source,
    })
}

fn heading(text: &str) {
    report(Screen::stderr().paint(Style::Strong, text));
}
