//! Has an operation that none can be.

lmms::module!();

#[lmms::operation(interface = "mistaken")]
async fn later() {}
