//! The server's entities as devices.
use std::collections::{BTreeMap, HashMap};
use std::thread;

use home_types::{Device, DeviceReport, DeviceState, HomeError, TemperatureScale};
use lmms::{Context, operation};
use serde_json::Value;

use crate::entity::Entity;
use crate::hidden::{Place, places, unless_hidden};
use crate::peers::PeerWire;
use crate::server::{Facts, Server, Wire, both};

/// All entities that are devices, by id, with their rooms. Hidden entities are left out, among which are the switches
/// that people turned into locks and covers, and so are those with the label `not for alexa`.
#[operation(interface = "home_assistant")]
pub fn list_devices(cx: &Context, url: &str, token: &str) -> Result<Vec<Device>, HomeError> {
    let wire = PeerWire::new(cx);
    list(&server(&wire, cx, url, token)?)
}

/// The device that is the entity with that id. Its room is told by `list_devices` only.
#[operation(interface = "home_assistant")]
pub fn get_device(cx: &Context, url: &str, token: &str, id: &str) -> Result<Device, HomeError> {
    let wire = PeerWire::new(cx);
    Ok(find(&server(&wire, cx, url, token)?, id)?.device)
}

/// How the device with that id is right now.
#[operation(interface = "home_assistant")]
pub fn get_state(cx: &Context, url: &str, token: &str, id: &str) -> Result<DeviceState, HomeError> {
    let wire = PeerWire::new(cx);
    Ok(find(&server(&wire, cx, url, token)?, id)?.state)
}

/// A device and how it is right now. Its room is told by `list_devices` only.
#[operation(interface = "home_assistant")]
pub fn report(cx: &Context, url: &str, token: &str, id: &str) -> Result<DeviceReport, HomeError> {
    let wire = PeerWire::new(cx);
    let found = find(&server(&wire, cx, url, token)?, id)?;
    Ok(DeviceReport {
        device: found.device,
        state: found.state,
    })
}

/// How all devices are right now, by id, as far as `list_devices` has them.
#[operation(interface = "home_assistant")]
pub fn get_states(cx: &Context, url: &str, token: &str) -> Result<Vec<DeviceState>, HomeError> {
    let wire = PeerWire::new(cx);
    states(&server(&wire, cx, url, token)?)
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

/// An entity that is a device.
pub(crate) struct Found {
    pub(crate) value: Value,
    pub(crate) device: Device,
    pub(crate) state: DeviceState,
    pub(crate) facts: Facts,
}

/// Finds a device that isn't hidden. The server is asked for it and for that at the same time, and more for a
/// thermostat or a camera of a server that is not known yet, and for a group.
pub(crate) fn find(server: &Server<'_>, id: &str) -> Result<Found, HomeError> {
    let depends = ["climate.", "water_heater.", "camera."]
        .iter()
        .any(|domain| id.starts_with(domain));
    let (value, facts) = unless_hidden(server, id, || {
        if depends {
            return both(|| server.entity(id), || server.facts());
        }
        let facts = Facts::of_scale(TemperatureScale::Celsius);
        Ok((server.entity(id)?, facts))
    })?;
    let entity = Entity::new(&value, facts);
    let others = if entity.needs_others() {
        server.entities()?
    } else {
        Vec::new()
    };
    let by_id = by_id(&others);
    let device = entity
        .device("", &|id| by_id.get(id).copied())
        .ok_or_else(|| HomeError::NoSuchDevice { id: id.to_owned() })?;
    let state = entity.state(&device);
    Ok(Found {
        device,
        state,
        facts,
        value,
    })
}

pub(crate) fn list(server: &Server<'_>) -> Result<Vec<Device>, HomeError> {
    each_shown(server, |_, device| device)
}

pub(crate) fn states(server: &Server<'_>) -> Result<Vec<DeviceState>, HomeError> {
    each_shown(server, |entity, device| entity.state(&device))
}

/// Something of each entity that is a device and isn't hidden, by id.
fn each_shown<T>(
    server: &Server<'_>,
    of: impl Fn(&Entity<'_>, Device) -> T,
) -> Result<Vec<T>, HomeError> {
    let ((entities, facts), rooms) = thread::scope(|scope| {
        let rooms = scope.spawn(|| rooms(server));
        let entities = both(|| server.entities(), || server.config());
        entities.map(|entities| (entities, rooms.join().unwrap_or_default()))
    })?;
    let by_id = by_id(&entities);
    let mut shown = BTreeMap::new();
    for value in &entities {
        let entity = Entity::new(value, facts);
        let (room, hidden) = match rooms.get(entity.id()) {
            Some(place) => (place.room.as_str(), place.hidden),
            None => ("", false),
        };
        let find = |id: &str| by_id.get(id).copied();
        if let Some(device) = (!hidden).then(|| entity.device(room, &find)).flatten() {
            shown.insert(entity.id(), of(&entity, device));
        }
    }
    Ok(shown.into_values().collect())
}

fn by_id<'a>(entities: &'a [Value]) -> HashMap<&'a str, &'a Value> {
    let pair = |entity: &'a Value| Some((entity["entity_id"].as_str()?, entity));
    entities.iter().filter_map(pair).collect()
}

/// The room of each entity, and whether the entity is hidden. A server that does not tell leaves the devices without
/// rooms.
fn rooms(server: &Server<'_>) -> HashMap<String, Place> {
    places(server).unwrap_or_else(|error| {
        tracing::warn!(%error, "the rooms are not known");
        HashMap::new()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::testing::FakeWire;

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
        wire.answer("GET", "/api/config", 200, json!({ "state": "RUNNING" }));
        let sun = json!({ "entity_id": "sun.sun", "state": "up" });
        wire.answer("GET", "/api/states", 200, json!([light("on"), sun]));
        wire.answer(
            "POST",
            "/api/template",
            200,
            "light.x\tKitchen\t\nsun.sun\t\t\n",
        );
        let devices = list(&on(&wire, "rooms")).unwrap();
        assert_eq!(devices.len(), 1);
        assert_eq!(
            (devices[0].name.as_str(), devices[0].room.as_str()),
            ("X", "Kitchen")
        );
        wire.answer("POST", "/api/template", 200, "light.x\tKitchen\thidden\n");
        assert!(list(&on(&wire, "rooms")).unwrap().is_empty());
        wire.answer("POST", "/api/template", 401, "");
        assert_eq!(list(&on(&wire, "rooms")).unwrap()[0].room, "");
        assert_eq!(states(&on(&wire, "rooms")).unwrap()[0].power, Some(true));
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
            find(&server, "climate.x").unwrap().state.target_temperature,
            Some(20.0)
        );
        wire.answer("GET", "/api/config", 500, "");
        assert_eq!(
            find(&server, "climate.x").unwrap().state.target_temperature,
            Some(20.0)
        );
    }

    #[test]
    fn what_is_no_device_is_told_apart_from_what_makes_no_sense() {
        let wire = FakeWire::default();
        let server = on(&wire, "errors");
        let running = json!({ "state": "RUNNING" });
        wire.answer("GET", "/api/config", 200, running);
        let sun = json!({ "entity_id": "sun.sun", "state": "up" });
        wire.answer("GET", "/api/states/sun.sun", 200, sun);
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

    #[test]
    fn a_slow_server_is_asked_at_the_same_time() {
        let wire = FakeWire::default();
        wire.answer("GET", "/api/states", 200, json!([light("on")]));
        wire.answer("GET", "/api/config", 200, json!({ "state": "RUNNING" }));
        assert_eq!(list(&on(&wire, "parallel")).unwrap().len(), 1);
        assert_eq!(wire.sent(), 3, "states, configuration, rooms");
    }

    #[test]
    fn a_server_that_starts_has_no_devices_to_tell_of_yet() {
        let wire = FakeWire::default();
        wire.answer("GET", "/api/states", 200, json!([]));
        wire.answer("GET", "/api/config", 200, json!({ "state": "RUNNING" }));
        assert_eq!(
            list(&on(&wire, "starts")),
            Ok(Vec::new()),
            "it runs, before it starts anew"
        );
        for state in ["NOT_RUNNING", "STARTING", "STOPPING"] {
            wire.answer("GET", "/api/config", 200, json!({ "state": state }));
            let server = on(&wire, "starts");
            for answer in [list(&server).map(drop), states(&server).map(drop)] {
                assert!(
                    matches!(answer, Err(HomeError::Unreachable { .. })),
                    "{state}: {answer:?}"
                );
            }
        }
    }

    #[test]
    fn a_group_is_known_by_its_members() {
        let wire = FakeWire::default();
        let scene = json!({ "entity_id": "scene.x", "state": "scening", "attributes": {
            "entity_id": ["light.x", "cover.x"],
        }});
        let cover = |class: &str| {
            json!([{ "entity_id": "cover.x", "state": "closed", "attributes": {
                "device_class": class, "supported_features": 3,
            }}])
        };
        wire.answer("GET", "/api/states/scene.x", 200, scene);
        wire.answer("GET", "/api/states", 200, cover("blind"));
        assert!(find(&on(&wire, "group"), "scene.x").is_ok());
        wire.answer("GET", "/api/states", 200, cover("garage"));
        assert!(matches!(
            find(&on(&wire, "group"), "scene.x"),
            Err(HomeError::NoSuchDevice { .. })
        ));
    }
}
