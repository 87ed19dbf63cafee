//! Asking a server and understanding its answers.
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use home_types::redaction::redact_text;
use home_types::{HomeError, ServiceCall, TemperatureScale};
use serde_json::Value;

/// What is known of each server that was asked for it, by base address.
static FACTS: LazyLock<Mutex<HashMap<String, Facts>>> = LazyLock::new(Mutex::default);

/// What holds for all entities of a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Facts {
    /// The scale of a thermostat's temperatures; other entities name their own.
    pub(crate) scale: TemperatureScale,
    /// Whether Alexa can be given the addresses of streams.
    pub(crate) streams: bool,
}

impl Facts {
    /// Of a server that nothing else is known of.
    pub(crate) fn of_scale(scale: TemperatureScale) -> Facts {
        Facts {
            scale,
            streams: false,
        }
    }

    /// As the server's configuration tells them.
    fn of_config(config: &Value) -> Facts {
        let unit = config["unit_system"]["temperature"]
            .as_str()
            .unwrap_or("°C");
        let components = config["components"].as_array();
        let has = |name: &str| {
            components.is_some_and(|all| all.iter().any(|component| component == name))
        };
        let address = config["external_url"].as_str();
        Facts {
            scale: scale_of(unit).unwrap_or(TemperatureScale::Celsius),
            streams: has("stream") && has("alexa") && address.is_some_and(is_for_alexa),
        }
    }
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// How long everything that one operation asks may take. Alexa gives up on a directive after eight seconds, of which
/// the way to this house and back takes some.
pub(crate) const DEADLINE: Duration = Duration::from_secs(6);

/// How long a service call is waited for: a slow home takes a few seconds, a script as long as it runs.
const CALL_PATIENCE: Duration = Duration::from_secs(3);

/// Less time than this is not worth another request.
const SHORTEST: Duration = Duration::from_millis(50);

/// Something that takes HTTP requests, and the time since it was made.
pub(crate) trait Wire: Sync {
    /// Sends a request and waits for the answer, whatever its status; `None` if there is none within `limit`.
    fn send(
        &self,
        method: &str,
        url: &str,
        token: &str,
        body: Option<&[u8]>,
        limit: Duration,
    ) -> Result<Option<Answer>, HomeError>;

    /// The time since the wire was made, which is when the operation began.
    fn elapsed(&self) -> Duration;

    /// Lets time pass.
    fn pause(&self, time: Duration);
}

/// A server, and the right to use it, until [`DEADLINE`].
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
        // Tokens come from files and variables, with a newline at the end.
        let token = token.trim();
        let server = Server {
            wire,
            base: base.to_owned(),
            token,
            now,
        };
        if token.is_empty() || token.contains(|c: char| !c.is_ascii_graphic()) {
            tracing::warn!("the access token is empty, or has spaces or control characters in it");
            return Err(server.unauthorized());
        }
        Ok(server)
    }

    /// The time at which the operation began, since 1970.
    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    /// What tells it from other servers, and from itself with other rights.
    pub(crate) fn identity(&self) -> impl Hash + use<'_> {
        (&self.base, self.token)
    }

    /// The server's name in errors.
    pub(crate) fn name(&self) -> String {
        format!("Home Assistant at {}", self.base)
    }

    /// The body that `GET path` is answered with.
    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>, HomeError> {
        self.checked(self.answer("GET", path, None)?)
    }

    /// The body that `POST path` is answered with.
    pub(crate) fn post(&self, path: &str, body: &impl ToString) -> Result<Vec<u8>, HomeError> {
        self.checked(self.answer("POST", path, Some(body.to_string()))?)
    }

    /// The JSON that `GET path` is answered with.
    pub(crate) fn get_json(&self, path: &str) -> Result<Value, HomeError> {
        self.json(&self.get(path)?)
    }

    /// A body that is JSON, as the text that it is.
    pub(crate) fn json_text(&self, body: Vec<u8>) -> Result<String, HomeError> {
        self.json(&body)?;
        String::from_utf8(body).map_err(|error| self.not_understood(&error.to_string()))
    }

    /// The JSON that `POST path` is answered with.
    pub(crate) fn post_json(&self, path: &str, body: &impl ToString) -> Result<Value, HomeError> {
        self.json(&self.post(path, body)?)
    }

    /// The state of one entity.
    pub(crate) fn entity(&self, id: &str) -> Result<Value, HomeError> {
        check_entity_id(id)?;
        let answer = self.answer("GET", &format!("/api/states/{id}"), None)?;
        if answer.status == 404 {
            // While the server starts, it doesn't know its entities yet.
            self.config()?;
            return Err(HomeError::NoSuchDevice { id: id.to_owned() });
        }
        self.json(&self.checked(answer)?)
    }

    /// The states of all entities.
    pub(crate) fn entities(&self) -> Result<Vec<Value>, HomeError> {
        match self.get_json("/api/states")? {
            Value::Array(entities) => Ok(entities),
            _ => Err(self.not_understood("the list of states is not a list")),
        }
    }

    /// Calls a service; the states that changed meanwhile. `None` if it takes longer than anyone waits: it was called,
    /// and what becomes of it is not known.
    pub(crate) fn call(&self, call: &ServiceCall) -> Result<Option<Value>, HomeError> {
        let path = format!("/api/services/{}/{}", call.domain, call.service);
        let limit = self.time_left()?.min(CALL_PATIENCE);
        match self.send("POST", &path, Some(call.data.as_bytes()), limit)? {
            Some(answer) => Ok(Some(self.json(&self.checked(answer)?)?)),
            None => Ok(None),
        }
    }

    /// What holds for all its entities. Asked once for each server.
    pub(crate) fn facts(&self) -> Result<Facts, HomeError> {
        if let Some(known) = facts().get(&self.base) {
            return Ok(*known);
        }
        self.config()
    }

    /// What holds for all its entities, asked in any case. `Unreachable` if the server isn't running yet, or no longer.
    pub(crate) fn config(&self) -> Result<Facts, HomeError> {
        let config = self.get_json("/api/config")?;
        if let Some(state) = config["state"].as_str().filter(|state| *state != "RUNNING") {
            return Err(HomeError::Unreachable {
                home: self.name(),
                reason: format!("it is not running yet, or no longer ({})", said(state)),
            });
        }
        let known = Facts::of_config(&config);
        facts().insert(self.base.clone(), known);
        Ok(known)
    }

    /// Lets some of the time pass that is left; false if there isn't so much.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        let enough = self
            .time_left()
            .is_ok_and(|left| left > time.saturating_add(SHORTEST));
        if enough {
            self.wire.pause(time);
        }
        enough
    }

    /// The error for an answer of the wrong form.
    pub(crate) fn not_understood(&self, reason: &str) -> HomeError {
        HomeError::InvalidAnswer {
            home: self.name(),
            reason: reason.to_owned(),
        }
    }

    /// The answer to `POST path`, whatever its status.
    pub(crate) fn post_any(&self, path: &str, body: &impl ToString) -> Result<Answer, HomeError> {
        self.answer("POST", path, Some(body.to_string()))
    }

    fn answer(&self, method: &str, path: &str, body: Option<String>) -> Result<Answer, HomeError> {
        let body = body.as_deref().map(str::as_bytes);
        self.send(method, path, body, self.time_left()?)?
            .ok_or_else(|| self.too_slow())
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
        limit: Duration,
    ) -> Result<Option<Answer>, HomeError> {
        let url = format!("{}{path}", self.base);
        self.wire.send(method, &url, self.token, body, limit)
    }

    /// The body of an answer that is one, or the error that its status stands for.
    pub(crate) fn checked(&self, answer: Answer) -> Result<Vec<u8>, HomeError> {
        let home = self.name();
        match answer.status {
            200..=299 => Ok(answer.body),
            400 => Err(HomeError::Refused {
                home,
                reason: refusal(&answer.body),
            }),
            401 | 403 => Err(self.unauthorized()),
            429 => Err(HomeError::Busy { home }),
            // A proxy in front of a server that is down or starting.
            status @ (502..=504) => Err(HomeError::Unreachable {
                home,
                reason: status_reason(status),
            }),
            status => Err(self.not_understood(&status_reason(status))),
        }
    }

    fn time_left(&self) -> Result<Duration, HomeError> {
        let left = DEADLINE.saturating_sub(self.wire.elapsed());
        if left < SHORTEST {
            return Err(self.too_slow());
        }
        Ok(left)
    }

    fn too_slow(&self) -> HomeError {
        HomeError::Unreachable {
            home: self.name(),
            reason: format!("it is too slow: {} s are over", DEADLINE.as_secs()),
        }
    }

    fn unauthorized(&self) -> HomeError {
        HomeError::Unauthorized {
            home: self.name(),
            expired: self.token_has_expired(),
        }
    }

    pub(crate) fn json(&self, body: &[u8]) -> Result<Value, HomeError> {
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

/// Asks two things at the same time: a slow server then takes the time of one.
pub(crate) fn both<T, U: Send>(
    one: impl FnOnce() -> Result<T, HomeError>,
    other: impl FnOnce() -> Result<U, HomeError> + Send,
) -> Result<(T, U), HomeError> {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        let other = other.join().unwrap_or_else(|_| {
            Err(HomeError::Module {
                interface: "http_client".to_owned(),
                reason: "it panicked".to_owned(),
            })
        });
        Ok((one?, other?))
    })
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

/// What the server says is wrong with a request, without the secrets that it quotes.
fn refusal(body: &[u8]) -> String {
    let message = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| Some(said(body["message"].as_str()?)));
    message.unwrap_or_else(|| "the server refuses it without saying why".to_owned())
}

/// What the server says, as it may stand in errors and logs: without secrets, and not without end.
pub(crate) fn said(text: &str) -> String {
    const LONGEST: usize = 500;
    let text = redact_text(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Whether Alexa fetches from an address: it wants HTTPS at its usual port, and a name that anybody can look up.
pub(crate) fn is_for_alexa(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
        _ => (authority, "443"),
    };
    let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    let is_local = host.rsplit('.').next() == Some("local") || !host.contains('.');
    port == "443" && !authority.contains('@') && !is_address && !is_local
}

fn facts() -> std::sync::MutexGuard<'static, HashMap<String, Facts>> {
    FACTS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
