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
    let started = Instant::now();
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
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
        screen::duration(started.elapsed())
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
