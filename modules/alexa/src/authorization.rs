//! `Alexa.Authorization`.
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::directive::{Directive, object, text};
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::message::Header;

/// Answers `AcceptGrant`: the customer lets the skill send events unasked. The grant is checked and acknowledged; its
/// code is not kept, because this engine only answers.
pub(crate) fn handle(
    _home: &dyn Home,
    _now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    if directive.name != "AcceptGrant" {
        return Err(directive.unknown());
    }
    check(&directive.payload).map_err(|message| Failure::new(Kind::AcceptGrantFailed, message))?;
    let header = Header::new("Alexa.Authorization", "AcceptGrant.Response").without_token();
    Ok(json!({ "event": { "header": header, "payload": {} } }))
}

fn check(payload: &Map<String, Value>) -> Result<(), String> {
    let payload = Value::Object(payload.clone());
    let grant = object(&payload, "grant", "the payload").map_err(|failure| failure.message)?;
    let grantee = object(&payload, "grantee", "the payload").map_err(|failure| failure.message)?;
    for (parent, field, of) in [
        (grant, "type", "the grant"),
        (grant, "code", "the grant"),
        (grantee, "type", "the grantee"),
        (grantee, "token", "the grantee"),
    ] {
        text(parent, field, of).map_err(|failure| failure.message)?;
    }
    if grant["type"] != "OAuth2.AuthorizationCode" {
        return Err(format!(
            "a grant of type {} is not supported",
            grant["type"]
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{FakeHome, answer, error_type};

    #[test]
    fn a_grant_is_accepted_or_refused() {
        let home = FakeHome::new();
        let accept = |kind: &str, code: &str| {
            let payload = json!({
                "grant": { "type": kind, "code": code },
                "grantee": { "type": "BearerToken", "token": "t" },
            });
            answer(&home, "Alexa.Authorization", "AcceptGrant", None, payload)
        };
        let accepted = accept("OAuth2.AuthorizationCode", "code");
        assert_eq!(accepted["event"]["header"]["name"], "AcceptGrant.Response");
        assert_eq!(accepted["event"]["payload"], json!({}));
        for refused in [
            accept("OAuth2.AuthorizationCode", ""),
            accept("Password", "code"),
        ] {
            assert_eq!(error_type(&refused), "ACCEPT_GRANT_FAILED");
            assert_eq!(
                refused["event"]["header"]["namespace"],
                "Alexa.Authorization"
            );
        }
    }
}
