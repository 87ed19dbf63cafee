//! Returns a type of its own.

lmms::module!();

#[lmms::operation(interface = "own")]
fn secret() -> Secret {
    Secret(1)
}

#[derive(lmms::Portable)]
pub struct Secret(u8);
