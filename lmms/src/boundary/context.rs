//! The context: how an operation reaches the rest of the application.
//!
//! An operation that takes `&Context` as its first parameter gets the one of the gateway that
//! calls it, and passes it on when it calls other modules. The context itself is host code behind
//! a table of functions: a module links none of it.

use std::marker::PhantomData;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant, SystemTime};

use crate::boundary::abi::{Call, CallOutcome, CallState, ContextTable, Request, Text};
use crate::boundary::contain::contain;
use crate::boundary::error::{CallError, Error, Panic};
use crate::boundary::portable::{KeyBuilder, Portable};

/// What an operation may ask of the application that calls it.
///
/// ```
/// use lmms::{Context, operation};
///
/// /// Seconds until `unix_time`.
/// fn seconds_until(cx: &Context, unix_time: u64) -> u64 {
///     unix_time.saturating_sub(cx.unix_time().as_secs())
/// }
/// assert_eq!(seconds_until(&Context::detached(), 0), 0);
/// ```
#[repr(C)]
#[derive(Debug)]
pub struct Context {
    table: &'static ContextTable,
    host: *const (),
}

// SAFETY: `host` is only handed to `table`'s functions, which may be called from any thread
// (CONTEXT-1: the host's are `&self` methods of a `Sync` type, the detached ones use nothing).
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// # Safety
    /// `host` must stay what `table`'s functions expect for as long as the context lives (CONTEXT-1).
    #[cfg(feature = "gateway")]
    pub(crate) const unsafe fn new(table: &'static ContextTable, host: *const ()) -> Self {
        Self { table, host }
    }

    /// A context without a gateway, for unit tests: the time is the system's, calls of
    /// other modules fail with [`Error::Detached`].
    pub const fn detached() -> Self {
        Self {
            table: &DETACHED,
            host: std::ptr::null(),
        }
    }

    /// Time on the gateway's monotonic clock, which may be simulated. It never goes back.
    pub fn monotonic(&self) -> Duration {
        // SAFETY: CONTEXT-1.
        Duration::from_nanos(unsafe { (self.table.monotonic)(self.host) })
    }

    /// Wall-clock time since the Unix epoch on the gateway's clock, which may be simulated.
    pub fn unix_time(&self) -> Duration {
        // SAFETY: CONTEXT-1.
        Duration::from_nanos(unsafe { (self.table.unix_time)(self.host) })
    }

    /// The gateway's statistics as a JSON object; `{}` when detached.
    pub fn statistics_json(&self) -> String {
        let mut text = String::new();
        // SAFETY: CONTEXT-1; `append` gets the `String` it expects.
        unsafe { (self.table.statistics)(self.host, append, (&raw mut text).cast()) };
        text
    }

    /// Why `module` is loaded or not, in a few lines; empty when detached.
    pub fn explain(&self, module: &str) -> String {
        let mut text = String::new();
        let name = Text::new(module);
        // SAFETY: CONTEXT-1; `append` gets the `String` it expects.
        unsafe { (self.table.explain)(self.host, name, append, (&raw mut text).cast()) };
        text
    }
}

/// A [`TextSink`](crate::boundary::abi::TextSink) whose target is a `String`.
///
/// # Safety
/// `target` must be a valid, unshared `*mut String`, and `text` alive.
pub(crate) unsafe extern "C" fn append(target: *mut (), text: Text) {
    contain("that appends to a text", || {
        // SAFETY: the caller's promise.
        let string = unsafe { &mut *target.cast::<String>() };
        // SAFETY: the caller's promise.
        string.push_str(&unsafe { text.as_str() });
    });
}

/// An operation of another module, as a module's generated stubs know it.
#[derive(Debug)]
pub struct Peer {
    interface: &'static str,
    name: &'static str,
    fingerprint: u64,
    index: AtomicU32,
}

impl Peer {
    /// The operation `interface.name` with this signature.
    pub const fn new(interface: &'static str, name: &'static str, fingerprint: u64) -> Self {
        Self {
            interface,
            name,
            fingerprint,
            index: AtomicU32::new(0),
        }
    }

    /// Calls the operation through `cx`. `invoke` gets its thunk; `key` is given for operations
    /// with a cache and encodes their arguments.
    ///
    /// # Safety
    /// `T` must be the function pointer type, and `R` the result type, that the fingerprint stands
    /// for; `invoke` must do nothing but call what it is given.
    pub unsafe fn call<T: Copy, R: Portable>(
        &self,
        cx: &Context,
        key: Option<&dyn Fn(&mut KeyBuilder)>,
        invoke: impl FnOnce(T) -> CallOutcome<R>,
    ) -> Result<R, CallError> {
        const { assert!(size_of::<T>() == size_of::<*const ()>()) };
        let mut builder = KeyBuilder::new();
        if let Some(key) = key {
            key(&mut builder);
        }
        let request = Request {
            interface: Text::new(self.interface),
            name: Text::new(self.name),
            fingerprint: self.fingerprint,
            index: &raw const self.index,
            key: Text::bytes(builder.as_bytes()),
            has_key: key.is_some(),
        };
        let mut ongoing = Ongoing::begin(cx, &request);
        match ongoing.call.state {
            CallState::Ready | CallState::Elsewhere => {
                // SAFETY: the host checked the fingerprint, so the thunk is a `T`.
                let thunk =
                    unsafe { std::mem::transmute_copy::<*const (), T>(&ongoing.call.thunk) };
                match ongoing.invoke(|| invoke(thunk)) {
                    Some(CallOutcome::Returned(mut result)) => {
                        let copy = result.copy();
                        // The module that made the result drops it.
                        ongoing.finish((&raw mut *result).cast());
                        Ok(copy)
                    }
                    Some(CallOutcome::Panicked) => {
                        Err(CallError::Panicked(Box::new(ongoing.panicked(self))))
                    }
                    None => Err(ongoing.failed()),
                }
            }
            CallState::Hit => {
                // SAFETY: the cache holds a result of this operation; it lives until `finish`.
                let cached = unsafe { &*ongoing.call.cached.cast::<R>() };
                let copy = cached.copy();
                ongoing.finish(std::ptr::null_mut());
                Ok(copy)
            }
            CallState::Failed => Err(ongoing.failed()),
        }
    }
}

/// A call in progress; ended on drop too, so that a panic leaves no guard.
struct Ongoing<'a> {
    cx: &'a Context,
    call: Call,
    finished: bool,
    /// Guards are counted per thread.
    not_send: PhantomData<*const ()>,
}

impl<'a> Ongoing<'a> {
    fn begin(cx: &'a Context, request: &Request) -> Self {
        let mut call = Call {
            state: CallState::Failed,
            thunk: std::ptr::null(),
            cached: std::ptr::null(),
            message: Text::new(""),
            token: std::ptr::null_mut(),
        };
        // SAFETY: CONTEXT-1; both structures live through the call.
        unsafe { (cx.table.begin)(cx.host, request, &raw mut call) };
        Self {
            cx,
            call,
            finished: false,
            not_send: PhantomData,
        }
    }

    /// Runs `task` here or where the called module wants it; `None` if it never ran.
    fn invoke<R>(&mut self, task: impl FnOnce() -> R) -> Option<R> {
        if self.call.state == CallState::Ready {
            return Some(task());
        }
        struct Task<F, R> {
            task: Option<F>,
            result: Option<R>,
        }
        unsafe extern "C" fn run<F: FnOnce() -> R, R>(data: *mut ()) {
            contain("of a call", || {
                // SAFETY: `data` is the `Task` below, which outlives `run` and is not used meanwhile.
                let this = unsafe { &mut *data.cast::<Task<F, R>>() };
                if let Some(task) = this.task.take() {
                    this.result = Some(task());
                }
            });
        }
        fn runner<F: FnOnce() -> R, R>(_: &Task<F, R>) -> unsafe extern "C" fn(*mut ()) {
            run::<F, R>
        }
        let mut data = Task {
            task: Some(task),
            result: None,
        };
        let function = runner(&data);
        // SAFETY: CONTEXT-1; `run` returns only when `function` has, so `data` outlives it.
        unsafe {
            (self.cx.table.run)(
                self.cx.host,
                &raw mut self.call,
                function,
                (&raw mut data).cast(),
            )
        };
        data.result
    }

    fn finish(&mut self, result: *mut ()) {
        if !std::mem::replace(&mut self.finished, true) {
            self.end(result);
            // The text of a panic that nobody asked for.
            if !self.call.token.is_null() {
                self.end(std::ptr::null_mut());
            }
        }
    }

    fn end(&mut self, result: *mut ()) {
        // SAFETY: CONTEXT-1; called once with a result, if there is one.
        unsafe { (self.cx.table.finish)(self.cx.host, &raw mut self.call, result) };
    }

    fn panicked(mut self, peer: &Peer) -> Panic {
        self.call.message = Text::new("");
        // Asks for the panic's text, which lives until the call is finished once more.
        self.end(std::ptr::null_mut());
        // SAFETY: as above.
        let message = unsafe { self.call.message.as_str() }.into_owned();
        Panic::new(
            "",
            format!("{}.{}", peer.interface, peer.name),
            message,
            None,
        )
    }

    /// Why the operation was not called.
    fn failed(mut self) -> CallError {
        // SAFETY: the message lives until `finish`.
        let message = unsafe { self.call.message.as_str() }.into_owned();
        self.finish(std::ptr::null_mut());
        CallError::from(if message.is_empty() {
            Error::Detached
        } else {
            Error::Remote { message }
        })
    }
}

impl Drop for Ongoing<'_> {
    fn drop(&mut self) {
        self.finish(std::ptr::null_mut());
    }
}

static DETACHED: ContextTable = ContextTable {
    begin: detached::begin,
    run: detached::run,
    finish: detached::finish,
    monotonic: detached::monotonic,
    unix_time: detached::unix_time,
    statistics: detached::statistics,
    explain: detached::explain,
};

/// The functions of a context without a gateway: they use none of their pointers.
mod detached {
    use std::sync::OnceLock;

    use super::*;
    use crate::boundary::abi::TextSink;

    pub(super) unsafe extern "C" fn begin(_: *const (), _: *const Request, call: *mut Call) {
        // SAFETY: `Ongoing::begin` hands a valid, unshared pointer.
        unsafe { (*call).state = CallState::Failed };
    }

    pub(super) unsafe extern "C" fn run(
        _: *const (),
        _: *mut Call,
        _: unsafe extern "C" fn(*mut ()),
        _: *mut (),
    ) {
    }

    pub(super) unsafe extern "C" fn finish(_: *const (), _: *mut Call, _: *mut ()) {}

    pub(super) unsafe extern "C" fn monotonic(_: *const ()) -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_nanos() as u64
    }

    pub(super) unsafe extern "C" fn unix_time(_: *const ()) -> u64 {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos() as u64)
    }

    pub(super) unsafe extern "C" fn statistics(_: *const (), sink: TextSink, target: *mut ()) {
        // SAFETY: the sink and its target come together.
        unsafe { sink(target, Text::new("{}")) };
    }

    pub(super) unsafe extern "C" fn explain(_: *const (), _: Text, _: TextSink, _: *mut ()) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detached_context_refuses_calls_and_tells_the_time() {
        static PEER: Peer = Peer::new("images", "thumbnail", 1);
        type Thunk = fn(u32) -> CallOutcome<u32>;
        let cx = Context::detached();
        // SAFETY: a detached context never hands out a thunk.
        let result = unsafe { PEER.call::<Thunk, u32>(&cx, None, |thunk| thunk(1)) };
        assert!(matches!(result, Err(error) if matches!(error.as_lmms(), Some(Error::Detached))));
        assert!(cx.unix_time() > Duration::from_secs(1_600_000_000));
        assert!(cx.monotonic() <= cx.monotonic());
        assert_eq!(cx.statistics_json(), "{}");
        assert_eq!(cx.explain("images"), "");
    }
}
