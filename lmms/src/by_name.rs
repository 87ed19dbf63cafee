//! Calls by name: JSON in, JSON out. The decoding is done here, so no JSON code sits in modules.

#![forbid(unsafe_code)]

use crate::error::{CallError, Error};
use crate::gateway::Gateway;
use crate::portable::{JsonError, Portable};
use crate::registry::OperationInfo;

use serde_json::{Map, Value};

/// The arguments of a call by name, taken one by one.
#[derive(Debug)]
pub struct Kwargs {
    operation: OperationInfo,
    values: Map<String, Value>,
}

impl Kwargs {
    fn new(operation: OperationInfo, kwargs: Value) -> Result<Self, Error> {
        let values = match kwargs {
            Value::Object(values) => values,
            Value::Null => Map::new(),
            other => {
                return Err(Error::Arguments {
                    operation: operation.full_name(),
                    problem: JsonError::expected("an object of arguments by name", &other)
                        .to_string(),
                });
            }
        };
        Ok(Self { operation, values })
    }

    /// Takes the argument `name`; an `Option` that is not given is `None`.
    ///
    /// # Errors
    /// It is missing, or not a `T`.
    pub fn required<T: Portable>(&mut self, name: &'static str) -> Result<T, CallError<Value>> {
        match self.values.remove(name) {
            Some(value) => {
                T::from_json(value).map_err(|error| self.problem(error.at_field(name).to_string()))
            }
            None => T::missing().ok_or_else(|| self.problem(format!("`{name}` is missing"))),
        }
    }

    /// Ends the arguments.
    ///
    /// # Errors
    /// Some are left: the operation has no parameter of that name.
    pub fn finish(self) -> Result<(), CallError<Value>> {
        let Some(unknown) = self.values.keys().next() else {
            return Ok(());
        };
        let parameters = self.operation.parameters();
        let names: Vec<&str> = parameters.map(|parameter| parameter.name).collect();
        let known = if names.is_empty() {
            "it takes none".to_owned()
        } else {
            format!("it takes {}", names.join(", "))
        };
        Err(self.problem(format!("there is no `{unknown}`; {known}")))
    }

    fn problem(&self, problem: String) -> CallError<Value> {
        CallError::Lmms(Error::Arguments {
            operation: self.operation.full_name(),
            problem,
        })
    }
}

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
    let runtime = gateway.core().runtime();
    let index = runtime.operation_index(interface, operation)?;
    let kwargs = Kwargs::new(G::REGISTRY.operation(index), kwargs)?;
    gateway.by_name(index, kwargs)
}

/// The answer of an operation that returns a `Result`.
///
/// # Errors
/// The operation's, as JSON, and all others as they are.
pub fn json_result<T: Portable, E: Portable>(
    result: Result<T, CallError<E>>,
) -> Result<Value, CallError<Value>> {
    match result {
        Ok(value) => Ok(value.to_json()),
        Err(error) => Err(error.map(|error| error.to_json())),
    }
}

/// The answer of an operation that returns no `Result`.
///
/// # Errors
/// All but the operation's own, which it has none of.
pub fn json_value<T: Portable>(result: Result<T, CallError>) -> Result<Value, CallError<Value>> {
    match result {
        Ok(value) => Ok(value.to_json()),
        Err(error) => Err(error.map(|never| match never {})),
    }
}
