//! Answers from the cache, without the module.
#![forbid(unsafe_code)]

use std::error::Error;

use guide::Guide;

fn main() -> Result<(), Box<dyn Error>> {
    let guide = Guide::builder()
        .modules("target/lmms/modules")
        .cache_bytes(1 << 20)
        .open()?;

    println!("{}", guide.rates().rate("CHF")?);
    guide.unload("rates")?;
    println!("{}", guide.rates().rate("CHF")?);
    println!("loaded: {}", guide.is_resident("rates")?);

    // The same memory as in the cache, instead of a copy.
    let shared = guide.rates().shared().rate("CHF")?;
    println!("shared: {}", *shared);

    println!("forgotten: {}", guide.invalidate("rates", "rate")?);
    println!("{}", guide.rates().rate("CHF")?);
    println!("loaded: {}", guide.is_resident("rates")?);
    Ok(())
}
