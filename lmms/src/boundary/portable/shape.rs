//! Fingerprints of types, computed by the compiler.

#![forbid(unsafe_code)]

/// A fingerprint of a type or a signature: 64-bit FNV-1a over origins, names, sizes, alignments, offsets and
/// discriminants.
///
/// It guards against mistakes (a module built from other sources), not against an attacker: the
/// manifest's hash does that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape(u64);

/// Where a type is defined: two crates, two versions of one, or two modules may have types of the same name.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The package, as cargo names it; empty without cargo.
    pub package: &'static str,
    /// The package's version.
    pub version: &'static str,
    /// The module, with the crate's name.
    pub module: &'static str,
}

impl Shape {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    /// The beginning of a fingerprint, from a name.
    pub const fn named(name: &str) -> Self {
        Self(Self::OFFSET).text(name)
    }

    /// The fingerprint of a type without fields: its name, size and alignment.
    pub const fn leaf<T>(name: &str) -> Self {
        Self::named(name).layout::<T>()
    }

    /// The beginning of the fingerprint of a type that is defined there.
    pub const fn defined(origin: Origin, name: &str) -> Self {
        Self::named("defined")
            .text(origin.package)
            .text(origin.version)
            .text(origin.module)
            .text(name)
    }

    /// Adds a name. Its length is added too, so that neighbours can't run into each other.
    pub const fn text(self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut state = self.number(bytes.len() as u64).0;
        let mut index = 0;
        while index < bytes.len() {
            state = (state ^ bytes[index] as u64).wrapping_mul(Self::PRIME);
            index += 1;
        }
        Self(state)
    }

    /// Adds a number.
    pub const fn number(self, number: u64) -> Self {
        let mut state = self.0;
        let mut shift = 0;
        while shift < 64 {
            state = (state ^ ((number >> shift) & 0xff)).wrapping_mul(Self::PRIME);
            shift += 8;
        }
        Self(state)
    }

    /// Adds an integer of any type, widened: a discriminant, or what a type is generic over.
    pub const fn integer(self, integer: u128) -> Self {
        self.number(integer as u64).number((integer >> 64) as u64)
    }

    /// Adds the size and alignment of `T`.
    pub const fn layout<T>(self) -> Self {
        self.number(size_of::<T>() as u64)
            .number(align_of::<T>() as u64)
    }

    /// Adds the fingerprint of a part.
    pub const fn child(self, child: Self) -> Self {
        self.number(child.0)
    }

    /// Adds a named field at `offset`.
    pub const fn field(self, name: &str, offset: usize, shape: Self) -> Self {
        self.text(name).number(offset as u64).child(shape)
    }

    /// The fingerprint as a number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
