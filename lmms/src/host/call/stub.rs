//! Calls: from a generated stub into a module and back. This is the hot path.
//!
//! A call that goes straight through is: this thread's counters, the gate's table, the thunk, the
//! result copied out, the counters again. Everything else is out of line.
//!
//! # Invariants
//! - **CALL-1** A thunk in a gate's table has the type that its operation's fingerprint stands for: the loader compares
//!   fingerprints with the registry's before it opens a gate.

use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::boundary::abi::CallOutcome;
use crate::boundary::context::Context;
use crate::boundary::error::CallError;
use crate::boundary::portable::{KeyBuilder, Portable, is_error};
use crate::host::cache::{CachedResult, Missed};
use crate::host::call::core::Core;
use crate::host::protection::{Entered, OperationSlot};
use crate::host::registry::OperationInfo;
use crate::host::runtime::Runtime;

/// Calls operation `SLOT` of module `MODULE`; `invoke` gets its thunk and the gateway's context.
///
/// # Errors
/// [`CallError::Panicked`], or [`CallError::Lmms`] if the module could not be loaded.
///
/// # Safety
/// In the gateway's registry, operation `SLOT` of module `MODULE` must have a fingerprint that
/// stands for thunk type `T` and result type `R` (CALL-1). `invoke` must do nothing but call what it is given.
#[inline(always)]
pub unsafe fn call<const MODULE: usize, const SLOT: usize, T: Copy, R: Portable>(
    core: &Core,
    invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
) -> Result<R, CallError> {
    // SAFETY: the caller's promise.
    unsafe { call_at(core, MODULE, SLOT, invoke) }
}

/// As [`call`], with numbers that need not be constants.
///
/// # Safety
/// As [`call`].
#[inline(always)]
unsafe fn call_at<T: Copy, R: Portable>(
    core: &Core,
    module: usize,
    slot: usize,
    invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
) -> Result<R, CallError> {
    // SAFETY: it is a module of the registry (the caller's promise), `core` is its entrance.
    match unsafe { core.enter(module) } {
        // SAFETY: CALL-1.
        Some(entered) => unsafe { within(&entered, || core.runtime(), module, slot, invoke) },
        None => {
            // A place of its own: so the result of the fast path needs none in memory.
            let mut place = MaybeUninit::uninit();
            // SAFETY: CALL-1.
            unsafe { slowly(core.runtime(), module, slot, invoke, &mut place)? };
            // SAFETY: it was written, or there was an error.
            Ok(unsafe { place.assume_init() })
        }
    }
}

/// As [`call`], but the answer may come from the cache, and goes there.
///
/// # Errors
/// As [`call`].
///
/// # Safety
/// As [`call`]; `OPERATION` must be the operation's index in the registry, and its cache functions
/// those of `R`.
#[inline(always)]
pub unsafe fn call_cached<const MODULE: usize, const SLOT: usize, T: Copy, R: Portable>(
    core: &Core,
    operation: usize,
    key: impl FnOnce(&mut KeyBuilder),
    invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
) -> Result<R, CallError> {
    // SAFETY: the caller's promise.
    let call = || unsafe { call::<MODULE, SLOT, T, R>(core, invoke) };
    // SAFETY: as above.
    unsafe { through_cache(core.runtime(), MODULE, operation, key, call) }
}

/// Answers from the cache, or calls and remembers the result unless it is an error.
///
/// # Safety
/// `operation` must be one of the registry's whose result is an `R`, and its cache functions those of `R`.
#[inline(always)]
pub(super) unsafe fn through_cache<R: Portable>(
    runtime: &Runtime,
    module: usize,
    operation: usize,
    key: impl FnOnce(&mut KeyBuilder),
    call: impl FnOnce() -> Result<R, CallError>,
) -> Result<R, CallError> {
    let mut builder = KeyBuilder::new();
    key(&mut builder);
    if let Some(hit) = runtime.cached(module, operation, builder.as_bytes()) {
        // SAFETY: it is of this operation (the caller's promise).
        return Ok(unsafe { copy_of_cached(hit.value()) });
    }
    // A place of its own: so what was found needs none in memory.
    let mut place = MaybeUninit::uninit();
    let arguments = builder.as_bytes();
    // SAFETY: the caller's promise.
    unsafe { missed(runtime, module, operation, arguments, call, &mut place)? };
    // SAFETY: it was written, or there was an error.
    Ok(unsafe { place.assume_init() })
}

/// A copy of a cached result.
///
/// # Safety
/// It must be of an operation whose result is an `R`, and its cache functions those of `R`.
#[inline(always)]
unsafe fn copy_of_cached<R: Portable>(value: &CachedResult) -> R {
    debug_assert!(value.is::<R>());
    // SAFETY: what is stored for the operation comes from `missed` or its `share`: an `R` (the caller's promise). It
    // isn't asked for its type, since that is written in two parts and read in one go, which processors wait for.
    unsafe { &*Arc::as_ptr(value).cast::<R>() }.copy()
}

/// Looks once more, or calls and remembers the result unless it is an error. Writes the result to `place`, unless there
/// is none.
///
/// # Safety
/// As [`through_cache`].
#[inline(never)]
unsafe fn missed<R: Portable>(
    runtime: &Runtime,
    module: usize,
    operation: usize,
    arguments: &[u8],
    call: impl FnOnce() -> Result<R, CallError>,
    place: &mut MaybeUninit<R>,
) -> Result<(), CallError> {
    let computation = match runtime.missed(module, operation, arguments) {
        Missed::Found(value) => {
            // SAFETY: it is of this operation (the caller's promise).
            place.write(unsafe { copy_of_cached(&value) });
            return Ok(());
        }
        Missed::Compute(computation) => computation,
    };
    let result = place.write(call()?);
    if !is_error(result) {
        runtime.remember(computation, Arc::new(result.copy()), weight(result));
    }
    Ok(())
}

/// What a cached result costs, in bytes.
pub(super) fn weight<R: Portable>(result: &R) -> usize {
    size_of::<R>() + result.heap_bytes()
}

/// The cache's value for a result that another module's call produced.
///
/// # Safety
/// `result` must point to an initialised `R`.
pub unsafe fn share<R: Portable>(result: *const ()) -> Option<(CachedResult, usize)> {
    // SAFETY: the caller's promise.
    let result = unsafe { &*result.cast::<R>() };
    (!is_error(result))
        .then(|| -> (CachedResult, usize) { (Arc::new(result.copy()), weight(result)) })
}

/// The result inside a cached value; null if it is of another type.
pub fn view<R: Portable>(value: &CachedResult) -> *const () {
    value
        .downcast_ref::<R>()
        .map_or(std::ptr::null(), |result| std::ptr::from_ref(result).cast())
}

/// Calls a thunk of a module that `entered` keeps loaded. `runtime` is asked for only if it is needed: most calls then
/// don't have it in a register, or don't even load it.
///
/// # Safety
/// CALL-1, and `entered` must be a guard of `module`.
#[inline(always)]
pub(super) unsafe fn within<'r, T: Copy, R: Portable>(
    entered: &Entered<'_>,
    runtime: impl Fn() -> &'r Runtime,
    module: usize,
    slot: usize,
    invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
) -> Result<R, CallError> {
    const { assert!(size_of::<T>() == size_of::<*const ()>()) };
    // SAFETY: the registry has this slot, and the loader put as many into the table.
    let operation = unsafe { entered.operation(slot) };
    // SAFETY: CALL-1: the thunk is a `T`.
    let thunk = unsafe { std::mem::transmute_copy::<*const (), T>(&operation.thunk) };
    // Looked at where the module wrote it: to move it would read in one go what has just been written in parts, which
    // processors wait for.
    let mut outcome = invoke(thunk, runtime().context());
    match &mut outcome {
        // SAFETY: made by this operation just now, not used again, and the guard still holds.
        CallOutcome::Returned(result) => Ok(unsafe { copy_out(result, operation) }),
        CallOutcome::Panicked => {
            std::hint::cold_path();
            Err(runtime().panicked(module, slot))
        }
    }
}

/// Calls an operation that is only known when the program runs.
///
/// # Errors
/// As [`call`].
///
/// # Safety
/// The operation's fingerprint must stand for thunk type `T` and result type `R`. `invoke` as in
/// [`call`].
#[inline]
pub unsafe fn call_dynamic<T: Copy, R: Portable>(
    core: &Core,
    operation: OperationInfo,
    invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
) -> Result<R, CallError> {
    // Another gateway's would have another place in its table.
    assert!(operation.is_of(core.runtime().registry()));
    let (module, slot) = (operation.module(), operation.slot());
    // SAFETY: the registry has this operation, and CALL-1.
    unsafe { call_at(core, module, slot, invoke) }
}

/// As [`call_dynamic`], but the answer may come from the cache, and goes there.
///
/// # Errors
/// As [`call`].
///
/// # Safety
/// As [`call_dynamic`], and the operation's cache functions must be those of `R`.
#[inline(never)]
pub unsafe fn call_dynamic_cached<T: Copy, R: Portable>(
    core: &Core,
    operation: OperationInfo,
    key: impl FnOnce(&mut KeyBuilder),
    invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
) -> Result<R, CallError> {
    // Another gateway's would have another place in the cache.
    assert!(operation.is_of(core.runtime().registry()));
    let (module, index) = (operation.module(), operation.index());
    // SAFETY: the caller's promise.
    let call = || unsafe { call_dynamic(core, operation, invoke) };
    // SAFETY: as above.
    unsafe { through_cache(core.runtime(), module, index, key, call) }
}

/// The host's own copy of a result; the module drops its original.
///
/// # Safety
/// `result` must come from `operation`, not be used or dropped afterwards, and its module be guarded.
#[inline(always)]
unsafe fn copy_out<R: Portable>(result: &mut R, operation: &OperationSlot) -> R {
    if R::PLAIN {
        // SAFETY: it is not used again; plain data has no destructor (PORTABLE-2).
        return unsafe { std::ptr::read(result) };
    }
    let copy = result.copy();
    // SAFETY: an initialised `R` that is not used again.
    unsafe { (operation.drop_result)(std::ptr::from_mut(result).cast()) };
    copy
}

/// A call whose module must be loaded first, or wants its own thread, or where fences are needed. Writes
/// the result to `place`, unless there is an error.
///
/// # Safety
/// CALL-1.
#[cold]
#[inline(never)]
unsafe fn slowly<T: Copy, R: Portable>(
    runtime: &Runtime,
    module: usize,
    slot: usize,
    invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
    place: &mut MaybeUninit<R>,
) -> Result<(), CallError> {
    let entry = runtime.enter(module)?;
    let result = match &entry.thread {
        // SAFETY: CALL-1.
        None => unsafe { within(&entry.entered, || runtime, module, slot, invoke) },
        Some(thread) => {
            // SAFETY: CALL-1; the entry is held by the waiting thread.
            let task = || unsafe { within(&entry.entered, || runtime, module, slot, invoke) };
            // SAFETY: DEDICATED-1: arguments, a module's function, the runtime, a guard that is only read.
            let done = unsafe { thread.run(task) };
            done.unwrap_or_else(|circle| Err(runtime.circle(module, circle).into()))
        }
    };
    place.write(result?);
    Ok(())
}
