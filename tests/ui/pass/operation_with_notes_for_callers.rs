#![deny(warnings)]

use lmms::operation;

lmms::module!();

/// A type that nobody should use any more.
#[deprecated]
#[derive(lmms::Portable)]
pub struct Old(pub u8);

#[deprecated = "use something else"]
#[operation(interface = "notes")]
fn plain() {}

#[cfg_attr(not(test), deprecated(note = "use something else"))]
#[must_use]
#[operation(interface = "notes")]
fn with_result(number: u8) -> u8 {
    number
}

#[must_use = "it does nothing"]
#[doc(hidden, alias = "idle")]
#[operation(interface = "notes")]
fn nothing() {}

#[expect(clippy::too_many_arguments)]
#[allow(deprecated)]
#[operation(interface = "notes")]
fn with_an_old_type(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, old: &Old) -> u8 {
    a + b + c + d + e + f + g + old.0
}

#[doc = include_str!("../modules/retired/twice.md")]
#[doc = concat!("And ", 1, " more.")]
#[operation(interface = "notes")]
fn documented_elsewhere() {}

fn main() {}
