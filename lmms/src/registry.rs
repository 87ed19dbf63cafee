//! The registry: every operation of an application, known at compile time.

#![forbid(unsafe_code)]

use crate::cache::CachedResult;

use std::time::Duration;

/// All modules and operations behind one gateway. `gateway!` writes it as a constant.
#[derive(Debug)]
pub struct Registry {
    /// The gateway's type name.
    pub gateway: &'static str,
    /// The modules, sorted by name.
    pub modules: &'static [ModuleInfo],
    /// The operations, sorted by module, interface and name.
    pub operations: &'static [OperationInfo],
    /// The operations by name.
    pub names: NameIndex,
}

/// A module, as the registry knows it.
#[derive(Debug)]
pub struct ModuleInfo {
    /// The module's name: its package name.
    pub name: &'static str,
    /// Index of its first operation.
    pub first: usize,
    /// How many operations it has.
    pub count: usize,
    /// The symbol its library exports.
    pub entry: &'static str,
}

/// An operation, as the registry knows it.
#[derive(Debug)]
pub struct OperationInfo {
    /// Index of its module.
    pub module: usize,
    /// The interface.
    pub interface: &'static str,
    /// The name.
    pub name: &'static str,
    /// The function's doc comment.
    pub docs: &'static str,
    /// The parameters, without the context.
    pub parameters: &'static [ParameterInfo],
    /// The result's type, as written.
    pub result: &'static str,
    /// Parameters and result, as written.
    pub signature: &'static str,
    /// Fingerprint of names, types and layouts.
    pub fingerprint: u64,
    /// How results are cached, if they are.
    pub cache: Option<CacheInfo>,
    /// The operation keeps its module loaded for good.
    pub pinned: bool,
    /// The operation takes a context.
    pub context: bool,
}

/// A parameter of an operation.
#[derive(Debug)]
pub struct ParameterInfo {
    /// Its name, also in calls by name.
    pub name: &'static str,
    /// Its type, as written.
    pub type_name: &'static str,
    /// May be left out in calls by name.
    pub optional: bool,
}

/// How an operation's results are cached.
#[derive(Clone, Copy, Debug)]
pub struct CacheInfo {
    /// How long a result is good.
    pub ttl: Duration,
    /// Makes a host-owned value of a result, with its size in bytes; `None` for errors.
    pub share: unsafe fn(*const ()) -> Option<(CachedResult, usize)>,
    /// The result inside a value that `share` made.
    pub view: fn(&CachedResult) -> *const (),
}

impl Registry {
    /// The index of an operation.
    #[inline]
    pub fn find(&self, interface: &str, name: &str) -> Option<usize> {
        let slots = self.names.0;
        let mask = slots.len() - 1;
        let hash = name_hash(interface, name);
        let mut slot = (hash ^ hash >> 32) as usize & mask;
        // The table is at most half full, so an empty slot ends the search.
        while let Some(index) = (slots[slot] as usize).checked_sub(1) {
            let operation = &self.operations[index];
            if operation.name == name && operation.interface == interface {
                return Some(index);
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    /// The operations of one module.
    pub fn operations_of(&self, module: usize) -> &'static [OperationInfo] {
        let info = &self.modules[module];
        &self.operations[info.first..info.first + info.count]
    }

    /// The index of a module.
    pub fn module(&self, name: &str) -> Option<usize> {
        self.modules
            .binary_search_by(|module| module.name.cmp(name))
            .ok()
    }

    /// The existing operation that is most like this one, as `interface.name`.
    pub fn similar(&self, interface: &str, name: &str) -> Option<String> {
        let wanted = format!("{interface}.{name}");
        similar(
            &wanted,
            self.operations
                .iter()
                .map(|operation| format!("{}.{}", operation.interface, operation.name)),
        )
    }
}

impl OperationInfo {
    /// `interface.name`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.interface, self.name)
    }
}

/// Open addressing over [`name_hash`]: operation index + 1, or 0 for empty. Its length is a power
/// of two, at least twice the number of operations.
#[derive(Clone, Copy, Debug)]
pub struct NameIndex(pub &'static [u32]);

/// 64-bit FNV-1a over the interface, `0xff`, and the name.
#[inline]
pub const fn name_hash(interface: &str, name: &str) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    const fn bytes(mut hash: u64, bytes: &[u8]) -> u64 {
        let mut index = 0;
        while index < bytes.len() {
            hash = (hash ^ bytes[index] as u64).wrapping_mul(PRIME);
            index += 1;
        }
        hash
    }
    let hash = bytes(0xcbf2_9ce4_8422_2325, interface.as_bytes());
    bytes((hash ^ 0xff).wrapping_mul(PRIME), name.as_bytes())
}

/// The candidate with the smallest edit distance to `wanted`, if it is small enough to be meant.
pub fn similar<S: AsRef<str>>(wanted: &str, candidates: impl Iterator<Item = S>) -> Option<String> {
    let limit = (wanted.chars().count() / 3).max(2);
    candidates
        .map(|candidate| (distance(wanted, candidate.as_ref()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.as_ref().cmp(b.1.as_ref())))
        .map(|(_, candidate)| candidate.as_ref().to_owned())
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_suggested_and_a_far_one_is_not() {
        let names = ["images.thumbnail", "images.crop", "sun.sunrise"];
        assert_eq!(
            similar("images.thumbnial", names.iter()).as_deref(),
            Some("images.thumbnail")
        );
        assert_eq!(similar("weather.forecast", names.iter()), None);
    }

    #[test]
    fn distances_are_levenshteins() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn interface_and_name_do_not_run_into_each_other() {
        assert_ne!(name_hash("ab", "c"), name_hash("a", "bc"));
    }
}
