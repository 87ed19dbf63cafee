//! `Alexa.LockController`.
use std::time::Duration;

use home_types::Command;
use serde_json::Value;

use crate::control::command;
use crate::directive::Directive;
use crate::error::Failure;
use crate::home::Home;

/// Answers `Lock` and `Unlock`.
pub(crate) fn handle(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let order = match directive.name.as_str() {
        "Lock" => Command::Lock,
        "Unlock" => Command::Unlock,
        _ => return Err(directive.unknown()),
    };
    command(home, now, directive, &order)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{FakeHome, answer, error_type};

    #[test]
    fn doors_are_locked_and_unlocked() {
        let home = FakeHome::new();
        let control = |name: &str, endpoint: &str| {
            answer(
                &home,
                "Alexa.LockController",
                name,
                Some(endpoint),
                json!({}),
            )
        };
        assert_eq!(
            control("Unlock", "lock#door")["context"]["properties"][0]["value"],
            "UNLOCKED"
        );
        assert_eq!(
            control("Lock", "lock#door")["context"]["properties"][0]["value"],
            "LOCKED"
        );
        assert_eq!(
            error_type(&control("Lock", "light#lamp")),
            "INVALID_DIRECTIVE"
        );
    }
}
