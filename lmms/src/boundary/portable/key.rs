//! Cache keys: the arguments of a call as bytes.

#![forbid(unsafe_code)]

use super::Portable;

const INLINE: usize = 120;

/// Collects the arguments of a call into the bytes that the cache compares.
///
/// Short keys stay on the stack. Values of variable length carry their length, so that different
/// argument lists never make the same bytes.
#[derive(Debug)]
pub struct KeyBuilder {
    inline: [u8; INLINE],
    length: usize,
    heap: Vec<u8>,
}

impl KeyBuilder {
    /// An empty key.
    #[inline]
    pub fn new() -> Self {
        Self {
            inline: [0; INLINE],
            length: 0,
            heap: Vec::new(),
        }
    }

    /// Appends bytes as they are: for values of fixed length.
    #[inline(always)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(free) = self.inline.get_mut(self.length..end)
            && self.heap.is_empty()
        {
            free.copy_from_slice(bytes);
            self.length = end;
        } else {
            self.bytes_on_the_heap(bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn bytes_on_the_heap(&mut self, bytes: &[u8]) {
        if self.heap.is_empty() {
            self.heap.reserve(self.length + bytes.len());
            self.heap.extend_from_slice(&self.inline[..self.length]);
        }
        self.heap.extend_from_slice(bytes);
    }

    /// Appends the length of what follows.
    #[inline]
    pub fn length(&mut self, length: usize) {
        self.bytes(&(length as u64).to_le_bytes());
    }

    /// Appends text with its length.
    #[inline]
    pub fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes(text.as_bytes());
    }

    /// Appends a slice with its length.
    #[inline]
    pub fn slice<T: Portable>(&mut self, items: &[T]) {
        self.length(items.len());
        for item in items {
            item.key(self);
        }
    }

    /// Appends a slice of bytes with its length.
    #[inline]
    pub fn byte_slice(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.bytes(bytes);
    }

    /// Appends parts in an order that doesn't depend on theirs: for maps and sets that hash.
    pub fn unordered(&mut self, parts: impl Iterator<Item = KeyBuilder>) {
        let mut parts: Vec<_> = parts.collect();
        parts.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        self.length(parts.len());
        for part in &parts {
            self.byte_slice(part.as_bytes());
        }
    }

    /// The key so far.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        if self.heap.is_empty() {
            &self.inline[..self.length]
        } else {
            &self.heap
        }
    }
}

impl Default for KeyBuilder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(values: &[&str]) -> Vec<u8> {
        let mut key = KeyBuilder::new();
        for value in values {
            key.text(value);
        }
        key.as_bytes().to_vec()
    }

    #[test]
    fn argument_boundaries_count() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
    }

    #[test]
    fn a_long_key_moves_to_the_heap_whole() {
        let mut long = KeyBuilder::new();
        let mut expected = Vec::new();
        for byte in 0..=255_u8 {
            long.bytes(&[byte, 7]);
            expected.extend([byte, 7]);
        }
        assert_eq!(long.as_bytes(), expected);
    }

    #[test]
    fn sets_ignore_their_order() {
        use std::collections::HashMap;
        let forward: HashMap<u32, String> = (0..50).map(|n| (n, n.to_string())).collect();
        let backward: HashMap<u32, String> = (0..50).rev().map(|n| (n, n.to_string())).collect();
        let (mut one, mut other) = (KeyBuilder::new(), KeyBuilder::new());
        forward.key(&mut one);
        backward.key(&mut other);
        assert_eq!(one.as_bytes(), other.as_bytes());
    }
}
