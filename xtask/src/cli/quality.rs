//! The commands that run the long checks.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Args;

use super::{Format, Place, code};
use crate::common::error::Error;
use crate::common::screen::{report, say};
use crate::quality::e2e::E2eOptions;
use crate::quality::soak::SoakOptions;
use crate::quality::{crates, e2e, fuzz, sanitize, soak};

/// Load, call and unload modules that use well-known crates, and compare with docs/crates.md.
///
/// Some take many minutes to build. Exits with 1 if one behaves differently.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask crates                           all of them\n  \
    cargo xtask crates r2d2 rayon                only these two\n  \
    cargo xtask crates --cheap                   those that `ci` runs\n  \
    cargo xtask crates --document                write docs/crates.md from the table")]
pub(super) struct Crates {
    /// Crates, as in docs/crates.md [default: all that have a test].
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Test only crates that build in a minute or two.
    #[arg(long, conflicts_with = "names")]
    cheap: bool,
    /// Write docs/crates.md and run nothing.
    #[arg(long)]
    document: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

/// Compare the smart home with a real Home Assistant server, directive by directive.
///
/// Installs the server in target/e2e (from PyPI, with Python 3.11 or 3.12) and starts it on loopback with its
/// demonstration devices. Sends every directive to every entity, and compares with the server's states and its own
/// Alexa endpoint. Exits with 1 if a difference is not explained.
#[derive(Debug, Args)]
#[command(
    name = "e2e",
    after_help = "Examples:\n  \
    cargo xtask e2e home-assistant\n  \
    cargo xtask e2e home-assistant --only climate.\n  \
    cargo xtask e2e home-assistant --json | jq '.differences[] | select(.reason == null)'"
)]
pub(super) struct E2e {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    options: E2eOptions,
}

/// Search with libFuzzer for inputs that break a parser.
///
/// Needs a nightly toolchain. Exits with 1 if it finds one, and leaves the input in
/// target/fuzz/artifacts.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask fuzz                             all targets, a minute each\n  \
    cargo xtask fuzz by-name --seconds 600       one of them, longer")]
pub(super) struct Fuzz {
    /// Targets [default: all].
    #[arg(value_enum)]
    targets: Vec<fuzz::Target>,
    /// Seconds that each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    #[command(flatten)]
    place: Place,
}

/// Load, call and unload modules under AddressSanitizer or LeakSanitizer.
///
/// Needs a nightly toolchain. Host and modules are instrumented, and planted mistakes show that the
/// sanitizer works. Exits with 1 if it finds something, or misses a planted mistake.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask sanitize                         memory errors, and leaks at the end\n  \
    cargo xtask sanitize leak                    only leaks")]
pub(super) struct Sanitize {
    /// The sanitizer.
    #[arg(value_enum, default_value_t)]
    what: sanitize::Sanitizer,
    #[command(flatten)]
    place: Place,
}

/// Load, call and unload hazardous modules under load, and measure what remains.
///
/// Exits with 1 after a crash, a wrong result, or when more than a byte remains per cycle.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask soak                             a minute\n  \
    cargo xtask soak --cycles 100000\n  \
    cargo xtask soak --seconds 30 --json | jq '{good, cycles, live_per_cycle, resident_per_cycle}'")]
pub(super) struct Soak {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    options: SoakOptions,
}

impl Crates {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.place.find()?;
        if self.document {
            let path = crates::document(&workspace)?;
            report(format_args!("{} is written", path.display()));
            return Ok(ExitCode::SUCCESS);
        }
        let cheap = crates::CHEAP.iter().map(|name| (*name).to_owned());
        let names = if self.cheap {
            cheap.collect()
        } else {
            self.names
        };
        let found = crates::crates(&workspace, &names)?;
        self.format.show(&found, |screen| found.text(screen));
        Ok(code(found.is_as_expected()))
    }
}

impl Soak {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let status = soak::soak(&self.place.find()?, self.options)?;
        Ok(code(status.success()))
    }
}

impl E2e {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let status = e2e::e2e(&self.place.find()?, &self.options)?;
        Ok(code(status.success()))
    }
}

impl Fuzz {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let place = self.place.find()?;
        fuzz::fuzz(&place, &self.targets, self.seconds)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Sanitize {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let found = sanitize::sanitize(&self.place.find()?, self.what)?;
        say(found.text());
        Ok(code(found.is_clean()))
    }
}
