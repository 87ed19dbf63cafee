//! How far a shape follows types that contain themselves.
//!
//! A recursive type has no finite tree of parts, so its shape is that of the tree up to some depth. Each field that may
//! lead back to the type around it takes one [`Level`]; all other fields take none, and are followed to their end.
//! Below the last level only a field's size and alignment count.
//!
//! Two families of types that agree for as many levels as they have such fields together agree for ever. So a
//! difference is missed only if every way to it leads through more than 64 such fields.

use std::marker::PhantomData;

use super::{Portable, Shape};

/// How many more recursive fields are followed.
pub trait Level: Sized + 'static {
    /// What is known of the type of a recursive field.
    type Below<T: Portable>: Known;
}

/// The shape of a type at a level. Every [`Portable`] type has one at each of them.
///
/// # Safety
/// As for [`Portable::SHAPE`].
pub unsafe trait Shaped<L: Level> {
    /// The shape.
    const SHAPE: Shape;
}

/// A shape that is known without more levels.
pub trait Known {
    /// The shape.
    const SHAPE: Shape;
}

/// No recursive field is followed.
#[derive(Debug)]
pub struct Ground;

/// One more level than `L`.
#[derive(Debug)]
pub struct Above<L>(PhantomData<L>);

/// A type of which only the layout is known.
#[derive(Debug)]
pub struct Layout<T>(PhantomData<T>);

/// A type that is known at level `L`.
#[derive(Debug)]
pub struct At<T, L>(PhantomData<(T, L)>);

impl Level for Ground {
    type Below<T: Portable> = Layout<T>;
}

impl<L: Level> Level for Above<L> {
    type Below<T: Portable> = At<T, L>;
}

impl<T: Portable> Known for Layout<T> {
    const SHAPE: Shape = Shape::leaf::<T>("recursive");
}

impl<T: Portable, L: Level> Known for At<T, L> {
    const SHAPE: Shape = <T::Itself<L> as Shaped<L>>::SHAPE;
}

/// The shape of `T` at the highest level.
///
/// The levels in between are evaluated first: each evaluation then finds most of what is below it done, and stays
/// within the compiler's limit on nested ones.
pub(super) const fn highest<T: Portable>() -> Shape {
    type Eight<L> = Above<Above<Above<Above<Above<Above<Above<Above<L>>>>>>>>;
    type Level8 = Eight<Ground>;
    type Level16 = Eight<Level8>;
    type Level24 = Eight<Level16>;
    type Level32 = Eight<Level24>;
    type Level40 = Eight<Level32>;
    type Level48 = Eight<Level40>;
    type Level56 = Eight<Level48>;
    type Level64 = Eight<Level56>;

    let flat = at::<T, Ground>();
    // No field of it is recursive.
    if at::<T, Above<Ground>>().value() == flat.value() {
        return flat;
    }
    at::<T, Level8>();
    at::<T, Level16>();
    at::<T, Level24>();
    at::<T, Level32>();
    at::<T, Level40>();
    at::<T, Level48>();
    at::<T, Level56>();
    at::<T, Level64>()
}

/// A constant is evaluated where the function is called that names it.
const fn at<T: Portable, L: Level>() -> Shape {
    <T::Itself<L> as Shaped<L>>::SHAPE
}
