//! Adds up prices, which another module knows.
#![forbid(unsafe_code)]

use lmms::{Context, operation};

lmms::module!();

lmms::gateway! {
    /// The interfaces of other modules that this module calls.
    pub(crate) Others { modules: ["../prices"] }
}

/// The sum for `items`, in cents.
///
/// # Errors
/// One of them isn't for sale, or the price can't be asked for.
#[operation(interface = "invoices")]
fn total(cx: &Context, items: &[String]) -> Result<u32, String> {
    let others = Others::new(cx);
    items.iter().try_fold(0, |sum, item| {
        let price = others
            .prices()
            .price(item)
            .map_err(|error| error.to_string())?;
        let price = price.ok_or_else(|| format!("{item} is not for sale"))?;
        Ok(sum + price)
    })
}
