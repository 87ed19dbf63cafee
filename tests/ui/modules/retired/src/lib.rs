//! Says things to its callers.

lmms::module!();

/// Doubles.
#[deprecated(since = "2.0.0", note = "use `twice`")]
#[lmms::operation(interface = "retired")]
fn double(number: u32) -> u32 {
    number * 2
}

#[doc = include_str!("../twice.md")]
#[cfg_attr(not(test), must_use = "doubling changes nothing else")]
#[lmms::operation(interface = "retired", cache(ttl = "1m"))]
fn twice(number: u32) -> u32 {
    number * 2
}

#[doc(hidden, alias = "internal")]
#[doc = concat!("For ", "tests.")]
#[cfg_attr(all(), deprecated)]
#[lmms::operation(interface = "retired")]
fn secret() {}
