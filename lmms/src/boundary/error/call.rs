//! What a call returns instead of a result.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::fmt;

use super::Error;

/// Why a call has no result: the operation's own error, a panic inside it, or LMMS.
///
/// What seldom happens is boxed: so a result with it is as small as can be, and stays in registers where the compiler
/// sees what becomes of it.
///
/// ```
/// use lmms::{CallError, Error};
///
/// fn report(result: Result<u32, CallError<String>>) -> String {
///     match result {
///         Ok(value) => format!("got {value}"),
///         Err(CallError::Operation(error)) => format!("the operation says: {error}"),
///         Err(CallError::Panicked(panic)) => format!("a bug in a module: {panic}"),
///         Err(other) => format!("not called: {other}"),
///     }
/// }
/// assert_eq!(report(Err(CallError::Operation("too wide".into()))), "the operation says: too wide");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallError<E = Infallible> {
    /// The operation ran and returned this error.
    Operation(E),
    /// The operation panicked. The module stays usable; its own state may be inconsistent.
    Panicked(Box<Panic>),
    /// The operation was not called, or not answered: loading failed, arguments were wrong, ….
    Lmms(Box<Error>),
}

impl<E> CallError<E> {
    /// What LMMS says, if it was LMMS.
    ///
    /// ```
    /// use lmms::{CallError, Error};
    ///
    /// let error: CallError = Error::Detached.into();
    /// assert!(matches!(error.as_lmms(), Some(Error::Detached)));
    /// ```
    pub fn as_lmms(&self) -> Option<&Error> {
        match self {
            Self::Lmms(error) => Some(error),
            Self::Operation(_) | Self::Panicked(_) => None,
        }
    }

    /// The same error with the operation's own error converted.
    pub fn map<F>(self, convert: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::Operation(error) => CallError::Operation(convert(error)),
            Self::Panicked(panic) => CallError::Panicked(panic),
            Self::Lmms(error) => CallError::Lmms(error),
        }
    }
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> Self {
        Self::Lmms(Box::new(error))
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(error) => error.fmt(f),
            Self::Panicked(panic) => panic.fmt(f),
            Self::Lmms(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Lmms(error) => error.source(),
            Self::Operation(_) | Self::Panicked(_) => None,
        }
    }
}

/// Tells an operation's own error from the others.
#[inline(always)]
pub(crate) fn flatten<T, E>(result: Result<Result<T, E>, CallError>) -> Result<T, CallError<E>> {
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(CallError::Operation(error)),
        Err(error) => Err(error.map(|never| match never {})),
    }
}

/// A panic inside an operation, as text: its payload died inside the module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panic {
    /// The module.
    pub module: String,
    /// The operation, as `interface.name`.
    pub operation: String,
    /// The panic's message.
    pub message: String,
    /// File, line and column, where known.
    pub location: Option<String>,
}

impl Panic {
    pub(crate) fn new(
        module: impl Into<String>,
        operation: impl Into<String>,
        message: impl Into<String>,
        location: Option<String>,
    ) -> Self {
        Self {
            module: module.into(),
            operation: operation.into(),
            message: message.into(),
            location,
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            module,
            operation,
            message,
            location,
        } = self;
        write!(f, "operation `{operation}` of module `{module}` panicked")?;
        if let Some(location) = location {
            write!(f, " at {location}")?;
        }
        write!(f, ": {message}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_adds_next_to_nothing_to_a_result() {
        let word = size_of::<usize>();
        assert_eq!(size_of::<CallError>(), 2 * word);
        assert_eq!(size_of::<Result<u64, CallError>>(), 2 * word);
        assert_eq!(size_of::<Result<String, CallError>>(), 3 * word);
    }
}
