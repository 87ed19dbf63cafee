//! The seam between the lifecycle and the dynamic linker.
//!
//! The lifecycle and the protection protocol see modules only through these two traits, so that
//! tests run them with libraries that are no files. Calls jump to the addresses that a library
//! hands out, so both traits are unsafe to implement.

use std::fmt::{self, Debug};
use std::sync::Arc;

use crate::boundary::error::Error;
use crate::host::registry::{ModuleInfo, Operations};

pub use crate::host::protection::OperationSlot;
pub use crate::host::threads::dedicated::DedicatedThread;

/// Makes modules usable.
///
/// # Safety
/// A library that [`load`](Self::load) returns must have one slot for each of `operations`, in that order. The slot's
/// function must be an operation of that signature and fingerprint: of the thunk type that `gateway!` generates for it,
/// with types laid out as the fingerprint says. It must catch its own panics.
pub unsafe trait Loader: Debug + Send + Sync {
    /// Loads `module` and checks that it has exactly `operations`.
    ///
    /// # Errors
    /// What was wrong; then nothing of the module is left behind.
    fn load(
        &self,
        module: &'static ModuleInfo,
        operations: Operations,
    ) -> Result<Box<dyn Library>, Error>;

    /// The names of the modules that can be loaded now, as far as that is known. One that isn't in the registry was not
    /// there when the program was built.
    fn available(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A module in memory.
///
/// # Safety
/// - [`operations`](Self::operations) returns the same slots at the same address as long as the library lives, on
///   whichever thread it is asked, and as many as the loader was asked for.
/// - Their functions can be called from any thread, or from [`thread`](Self::thread) if there is one, from the load
///   until [`leave`](Self::leave) or the drop of the library, and results can be dropped with
///   [`drop_result`](OperationSlot::new) until then.
/// - [`leave`](Self::leave) reports [`Departure::Unloaded`] only if nothing runs the library's code or uses its memory
///   any more, whatever [`busy`](Self::busy) said.
/// - [`Holders::names`] of [`Departure::Waits`] is empty only when the library can leave.
pub unsafe trait Library: Debug + Send {
    /// The operations, in the registry's order. The slice must not move while the library lives.
    fn operations(&self) -> &[OperationSlot];

    /// The thread that the module wants its calls on.
    fn thread(&self) -> Option<Arc<DedicatedThread>> {
        None
    }

    /// What it holds in memory now.
    fn memory(&self) -> Memory;

    /// What tells this build of the module from others: the BLAKE3 hash of its file. Results that another build has
    /// computed are not served once it is loaded. `None`: nothing does, and they are.
    fn build(&self) -> Option<[u8; 32]> {
        None
    }

    /// Gives the kernel back what the module doesn't need while it idles: what it has freed and its heap has kept for
    /// later, and its code, which comes back from its file page by page as it is used.
    fn trim(&self) {}

    /// Why it can never be unloaded, if so.
    fn unload_unsafe(&self) -> Option<Arc<str>> {
        None
    }

    /// Why the module itself objects to being unloaded now, if it does. Runs module code.
    fn veto(&self) -> Option<String> {
        None
    }

    /// What stands against unloading now, if anything does. Changes nothing.
    ///
    /// Asked when the gate is sealed, the answer is final: nobody can start anything in the module
    /// any more. Until then the gate may be opened again as if nothing had happened.
    fn busy(&self) -> Option<Busy> {
        None
    }

    /// What of that is found without a search: asked before the gate is sealed, so that calls wait
    /// for no attempt that can't succeed.
    fn busy_at_a_glance(&self) -> Option<Busy> {
        self.busy()
    }

    /// Whether it is what [`Departure::Stuck`] left and somebody else still holds: asked to leave again, it goes once
    /// they let go. Until then no other copy of its module is unloaded, since the same might hold that one.
    fn is_held(&self) -> bool {
        false
    }

    /// Destroys what the module holds and unloads it. From here on there is no way back into use.
    ///
    /// Called when the gate is sealed and nothing stands against it, and again after
    /// [`Departure::Waits`].
    fn leave(self: Box<Self>) -> Departure;
}

/// What holds a sealed module, shared with the threads that have to let go of it.
pub trait Holders: Debug + Send + Sync {
    /// Destroys what the module holds on the calling thread. Runs module code.
    fn release_here(&self);

    /// The threads that still hold something of it or run in it, those included that are just letting
    /// go, and the signals it handles. Empty: it can go.
    fn names(&self) -> Vec<String>;
}

/// Bytes that a loaded module holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Memory {
    /// Address space its file is mapped to.
    pub mapped: u64,
    /// Live blocks of its heap.
    pub heap: u64,
}

impl Memory {
    /// Both together.
    pub fn total(&self) -> u64 {
        self.mapped + self.heap
    }
}

/// What stands against unloading a module now. It may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Busy {
    /// What kind of thing it is.
    pub kind: BusyKind,
    /// The threads, signals, descriptors, ….
    pub names: Vec<String>,
    /// Whether it is known to end when the module is sealed: its shutdown function ends it, or the
    /// threads are known to call [`checkpoint`](crate::Runtime::checkpoint). Then the module can be
    /// sealed, and wait for that.
    pub ends: bool,
}

/// What can stand against unloading a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BusyKind {
    /// Threads that the module started are running.
    Threads,
    /// Signals are handled by functions of the module.
    SignalHandlers,
    /// Other threads hold thread-locals of the module.
    ThreadLocals,
    /// The C library keeps pointers into the module.
    Pointers,
    /// Descriptors that the module has made are open.
    Descriptors,
    /// Memory that the module has mapped can't be told from somebody else's.
    Mappings,
    /// The module keeps itself loaded: it has opened itself.
    Itself,
}

/// What a module writes to end what it has running.
const LINE: &str = "lmms::module!(shutdown = stop);";

impl BusyKind {
    /// Whether a module can be unloaded all the same, but leaves this in the process.
    pub(crate) fn is_left_at_last(self) -> bool {
        matches!(self, Self::Descriptors | Self::Mappings)
    }

    /// What a person is told about it, with things of these names.
    pub(crate) fn words(self, names: &[String]) -> String {
        let names = names.join(", ");
        match self {
            Self::Threads => format!(
                "threads it started are running: {names}; its shutdown function has to end them: `{LINE}`, where `stop` drops \
                 whatever they serve (a pool, a client, a runtime, a guard)"
            ),
            Self::SignalHandlers => format!(
                "it handles signals: {names}; its shutdown function has to put back what was there before: `{LINE}`; a crate that \
                 can't do that (ctrlc, signal-hook) belongs in the application"
            ),
            Self::Pointers => format!(
                "the C library keeps pointers into it: {names}; those that can be taken back its shutdown function has to: `{LINE}`"
            ),
            Self::ThreadLocals => format!(
                "its thread-locals are alive on {names}: they end with that thread, or when it calls `checkpoint()`"
            ),
            Self::Descriptors => format!(
                "descriptors that it has made are open: {names}; close them in a function that is named in `lmms::module!(shutdown = …)`"
            ),
            Self::Mappings => format!(
                "memory that it has mapped can't be told from others' any more: {names}; unmap it in a function that is named in `lmms::module!(shutdown = …)`"
            ),
            Self::Itself => format!(
                "it has opened itself with `dlopen`: {names}; close that in a function that is named in `lmms::module!(shutdown = …)`"
            ),
        }
    }
}

impl Busy {
    /// Something that has to pass by itself.
    pub fn new(kind: BusyKind, names: Vec<String>) -> Self {
        Self {
            kind,
            names,
            ends: false,
        }
    }

    /// The same, if it is known to end when the module is sealed.
    pub fn ending(self, ends: bool) -> Self {
        Self { ends, ..self }
    }
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind.words(&self.names))
    }
}

/// What a module that is gone has left in the process, since nobody can tell that it isn't somebody else's.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LeftOver {
    /// Descriptors that are open, by number and name.
    pub descriptors: Vec<String>,
    /// Bytes that are mapped.
    pub mapped: u64,
}

impl LeftOver {
    /// Whether there is nothing.
    pub fn is_nothing(&self) -> bool {
        self.descriptors.is_empty() && self.mapped == 0
    }
}

impl fmt::Display for LeftOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        if !self.descriptors.is_empty() {
            let count = self.descriptors.len();
            write!(
                f,
                "{count} open descriptors: {}",
                self.descriptors.join(", ")
            )?;
            comma = ", and ";
        }
        if self.mapped > 0 {
            write!(f, "{comma}{} mapped bytes", self.mapped)?;
        }
        Ok(())
    }
}

/// How an unload ended.
#[derive(Debug)]
#[must_use]
pub enum Departure {
    /// It is gone, proven.
    Unloaded {
        /// Bytes given back: mapped pages that were in memory, and the heap.
        bytes: u64,
    },
    /// It is gone, proven, but has left something in the process for good.
    Leaked {
        /// Bytes given back.
        bytes: u64,
        /// What it has left.
        left: LeftOver,
    },
    /// It waits for threads that hold thread-locals of it, or run in it. It must never be called
    /// again; [`leave`](Library::leave) it when nobody holds it any more.
    Waits {
        /// The rest of it.
        library: Box<dyn Library>,
        /// What holds it.
        holders: Arc<dyn Holders>,
    },
    /// It is still there, for good or until [somebody else](Library::is_held) lets go of it, and must never be called
    /// again.
    Stuck {
        /// The remains.
        library: Box<dyn Library>,
        /// Why it could not go.
        reason: String,
    },
}
