//! The server's entities as devices.
use std::collections::HashMap;

use home_types::{Command, Device, DeviceState, HomeError, TemperatureScale};
use lmms::{Context, operation};
use serde_json::{Value, json};

use crate::entity::Entity;
use crate::peers::PeerWire;
use crate::server::{Server, Wire};
use crate::services::calls;

/// Asks the server for each entity's area, one line each.
const AREAS: &str =
    "{% for s in states %}{{ s.entity_id }}\t{{ area_name(s.entity_id) or '' }}\n{% endfor %}";

/// All entities that are devices, by id, with their rooms.
#[operation(interface = "home_assistant")]
pub fn list_devices(cx: &Context, url: &str, token: &str) -> Result<Vec<Device>, HomeError> {
    let wire = PeerWire::new(cx);
    list(&server(&wire, cx, url, token)?)
}

/// The device that is the entity with that id. Its room is told by `list_devices` only.
#[operation(interface = "home_assistant")]
pub fn get_device(cx: &Context, url: &str, token: &str, id: &str) -> Result<Device, HomeError> {
    let wire = PeerWire::new(cx);
    Ok(find(&server(&wire, cx, url, token)?, id)?.1)
}

/// How the device with that id is right now.
#[operation(interface = "home_assistant")]
pub fn get_state(cx: &Context, url: &str, token: &str, id: &str) -> Result<DeviceState, HomeError> {
    let wire = PeerWire::new(cx);
    Ok(find(&server(&wire, cx, url, token)?, id)?.2)
}

/// How all devices are right now, by id.
#[operation(interface = "home_assistant")]
pub fn get_states(cx: &Context, url: &str, token: &str) -> Result<Vec<DeviceState>, HomeError> {
    let wire = PeerWire::new(cx);
    states(&server(&wire, cx, url, token)?)
}

/// Tells a device what to do through the services for it, and returns its new state as the server tells it.
#[operation(interface = "home_assistant")]
pub fn apply(
    cx: &Context,
    url: &str,
    token: &str,
    id: &str,
    command: &Command,
) -> Result<DeviceState, HomeError> {
    let wire = PeerWire::new(cx);
    apply_on(&server(&wire, cx, url, token)?, id, command)
}

/// The server, on the wire, at the gateway's time.
pub(crate) fn server<'a>(
    wire: &'a dyn Wire,
    cx: &Context,
    url: &str,
    token: &'a str,
) -> Result<Server<'a>, HomeError> {
    Server::new(wire, url, token, cx.unix_time())
}

fn list(server: &Server<'_>) -> Result<Vec<Device>, HomeError> {
    let entities = server.entities()?;
    let rooms = rooms(server);
    let scale = scale_for(server, &entities)?;
    let device = |entity: &Value| {
        let entity = Entity::new(entity, scale);
        entity.device(rooms.get(entity.id()).map_or("", String::as_str))
    };
    let mut devices: Vec<Device> = entities.iter().filter_map(device).collect();
    devices.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(devices)
}

fn states(server: &Server<'_>) -> Result<Vec<DeviceState>, HomeError> {
    let entities = server.entities()?;
    let scale = scale_for(server, &entities)?;
    let state = |entity: &Value| {
        let entity = Entity::new(entity, scale);
        entity.device("").map(|device| entity.state(&device))
    };
    let mut states: Vec<DeviceState> = entities.iter().filter_map(state).collect();
    states.sort_by(|one, other| one.device_id.cmp(&other.device_id));
    Ok(states)
}

fn find(
    server: &Server<'_>,
    id: &str,
) -> Result<(Value, Device, DeviceState, TemperatureScale), HomeError> {
    let value = server.entity(id)?;
    let scale = scale_for(server, std::slice::from_ref(&value))?;
    let entity = Entity::new(&value, scale);
    let device = entity
        .device("")
        .ok_or_else(|| HomeError::NoSuchDevice { id: id.to_owned() })?;
    let state = entity.state(&device);
    Ok((value, device, state, scale))
}

fn apply_on(server: &Server<'_>, id: &str, command: &Command) -> Result<DeviceState, HomeError> {
    let (value, device, state, scale) = find(server, id)?;
    if !state.online {
        return Err(HomeError::DeviceUnreachable { id: id.to_owned() });
    }
    let command = command.resolve(&device, &state)?;
    let mut changed = Value::Null;
    for call in calls(&Entity::new(&value, scale), &device, &state, &command) {
        let data: Value = serde_json::from_str(&call.data).unwrap_or_default();
        changed = server.post_json(
            &format!("/api/services/{}/{}", call.domain, call.service),
            &data,
        )?;
    }
    // The answer names the states that changed meanwhile; it need not name this one.
    let new = changed
        .as_array()
        .and_then(|states| states.iter().rev().find(|state| state["entity_id"] == id));
    match new {
        Some(new) => Ok(Entity::new(new, scale).state(&device)),
        None => Ok(find(server, id)?.2),
    }
}

/// Only thermostats need the server's scale: it is not asked for otherwise.
fn scale_for(server: &Server<'_>, entities: &[Value]) -> Result<TemperatureScale, HomeError> {
    let is_thermostat = |entity: &Value| {
        entity["entity_id"]
            .as_str()
            .is_some_and(|id| id.starts_with("climate."))
    };
    if entities.iter().any(is_thermostat) {
        server.scale()
    } else {
        Ok(TemperatureScale::Celsius)
    }
}

/// The room of each entity that has one. A server that does not tell leaves the devices without rooms.
fn rooms(server: &Server<'_>) -> HashMap<String, String> {
    match server.post("/api/template", &json!({ "template": AREAS })) {
        Ok(lines) => {
            let lines = String::from_utf8_lossy(&lines);
            let pairs = lines.lines().filter_map(|line| line.split_once('\t'));
            pairs
                .map(|(id, room)| (id.trim().to_owned(), room.trim().to_owned()))
                .collect()
        }
        Err(error) => {
            tracing::warn!(%error, "the rooms are not known");
            HashMap::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeWire;
    use std::time::Duration;

    fn light(state: &str) -> Value {
        json!({ "entity_id": "light.x", "state": state, "attributes": {
            "friendly_name": "X", "supported_color_modes": ["brightness"], "brightness": 255,
        }})
    }

    fn on<'a>(wire: &'a FakeWire, host: &str) -> Server<'a> {
        Server::new(wire, &format!("http://{host}"), "token", Duration::ZERO).unwrap()
    }

    #[test]
    fn devices_come_with_their_rooms() {
        let wire = FakeWire::default();
        let sun = json!({ "entity_id": "sun.sun", "state": "up" });
        wire.answer("GET", "/api/states", 200, json!([light("on"), sun]));
        wire.answer(
            "POST",
            "/api/template",
            200,
            "light.x\tKitchen\nsun.sun\t\n",
        );
        let devices = list(&on(&wire, "rooms")).unwrap();
        assert_eq!(devices.len(), 1);
        assert_eq!(
            (devices[0].name.as_str(), devices[0].room.as_str()),
            ("X", "Kitchen")
        );
        wire.answer("POST", "/api/template", 401, "");
        assert_eq!(list(&on(&wire, "rooms")).unwrap()[0].room, "");
        assert_eq!(states(&on(&wire, "rooms")).unwrap()[0].power, Some(true));
    }

    #[test]
    fn commands_become_service_calls() {
        let wire = FakeWire::default();
        wire.answer("GET", "/api/states/light.x", 200, light("off"));
        wire.answer(
            "POST",
            "/api/services/light/turn_on",
            200,
            json!([light("on")]),
        );
        let state = apply_on(
            &on(&wire, "calls"),
            "light.x",
            &Command::SetBrightness { percent: 60 },
        )
        .unwrap();
        assert_eq!(state.power, Some(true));
        let posted = wire.posted();
        assert_eq!(posted[0].0, "/api/services/light/turn_on");
        assert_eq!(
            posted[0].1,
            json!({ "entity_id": "light.x", "brightness_pct": 60 })
        );
        wire.answer("POST", "/api/services/light/turn_on", 200, json!([]));
        let state = apply_on(&on(&wire, "calls"), "light.x", &Command::TurnOn).unwrap();
        assert_eq!(
            state.power,
            Some(false),
            "what the answer does not tell is asked for"
        );
    }

    #[test]
    fn a_thermostats_scale_is_asked_for_once() {
        let wire = FakeWire::default();
        let thermostat = json!({ "entity_id": "climate.x", "state": "heat", "attributes": {
            "hvac_modes": ["heat"], "temperature": 68, "min_temp": 45, "max_temp": 90,
        }});
        wire.answer("GET", "/api/states/climate.x", 200, thermostat);
        wire.answer(
            "GET",
            "/api/config",
            200,
            json!({ "unit_system": { "temperature": "°F" } }),
        );
        let server = on(&wire, "scale");
        assert_eq!(
            find(&server, "climate.x").unwrap().2.target_temperature,
            Some(20.0)
        );
        wire.answer("GET", "/api/config", 500, "");
        assert_eq!(
            find(&server, "climate.x").unwrap().2.target_temperature,
            Some(20.0)
        );
    }

    #[test]
    fn errors_tell_home_and_device_apart() {
        let wire = FakeWire::default();
        let server = on(&wire, "errors");
        let lost = HomeError::NoSuchDevice {
            id: "light.y".into(),
        };
        assert_eq!(apply_on(&server, "light.y", &Command::TurnOn), Err(lost));
        wire.answer("GET", "/api/states/light.x", 200, light("unavailable"));
        let gone = HomeError::DeviceUnreachable {
            id: "light.x".into(),
        };
        assert_eq!(apply_on(&server, "light.x", &Command::TurnOn), Err(gone));
        wire.answer(
            "GET",
            "/api/states/sun.sun",
            200,
            json!({ "entity_id": "sun.sun", "state": "up" }),
        );
        assert!(matches!(
            find(&server, "sun.sun"),
            Err(HomeError::NoSuchDevice { .. })
        ));
        wire.answer("GET", "/api/states", 200, "{}");
        assert!(matches!(
            list(&server),
            Err(HomeError::InvalidAnswer { .. })
        ));
    }
}
