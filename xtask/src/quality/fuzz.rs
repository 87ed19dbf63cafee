//! `fuzz`: lets libFuzzer look for inputs that break a parser.

#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::common::error::Error;
use crate::common::run;
use crate::common::screen::{self, Screen, Style, report};
use crate::common::workspace::Workspace;
use crate::quality::nightly::Nightly;

/// The flags that `cargo fuzz` sets: coverage that libFuzzer reads, and AddressSanitizer.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
    "-Zsanitizer=address",
    "--cfg",
    "fuzzing",
];

/// What is fuzzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// The manifest's parser.
    Manifest,
    /// The reading of a call by name and its JSON arguments.
    ByName,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::ByName => "by-name",
        }
    }
}

/// Fuzzes `targets`, all if there are none, for that many seconds each.
///
/// New inputs are kept below the target folder and used again; those that break something are in
/// `artifacts` there.
///
/// # Errors
/// [`Error::Nightly`] without a nightly toolchain, [`Error::Failed`] when a build fails or an input
/// that breaks something was found.
pub fn fuzz(workspace: &Workspace, targets: &[Target], seconds: u32) -> Result<(), Error> {
    let nightly = Nightly::find("fuzzing", "asan")?;
    let all = [Target::Manifest, Target::ByName];
    let targets = if targets.is_empty() { &all } else { targets };
    let folder = workspace.root().join("tests/fuzz");
    let build = workspace.target_dir().join("fuzz");
    report("building with coverage and AddressSanitizer");
    run::run(
        nightly
            .command(workspace, "cargo")
            .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"))
            .args(["build", "--release", "--bins", "--manifest-path"])
            .arg(folder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&build)
            // With --target, no build script and no macro gets these flags.
            .args(["--target", &nightly.target]),
    )?;
    for target in targets {
        let name = target.name();
        let make = |kind: &str| -> Result<PathBuf, Error> {
            let folder = build.join(kind).join(name);
            fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
            Ok(folder)
        };
        let (corpus, artifacts) = (make("corpus")?, make("artifacts")?);
        report(Screen::stderr().paint(
            Style::Strong,
            format_args!(
                "{name}: {}, new inputs in {}",
                screen::duration(std::time::Duration::from_secs(seconds.into())),
                corpus.display()
            ),
        ));
        let program = build.join(&nightly.target).join("release").join(name);
        run::run(
            nightly
                .command(workspace, program)
                .arg(corpus)
                .arg(folder.join("seeds").join(name))
                .arg(format!("-max_total_time={seconds}"))
                .arg(format!("-artifact_prefix={}/", artifacts.display()))
                .arg(format!("-dict={}", folder.join("json.dict").display()))
                .args(["-max_len=16384", "-timeout=10", "-rss_limit_mb=2048"])
                .arg("-print_final_stats=1"),
        )?;
    }
    Ok(())
}
