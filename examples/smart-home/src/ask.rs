//! Asking the smart home: events as Alexa sends them, and operations by name.
#![forbid(unsafe_code)]

use home_types::HomeTarget;
use lmms::{CallError, OperationInfo, Portable};
use serde_json::{Map, Value};

use crate::gateway::SmartHome;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// An event, in whatever bytes it came.
    Event(Vec<u8>),
    /// An operation by name.
    Call {
        /// Its interface.
        interface: String,
        /// Its name.
        operation: String,
        /// Its arguments by name.
        kwargs: Map<String, Value>,
    },
}

/// What came back.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The response to an event; it may be an Alexa error response.
    Response(Value),
    /// The result of an operation.
    Result(Value),
    /// There is no answer: the operation's own error as JSON, a panic, or LMMS can't make the call.
    Failed(CallError<Value>),
}

impl Answer {
    /// The answer as a JSON document, failures included.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Response(value) | Self::Result(value) => value.clone(),
            Self::Failed(error) => failure_to_json(error),
        }
    }
}

/// Asks `question` of the home `target`.
pub fn ask(gateway: &SmartHome, target: &HomeTarget, question: &Question) -> Answer {
    match question {
        Question::Event(event) => match respond(gateway, target, event) {
            Ok(response) => Answer::Response(response),
            Err(error) => Answer::Failed(error.map(|never| match never {})),
        },
        Question::Call {
            interface,
            operation,
            kwargs,
        } => match call(gateway, target, interface, operation, kwargs.clone()) {
            Ok(result) => Answer::Result(result),
            Err(error) => Answer::Failed(error),
        },
    }
}

/// The response to an event of any bytes.
///
/// # Errors
/// Only if LMMS can't make the call, or there is a bug in the module: whatever is wrong with the
/// event or the home is a response, too.
pub fn respond(gateway: &SmartHome, target: &HomeTarget, event: &[u8]) -> Result<Value, CallError> {
    let response = gateway.alexa().process_bytes(target, event)?;
    // It is JSON. If it ever were not, its text would be shown as it is.
    Ok(serde_json::from_str(&response).unwrap_or(Value::String(response)))
}

/// Calls an operation by name. What says which home is meant may be left out of the arguments.
///
/// # Errors
/// The operation's own error as JSON, a panic, unknown names, or wrong arguments.
pub fn call(
    gateway: &SmartHome,
    target: &HomeTarget,
    interface: &str,
    operation: &str,
    mut kwargs: Map<String, Value>,
) -> Result<Value, CallError<Value>> {
    let registry = SmartHome::REGISTRY;
    if let Some(index) = registry.find(interface, operation) {
        name_home(registry.operation(index), target, &mut kwargs);
    }
    gateway.execute_operation(interface, operation, Value::Object(kwargs))
}

/// A failed call as a JSON document.
pub fn failure_to_json(error: &CallError<Value>) -> Value {
    let (kind, detail) = match error {
        CallError::Operation(detail) => ("operation", detail.clone()),
        CallError::Panicked(panic) => ("panic", panic.to_string().into()),
        other => ("lmms", other.to_string().into()),
    };
    serde_json::json!({ "error": kind, "detail": detail })
}

/// Adds the arguments that say which home is meant, where the operation has such and they are not
/// given.
fn name_home(info: OperationInfo, target: &HomeTarget, kwargs: &mut Map<String, Value>) {
    let takes = |name: &str, type_name: &str| {
        info.parameters()
            .any(|parameter| parameter.name == name && parameter.type_name.contains(type_name))
    };
    let mut add = |name: &str, value: Value| {
        kwargs.entry(name).or_insert(value);
    };
    if takes("home", "HomeTarget") {
        add("home", target.to_json());
    }
    // Of a home of which only some entities are shown, nothing is told to what would reach all of them.
    match (info.interface(), target) {
        ("virtual_home", HomeTarget::Virtual { path }) if takes("path", "str") => {
            add("path", path.as_str().into());
        }
        ("home_assistant", HomeTarget::HomeAssistant { url, token }) if takes("url", "str") => {
            add("url", url.as_str().into());
            add("token", token.as_str().into());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use home_types::Exposure;
    use serde_json::json;

    use super::*;

    fn named(interface: &str, operation: &str, target: &HomeTarget, given: Value) -> Value {
        let registry = SmartHome::REGISTRY;
        let index = registry.find(interface, operation).unwrap();
        let mut kwargs = given.as_object().unwrap().clone();
        name_home(registry.operation(index), target, &mut kwargs);
        Value::Object(kwargs)
    }

    #[test]
    fn operations_are_told_which_home_is_meant() {
        let file = HomeTarget::Virtual {
            path: "a.db".into(),
        };
        let server = HomeTarget::HomeAssistant {
            url: "http://ha".into(),
            token: "t".into(),
        };
        assert_eq!(
            named("devices", "list", &file, json!({})),
            json!({"home": {"Virtual": {"path": "a.db"}}})
        );
        assert_eq!(
            named("virtual_home", "list_devices", &file, json!({})),
            json!({"path": "a.db"})
        );
        let address = json!({"url": "http://ha", "token": "t"});
        assert_eq!(
            named("home_assistant", "check_api", &server, json!({})),
            address
        );
        let exposure = Exposure {
            exclude_domains: vec!["lock".into()],
            ..Exposure::default()
        };
        let part = server.exposed(exposure);
        assert_eq!(
            named("home_assistant", "check_api", &part, json!({})),
            json!({})
        );
        let given = named("devices", "list", &part, json!({}));
        assert_eq!(HomeTarget::from_json(given["home"].clone()), Ok(part));
    }

    #[test]
    fn what_is_given_stays_and_nothing_is_added_where_it_has_no_place() {
        let file = HomeTarget::Virtual {
            path: "a.db".into(),
        };
        let given = json!({"path": "b.db"});
        assert_eq!(
            named("virtual_home", "list_devices", &file, given.clone()),
            given
        );
        let none = json!({});
        assert_eq!(
            named("home_assistant", "check_api", &file, none.clone()),
            none
        );
        assert_eq!(named("metrics", "get_stats", &file, none.clone()), none);
    }

    #[test]
    fn failures_are_json_with_their_kind() {
        let own: CallError<Value> = CallError::Operation(json!({"NotFound": {}}));
        assert_eq!(
            failure_to_json(&own),
            json!({"error": "operation", "detail": {"NotFound": {}}})
        );
        let lmms: CallError<Value> = lmms::Error::Detached.into();
        assert_eq!(failure_to_json(&lmms)["error"], "lmms");
    }
}
