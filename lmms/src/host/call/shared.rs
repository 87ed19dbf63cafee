//! Cached results that are shared instead of copied.
//!
//! # Invariants
//! - **SHARED-1** `value` points into what `keeps` owns, which neither moves nor is changed as long as anybody
//!   owns it.
//! - **SHARED-2** What the cache holds for an operation is an `R`, its result: both sides of the call put in
//!   nothing else (CALL-1).

use std::fmt::{self, Debug, Display, Formatter};
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::sync::Arc;

use crate::boundary::abi::CallOutcome;
use crate::boundary::context::Context;
use crate::boundary::error::CallError;
use crate::boundary::portable::{Failure, KeyBuilder, Portable, Returned, Success, is_error};
use crate::host::cache::{Lease, Missed};
use crate::host::call::core::Core;
use crate::host::call::stub::{call, weight};
use crate::host::runtime::Runtime;

/// A result that is shared with the cache and with everybody else that has it: a hit copies and allocates nothing,
/// however large the result is. From the `shared()` of an interface's handle.
///
/// It lives in the host's memory, so it needs no module, and stays as it is when the cache forgets it.
///
/// ```no_run
/// # lmms::gateway! {
/// #     /// What this program can do.
/// #     pub Names { modules: ["../tests/ui/modules/names"] }
/// # }
/// # let names = Names::builder().open()?;
/// let shared = names.names().shared();
/// let name = || shared.taken(b"", None, "key", None, "Ada".into(), 0, None, true, &(0, 0), 'x');
/// let found: lmms::Shared<String> = name()?;
/// assert_eq!(found.len(), 3);
/// assert!(found.is(&name()?), "the second one comes from the cache");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Shared<T> {
    value: NonNull<T>,
    keeps: Arc<Lease>,
}

// SAFETY: SHARED-1: it is an `Arc` of something that is `Send` and `Sync`, and gives out only `&T`.
unsafe impl<T: Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Shared<T> {}

// It gives out only `&T`, and nobody changes the value.
impl<T: RefUnwindSafe> UnwindSafe for Shared<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for Shared<T> {}

impl<T> Shared<T> {
    /// Whether both are the same result in memory.
    pub fn is(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: SHARED-1.
        unsafe { self.value.as_ref() }
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value,
            keeps: self.keeps.clone(),
        }
    }
}

impl<T: Debug> Debug for Shared<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&**self, f)
    }
}

impl<T: Display> Display for Shared<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&**self, f)
    }
}

/// As [`call_cached`](crate::host::call::stub::call_cached), without a copy of what is in the cache: gives what keeps
/// the result, an `R`.
///
/// # Errors
/// As [`call`].
///
/// # Safety
/// As [`call_cached`](crate::host::call::stub::call_cached).
#[inline]
pub unsafe fn call_shared<const MODULE: usize, const SLOT: usize, T: Copy, R: Portable>(
    core: &Core,
    operation: usize,
    key: impl FnOnce(&mut KeyBuilder),
    invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
) -> Result<Arc<Lease>, CallError> {
    let mut builder = KeyBuilder::new();
    key(&mut builder);
    let runtime = core.runtime();
    if let Some(hit) = runtime.cached(MODULE, operation, builder.as_bytes()) {
        return Ok(hit.keep());
    }
    // SAFETY: the caller's promise.
    let call = || unsafe { call::<MODULE, SLOT, T, R>(core, invoke) };
    missed(runtime, MODULE, operation, builder.as_bytes(), call)
}

/// Looks once more, or calls, and hands what that gives to the cache as well, unless it is an error.
#[inline(never)]
fn missed<R: Portable>(
    runtime: &Runtime,
    module: usize,
    operation: usize,
    arguments: &[u8],
    call: impl FnOnce() -> Result<R, CallError>,
) -> Result<Arc<Lease>, CallError> {
    let computation = match runtime.missed(module, operation, arguments) {
        Missed::Found(found) => return Ok(Lease::new(found)),
        Missed::Compute(computation) => computation,
    };
    let result = Arc::new(call()?);
    if !is_error(&*result) {
        runtime.remember(computation, result.clone(), weight(&*result));
    }
    Ok(Lease::new(result))
}

/// As [`Answer`](crate::Answer), shared with the cache.
pub type SharedAnswer<R> = Result<Shared<Success<R>>, CallError<Failure<R>>>;

/// What was called, where it is; or an error, which is nobody else's.
///
/// # Errors
/// The call's, and the operation's own.
///
/// # Safety
/// `called` must come from a [`call_shared`] of this `R`.
#[inline(always)]
pub unsafe fn shared<R: Portable>(called: Result<Arc<Lease>, CallError>) -> SharedAnswer<R> {
    let keeps = called.map_err(|error| error.map(|never| match never {}))?;
    // SAFETY: SHARED-1, SHARED-2, and the caller's promise.
    match R::Returned::look(unsafe { &*keeps.place().cast::<R>() }) {
        Ok(value) => Ok(Shared {
            value: NonNull::from(value),
            keeps,
        }),
        Err(error) => Err(CallError::Operation(error.copy())),
    }
}
