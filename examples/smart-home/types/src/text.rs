//! Text as files have it.
use std::borrow::Cow;

/// The text in `bytes` without the byte order mark that some editors begin files with; UTF-16, if it has such a mark,
/// becomes UTF-8. Whether the rest is UTF-8 is not looked at.
///
/// ```
/// use home_types::text::without_mark;
///
/// assert_eq!(*without_mark(b"\xef\xbb\xbf{}"), *b"{}");
/// assert_eq!(*without_mark(b"\xff\xfe{\0}\0"), *b"{}");
/// assert_eq!(*without_mark(b"{}"), *b"{}");
/// ```
pub fn without_mark(bytes: &[u8]) -> Cow<'_, [u8]> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        Cow::Owned(String::from_utf16_lossy(&units).into_bytes())
    };
    match bytes {
        [0xef, 0xbb, 0xbf, text @ ..] => Cow::Borrowed(text),
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        text => Cow::Borrowed(text),
    }
}
