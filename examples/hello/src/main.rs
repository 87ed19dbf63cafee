//! Greets people with a module that is loaded on first use and unloaded again.
#![forbid(unsafe_code)]

use std::error::Error;

use lmms::CallError;

lmms::gateway! {
    /// What this program can do.
    pub Hello { modules: ["greetings"] }
}

fn main() -> Result<(), Box<dyn Error>> {
    let hello = Hello::builder().modules("target/lmms/modules").open()?;
    println!(
        "at the start: {} modules",
        hello.statistics().modules_resident
    );

    // The first call loads the module, the second is answered from the cache.
    println!("{}", hello.greetings().greet("Ada", None)?);
    println!("{}", hello.greetings().greet("Ada", None)?);
    println!("{}", hello.greetings().greet("Alan", Some(true))?);

    // An operation's own error is apart from a panic in it and from what LMMS reports.
    if let Err(CallError::Operation(reason)) = hello.greetings().greet("", None) {
        println!("refused: {reason}");
    }

    // Normally a background thread does this, once the module has been idle for a while.
    println!("{}", hello.unload("greetings")?);

    // Still in the cache, so the module stays unloaded.
    println!("{}", hello.greetings().greet("Ada", None)?);
    println!(
        "at the end: {} modules",
        hello.statistics().modules_resident
    );
    Ok(())
}
