//! `demo`: builds the example application and its modules, and lets it show a day in a home.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use cargo_metadata::TargetKind;

use crate::build::{BuildOptions, build_modules};
use crate::error::Error;
use crate::run;
use crate::screen::{self, Screen, Style, report};
use crate::workspace::Workspace;

/// The application that is shown.
const APPLICATION: &str = "smart-home";

/// Tells the application when all began, in milliseconds since the Unix epoch, so that it can say
/// how long its first answer took.
const STARTED: &str = "LMMS_DEMO_STARTED";

/// Builds what is needed and runs `smart-home demo` with `arguments`; gives how it ended.
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
    let built = build_modules(workspace, &BuildOptions::default())?;
    heading("2/3 building the application, which links none of them");
    run::run(
        workspace
            .cargo("build")
            .args(["--release", "-p", APPLICATION]),
    )?;
    heading(&format!(
        "3/3 {} modules and the application are ready after {}: the demo begins",
        built.modules.len(),
        screen::duration(running + started.elapsed())
    ));
    let program = workspace.target_dir().join("release").join(APPLICATION);
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
