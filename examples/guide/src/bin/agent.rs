//! Offers every operation as a tool to an agent.
#![forbid(unsafe_code)]

use std::error::Error;

use guide::Guide;
use lmms::serde_json::{Value, json};

/// The list of tools, from the registry.
fn tools() -> Vec<Value> {
    let operations = Guide::REGISTRY.operations().filter(|it| !it.hidden());
    let tools = operations.map(|operation| {
        let schema = operation.schema::<Guide>();
        json!({
            "name": operation.full_name(),
            "description": operation.docs(),
            "inputSchema": schema.map(|schema| schema.arguments),
        })
    });
    tools.collect()
}

/// Calls a tool, and gives the model a text in any case.
fn call(guide: &Guide, tool: &str, arguments: Value) -> String {
    let (interface, name) = tool.split_once('.').unwrap_or((tool, ""));
    match guide.execute_operation(interface, name, arguments) {
        Ok(answer) => answer.to_string(),
        Err(error) => format!("error: {error}"),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let guide = Guide::builder().modules("target/lmms/modules").open()?;
    let tools = tools();
    let counting = tools.iter().find(|tool| tool["name"] == "words.count");
    println!("{}", counting.ok_or("there is no such tool")?);
    println!("loaded: {}", guide.statistics().modules_resident);

    println!("{}", call(&guide, "words.count", json!({ "text": "a b" })));
    println!("{}", call(&guide, "words.count", json!({ "txt": "a b" })));
    println!("{}", call(&guide, "words.coumt", json!({})));
    Ok(())
}
