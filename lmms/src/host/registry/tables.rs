//! What `gateway!` writes of the operations: numbers, and one text.

#![forbid(unsafe_code)]

use super::CacheInfo;

/// Where a text begins and ends in [`Tables::text`]. There are many, so they are written briefly.
pub type Text = [u32; 2];

/// All operations, in the registry's order.
#[derive(Debug)]
pub struct Tables {
    /// All texts, each of them once.
    pub text: &'static str,
    /// The operations.
    pub rows: &'static [Row],
    /// Their fingerprints, filled up with zeros. In pieces: one constant that calls functions ten
    /// thousand times takes the compiler longer than many that call some.
    pub fingerprints: &'static [[u64; Tables::PIECE]],
    /// What rows point to.
    pub details: &'static [Text],
    /// The operations by [`name_hash`]: index + 1, or 0 for empty, with open addressing. Their number
    /// is a power of two, at least twice the number of operations.
    pub names: &'static [u32],
    /// How results are cached, by operations that do.
    pub caches: &'static [CacheInfo],
}

/// An operation.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The interface.
    pub interface: Text,
    /// The name.
    pub name: Text,
    /// Index of its module.
    pub module: u32,
    /// Its first detail: docs, signature, result, each parameter's name and type, and why it is deprecated if it is.
    pub details: u32,
    /// Index of what is said of caching + 1; 0: not cached.
    pub cache: u32,
    /// Which of the gateway's calls by name fits: operations of the same types share one.
    pub form: u32,
    /// How many parameters it has.
    pub parameters: u16,
    /// A bit for each parameter, from the lowest: calls by name may leave it out.
    pub optional: u16,
    /// Keeps its module loaded.
    pub pinned: bool,
    /// Takes a context.
    pub context: bool,
    /// Should no longer be called; the detail behind the last parameter says why.
    pub deprecated: bool,
    /// Is left out of documentation and lists.
    pub hidden: bool,
}

impl Row {
    pub(super) const DOCS: u32 = 0;
    pub(super) const SIGNATURE: u32 = 1;
    pub(super) const RESULT: u32 = 2;
    pub(super) const PARAMETERS: u32 = 3;
}

impl Tables {
    /// How many fingerprints are computed in one constant.
    pub const PIECE: usize = 32;

    /// Up to [`PIECE`](Self::PIECE) fingerprints as a piece.
    pub const fn piece<const N: usize>(fingerprints: [u64; N]) -> [u64; Self::PIECE] {
        let mut piece = [0; Self::PIECE];
        piece.split_at_mut(N).0.copy_from_slice(&fingerprints);
        piece
    }

    /// The text in that place.
    pub(super) fn text_at(&self, [start, end]: Text) -> &'static str {
        &self.text[start as usize..end as usize]
    }

    #[inline]
    fn bytes_at(&self, [start, end]: Text) -> &'static [u8] {
        &self.text.as_bytes()[start as usize..end as usize]
    }

    #[inline]
    pub(super) fn find(&self, interface: &str, name: &str) -> Option<usize> {
        let slots = self.names;
        let mask = slots.len() - 1;
        let hash = name_hash(interface, name);
        let mut slot = (hash ^ hash >> 32) as usize & mask;
        // The table is at most half full, so an empty slot ends the search.
        while let Some(index) = (slots[slot] as usize).checked_sub(1) {
            let row = &self.rows[index];
            if self.bytes_at(row.name) == name.as_bytes()
                && self.bytes_at(row.interface) == interface.as_bytes()
            {
                return Some(index);
            }
            slot = (slot + 1) & mask;
        }
        None
    }
}

/// A hash of the interface and the name, eight bytes at a time; lengths keep them apart.
#[inline]
pub const fn name_hash(interface: &str, name: &str) -> u64 {
    let hash = mix(interface.len() as u64, interface.as_bytes());
    mix(hash ^ name.len() as u64, name.as_bytes())
}

#[inline]
const fn mix(mut hash: u64, mut bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    while let Some((word, rest)) = bytes.split_first_chunk() {
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(PRIME);
        bytes = rest;
    }
    let mut word = 0;
    while let [byte, rest @ ..] = bytes {
        word = word << 8 | *byte as u64;
        bytes = rest;
    }
    (hash.rotate_left(23) ^ word).wrapping_mul(PRIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The macros have the same figure in a test of their own.
    #[test]
    fn the_hash_is_the_macros() {
        assert_eq!(name_hash("images", "thumbnail"), 0xceaa_2c2e_f620_0612);
    }

    #[test]
    fn interface_and_name_do_not_run_into_each_other() {
        assert_ne!(name_hash("ab", "c"), name_hash("a", "bc"));
        assert_ne!(name_hash("", "a"), name_hash("a", ""));
    }
}
