//! What `#[operation]` generates against: signatures, thunks, registrations.

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::boundary::abi::{CallOutcome, OperationRecord, Text};
use crate::boundary::portable::{Portable, Shape};
use crate::module::panics;

/// How an argument crosses the boundary; part of the signature's fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Pass {
    /// A primitive, by value.
    Value = 1,
    /// An owned value: lent to the module, which takes a copy.
    Copy = 2,
    /// `&T`.
    Reference = 3,
    /// `&[T]`.
    Slice = 4,
    /// `&str`.
    Str = 5,
    /// `Option<&T>`.
    OptionReference = 6,
    /// `Option<&[T]>`.
    OptionSlice = 7,
    /// `Option<&str>`.
    OptionStr = 8,
}

/// The fingerprint of an operation, computed by the compiler on both sides.
///
/// ```
/// use lmms::__private::{Pass, Signature};
/// use lmms::Portable;
///
/// const THUMBNAIL: u64 = Signature::new("images", "thumbnail", false)
///     .argument("image", Pass::Slice, <u8 as Portable>::SHAPE)
///     .argument("width", Pass::Value, <u32 as Portable>::SHAPE)
///     .result(<Vec<u8> as Portable>::SHAPE);
/// assert_ne!(THUMBNAIL, 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Signature(Shape);

impl Signature {
    /// The operation's names, and whether it takes a context.
    pub const fn new(interface: &str, name: &str, context: bool) -> Self {
        Self(
            Shape::named("operation")
                .text(interface)
                .text(name)
                .number(context as u64),
        )
    }

    /// The next argument. For `&str` the shape is `String`'s.
    pub const fn argument(self, name: &str, pass: Pass, shape: Shape) -> Self {
        Self(self.0.text(name).number(pass as u64).child(shape))
    }

    /// Ends the signature with the result's shape.
    pub const fn result(self, shape: Shape) -> u64 {
        self.0.text("->").child(shape).value()
    }
}

/// One operation of a module, collected by `inventory`.
#[derive(Debug)]
pub struct Registration(pub(crate) OperationRecord);

inventory::collect!(Registration);

impl Registration {
    /// The operation of `module` behind `thunk`, whose result is an `R`. That `R` is portable the
    /// fingerprint demands, where the compiler can point at the type.
    ///
    /// # Safety
    /// `thunk` must be a function of the type that `fingerprint` stands for, whose result is an `R`.
    pub const unsafe fn new<R>(
        module: &'static str,
        interface: &'static str,
        name: &'static str,
        signature: &'static str,
        fingerprint: u64,
        thunk: *const (),
    ) -> Self {
        Self(OperationRecord {
            module: Text::new(module),
            interface: Text::new(interface),
            name: Text::new(name),
            signature: Text::new(signature),
            fingerprint,
            thunk,
            drop_result: drop_result::<R>,
        })
    }
}

/// Runs an operation; its panic ends here, as text.
#[inline(always)]
pub fn guarded<R>(operation: impl FnOnce() -> R) -> CallOutcome<R> {
    // Unwind safety: the module's own state is the module's business; the host is told.
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(result) => CallOutcome::Returned(ManuallyDrop::new(result)),
        Err(payload) => {
            panics::caught(payload);
            CallOutcome::Panicked
        }
    }
}

/// The module's own copy of an argument that the caller lends.
#[inline(always)]
pub fn by_copy<T: Portable>(argument: &T) -> T {
    argument.copy()
}

/// Drops a result where it was made.
///
/// # Safety
/// `result` must point to an initialised `R`, which is not used afterwards.
pub unsafe fn drop_result<R>(result: *mut ()) {
    let dropped = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the caller's promise.
        unsafe { result.cast::<R>().drop_in_place() };
    }));
    if let Err(payload) = dropped {
        panics::caught(payload);
    }
}
