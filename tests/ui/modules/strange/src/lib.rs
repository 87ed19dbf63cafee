//! A type that can't cross.

use lmms_tests::Opaque;

lmms::module!();

#[lmms::operation(interface = "strange")]
fn look(width: u32, at: &[Opaque]) -> u32 {
    width + at.len() as u32
}
