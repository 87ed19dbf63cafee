//! Asking a server and understanding its answers.
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use home_types::{HomeError, TemperatureScale};
use serde_json::Value;

/// The temperature scale of each server that was asked for it, by base address.
static SCALES: LazyLock<Mutex<HashMap<String, TemperatureScale>>> = LazyLock::new(Mutex::default);

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Something that takes HTTP requests.
pub(crate) trait Wire {
    /// Sends a request; the answer whatever its status. `Unreachable` if there is none.
    fn send(
        &self,
        method: &str,
        url: &str,
        token: &str,
        body: Option<&[u8]>,
    ) -> Result<Answer, HomeError>;
}

/// A server, and the right to use it.
pub(crate) struct Server<'a> {
    wire: &'a dyn Wire,
    base: String,
    token: &'a str,
    now: Duration,
}

impl<'a> Server<'a> {
    pub(crate) fn new(
        wire: &'a dyn Wire,
        url: &str,
        token: &'a str,
        now: Duration,
    ) -> Result<Server<'a>, HomeError> {
        let base = url.trim().trim_end_matches('/');
        let base = base
            .strip_suffix("/api")
            .unwrap_or(base)
            .trim_end_matches('/');
        let host = base
            .strip_prefix("http://")
            .or(base.strip_prefix("https://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['?', '#', ' '])) {
            let reason = "it is not a base address such as http://homeassistant.local:8123";
            return Err(HomeError::invalid_input("url", reason));
        }
        if token.is_empty()
            || token
                .chars()
                .any(|character| character.is_control() || character == ' ')
        {
            return Err(HomeError::invalid_input(
                "token",
                "it is empty, or has spaces or control characters in it",
            ));
        }
        Ok(Server {
            wire,
            base: base.to_owned(),
            token,
            now,
        })
    }

    /// The server's name in errors.
    pub(crate) fn name(&self) -> String {
        format!("Home Assistant at {}", self.base)
    }

    /// The body that `GET path` is answered with.
    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>, HomeError> {
        self.ask("GET", path, None)
    }

    /// The body that `POST path` is answered with.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Vec<u8>, HomeError> {
        self.ask("POST", path, Some(body))
    }

    /// The JSON that `GET path` is answered with.
    pub(crate) fn get_json(&self, path: &str) -> Result<Value, HomeError> {
        self.json(&self.get(path)?)
    }

    /// The JSON that `POST path` is answered with.
    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Result<Value, HomeError> {
        self.json(&self.post(path, body)?)
    }

    /// The state of one entity.
    pub(crate) fn entity(&self, id: &str) -> Result<Value, HomeError> {
        check_entity_id(id)?;
        match self.get_json(&format!("/api/states/{id}")) {
            Err(HomeError::InvalidAnswer { reason, .. }) if reason == status_reason(404) => {
                Err(HomeError::NoSuchDevice { id: id.to_owned() })
            }
            answer => answer,
        }
    }

    /// The states of all entities.
    pub(crate) fn entities(&self) -> Result<Vec<Value>, HomeError> {
        match self.get_json("/api/states")? {
            Value::Array(entities) => Ok(entities),
            _ => Err(self.not_understood("the list of states is not a list")),
        }
    }

    /// The scale its thermostats use. Asked once for each server.
    pub(crate) fn scale(&self) -> Result<TemperatureScale, HomeError> {
        if let Some(scale) = scales().get(&self.base) {
            return Ok(*scale);
        }
        let config = self.get_json("/api/config")?;
        let unit = config["unit_system"]["temperature"]
            .as_str()
            .unwrap_or("°C");
        let scale = scale_of(unit).unwrap_or(TemperatureScale::Celsius);
        scales().insert(self.base.clone(), scale);
        Ok(scale)
    }

    /// The error for an answer of the wrong form.
    pub(crate) fn not_understood(&self, reason: &str) -> HomeError {
        HomeError::InvalidAnswer {
            home: self.name(),
            reason: reason.to_owned(),
        }
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Vec<u8>, HomeError> {
        let url = format!("{}{path}", self.base);
        let body = body.map(Value::to_string);
        let answer =
            self.wire
                .send(method, &url, self.token, body.as_deref().map(str::as_bytes))?;
        match answer.status {
            200..=299 => Ok(answer.body),
            401 | 403 => Err(HomeError::Unauthorized {
                home: self.name(),
                expired: self.token_has_expired(),
            }),
            400 => Err(HomeError::invalid_input("request", refusal(&answer.body))),
            // A proxy in front of a server that is down or starting.
            status @ (502..=504) => Err(HomeError::Unreachable {
                home: self.name(),
                reason: status_reason(status),
            }),
            status => Err(self.not_understood(&status_reason(status))),
        }
    }

    fn json(&self, body: &[u8]) -> Result<Value, HomeError> {
        serde_json::from_slice(body)
            .map_err(|error| self.not_understood(&format!("it is not JSON: {error}")))
    }

    /// Whether the token, a JSON Web Token, says that its time is over.
    fn token_has_expired(&self) -> bool {
        let claims = self
            .token
            .split('.')
            .nth(1)
            .and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
        let claims: Option<Value> = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
        claims
            .and_then(|claims| claims["exp"].as_f64())
            .is_some_and(|end| end <= self.now.as_secs_f64())
    }
}

/// Refuses an entity id that is none: it becomes part of an address.
pub(crate) fn check_entity_id(id: &str) -> Result<(), HomeError> {
    match id.split_once('.') {
        Some((domain, name)) if is_slug(domain) && is_slug(name) => Ok(()),
        _ => Err(HomeError::NoSuchDevice { id: id.to_owned() }),
    }
}

/// Refuses the name of a domain, a service or an event that is none: it becomes part of an address.
pub(crate) fn check_slug(what: &str, name: &str) -> Result<(), HomeError> {
    if is_slug(name) {
        return Ok(());
    }
    Err(HomeError::invalid_input(
        what,
        "it consists of lower-case letters, digits and `_`",
    ))
}

/// The scale a unit stands for.
pub(crate) fn scale_of(unit: &str) -> Option<TemperatureScale> {
    match unit {
        "°C" | "C" => Some(TemperatureScale::Celsius),
        "°F" | "F" => Some(TemperatureScale::Fahrenheit),
        "K" => Some(TemperatureScale::Kelvin),
        _ => None,
    }
}

fn is_slug(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn status_reason(status: u16) -> String {
    format!("status {status}")
}

/// What the server says is wrong with a request.
fn refusal(body: &[u8]) -> String {
    let message = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| Some(body["message"].as_str()?.to_owned()));
    message.unwrap_or_else(|| "the server refuses it without saying why".to_owned())
}

fn scales() -> std::sync::MutexGuard<'static, HashMap<String, TemperatureScale>> {
    SCALES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeWire;

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        let wire = FakeWire::default();
        let server =
            |url: &str| Server::new(&wire, url, "token", Duration::ZERO).map(|server| server.base);
        for url in [
            "http://ha:8123",
            "http://ha:8123/",
            " http://ha:8123/api ",
            "http://ha:8123/api/",
        ] {
            assert_eq!(server(url).as_deref(), Ok("http://ha:8123"));
        }
        assert_eq!(
            server("https://example.org/ha/").as_deref(),
            Ok("https://example.org/ha")
        );
        for url in ["", "ha:8123", "ftp://ha", "http://", "http://ha/?x=1"] {
            assert!(server(url).is_err(), "{url}");
        }
        assert!(Server::new(&wire, "http://ha", "a\nb", Duration::ZERO).is_err());
    }

    #[test]
    fn each_status_has_its_error() {
        let error = |status: u16, body: &str| {
            let wire = FakeWire::default();
            wire.answer("GET", "/api/", status, body);
            // {"exp":1000}
            let token = "e30.eyJleHAiOjEwMDB9.c2ln";
            let server = Server::new(&wire, "http://ha", token, Duration::from_secs(2000)).unwrap();
            server.get_json("/api/").unwrap_err()
        };
        assert!(matches!(
            error(401, ""),
            HomeError::Unauthorized { expired: true, .. }
        ));
        assert!(matches!(error(503, ""), HomeError::Unreachable { .. }));
        assert!(matches!(error(500, ""), HomeError::InvalidAnswer { .. }));
        assert!(matches!(
            error(200, "<html>"),
            HomeError::InvalidAnswer { .. }
        ));
        let refused = error(400, r#"{"message":"Entity not found"}"#);
        assert!(
            refused.to_string().contains("Entity not found"),
            "{refused}"
        );
        let wire = FakeWire::default();
        wire.answer("GET", "/api/", 403, "");
        let server = Server::new(&wire, "http://ha", "opaque", Duration::ZERO).unwrap();
        assert!(matches!(
            server.get("/api/"),
            Err(HomeError::Unauthorized { expired: false, .. })
        ));
    }

    #[test]
    fn ids_cannot_lead_elsewhere() {
        for id in [
            "",
            "light",
            "light.",
            "../config",
            "light.a/../../config",
            "light.a?x",
            "Light.a",
            "light.ä",
        ] {
            assert!(check_entity_id(id).is_err(), "{id}");
        }
        assert!(check_entity_id("light.floor_lamp_2").is_ok());
    }
}
