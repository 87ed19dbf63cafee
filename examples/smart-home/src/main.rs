//! `smart-home`: answers Alexa Smart Home directives. See `smart-home --help`.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use smart_home::cli::{self, Cli};
use smart_home::output::{Screen, Style};

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.options.start_logging(Screen::stderr());
    let mut out = io::stdout().lock();
    let result = cli::run(cli, &mut out).and_then(|code| Ok(out.flush().map(|()| code)?));
    match result {
        Ok(code) => ExitCode::from(code),
        // Whoever read the answers has seen enough.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let mark = Screen::stderr().paint(Style::Bad, "error");
            // There is nowhere left to say that this failed.
            let _ = writeln!(io::stderr(), "{mark}: {error}");
            ExitCode::FAILURE
        }
    }
}
