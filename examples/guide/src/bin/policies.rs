//! Watches a module become idle, on a clock that the program moves.
#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Duration;

use guide::Guide;
use lmms::clock::ManualClock;
use lmms::policy::{CacheDependencies, Policy};

fn main() -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::new();
    let policy = Policy::default()
        .grace(Duration::from_secs(10))
        .max_resident(0)
        .cache_dependencies(CacheDependencies::Detach);
    let guide = Guide::builder()
        .modules("target/lmms/modules")
        .policy(policy)
        .clock(clock.clone())
        .open()?;

    println!("{}\n", guide.explain("words")?);
    guide.words().count("one two three")?;
    println!("{}\n", guide.explain("words")?);
    guide.sweep();
    println!("loaded: {}", guide.is_resident("words")?);

    clock.advance(Duration::from_secs(11));
    guide.sweep();
    println!("{}", guide.explain("words")?);
    Ok(())
}
