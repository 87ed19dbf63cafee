//! What a function on AWS Lambda does with each event.
#![forbid(unsafe_code)]

use std::error::Error;

use guide::Guide;
use lmms::serde_json::{Value, json};

/// Opens the gateway, once in each environment.
fn open() -> Result<Guide, lmms::Error> {
    Guide::builder()
        .modules("target/lmms/modules")
        // Timers don't fire while the environment is frozen.
        .background_sweeps(false)
        // Lambda has checked the digest of the code.
        .verify_files(false)
        .open()
}

/// Answers one event.
fn handle(guide: &Guide, event: &Value) -> Result<Value, Box<dyn Error + Send + Sync>> {
    let text = |name: &str| {
        let value = event.get(name).and_then(Value::as_str);
        value.ok_or_else(|| format!("`{name}` is missing"))
    };
    let arguments = event.get("arguments").cloned().unwrap_or(json!({}));
    let answer = guide.execute_operation(text("interface")?, text("operation")?, arguments);
    // Instead of the background thread.
    guide.sweep();
    Ok(answer?)
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let guide = open()?;
    let event = json!({
        "interface": "rates",
        "operation": "rate",
        "arguments": { "currency": "SEK" },
    });
    println!("{}", handle(&guide, &event)?);
    Ok(())
}
