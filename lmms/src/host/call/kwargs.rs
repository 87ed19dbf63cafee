//! The arguments of a call by name: JSON, taken out one by one.

#![forbid(unsafe_code)]

use serde_json::{Map, Value};

use crate::boundary::error::{CallError, Error};
use crate::boundary::portable::Portable;
use crate::host::registry::{OperationInfo, ParameterNames};

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
    #[inline]
    pub(super) fn new(operation: OperationInfo, values: Map<String, Value>) -> Self {
        Self {
            operation,
            values,
            parameters: operation.parameter_names(),
            given: 0,
        }
    }

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
