//! Finds what there is by name, as a program with plugins does.
#![forbid(unsafe_code)]

use std::error::Error;

use guide::Guide;
use lmms::serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let guide = Guide::builder().modules("target/lmms/modules").open()?;

    for operation in Guide::REGISTRY.operations() {
        println!("{}{}", operation.full_name(), operation.signature());
    }
    println!("loaded: {}", guide.statistics().modules_resident);

    let count = guide.execute_operation("words", "count", json!({ "text": "one two" }))?;
    println!("count: {count}");
    println!("loaded: {}", guide.statistics().modules_resident);
    Ok(())
}
