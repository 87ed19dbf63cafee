//! The JSON Schemas of operations.

#![forbid(unsafe_code)]

use serde_json::Value;

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
