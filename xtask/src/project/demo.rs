//! `demo`: builds the example application and its modules, and lets it show a day in a home.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use cargo_metadata::TargetKind;

use crate::common::error::Error;
use crate::common::run;
use crate::common::screen::{self, Screen, Style, report};
use crate::common::workspace::Workspace;
use crate::modules::build::{self, Profile, build_modules};
use crate::modules::freshness;

/// The application that is shown.
const APPLICATION: &str = "smart-home";

/// This tool, where it is a member of the workspace.
const TOOL: &str = env!("CARGO_PKG_NAME");

/// Tells the application when all began, in milliseconds since the Unix epoch, so that it can say
/// how long its first answer took.
const STARTED: &str = "LMMS_DEMO_STARTED";

/// Builds what is needed and runs `smart-home demo` with `arguments`; gives how it ended.
///
/// What has been built for use and is newer than its sources is shown; the rest is built quickly.
///
/// # Errors
/// [`Error::NoApplication`] in a workspace without that application, or what a build says.
pub fn demo(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitStatus, Error> {
    let running = running_for();
    let started = Instant::now();
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .saturating_sub(running);
    if !has_application(workspace) {
        return Err(Error::NoApplication {
            wanted: format!("application `{APPLICATION}`"),
        });
    }
    let screen = Screen::stderr();
    let heading = |text: &str| report(screen.paint(Style::Strong, text));
    heading("1/3 building the modules, each a library of its own");
    let mut modules = 0;
    let mut quick = false;
    for options in build::for_a_first_look(workspace) {
        modules += build_modules(workspace, &options)?.modules.len();
        quick |= options.profile == Profile::Quick;
    }
    heading("2/3 building the application, which links none of them");
    let program = build_application(workspace)?;
    heading(&format!(
        "3/3 {modules} modules and the application are ready after {}: the demo begins",
        screen::duration(running + started.elapsed())
    ));
    if quick {
        report(
            "The build was a quick one: what you see is larger and slower than it can be. `cargo xtask build-modules` takes \
             longer and makes small and fast modules, which the demo then shows.",
        );
    }
    let mut command = std::process::Command::new(program);
    command
        .arg("demo")
        .args(arguments)
        .env(STARTED, since_epoch.as_millis().to_string())
        .env("LMMS_MODULES", workspace.modules_dir())
        .current_dir(workspace.root())
        .stdin(Stdio::inherit());
    run::status(&mut command)
}

/// Builds the application; gives its program.
///
/// One that was built for use and is newer than its sources is taken. Otherwise it is built together with this tool,
/// which has most of its crates: cargo then gives both the same features of these, and compiles nothing twice.
fn build_application(workspace: &Workspace) -> Result<PathBuf, Error> {
    let [release, dev] =
        ["release", "debug"].map(|folder| workspace.target_dir().join(folder).join(APPLICATION));
    let mut command = workspace.cargo("build");
    command.args(["-p", APPLICATION]);
    let is_fresh = release.is_file() && freshness::newer_source(&release).is_none();
    if is_fresh {
        command.arg("--release");
    } else if workspace.has_member(TOOL) {
        command.args(["-p", TOOL]);
    }
    run::run(&mut command)?;
    Ok(if is_fresh { release } else { dev })
}

/// How long this process exists. It was `cargo` before, which built this tool and then became it, so
/// that time counts as well.
fn running_for() -> Duration {
    let read = |path| std::fs::read_to_string(path).ok();
    read("/proc/self/stat")
        .zip(read("/proc/uptime"))
        .and_then(|(stat, uptime)| age(&stat, &uptime))
        .unwrap_or(Duration::ZERO)
}

/// The age of a process from Linux' `stat` of it and `uptime`.
fn age(stat: &str, uptime: &str) -> Option<Duration> {
    /// The unit of `stat`'s times on every architecture: ticks a second.
    const TICKS: f64 = 100.0;
    /// The place of the start time, counted from behind the name, which may have spaces.
    const START: usize = 19;
    let (_, facts) = stat.rsplit_once(") ")?;
    let start: f64 = facts.split_whitespace().nth(START)?.parse().ok()?;
    let now: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(now - start / TICKS).ok()
}

fn has_application(workspace: &Workspace) -> bool {
    workspace.metadata().packages.iter().any(|package| {
        package.name.as_str() == APPLICATION
            && package.source.is_none()
            && package
                .targets
                .iter()
                .any(|target| target.is_kind(TargetKind::Bin) && target.name == APPLICATION)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_counts_from_the_start_of_the_process() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 90 0 0 0 1 2 3 4 20 0 1 0 12345 9 9 9";
        assert_eq!(age(stat, "200.45 1.00\n"), Some(Duration::from_secs(77)));
        assert_eq!(age("nonsense", "200.45"), None);
        // A clock that runs backwards gives nothing rather than nonsense.
        assert_eq!(age(stat, "1.00"), None);
    }

    #[test]
    fn this_process_is_not_older_than_the_machine() {
        let age = running_for();
        assert!(age < Duration::from_secs(24 * 3600), "{age:?}");
    }
}
