//! Answers from modules that are loaded when they are asked for.
#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use lmms::serde_json;

use {{crate}}::App;

const HELP: &str = "\
Usage:
  {{name}} [hello NAME]                       greet somebody
  {{name}} operations                         what there is
  {{name}} call INTERFACE OPERATION [JSON]    call an operation by name";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match answer(&arguments) {
        Ok(answer) => {
            // Whoever reads the answer may have seen enough.
            let _ = writeln!(io::stdout(), "{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answer(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    match arguments {
        [] => hello("world"),
        ["hello", name] => hello(name),
        ["operations"] => Ok(operations()),
        ["call", interface, operation] => call(interface, operation, "{}"),
        ["call", interface, operation, arguments] => call(interface, operation, arguments),
        ["--help" | "-h"] => Ok(HELP.to_owned()),
        _ => Err(format!("unknown arguments\n{HELP}").into()),
    }
}

/// A typed call: a misspelled operation or a wrong argument does not compile.
fn hello(name: &str) -> Result<String, Box<dyn Error>> {
    let app = App::builder().open()?;
    Ok(app.greetings().greet(name)?)
}

/// The operations of all modules. None of these is loaded for it.
fn operations() -> String {
    let lines = App::REGISTRY.operations().map(|operation| {
        let purpose = operation.docs().lines().next().unwrap_or_default();
        format!("{}.{}: {purpose}", operation.interface(), operation.name())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A call by name, with arguments in a JSON object.
fn call(interface: &str, operation: &str, arguments: &str) -> Result<String, Box<dyn Error>> {
    let app = App::builder().open()?;
    let arguments = serde_json::from_str(arguments)?;
    let result = app.execute_operation(interface, operation, arguments)?;
    Ok(result.to_string())
}
