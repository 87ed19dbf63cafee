//! Calls by name: JSON in, JSON out. The decoding is done here, so no JSON code sits in modules.

#![forbid(unsafe_code)]

use crate::error::{CallError, Error};
use crate::gateway::Gateway;
use crate::portable::{JsonError, Portable, answer};
use crate::registry::{OperationInfo, ParameterNames};

use serde_json::{Map, Value};

/// The arguments of a call by name, taken one by one.
#[derive(Debug)]
pub struct Kwargs {
    operation: OperationInfo,
    values: Map<String, Value>,
    /// The parameters that were not asked for yet.
    parameters: ParameterNames,
    /// How many of them were given.
    given: usize,
}

impl Kwargs {
    /// The operation that is called.
    pub fn operation(&self) -> OperationInfo {
        self.operation
    }

    /// Takes the argument for the next parameter; an `Option` that is not given is `None`.
    ///
    /// # Errors
    /// It is missing, or not a `T`.
    pub fn argument<T: Portable>(&mut self) -> Result<T, CallError<Value>> {
        let name = self.parameters.next().unwrap_or_default();
        // Taking the value out of its place is cheaper than taking the place out of the map.
        match self.values.get_mut(name).map(Value::take) {
            Some(value) => {
                self.given += 1;
                T::from_json(value).map_err(|error| self.problem(error.at_field(name).to_string()))
            }
            None => T::missing().ok_or_else(|| self.problem(format!("`{name}` is missing"))),
        }
    }

    /// Ends the arguments; the operation can be called.
    ///
    /// # Errors
    /// Some are left: the operation has no parameter of that name.
    pub fn finish(&mut self) -> Result<OperationInfo, CallError<Value>> {
        if self.given == self.values.len() {
            return Ok(self.operation);
        }
        let parameters = self.operation.parameters();
        let names: Vec<&str> = parameters.map(|parameter| parameter.name).collect();
        let mut given = self.values.keys();
        let unknown = given.find(|name| !names.contains(&name.as_str()));
        let unknown = unknown.map_or("", String::as_str);
        let known = if names.is_empty() {
            "it takes none".to_owned()
        } else {
            format!("it takes {}", names.join(", "))
        };
        Err(self.problem(format!("there is no `{unknown}`; {known}")))
    }

    fn problem(&self, problem: String) -> CallError<Value> {
        CallError::from(Error::Arguments {
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
    gateway.by_name(&mut Kwargs {
        operation,
        parameters: operation.parameter_names(),
        values,
        given: 0,
    })
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
