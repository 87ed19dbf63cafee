//! Calls from one module to another: the host's side of [`Context`](crate::Context).
//!
//! # Invariants
//! - **CONTEXT-1** The `host` pointer in each call is the [`Runtime`] whose context the module was lent. The
//!   call that lent it keeps the runtime alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::boundary::abi::{Call, CallState, ContextTable, Request, Text, TextSink};
use crate::boundary::contain::contain;
use crate::boundary::error::Error;
use crate::host::cache::{CachedResult, Computation, Lease, Missed};
use crate::host::clock::nanoseconds;
use crate::host::events::callbacks::{self, PanicText};
use crate::host::protection::OperationSlot;
use crate::host::reentrance::contained::callback;
use crate::host::reentrance::inside::Inside;
use crate::host::reentrance::waits::Circle;
use crate::host::registry::OperationInfo;
use crate::host::runtime::{Entry, Runtime};

pub(crate) static TABLE: ContextTable = ContextTable {
    begin,
    run,
    finish,
    monotonic,
    unix_time,
    statistics,
    explain,
};

/// What the host remembers of a call in progress; [`Call::token`] points to it.
enum Token<'r> {
    /// The module is entered.
    Entered {
        entry: Entry<'r>,
        operation: usize,
        slot: usize,
        /// Of an operation whose results are cached.
        computation: Option<Computation<'r>>,
        /// What a thunk on the module's own thread said when it panicked.
        panic: Option<PanicText>,
    },
    /// What keeps the cached value that the caller copies from.
    Hit(#[expect(dead_code, reason = "held, not read")] Arc<Lease>),
    /// The error's text that the caller copies from.
    Failed(#[expect(dead_code, reason = "held, not read")] String),
}

/// # Safety
/// CONTEXT-1.
unsafe fn runtime<'r>(host: *const ()) -> &'r Runtime {
    // SAFETY: CONTEXT-1.
    unsafe { &*host.cast::<Runtime>() }
}

unsafe extern "C" fn begin(host: *const (), request: *const Request, call: *mut Call) {
    callback(Inside::Context, || {
        // SAFETY: CONTEXT-1.
        let runtime = unsafe { runtime(host) };
        // SAFETY: the caller lends it for this call.
        let request = unsafe { &*request };
        // SAFETY: as above, and nobody else uses it.
        let call = unsafe { &mut *call };
        // What stands if host code panics.
        call.state = CallState::Failed;
        call.message = Text::new("host code panicked when the call began, see its standard error");
        let token = start(runtime, request, call).unwrap_or_else(|error| failed(call, &error));
        call.token = Box::into_raw(Box::new(token)).cast();
    });
}

/// The call fails with this error.
fn failed<'r>(call: &mut Call, error: &dyn std::fmt::Display) -> Token<'r> {
    let text = error.to_string();
    call.state = CallState::Failed;
    call.message = Text::new(&text);
    // A `String`'s bytes stay in place when it moves.
    Token::Failed(text)
}

fn start<'r>(runtime: &'r Runtime, request: &Request, call: &mut Call) -> Result<Token<'r>, Error> {
    let operation = resolve(runtime, request)?;
    let info = runtime.registry.operation(operation);
    let mut computation = None;
    if request.has_key && info.cache().is_some() {
        // SAFETY: the caller lends the key for this call.
        let bytes = unsafe { request.key.as_bytes() };
        let found = match runtime.cached(info.module(), operation, bytes) {
            Some(hit) => cached_view(info, hit.value()).map(|view| (view, hit.keep())),
            None => match runtime.missed(info.module(), operation, bytes) {
                Missed::Found(value) => {
                    cached_view(info, &value).map(|view| (view, Lease::new(value)))
                }
                Missed::Compute(begun) => {
                    computation = Some(begun);
                    None
                }
            },
        };
        if let Some((view, keeps)) = found {
            call.state = CallState::Hit;
            call.cached = view;
            return Ok(Token::Hit(keeps));
        }
    }
    let entry = runtime.enter(info.module())?;
    let slot = info.slot();
    // SAFETY: the registry has this slot, and the loader put as many into the table.
    let slots: &OperationSlot = unsafe { entry.entered.operation(slot) };
    call.thunk = slots.thunk;
    call.state = match entry.thread {
        None => CallState::Ready,
        Some(_) => CallState::Elsewhere,
    };
    Ok(Token::Entered {
        entry,
        operation,
        slot,
        computation,
        panic: None,
    })
}

fn cached_view(info: OperationInfo, value: &CachedResult) -> Option<*const ()> {
    let view = (info.cache()?.view)(value);
    (!view.is_null()).then_some(view)
}

/// The operation a request means; its signature is the one the caller was built with.
fn resolve(runtime: &Runtime, request: &Request) -> Result<usize, Error> {
    // SAFETY: the caller's static, alive during its call.
    let remembered: &AtomicU32 = unsafe { &*request.index };
    // Relaxed: the number alone is enough, and it is checked.
    if let Some(index) = remembered.load(Ordering::Relaxed).checked_sub(1)
        && let Some(info) = runtime.registry.operations().get(index as usize)
        && info.fingerprint() == request.fingerprint
    {
        return Ok(index as usize);
    }
    // SAFETY: literals of the caller, alive during its call.
    let text = |text: Text| unsafe { text.as_str() };
    let (interface, name) = (text(request.interface), text(request.name));
    let index = runtime.operation_index(&interface, &name)?;
    let info = runtime.registry.operation(index);
    if info.fingerprint() != request.fingerprint {
        return Err(Error::SignatureMismatch {
            module: runtime.registry.modules[info.module()].name.to_owned(),
            operation: info.full_name(),
            expected: format!("{} ({:016x})", info.signature(), info.fingerprint()),
            found: format!(
                "called with fingerprint {:016x} by another module",
                request.fingerprint
            ),
        });
    }
    remembered.store(index as u32 + 1, Ordering::Relaxed);
    Ok(index)
}

unsafe extern "C" fn run(
    host: *const (),
    call: *mut Call,
    task: unsafe extern "C" fn(*mut ()),
    data: *mut (),
) {
    callback(Inside::Context, || {
        // SAFETY: CONTEXT-1.
        let runtime = unsafe { runtime(host) };
        // SAFETY: the caller lends its call.
        let call = unsafe { &mut *call };
        // SAFETY: the token is the one `begin` made, and nobody else uses it.
        let token = unsafe { &mut *call.token.cast::<Token<'_>>() };
        let Token::Entered {
            entry,
            operation,
            panic,
            ..
        } = token
        else {
            return;
        };
        let job = || {
            // SAFETY: task and data belong together (`Ongoing::invoke`).
            unsafe { task(data) };
            callbacks::take_panic()
        };
        *panic = match &entry.thread {
            None => Some(job()),
            // SAFETY: DEDICATED-1: the task is a stub's call: arguments and a module's function; text comes back.
            Some(thread) => match unsafe { thread.run(job) } {
                Ok(panic) => Some(panic),
                Err(circle) => {
                    let module = runtime.registry.operation(*operation).module();
                    *token = failed(call, &runtime.circle(module, circle));
                    return;
                }
            },
        };
    });
}

unsafe extern "C" fn finish(host: *const (), call: *mut Call, result: *mut ()) {
    callback(Inside::Context, || {
        // SAFETY: CONTEXT-1.
        let runtime = unsafe { runtime(host) };
        // SAFETY: the caller lends its call.
        let call = unsafe { &mut *call };
        let token = std::mem::replace(&mut call.token, std::ptr::null_mut());
        if token.is_null() {
            return;
        }
        // SAFETY: the token is the one `begin` or an earlier `finish` made, and it was taken from its place.
        let token = unsafe { Box::from_raw(token.cast::<Token<'_>>()) };
        if let Token::Entered {
            entry,
            operation,
            slot,
            computation,
            panic,
        } = *token
        {
            let ended = Ended {
                entry,
                operation,
                slot,
                computation,
                panic,
            };
            ended.finish(runtime, call, result);
        }
    });
}

/// A call whose thunk has returned.
struct Ended<'r> {
    entry: Entry<'r>,
    operation: usize,
    slot: usize,
    computation: Option<Computation<'r>>,
    panic: Option<PanicText>,
}

impl Ended<'_> {
    fn finish(self, runtime: &Runtime, call: &mut Call, result: *mut ()) {
        let info = runtime.registry.operation(self.operation);
        if result.is_null() {
            let panic = self.panic.unwrap_or_else(callbacks::take_panic);
            let panic = runtime.panic_of(info.module(), self.slot, panic);
            // The caller copies the text, and finishes once more.
            call.token = Box::into_raw(Box::new(failed(call, &panic))).cast();
            return;
        }
        if let (Some(computation), Some(cache)) = (self.computation, info.cache()) {
            // To copy it may run the application's code, and the result is dropped all the same.
            contain("that copies a result", || {
                // SAFETY: the caller hands an initialised result of this operation.
                if let Some((value, bytes)) = unsafe { (cache.share)(result) } {
                    runtime.remember(computation, value, bytes);
                }
            });
        }
        // SAFETY: the entry keeps the module loaded.
        let slots = unsafe { self.entry.entered.operation(self.slot) };
        let drop_result = slots.drop_result;
        // SAFETY: an initialised result of this operation, which the caller doesn't use again.
        let job = || unsafe { drop_result(result) };
        let elsewhere = match &self.entry.thread {
            None => Err(Circle),
            // SAFETY: DEDICATED-1: a result of a `Portable` type and a module's function.
            Some(thread) => unsafe { thread.run(job) },
        };
        if elsewhere.is_err() {
            // Where the module's thread waits for this one it is dropped here: it is `Send`.
            job();
        }
    }
}

unsafe extern "C" fn monotonic(host: *const ()) -> u64 {
    callback(Inside::Context, || {
        // SAFETY: CONTEXT-1.
        nanoseconds(unsafe { runtime(host) }.now())
    })
    .unwrap_or_default()
}

unsafe extern "C" fn unix_time(host: *const ()) -> u64 {
    callback(Inside::Context, || {
        // SAFETY: CONTEXT-1.
        nanoseconds(unsafe { runtime(host) }.clock.unix_time())
    })
    .unwrap_or_default()
}

unsafe extern "C" fn statistics(host: *const (), sink: TextSink, target: *mut ()) {
    callback(Inside::Context, || {
        // SAFETY: CONTEXT-1.
        let runtime = unsafe { runtime(host) };
        let json = serde_json::to_string(&runtime.statistics()).unwrap_or_else(|_| "{}".to_owned());
        // SAFETY: sink and target belong together; the text lives through the call.
        unsafe { sink(target, Text::new(&json)) };
    });
}

unsafe extern "C" fn explain(host: *const (), module: Text, sink: TextSink, target: *mut ()) {
    callback(Inside::Context, || {
        // SAFETY: CONTEXT-1.
        let runtime = unsafe { runtime(host) };
        // SAFETY: lent for this call.
        let module = unsafe { module.as_str() };
        let text = match runtime.explain(&module) {
            Ok(explanation) => explanation.to_string(),
            Err(error) => error.to_string(),
        };
        // SAFETY: sink and target belong together; the text lives through the call.
        unsafe { sink(target, Text::new(&text)) };
    });
}
