//! The JSON Schemas of operations.

#![forbid(unsafe_code)]

use std::any::TypeId;
use std::convert::Infallible;

use serde_json::Value;

use crate::boundary::portable::schema::{self, Schemas};
use crate::boundary::portable::{Failure, Portable, Success};

/// What a call by name takes and gives, as JSON Schemas that stand for themselves: each has the definitions it refers
/// to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OperationSchema {
    /// The object of arguments.
    pub arguments: Value,
    /// The result of a call that succeeds.
    pub result: Value,
    /// The operation's own error, if it has one.
    pub error: Option<Value>,
}

/// The types of a form of call: for generated code.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct FormSchema {
    pub(crate) schemas: Schemas,
    pub(crate) arguments: Vec<Value>,
    pub(crate) result: Value,
    pub(crate) error: Option<Value>,
}

impl FormSchema {
    /// Adds the type of the next argument.
    pub fn argument<T: Portable>(&mut self) {
        self.arguments.push(T::schema(&mut self.schemas));
    }

    /// Notes the type of the result.
    pub fn returned<R: Portable>(&mut self) {
        self.result = schema::of::<Success<R>>();
        let fails = TypeId::of::<Failure<R>>() != TypeId::of::<Infallible>();
        self.error = fails.then(schema::of::<Failure<R>>);
    }
}
