//! Starting and ending a module: what its descriptor points to.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::boundary::abi::{
    ABI, Descriptor, Host, MAGIC, OperationRecord, StartState, Started, TOOLCHAIN, Text, TextSink,
};
use crate::module::operation::Registration;
use crate::module::panics;

/// What `module!` knows at compile time.
#[derive(Clone, Copy, Debug)]
pub struct ModuleFacts {
    /// The package name.
    pub name: &'static str,
    /// The package version.
    pub version: &'static str,
    /// How many operations the sources declare.
    pub operations: u32,
    /// `thread = "dedicated"`.
    pub dedicated_thread: bool,
    /// `shutdown = …` is given.
    pub has_shutdown: bool,
}

/// The descriptor of a module whose functions are these.
pub const fn descriptor(
    facts: ModuleFacts,
    start: unsafe extern "C" fn(*const Host, *mut Started) -> StartState,
    veto: unsafe extern "C" fn(TextSink, *mut ()) -> bool,
    shutdown: unsafe extern "C" fn(),
) -> Descriptor {
    Descriptor {
        magic: MAGIC,
        abi: ABI,
        operations: facts.operations,
        toolchain: Text::new(TOOLCHAIN),
        name: Text::new(facts.name),
        version: Text::new(facts.version),
        dedicated_thread: facts.dedicated_thread,
        has_shutdown: facts.has_shutdown,
        start,
        veto,
        shutdown,
        unload_unsafe,
    }
}

/// Starts the module `name`, unless `running` says that it has been: installs the host's side and lists the operations.
///
/// The dynamic linker has one image for all who open a file, and an image has one host. Two hosts don't know of each
/// other when a program has two copies of this crate, such as two versions; so the image itself remembers.
///
/// # Safety
/// `running` must be the module's own. Called by a host that has checked the descriptor (ABI-1). `host` must outlive
/// the module's code, and `started` be valid for a write.
pub unsafe fn start(
    running: &AtomicBool,
    name: &'static str,
    host: *const Host,
    started: *mut Started,
) -> StartState {
    // AcqRel: one start sees `false`, and all later ones come after it.
    if running.swap(true, Ordering::AcqRel) {
        return StartState::AlreadyStarted;
    }
    // SAFETY: the caller's promise.
    let host = unsafe { &*host };
    // From here on allocations go to the module's heap.
    #[cfg(feature = "carrier")]
    // SAFETY: the caller's promise: hooks, census and heap live as long as the host's side.
    unsafe {
        super::installed::install(host.hooks)
    };
    let ready = catch_unwind(AssertUnwindSafe(|| {
        panics::install(host);
        #[cfg(feature = "tracing")]
        super::tracing::install();
        #[cfg(feature = "log")]
        super::log::install();
        operations(name)
    }));
    let Ok(operations) = ready else {
        return StartState::Panicked;
    };
    // SAFETY: the caller's promise.
    unsafe {
        started.write(Started {
            operations: operations.as_ptr(),
            count: operations.len(),
        })
    };
    StartState::Started
}

/// The records of module `name`, sorted: the order of `inventory` changes from build to build.
fn operations(name: &str) -> &'static [OperationRecord] {
    let all = || {
        inventory::iter::<Registration>()
            .map(|registration| registration.0)
            // SAFETY: records are made of literals.
            .filter(|record| unsafe { record.module.as_bytes() } == name.as_bytes())
    };
    // A vector that grows touches a page for each size it has had.
    let mut records = Vec::with_capacity(all().count());
    records.extend(all());
    // SAFETY: as above.
    let key = |text: Text| unsafe { text.as_bytes() };
    records.sort_unstable_by(|a, b| {
        (key(a.interface), key(a.name)).cmp(&(key(b.interface), key(b.name)))
    });
    // Part of the module's heap, which goes as a whole.
    records.leak()
}

/// Asks the module's veto function.
///
/// # Safety
/// `sink` and `target` must belong together.
pub unsafe fn veto(
    function: Option<fn() -> Option<String>>,
    sink: TextSink,
    target: *mut (),
) -> bool {
    let Some(function) = function else {
        return false;
    };
    let reason = match catch_unwind(function) {
        Ok(None) => return false,
        Ok(Some(reason)) => reason,
        Err(payload) => {
            panics::caught(payload);
            // State of a module that can't even say what it holds is better kept.
            "its veto function panicked".to_owned()
        }
    };
    // SAFETY: the caller's promise; the text lives through the call.
    unsafe { sink(target, Text::new(&reason)) };
    true
}

/// Runs the module's shutdown function, then flushes what it has written to standard output.
pub fn shutdown(function: Option<fn()>) {
    let flushed = catch_unwind(AssertUnwindSafe(|| {
        if let Some(function) = function {
            function();
        }
    }));
    if let Err(payload) = flushed {
        panics::caught(payload);
    }
    // A closed standard output is no reason to stay.
    let _ = catch_unwind(|| std::io::stdout().flush());
}

/// Why the library can't be unloaded safely: it was not linked through the wraps, or something in
/// it started before the host could see it.
///
/// # Safety
/// `sink` and `target` must belong together.
pub unsafe extern "C" fn unload_unsafe(sink: TextSink, target: *mut ()) -> bool {
    let Some(reason) = unseen() else { return false };
    // SAFETY: the caller's promise; the text lives through the call.
    unsafe { sink(target, Text::new(&reason)) };
    true
}

#[cfg(feature = "carrier")]
fn unseen() -> Option<String> {
    use super::wraps;
    if let Some(symbol) = wraps::unwrapped() {
        return Some(format!(
            "its calls of `{symbol}` can't be counted: build it with `cargo lmms build`"
        ));
    }
    match wraps::early() {
        0 => None,
        early => Some(format!(
            "a static constructor in it made {early} threads, keys or thread-locals, or left a pointer with the C library, before it was started"
        )),
    }
}

#[cfg(not(feature = "carrier"))]
fn unseen() -> Option<String> {
    Some("it was not built by `cargo lmms build`".to_owned())
}
