#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

/// Docs.
#[operation(interface = "images", name = "thumbnail", cache(ttl = "250ms"), pinned,)]
fn scale(width: u32) -> u32 {
    width
}

fn main() {}
