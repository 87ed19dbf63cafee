//! Calls by name: JSON in, JSON out. The decoding is done here, so no JSON code sits in modules.

#![forbid(unsafe_code)]

use serde_json::{Map, Value};

use crate::boundary::error::{CallError, Error};
use crate::boundary::portable::{JsonError, Portable, answer};
use crate::host::call::core::Gateway;
use crate::host::call::kwargs::Kwargs;
use crate::host::registry::OperationInfo;

/// Calls `interface.operation` of `gateway`.
///
/// # Errors
/// As the typed stub, and when the names or arguments are wrong. An operation's own error is JSON.
pub fn by_name<G: Gateway>(
    gateway: &G,
    interface: &str,
    operation: &str,
    kwargs: Value,
) -> Result<Value, CallError<Value>> {
    let Some(index) = G::REGISTRY.find(interface, operation) else {
        let runtime = gateway.core().runtime();
        return Err(runtime.unknown_operation(interface, operation).into());
    };
    let operation = G::REGISTRY.operation(index);
    let values = match kwargs {
        Value::Object(values) => values,
        Value::Null => Map::new(),
        other => return Err(no_object(operation, &other)),
    };
    gateway.by_name(&mut Kwargs::new(operation, values))
}

#[cold]
fn no_object(operation: OperationInfo, kwargs: &Value) -> CallError<Value> {
    let problem = JsonError::expected("an object of arguments by name", kwargs);
    CallError::from(Error::Arguments {
        operation: operation.full_name(),
        problem: problem.to_string(),
    })
}

/// The answer as JSON.
///
/// # Errors
/// The operation's, as JSON, and all others as they are.
pub fn json<R: Portable>(called: Result<R, CallError>) -> Result<Value, CallError<Value>> {
    match answer(called) {
        Ok(value) => Ok(value.to_json()),
        Err(error) => Err(error.map(|error| error.to_json())),
    }
}
