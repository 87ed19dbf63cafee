//! A basket whose contents are a static of this module: an unload empties it.
#![forbid(unsafe_code)]

use std::sync::{Mutex, PoisonError};

use lmms::operation;

lmms::module!();

static PRICES: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Puts something that costs `cents` into the basket.
#[operation(interface = "basket")]
fn add(cents: u32) {
    let mut prices = PRICES.lock().unwrap_or_else(PoisonError::into_inner);
    prices.push(cents);
}

/// What the basket costs, in cents.
#[operation(interface = "basket")]
fn total() -> u32 {
    let prices = PRICES.lock().unwrap_or_else(PoisonError::into_inner);
    prices.iter().sum()
}
