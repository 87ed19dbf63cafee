//! What a generated gateway is: the hot path's pointers, and the runtime.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use serde_json::Value;

use crate::boundary::error::CallError;
use crate::boundary::portable::schema::FormSchema;
use crate::host::call::kwargs::Kwargs;
use crate::host::protection::{Entered, Entrance};
use crate::host::registry::Registry;
use crate::host::runtime::Runtime;
use crate::host::sweep::sweeper::Sweeper;

/// A type that `gateway!` generated.
///
/// # Safety
/// [`REGISTRY`](Self::REGISTRY) must say the truth about itself: its tables fit together, and an operation's cache
/// functions are those of its result.
pub unsafe trait Gateway: Sized {
    /// All its operations.
    const REGISTRY: &'static Registry;

    /// Wraps an opened core.
    ///
    /// # Safety
    /// The core must have been opened for [`REGISTRY`](Self::REGISTRY): stubs take its operations for those.
    #[doc(hidden)]
    unsafe fn from_core(core: Core) -> Self;

    /// The core.
    #[doc(hidden)]
    fn core(&self) -> &Core;

    /// Calls the operation with these arguments.
    ///
    /// # Errors
    /// As the typed stub; an operation's own error as JSON.
    #[doc(hidden)]
    fn by_name(&self, kwargs: &mut Kwargs) -> Result<Value, CallError<Value>>;

    /// Says the types of a form of call: see [`OperationInfo::form`](crate::OperationInfo::form).
    #[doc(hidden)]
    fn describe(form: usize, types: &mut FormSchema);
}

/// What a generated gateway holds: the hot path's pointers, and the runtime.
#[derive(Debug)]
pub struct Core {
    entrance: Entrance,
    /// Before the runtime: its thread ends first, so the runtime closes on the dropping thread.
    _sweeper: Option<Sweeper>,
    runtime: Arc<Runtime>,
}

// As the runtime, of which it holds pointers; the sweeper is only ended.
impl UnwindSafe for Core {}
impl RefUnwindSafe for Core {}

impl Core {
    pub(crate) fn new(runtime: Arc<Runtime>, background: bool) -> Self {
        Self {
            // SAFETY: the runtime owns the protection, and this owns the runtime.
            entrance: unsafe { Entrance::new(&runtime.protection) },
            _sweeper: background.then(|| Sweeper::start(&runtime)),
            runtime,
        }
    }

    /// The runtime.
    #[inline(always)]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn shared_runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Enters `module` straight through, or `None`.
    ///
    /// # Safety
    /// The registry must have a module `module`.
    #[inline(always)]
    pub(crate) unsafe fn enter(&self, module: usize) -> Option<Entered<'_>> {
        // SAFETY: the caller's promise; the entrance was made from this protection.
        unsafe { self.entrance.enter(module, || &self.runtime.protection) }
    }
}
