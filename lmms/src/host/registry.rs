//! The registry: every operation of an application, known at compile time.
//!
//! It may have ten thousand operations, of which a run of the program looks at three. So what it
//! says of them are numbers: places in one long text, which the program's file holds as they are
//! used. Nothing of that is written to when the program starts, nor read before it is asked for; a
//! `&'static str` would cost a relocation, and make a page dirty, for each.

#![forbid(unsafe_code)]

mod operation;
mod schema;
mod similar;
mod tables;

pub(crate) use operation::ParameterNames;
pub use operation::{OperationInfo, Operations, ParameterInfo};
pub use schema::OperationSchema;
pub use similar::similar;
#[doc(hidden)]
pub use tables::{Row, Tables, Text, name_hash};

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// A cached result: whatever the caller stored, in host memory.
pub type CachedResult = Arc<dyn Any + Send + Sync>;

/// All modules and operations of one gateway. `gateway!` writes it as a constant.
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
        Operations::new(self, 0..self.tables.rows.len() as u32)
    }

    /// The operation of that index.
    ///
    /// # Panics
    /// There are not that many.
    #[inline]
    pub fn operation(&'static self, index: usize) -> OperationInfo {
        assert!(index < self.tables.rows.len(), "no operation {index}");
        OperationInfo::new(self, index as u32)
    }

    /// The operations of one module.
    ///
    /// # Panics
    /// There are not that many modules.
    pub fn operations_of(&'static self, module: usize) -> Operations {
        let ModuleInfo { first, count, .. } = self.modules[module];
        Operations::new(self, first..first + count)
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

    /// The existing operation that is most like this one, as `interface.name`.
    pub fn similar(&'static self, interface: &str, name: &str) -> Option<String> {
        let wanted = format!("{interface}.{name}");
        let known = self.operations().map(|operation| operation.full_name());
        similar(&wanted, known)
    }
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
            optional: parameters,
            pinned: false,
            context: false,
            deprecated: details == 0,
            hidden: details != 0,
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
            text: "homeasktellshoutwhatOption<u8>Asks.Tell.",
            rows: &[
                row([4, 7], 0, 0, 1),
                row([7, 11], 0, 6, 0),
                row([11, 16], 1, 6, 0),
            ],
            fingerprints: &[Tables::piece([1, 2, 3])],
            details: &[
                [30, 35],
                [0, 0],
                [20, 30],
                [16, 20],
                [20, 30],
                [35, 40],
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
        assert_eq!((ask.deprecated(), ask.hidden()), (Some("Tell."), false));
        let shout = REGISTRY.operation(2);
        assert_eq!((shout.module(), shout.fingerprint()), (1, 3));
        assert_eq!(shout.parameters().len(), 0);
        assert!(shout.cache().is_none());
        assert_eq!((shout.deprecated(), shout.hidden()), (None, true));
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
}
