//! A row of the table.

#![forbid(unsafe_code)]

use crate::Hazards;

/// One row: something that a module does.
#[derive(Clone, Copy, Debug)]
pub struct Hazard {
    /// A name for the row.
    pub name: &'static str,
    /// The module that does it.
    pub module: &'static str,
    /// What it does, in words.
    pub does: &'static str,
    /// What must become of it.
    pub expected: Expected,
    /// What makes it do so; gives `seed + 1`.
    pub call: Call,
    /// What plain `dlclose` makes of the same code, shown in `tests/controls.rs`.
    pub plain: Plain,
}

/// An operation's call, with the seed.
pub type Call = fn(&Hazards, u64) -> Result<u64, String>;

/// What must become of a module.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// It is unloaded: at once, or as soon as threads of its own have ended by themselves.
    Unloads,
    /// It is refused for a reason of this kind, whose text has all these words, until it is told to stop.
    Refused {
        /// [`lmms::outcome::Refusal::kind`].
        kind: &'static str,
        /// What a person must be told.
        says: &'static [&'static str],
        /// What ends the hazard, so that the module unloads; `None`: nothing does.
        until: Option<Call>,
    },
    /// It is known from its file that it can never be unloaded; the finding's code.
    Never(&'static str),
    /// The process ends, as any Rust program's would.
    Aborts,
}

/// What plain `dlclose` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// The process crashes.
    Crashes,
    /// It returns, but the library stays mapped.
    StaysMapped,
    /// Memory is lost with each load.
    Leaks,
    /// After some loads there are no keys left.
    KeysRunOut,
    /// Descriptors are lost with each load.
    LosesDescriptors,
    /// What was printed is lost.
    LosesOutput,
    /// After some copies the next can't be loaded.
    RoomRunsOut,
    /// Nothing bad that a program could show reliably.
    Harmless,
}

/// It is unloaded.
pub(super) const fn unloads(
    name: &'static str,
    does: &'static str,
    call: Call,
    plain: Plain,
) -> Hazard {
    Hazard {
        name,
        module: name,
        does,
        expected: Expected::Unloads,
        call,
        plain,
    }
}

/// Its file says that it never can be.
pub(super) const fn never(
    name: &'static str,
    does: &'static str,
    code: &'static str,
    call: Call,
    plain: Plain,
) -> Hazard {
    Hazard {
        name,
        module: name,
        does,
        expected: Expected::Never(code),
        call,
        plain,
    }
}

impl Hazard {
    /// The same, done by another module.
    pub(super) const fn of(self, module: &'static str) -> Self {
        Self { module, ..self }
    }
}
