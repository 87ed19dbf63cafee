//! How an operation's result reaches its caller: decided by its type, whatever name the type goes by.

#![forbid(unsafe_code)]

use std::convert::Infallible;

use super::Portable;
use crate::boundary::error::{CallError, flatten};

/// What a caller gets from an operation that returns an `R`: a `Result<R, CallError>`. Where `R` is itself a `Result<T,
/// E>`, the errors are one: a `Result<T, CallError<E>>`.
///
/// Typed stubs of operations whose result is an alias of another crate return it, as only the compiler can say what the
/// alias stands for.
///
/// ```
/// use lmms::{Answer, CallError};
///
/// type Outcome<T> = Result<T, String>;
///
/// fn width(answer: Answer<Outcome<u32>>) -> u32 {
///     match answer {
///         Ok(width) => width,
///         Err(CallError::Operation(text)) => text.len() as u32,
///         Err(_) => 0,
///     }
/// }
///
/// let plain: Answer<u32> = Ok(7);
/// assert_eq!(width(plain.map_err(|error| error.map(|never| match never {}))), 7);
/// assert_eq!(width(Err(CallError::Operation("wide".into()))), 4);
/// ```
pub type Answer<R> = Result<Success<R>, CallError<Failure<R>>>;

/// What an operation that returns an `R` gives when it succeeds.
pub type Success<R> = <<R as Portable>::Returned as Returned<R>>::Success;

/// The own error of an operation that returns an `R`.
pub type Failure<R> = <<R as Portable>::Returned as Returned<R>>::Failure;

/// How results of type `R` are returned.
pub trait Returned<R> {
    /// What there is when it goes well.
    type Success: Portable;
    /// The operation's own error.
    type Failure: Portable;

    /// The result of a call, with one kind of error.
    fn answer(called: Result<R, CallError>) -> Result<Self::Success, CallError<Self::Failure>>;

    /// What is in a result.
    fn look(result: &R) -> Result<&Self::Success, &Self::Failure>;
}

/// A result that is no `Result`.
#[derive(Debug)]
pub enum AsValue {}

/// A result that is a `Result`.
#[derive(Debug)]
pub enum AsResult {}

impl<R: Portable> Returned<R> for AsValue {
    type Success = R;
    type Failure = Infallible;

    #[inline(always)]
    fn answer(called: Result<R, CallError>) -> Result<R, CallError> {
        called
    }

    #[inline(always)]
    fn look(result: &R) -> Result<&R, &Infallible> {
        Ok(result)
    }
}

impl<T: Portable, E: Portable> Returned<Result<T, E>> for AsResult {
    type Success = T;
    type Failure = E;

    #[inline(always)]
    fn answer(called: Result<Result<T, E>, CallError>) -> Result<T, CallError<E>> {
        flatten(called)
    }

    #[inline(always)]
    fn look(result: &Result<T, E>) -> Result<&T, &E> {
        result.as_ref()
    }
}

/// The result of a call, with one kind of error.
///
/// # Errors
/// The call's, and the operation's own.
#[inline(always)]
pub fn answer<R: Portable>(called: Result<R, CallError>) -> Answer<R> {
    R::Returned::answer(called)
}

/// Whether the operation failed: such results are never cached.
#[cfg(feature = "gateway")]
#[inline]
pub(crate) fn is_error<R: Portable>(result: &R) -> bool {
    R::Returned::look(result).is_err()
}
