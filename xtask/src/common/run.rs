//! Runs other programs in the foreground.

#![forbid(unsafe_code)]

use std::process::{Command, ExitStatus};

use crate::common::error::Error;

/// Runs a command that shows its own output.
///
/// # Errors
/// [`Error::Start`] when there is no such program, [`Error::Failed`] when it failed.
pub(crate) fn run(command: &mut Command) -> Result<(), Error> {
    let status = status(command)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed {
        command: words(command),
        status: ending(status),
    })
}

/// Runs a command that shows its own output, and gives how it ended.
///
/// # Errors
/// [`Error::Start`] when there is no such program.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus, Error> {
    command.status().map_err(|source| Error::Start {
        command: words(command),
        source,
    })
}

/// A command as a person would type it.
pub(crate) fn words(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// How a process ended, in words.
pub(crate) fn ending(status: ExitStatus) -> String {
    match (status.code(), signal(status)) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(4)) => "an illegal instruction (SIGILL)".to_owned(),
        (None, Some(6)) => "an abort (SIGABRT)".to_owned(),
        (None, Some(7)) => "a bus error (SIGBUS)".to_owned(),
        (None, Some(9)) => "a kill (SIGKILL)".to_owned(),
        (None, Some(11)) => "a segmentation fault (SIGSEGV)".to_owned(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown status".to_owned(),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_its_end() {
        let error = run(Command::new("sh").args(["-c", "exit 3"]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`sh -c exit 3`") && error.contains("exit code 3"),
            "{error}"
        );
        assert!(run(&mut Command::new("true")).is_ok());
        let error = run(&mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(matches!(error, Error::Start { .. }));
    }
}
