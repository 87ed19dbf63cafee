//! A command line whose subcommands are operations.
#![forbid(unsafe_code)]

use std::env;
use std::error::Error;

use guide::Guide;
use lmms::serde_json::{Value, json};

/// What the program does without arguments.
const DEFAULT: [&str; 3] = ["words", "sorted", "lazy"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.is_empty() {
        arguments = DEFAULT.map(str::to_owned).to_vec();
    }
    let [interface, name, values @ ..] = arguments.as_slice() else {
        return Err("usage: cli INTERFACE OPERATION [VALUE…]".into());
    };

    // The registry is part of the program: looking something up loads nothing.
    let index = Guide::REGISTRY
        .find(interface, name)
        .ok_or_else(|| format!("there is no {interface}.{name}"))?;
    let parameters = Guide::REGISTRY.operation(index).parameters();
    let arguments: Value = parameters
        .zip(values)
        .map(|(parameter, value)| {
            // What is no JSON is a text.
            let value = value.parse().unwrap_or_else(|_| json!(value));
            (parameter.name.to_owned(), value)
        })
        .collect();

    // Nothing becomes idle in so short a time, so no thread needs to sweep.
    let guide = Guide::builder()
        .modules("target/lmms/modules")
        .background_sweeps(false)
        .open()?;
    println!("{}", guide.execute_operation(interface, name, arguments)?);
    Ok(())
}
