//! Returns a type of its own.

lmms::module!();

#[lmms::operation(interface = "own")]
fn secret() -> Secret {
    Secret(1)
}

#[lmms::operation(interface = "own", cache(ttl = "1s"))]
fn depth(of: &Secret, text: &str, at: Option<Secret>) -> Result<u32, String> {
    let _ = (of, text, at);
    Ok(1)
}

#[derive(lmms::Portable)]
pub struct Secret<T = u8>(T)
where
    T: Copy;
