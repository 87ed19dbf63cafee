//! The server's REST API as it is. What the server tells in JSON comes as JSON text, and each digit of a number is
//! kept, there and in what is sent.
use std::time::Duration;

use home_types::json::Json;
use home_types::time::{format_utc, parse_utc};
use home_types::{ConversationAnswer, HomeError, Reading};
use lmms::{Context, operation};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::devices::server;
use crate::hidden::{check_not_hidden, unless_hidden};
use crate::peers::PeerWire;
use crate::server::{Server, check_entity_id, check_slug};

/// Whether the server answers and takes the token: its greeting.
#[operation(interface = "home_assistant")]
pub fn check_api(cx: &Context, url: &str, token: &str) -> Result<String, HomeError> {
    let wire = PeerWire::new(cx);
    let greeting = server(&wire, cx, url, token)?.get_json("/api/")?;
    Ok(greeting["message"].as_str().unwrap_or_default().to_owned())
}

/// The server's configuration: version, location, units, time zone.
#[operation(interface = "home_assistant")]
pub fn get_config(cx: &Context, url: &str, token: &str) -> Result<String, HomeError> {
    let wire = PeerWire::new(cx);
    let server = server(&wire, cx, url, token)?;
    server.json_text(server.get("/api/config")?)
}

/// The states of all entities, or of those of one domain, with all their attributes.
#[operation(interface = "home_assistant")]
pub fn entity_states(
    cx: &Context,
    url: &str,
    token: &str,
    domain: Option<&str>,
) -> Result<String, HomeError> {
    let wire = PeerWire::new(cx);
    states_on(&server(&wire, cx, url, token)?, domain)
}

/// Sets what the server shows as an entity's state, without telling any device; makes the entity if there is none.
/// `attributes` is a JSON object. An entity that is hidden isn't one.
#[operation(interface = "home_assistant")]
pub fn set_state(
    cx: &Context,
    url: &str,
    token: &str,
    entity_id: &str,
    state: &str,
    attributes: Option<&str>,
) -> Result<String, HomeError> {
    let wire = PeerWire::new(cx);
    set_on(
        &server(&wire, cx, url, token)?,
        entity_id,
        state,
        attributes,
    )
}

/// The services of each domain.
#[operation(interface = "home_assistant")]
pub fn list_services(cx: &Context, url: &str, token: &str) -> Result<String, HomeError> {
    let wire = PeerWire::new(cx);
    let server = server(&wire, cx, url, token)?;
    server.json_text(server.get("/api/services")?)
}

/// Calls a service; the states that changed meanwhile. `data` is a JSON object.
#[operation(interface = "home_assistant")]
pub fn call_service(
    cx: &Context,
    url: &str,
    token: &str,
    domain: &str,
    service: &str,
    entity_id: Option<&str>,
    data: Option<&str>,
) -> Result<String, HomeError> {
    check_slug("domain", domain)?;
    check_slug("service", service)?;
    let wire = PeerWire::new(cx);
    let server = server(&wire, cx, url, token)?;
    call_on(&server, (domain, service), entity_id, data)
}

/// Fires an event on the server's bus; the server's confirmation. `data` is a JSON object.
#[operation(interface = "home_assistant")]
pub fn fire_event(
    cx: &Context,
    url: &str,
    token: &str,
    event_type: &str,
    data: Option<&str>,
) -> Result<String, HomeError> {
    check_slug("event_type", event_type)?;
    let body = fields("data", data)?;
    let wire = PeerWire::new(cx);
    let confirmation =
        server(&wire, cx, url, token)?.post_json(&format!("/api/events/{event_type}"), &body)?;
    Ok(confirmation["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

/// What a template says, rendered by the server.
#[operation(interface = "home_assistant")]
pub fn render_template(
    cx: &Context,
    url: &str,
    token: &str,
    template: &str,
) -> Result<String, HomeError> {
    let wire = PeerWire::new(cx);
    let text =
        server(&wire, cx, url, token)?.post("/api/template", &json!({ "template": template }))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The server's log of errors; its last `lines` lines, if given.
#[operation(interface = "home_assistant")]
pub fn error_log(
    cx: &Context,
    url: &str,
    token: &str,
    lines: Option<u32>,
) -> Result<String, HomeError> {
    let wire = PeerWire::new(cx);
    let log = server(&wire, cx, url, token)?.get("/api/error_log")?;
    let log = String::from_utf8_lossy(&log);
    Ok(last_lines(&log, lines).to_owned())
}

/// The numbers an entity had from `from` until `to`, oldest first; on and off count as 1 and 0. An entity that is
/// hidden has none.
#[operation(interface = "home_assistant")]
pub fn history(
    cx: &Context,
    url: &str,
    token: &str,
    entity_id: &str,
    from: Duration,
    to: Duration,
) -> Result<Vec<Reading>, HomeError> {
    let wire = PeerWire::new(cx);
    history_on(&server(&wire, cx, url, token)?, entity_id, from, to)
}

/// Says `text` to the home's assistant. `conversation_id` goes on with a conversation; `language` is a tag such as
/// `de`.
#[operation(interface = "home_assistant")]
pub fn process_conversation(
    cx: &Context,
    url: &str,
    token: &str,
    text: &str,
    language: Option<&str>,
    conversation_id: Option<&str>,
) -> Result<ConversationAnswer, HomeError> {
    let wire = PeerWire::new(cx);
    converse_on(
        &server(&wire, cx, url, token)?,
        text,
        language,
        conversation_id,
    )
}

fn states_on(server: &Server<'_>, domain: Option<&str>) -> Result<String, HomeError> {
    let body = server.get("/api/states")?;
    let Some(domain) = domain else {
        return server.json_text(body);
    };
    let states: Vec<&RawValue> = serde_json::from_slice(&body)
        .map_err(|error| server.not_understood(&format!("it is no list of states: {error}")))?;
    let is_of_domain = |state: &&&RawValue| {
        let state: Value = serde_json::from_str(state.get()).unwrap_or_default();
        let id = state["entity_id"].as_str().unwrap_or_default();
        id.split_once('.').is_some_and(|(of, _)| of == domain)
    };
    let kept = states.iter().filter(is_of_domain).map(|state| state.get());
    Ok(format!("[{}]", kept.collect::<Vec<_>>().join(",")))
}

pub(crate) fn set_on(
    server: &Server<'_>,
    id: &str,
    state: &str,
    attributes: Option<&str>,
) -> Result<String, HomeError> {
    let mut body = Json::Object(Vec::new());
    put(&mut body, "state", Json::Text(state.to_owned()));
    put(&mut body, "attributes", fields("attributes", attributes)?);
    check_not_hidden(server, id)?;
    server.json_text(server.post(&format!("/api/states/{id}"), &body)?)
}

fn call_on(
    server: &Server<'_>,
    (domain, service): (&str, &str),
    entity_id: Option<&str>,
    data: Option<&str>,
) -> Result<String, HomeError> {
    let mut body = fields("data", data)?;
    if let Some(id) = entity_id {
        check_entity_id(id)?;
        put(&mut body, "entity_id", Json::Text(id.to_owned()));
    }
    server.json_text(server.post(&format!("/api/services/{domain}/{service}"), &body)?)
}

pub(crate) fn history_on(
    server: &Server<'_>,
    id: &str,
    from: Duration,
    to: Duration,
) -> Result<Vec<Reading>, HomeError> {
    check_entity_id(id)?;
    let (from, to) = (format_utc(from), format_utc(to));
    let path =
        format!("/api/history/period/{from}?filter_entity_id={id}&end_time={to}&minimal_response");
    let answer = unless_hidden(server, id, || server.get_json(&path))?;
    let Some(entities) = answer.as_array() else {
        return Err(server.not_understood("the history is not a list"));
    };
    // Only the first state has attributes.
    let states = || entities.iter().filter_map(Value::as_array).flatten();
    let quantity = states()
        .find_map(|state| state["attributes"]["device_class"].as_str())
        .unwrap_or("state");
    let reading = |state: &Value| {
        let value = match state["state"].as_str()? {
            "on" | "open" | "locked" => 1.0,
            "off" | "closed" | "unlocked" => 0.0,
            number => number
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())?,
        };
        let at = parse_utc(
            state["last_changed"]
                .as_str()
                .or_else(|| state["last_updated"].as_str())?,
        )?;
        Some(Reading {
            device_id: id.to_owned(),
            quantity: quantity.to_owned(),
            at,
            value,
        })
    };
    Ok(states().filter_map(reading).collect())
}

fn converse_on(
    server: &Server<'_>,
    text: &str,
    language: Option<&str>,
    conversation_id: Option<&str>,
) -> Result<ConversationAnswer, HomeError> {
    if text.trim().is_empty() {
        return Err(HomeError::invalid_input("text", "there is nothing to say"));
    }
    let mut body = json!({ "text": text });
    if let Some(language) = language {
        body["language"] = json!(language);
    }
    if let Some(id) = conversation_id {
        body["conversation_id"] = json!(id);
    }
    let answer = server.post_json("/api/conversation/process", &body)?;
    let speech = answer["response"]["speech"]["plain"]["speech"].as_str();
    Ok(ConversationAnswer {
        speech: speech
            .ok_or_else(|| server.not_understood("the assistant said nothing"))?
            .to_owned(),
        kind: answer["response"]["response_type"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        conversation_id: answer["conversation_id"].as_str().map(str::to_owned),
    })
}

/// An object with all its digits.
fn fields(what: &str, json: Option<&str>) -> Result<Json, HomeError> {
    match json.map(Json::parse) {
        None => Ok(Json::Object(Vec::new())),
        Some(Ok(fields @ Json::Object(_))) => Ok(fields),
        Some(Ok(_)) => Err(HomeError::invalid_input(what, "it is not a JSON object")),
        Some(Err(error)) => Err(HomeError::invalid_input(what, error)),
    }
}

fn put(object: &mut Json, name: &str, value: Json) {
    if let Some(place) = object.entry(name) {
        *place = value;
    }
}

fn last_lines(log: &str, lines: Option<u32>) -> &str {
    let Some(lines) = lines.and_then(|lines| usize::try_from(lines).ok()) else {
        return log;
    };
    if lines == 0 {
        return "";
    }
    let end = log.trim_end_matches('\n');
    let start = end
        .rmatch_indices('\n')
        .nth(lines - 1)
        .map_or(0, |(newline, _)| newline + 1);
    &log[start..]
}

#[cfg(test)]
mod tests;
