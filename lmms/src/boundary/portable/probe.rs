//! Asking whether a type is portable where nothing may demand it.

#![forbid(unsafe_code)]

use std::marker::PhantomData;

#[cfg(feature = "gateway")]
use super::schema::FormSchema;
use super::{Portable, Shape};

/// `Probe::<T>::SHAPE` is what `T` has of [`Portable`], or `None`; so a constant can say in words what is wrong.
///
/// [`Unportable`] must be in scope, and `T` be known: what a type has itself comes before what a trait gives it.
///
/// ```
/// use lmms::__private::{Probe, Unportable as _};
///
/// const PORTABLE: bool = Probe::<Vec<u8>>::SHAPE.is_some();
/// const UNPORTABLE: bool = Probe::<std::rc::Rc<u8>>::SHAPE.is_none();
/// assert!(PORTABLE && UNPORTABLE);
/// ```
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T: Portable> Probe<T> {
    /// The shape.
    pub const SHAPE: Option<Shape> = Some(T::SHAPE);
    /// [`Portable::OPTIONAL`].
    pub const OPTIONAL: bool = T::OPTIONAL;

    /// Adds it as an argument.
    #[cfg(feature = "gateway")]
    pub fn argument(types: &mut FormSchema) {
        types.argument::<T>();
    }

    /// Notes it as a result.
    #[cfg(feature = "gateway")]
    pub fn returned(types: &mut FormSchema) {
        types.returned::<T>();
    }
}

/// What [`Probe`] says of types that aren't portable.
pub trait Unportable {
    /// There is none.
    const SHAPE: Option<Shape> = None;
    /// They can't be arguments at all.
    const OPTIONAL: bool = false;

    /// The constant above says what is wrong.
    #[cfg(feature = "gateway")]
    fn argument(_types: &mut FormSchema) {}

    /// As for an argument.
    #[cfg(feature = "gateway")]
    fn returned(_types: &mut FormSchema) {}
}

impl<T> Unportable for Probe<T> {}

/// The type of what never comes back, which fits wherever a value is expected.
pub type Never = <fn() -> ! as Returning>::Value;

/// Names the type a function returns.
pub trait Returning {
    /// The type.
    type Value;
}

impl<T> Returning for fn() -> T {
    type Value = T;
}
