//! Answers requests from modules that are loaded when they are asked for.
#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::net::TcpListener;
use std::process::ExitCode;

use {{crate}}::{App, server};

/// Where it listens if no address is given.
const ADDRESS: &str = "127.0.0.1:7878";

const HELP: &str = "\
Usage:
  {{name}} [ADDRESS]       listen there [default: 127.0.0.1:7878]
  {{name}} ask REQUEST     answer one request, and end
A request: {\"interface\": \"greetings\", \"operation\": \"greet\", \"arguments\": {\"name\": \"Ann\"}}";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    match arguments {
        ["--help" | "-h"] => say(HELP),
        ["ask", request] => say(&server::answer(&App::builder().open()?, request)),
        [] => listen(ADDRESS)?,
        [address] => listen(address)?,
        _ => return Err(format!("unknown arguments\n{HELP}").into()),
    }
    Ok(())
}

fn listen(address: &str) -> Result<(), Box<dyn Error>> {
    let app = App::builder().open()?;
    let listener = TcpListener::bind(address)
        .map_err(|error| format!("can't listen on {address}: {error}"))?;
    // A typed call: a misspelled operation or a wrong argument does not compile.
    say(&app.greetings().greet("world")?);
    say(&format!("listening on {}", listener.local_addr()?));
    server::serve(&app, &listener);
    Ok(())
}

/// Whoever reads the answers may have seen enough.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
