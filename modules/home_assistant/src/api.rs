//! The server's REST API as it is. What the server tells in JSON comes as JSON text.
use std::time::Duration;

use home_types::time::{format_utc, parse_utc};
use home_types::{ConversationAnswer, HomeError, Reading};
use lmms::{Context, operation};
use serde_json::{Map, Value, json};

use crate::devices::server;
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
    Ok(server(&wire, cx, url, token)?
        .get_json("/api/config")?
        .to_string())
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
    let mut entities = server(&wire, cx, url, token)?.entities()?;
    if let Some(domain) = domain {
        let of_domain = |id: &str| id.split_once('.').is_some_and(|(of, _)| of == domain);
        entities.retain(|entity| entity["entity_id"].as_str().is_some_and(of_domain));
    }
    Ok(Value::Array(entities).to_string())
}

/// Sets what the server shows as an entity's state, without telling any device; makes the entity if there is none.
/// `attributes` is a JSON object.
#[operation(interface = "home_assistant")]
pub fn set_state(
    cx: &Context,
    url: &str,
    token: &str,
    entity_id: &str,
    state: &str,
    attributes: Option<&str>,
) -> Result<String, HomeError> {
    check_entity_id(entity_id)?;
    let body = json!({ "state": state, "attributes": fields("attributes", attributes)? });
    let wire = PeerWire::new(cx);
    Ok(server(&wire, cx, url, token)?
        .post_json(&format!("/api/states/{entity_id}"), &body)?
        .to_string())
}

/// The services of each domain.
#[operation(interface = "home_assistant")]
pub fn list_services(cx: &Context, url: &str, token: &str) -> Result<String, HomeError> {
    let wire = PeerWire::new(cx);
    Ok(server(&wire, cx, url, token)?
        .get_json("/api/services")?
        .to_string())
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
    let mut body = fields("data", data)?;
    if let Some(id) = entity_id {
        check_entity_id(id)?;
        body.insert("entity_id".to_owned(), json!(id));
    }
    let wire = PeerWire::new(cx);
    let server = server(&wire, cx, url, token)?;
    Ok(server
        .post_json(
            &format!("/api/services/{domain}/{service}"),
            &Value::Object(body),
        )?
        .to_string())
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
    let body = Value::Object(fields("data", data)?);
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

/// The numbers an entity had from `from` until `to`, oldest first; on and off count as 1 and 0.
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

/// Says `text` to the home's assistant. `conversation_id` goes on with a conversation; `language` is a tag such as `de`.
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

/// The picture a camera shows now, in the camera's format.
#[operation(interface = "home_assistant")]
pub fn camera_picture(
    cx: &Context,
    url: &str,
    token: &str,
    entity_id: &str,
) -> Result<Vec<u8>, HomeError> {
    check_entity_id(entity_id)?;
    if !entity_id.starts_with("camera.") {
        return Err(HomeError::Unsupported {
            subject: entity_id.to_owned(),
            action: "take pictures".to_owned(),
        });
    }
    let wire = PeerWire::new(cx);
    server(&wire, cx, url, token)?.get(&format!("/api/camera_proxy/{entity_id}"))
}

fn history_on(
    server: &Server<'_>,
    id: &str,
    from: Duration,
    to: Duration,
) -> Result<Vec<Reading>, HomeError> {
    check_entity_id(id)?;
    let (from, to) = (format_utc(from), format_utc(to));
    let path =
        format!("/api/history/period/{from}?filter_entity_id={id}&end_time={to}&minimal_response");
    let answer = server.get_json(&path)?;
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

fn fields(what: &str, json: Option<&str>) -> Result<Map<String, Value>, HomeError> {
    match json.map(serde_json::from_str) {
        None => Ok(Map::new()),
        Some(Ok(Value::Object(fields))) => Ok(fields),
        Some(Ok(_)) => Err(HomeError::invalid_input(what, "it is not a JSON object")),
        Some(Err(error)) => Err(HomeError::invalid_input(what, error)),
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
mod tests {
    use super::*;
    use crate::testing::FakeWire;

    fn on(wire: &FakeWire) -> Server<'_> {
        Server::new(wire, "http://ha", "token", Duration::ZERO).unwrap()
    }

    #[test]
    fn history_becomes_readings() {
        let wire = FakeWire::default();
        let path = "/api/history/period/1970-01-01T00:00:00.000Z?filter_entity_id=sensor.x\
                    &end_time=1970-01-02T00:00:00.000Z&minimal_response";
        let states = json!([[
            { "state": "21.5", "last_changed": "1970-01-01T01:00:00+00:00", "attributes": { "device_class": "temperature" } },
            { "state": "unavailable", "last_changed": "1970-01-01T02:00:00+00:00" },
            { "state": "22", "last_changed": "1970-01-01T03:00:00+00:00" },
            { "state": "NaN", "last_changed": "1970-01-01T04:00:00+00:00" },
        ]]);
        wire.answer("GET", path, 200, states);
        let day = Duration::from_secs(86_400);
        let readings = history_on(&on(&wire), "sensor.x", Duration::ZERO, day).unwrap();
        let seen: Vec<_> = readings
            .iter()
            .map(|reading| (reading.at.as_secs(), reading.value))
            .collect();
        assert_eq!(seen, [(3600, 21.5), (10_800, 22.0)]);
        assert_eq!(readings[1].quantity, "temperature");
        assert!(matches!(
            history_on(&on(&wire), "../x", Duration::ZERO, day),
            Err(HomeError::NoSuchDevice { .. })
        ));
    }

    #[test]
    fn the_assistant_is_spoken_to() {
        let wire = FakeWire::default();
        let answer = json!({
            "conversation_id": "7",
            "response": { "response_type": "action_done", "speech": { "plain": { "speech": "Turned on the lamp" } } },
        });
        wire.answer("POST", "/api/conversation/process", 200, answer);
        let answer = converse_on(&on(&wire), "turn on the lamp", Some("en"), None).unwrap();
        assert_eq!(
            (answer.speech.as_str(), answer.kind.as_str()),
            ("Turned on the lamp", "action_done")
        );
        assert_eq!(answer.conversation_id.as_deref(), Some("7"));
        assert_eq!(
            wire.posted()[0].1,
            json!({ "text": "turn on the lamp", "language": "en" })
        );
        assert!(converse_on(&on(&wire), " ", None, None).is_err());
        wire.answer("POST", "/api/conversation/process", 200, "{}");
        assert!(matches!(
            converse_on(&on(&wire), "hello", None, None),
            Err(HomeError::InvalidAnswer { .. })
        ));
    }

    #[test]
    fn only_objects_are_data() {
        assert!(fields("data", None).unwrap().is_empty());
        assert_eq!(fields("data", Some(r#"{"a":1}"#)).unwrap()["a"], 1);
        for bad in ["", "[]", "1", "{"] {
            assert!(
                matches!(
                    fields("data", Some(bad)),
                    Err(HomeError::InvalidInput { .. })
                ),
                "{bad}"
            );
        }
    }

    #[test]
    fn the_end_of_a_log_is_found() {
        let log = "one\ntwo\nthree\n";
        assert_eq!(last_lines(log, Some(2)), "two\nthree\n");
        assert_eq!(last_lines(log, Some(9)), log);
        assert_eq!(last_lines(log, Some(0)), "");
        assert_eq!(last_lines(log, None), log);
        assert_eq!(last_lines("", Some(1)), "");
    }
}
