//! A module that objects to its unload while it has something to lose.
#![forbid(unsafe_code)]

use std::error::Error;

use guide::Guide;
use lmms::UnloadOutcome;

fn main() -> Result<(), Box<dyn Error>> {
    let guide = Guide::builder().modules("target/lmms/modules").open()?;
    guide.recorder().note("buy bread")?;

    println!("{}", guide.unload("recorder")?);
    println!("saved: {:?}", guide.recorder().save()?);

    let outcome = guide.unload("recorder")?;
    println!(
        "unloaded: {}",
        matches!(outcome, UnloadOutcome::Unloaded { .. })
    );
    Ok(())
}
