//! A module that calls another one.
//!
//! `invoices` has a gateway of its own to `prices`, over the context of the call. Neither module depends on the other,
//! nor on this program; each is loaded when it is first called and may be unloaded without the other.
#![forbid(unsafe_code)]

use std::error::Error;

lmms::gateway! {
    /// What this program can do: the modules it calls, and those that they call.
    pub Shop { modules: ["prices", "invoices"] }
}

fn main() -> Result<(), Box<dyn Error>> {
    let builder = Shop::builder().modules("target/lmms/modules");
    let shop = builder.background_sweeps(false).open()?;
    let items = ["bread", "milk", "milk"].map(String::from);

    println!("loaded before: {}", loaded(&shop)?);
    println!("total: {} cents", shop.invoices().total(&items)?);
    println!("loaded after: {}", loaded(&shop)?);

    // `prices` comes back when `invoices` calls it again.
    shop.unload("prices")?;
    println!("loaded without prices: {}", loaded(&shop)?);
    println!("total: {} cents", shop.invoices().total(&items)?);

    let unknown = ["gold".to_owned()];
    if let Err(error) = shop.invoices().total(&unknown) {
        println!("error: {error}");
    }
    Ok(())
}

/// The modules that are loaded.
fn loaded(shop: &Shop) -> Result<String, lmms::Error> {
    let mut names = Vec::new();
    for module in ["invoices", "prices"] {
        if shop.is_resident(module)? {
            names.push(module);
        }
    }
    Ok(if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    })
}
