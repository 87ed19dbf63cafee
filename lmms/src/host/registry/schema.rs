//! The JSON Schemas of operations.

#![forbid(unsafe_code)]

use super::OperationInfo;
use crate::boundary::portable::schema::{self, Fields, Schemas};
use crate::boundary::portable::{Failure, Portable, Success};
use crate::host::call::core::Gateway;

use std::any::TypeId;
use std::convert::Infallible;

use serde_json::Value;

/// What a call by name takes and gives, as JSON Schemas that stand for themselves: each has the definitions it refers to.
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
    schemas: Schemas,
    arguments: Vec<Value>,
    result: Value,
    error: Option<Value>,
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

impl OperationInfo {
    /// The JSON Schemas of its arguments, result and error: see [`schema`]. Loads nothing. `None` if it isn't an operation
    /// of `G`.
    ///
    /// ```
    /// lmms::gateway! {
    ///     /// What this program can do.
    ///     pub Names { modules: ["../tests/ui/modules/names"] }
    /// }
    ///
    /// for operation in Names::REGISTRY.operations() {
    ///     let schema = operation.schema::<Names>().expect("it is an operation of this gateway");
    ///     assert_eq!(schema.arguments["type"], "object");
    /// }
    /// ```
    pub fn schema<G: Gateway>(&self) -> Option<OperationSchema> {
        if !self.is_of(G::REGISTRY) {
            return None;
        }
        let mut form = FormSchema::default();
        G::describe(self.form(), &mut form);
        let mut fields = Fields::default();
        for (parameter, schema) in self.parameters().zip(form.arguments) {
            fields.add(parameter.name, &[], schema, parameter.optional);
        }
        Some(OperationSchema {
            arguments: form.schemas.document(fields.finish()),
            result: form.result,
            error: form.error,
        })
    }
}
