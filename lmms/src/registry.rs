//! The registry: every operation of an application, known at compile time.
//!
//! It may have ten thousand operations, of which a run of the program looks at three. So what it
//! says of them are numbers: places in one long text, which the program's file holds as they are
//! used. Nothing of that is written to when the program starts, nor read before it is asked for; a
//! `&'static str` would cost a relocation, and make a page dirty, for each.

#![forbid(unsafe_code)]

mod similar;
mod tables;

pub use similar::similar;
#[doc(hidden)]
pub use tables::{Row, Tables, Text, name_hash};

use crate::cache::CachedResult;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// All modules and operations behind one gateway. `gateway!` writes it as a constant.
#[derive(Debug)]
pub struct Registry {
    /// The gateway's type name.
    pub gateway: &'static str,
    /// The modules, sorted by name.
    pub modules: &'static [ModuleInfo],
    /// The operations; [`operations`](Self::operations) reads them.
    #[doc(hidden)]
    pub tables: Tables,
}

/// A module, as the registry knows it.
#[derive(Debug)]
pub struct ModuleInfo {
    /// The module's name: its package name.
    pub name: &'static str,
    /// The symbol its library exports.
    pub entry: &'static str,
    /// Index of its first operation.
    pub first: u32,
    /// How many operations it has.
    pub count: u32,
    /// One of its operations keeps it loaded for good.
    pub pinned: bool,
}

/// An operation, as the registry knows it.
#[derive(Clone, Copy)]
pub struct OperationInfo {
    registry: &'static Registry,
    index: u32,
}

/// The names of an operation's parameters.
#[derive(Debug)]
pub(crate) struct ParameterNames {
    text: &'static str,
    /// Every other place is a type's.
    places: std::slice::Iter<'static, Text>,
}

/// Operations that follow each other in the registry.
#[derive(Clone)]
pub struct Operations {
    registry: &'static Registry,
    range: Range<u32>,
}

/// A parameter of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The operations, sorted by module, interface and name.
    pub fn operations(&'static self) -> Operations {
        Operations {
            registry: self,
            range: 0..self.tables.rows.len() as u32,
        }
    }

    /// The operation of that index.
    ///
    /// # Panics
    /// There are not that many.
    #[inline]
    pub fn operation(&'static self, index: usize) -> OperationInfo {
        assert!(index < self.tables.rows.len(), "no operation {index}");
        OperationInfo {
            registry: self,
            index: index as u32,
        }
    }

    /// The operations of one module.
    ///
    /// # Panics
    /// There are not that many modules.
    pub fn operations_of(&'static self, module: usize) -> Operations {
        let ModuleInfo { first, count, .. } = self.modules[module];
        Operations {
            registry: self,
            range: first..first + count,
        }
    }

    /// The index of an operation.
    #[inline]
    pub fn find(&self, interface: &str, name: &str) -> Option<usize> {
        self.tables.find(interface, name)
    }

    /// The index of a module.
    pub fn module(&self, name: &str) -> Option<usize> {
        self.modules
            .binary_search_by(|module| module.name.cmp(name))
            .ok()
    }

    /// The index of the module of an operation.
    #[inline]
    pub(crate) fn module_of(&self, operation: usize) -> usize {
        self.tables.rows[operation].module as usize
    }

    /// The existing operation that is most like this one, as `interface.name`.
    pub fn similar(&'static self, interface: &str, name: &str) -> Option<String> {
        let wanted = format!("{interface}.{name}");
        let known = self.operations().map(|operation| operation.full_name());
        similar(&wanted, known)
    }
}

impl OperationInfo {
    #[inline]
    fn row(&self) -> &'static Row {
        &self.registry.tables.rows[self.index as usize]
    }

    /// The text in that place behind its row's details.
    fn detail(&self, index: u32) -> &'static str {
        let tables = &self.registry.tables;
        tables.text_at(tables.details[(self.row().details + index) as usize])
    }

    /// Its index in the registry.
    pub fn index(&self) -> usize {
        self.index as usize
    }

    /// Index of its module.
    #[inline]
    pub fn module(&self) -> usize {
        self.row().module as usize
    }

    /// The interface.
    pub fn interface(&self) -> &'static str {
        self.registry.tables.text_at(self.row().interface)
    }

    /// The name.
    pub fn name(&self) -> &'static str {
        self.registry.tables.text_at(self.row().name)
    }

    /// `interface.name`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.interface(), self.name())
    }

    /// The function's doc comment.
    pub fn docs(&self) -> &'static str {
        self.detail(Row::DOCS)
    }

    /// Parameters and result, as written.
    pub fn signature(&self) -> &'static str {
        self.detail(Row::SIGNATURE)
    }

    /// The result's type, as written.
    pub fn result(&self) -> &'static str {
        self.detail(Row::RESULT)
    }

    /// See [`Row::form`].
    #[doc(hidden)]
    pub fn form(&self) -> usize {
        self.row().form as usize
    }

    /// Whether it stands in that registry.
    pub(crate) fn is_of(&self, registry: &'static Registry) -> bool {
        std::ptr::eq(self.registry, registry)
    }

    /// Its index among its module's operations.
    pub(crate) fn slot(&self) -> usize {
        (self.index - self.registry.modules[self.module()].first) as usize
    }

    pub(crate) fn parameter_names(&self) -> ParameterNames {
        let row = self.row();
        let tables = &self.registry.tables;
        let first = (row.details + Row::PARAMETERS) as usize;
        let places = &tables.details[first..first + 2 * usize::from(row.parameters)];
        ParameterNames {
            text: tables.text,
            places: places.iter(),
        }
    }

    /// The parameters, without the context.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = ParameterInfo> + use<> {
        let operation = *self;
        (0..self.row().parameters).map(move |number| {
            let number = u32::from(number);
            let type_name = operation.detail(Row::PARAMETERS + 2 * number + 1);
            ParameterInfo {
                name: operation.detail(Row::PARAMETERS + 2 * number),
                type_name,
                optional: is_optional(type_name),
            }
        })
    }

    /// Fingerprint of names, types and layouts.
    #[inline]
    pub fn fingerprint(&self) -> u64 {
        self.registry.tables.fingerprints.as_flattened()[self.index as usize]
    }

    /// How results are cached, if they are.
    #[inline]
    pub fn cache(&self) -> Option<&'static CacheInfo> {
        let index = self.row().cache.checked_sub(1)?;
        Some(&self.registry.tables.caches[index as usize])
    }

    /// The operation keeps its module loaded for good.
    pub fn pinned(&self) -> bool {
        self.row().pinned
    }

    /// The operation takes a context.
    pub fn context(&self) -> bool {
        self.row().context
    }
}

impl Iterator for ParameterNames {
    type Item = &'static str;

    #[inline]
    fn next(&mut self) -> Option<&'static str> {
        let [start, end] = *self.places.next()?;
        self.places.next();
        self.text.get(start as usize..end as usize)
    }
}

impl fmt::Debug for OperationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationInfo")
            .field("name", &self.full_name())
            .field("signature", &self.signature())
            .finish_non_exhaustive()
    }
}

impl Operations {
    /// The operation in that place among them.
    pub fn get(&self, index: usize) -> Option<OperationInfo> {
        (index < self.len()).then(|| OperationInfo {
            registry: self.registry,
            index: self.range.start + index as u32,
        })
    }

    fn at(&self, index: u32) -> OperationInfo {
        OperationInfo {
            registry: self.registry,
            index,
        }
    }
}

impl Iterator for Operations {
    type Item = OperationInfo;

    fn next(&mut self) -> Option<OperationInfo> {
        let index = self.range.next()?;
        Some(self.at(index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl DoubleEndedIterator for Operations {
    fn next_back(&mut self) -> Option<OperationInfo> {
        let index = self.range.next_back()?;
        Some(self.at(index))
    }
}

impl ExactSizeIterator for Operations {}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// Whether a call by name may leave the argument out.
fn is_optional(ty: &str) -> bool {
    let name = ty.split('<').next().unwrap_or(ty);
    name.rsplit("::").next() == Some("Option")
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn row(name: Text, module: u32, details: u32, parameters: u16) -> Row {
        Row {
            interface: [0, 4],
            name,
            module,
            details,
            cache: 0,
            form: 0,
            parameters,
            pinned: false,
            context: false,
        }
    }

    const fn module(name: &'static str, first: u32, count: u32) -> ModuleInfo {
        ModuleInfo {
            name,
            entry: "",
            first,
            count,
            pinned: false,
        }
    }

    /// `home.ask(what: Option<u8>)` and `home.tell()` of `a`, `home.shout()` of `b`.
    static REGISTRY: Registry = Registry {
        gateway: "Home",
        modules: &[module("a", 0, 2), module("b", 2, 1)],
        tables: Tables {
            text: "homeasktellshoutwhatOption<u8>Asks.",
            rows: &[
                row([4, 7], 0, 0, 1),
                row([7, 11], 0, 5, 0),
                row([11, 16], 1, 5, 0),
            ],
            fingerprints: &[Tables::piece([1, 2, 3])],
            details: &[
                [30, 35],
                [0, 0],
                [20, 30],
                [16, 20],
                [20, 30],
                [0, 0],
                [0, 0],
                [0, 0],
            ],
            names: &[0; 8],
            caches: &[],
        },
    };

    #[test]
    fn operations_are_what_the_tables_say() {
        let names: Vec<_> = REGISTRY.operations().map(|it| it.full_name()).collect();
        assert_eq!(names, ["home.ask", "home.tell", "home.shout"]);
        let ask = REGISTRY.operation(0);
        assert_eq!((ask.docs(), ask.result()), ("Asks.", "Option<u8>"));
        let parameters: Vec<_> = ask.parameters().collect();
        let what = ParameterInfo {
            name: "what",
            type_name: "Option<u8>",
            optional: true,
        };
        assert_eq!(parameters, [what]);
        let shout = REGISTRY.operation(2);
        assert_eq!((shout.module(), shout.fingerprint()), (1, 3));
        assert_eq!(shout.parameters().len(), 0);
        assert!(shout.cache().is_none());
    }

    #[test]
    fn the_operations_of_a_module_are_its_own() {
        let of = REGISTRY.operations_of(1);
        assert_eq!((of.len(), of.get(0).map(|it| it.index())), (1, Some(2)));
        assert!(of.get(1).is_none());
        let back: Vec<_> = REGISTRY
            .operations_of(0)
            .rev()
            .map(|it| it.name())
            .collect();
        assert_eq!(back, ["tell", "ask"]);
    }

    #[test]
    fn only_options_are_optional() {
        assert!(is_optional("Option<u8>"));
        assert!(is_optional("std::option::Option<&str>"));
        assert!(!is_optional("Vec<Option<u8>>"));
        assert!(!is_optional("Optional"));
    }
}
