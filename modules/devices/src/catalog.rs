//! Which devices there are, and how they are.
use std::collections::BTreeMap;

use home_types::{
    Capability, Device, DeviceKind, DeviceReport, DeviceState, HomeError, HomeTarget, Room,
};
use lmms::{Context, operation};

use crate::home::Home;
use crate::names::{likeness, normalized, within};
use crate::peers::open;

/// How alike a spoken room and a room's name must be.
const ROOM_THRESHOLD: f64 = 0.75;

/// All devices of the home, scenes included.
#[operation(interface = "devices")]
pub fn list(cx: &Context, home: &HomeTarget) -> Result<Vec<Device>, HomeError> {
    open(cx, home).devices()
}

/// The device with that id.
#[operation(interface = "devices")]
pub fn get_by_id(cx: &Context, home: &HomeTarget, id: &str) -> Result<Device, HomeError> {
    open(cx, home).device(id)
}

/// How the device with that id is right now.
#[operation(interface = "devices")]
pub fn get_state(cx: &Context, home: &HomeTarget, id: &str) -> Result<DeviceState, HomeError> {
    open(cx, home).state(id)
}

/// A device and how it is right now, in one question.
#[operation(interface = "devices")]
pub fn report(cx: &Context, home: &HomeTarget, id: &str) -> Result<DeviceReport, HomeError> {
    open(cx, home).report(id)
}

/// How all devices are right now.
#[operation(interface = "devices")]
pub fn get_states(cx: &Context, home: &HomeTarget) -> Result<Vec<DeviceState>, HomeError> {
    open(cx, home).states()
}

/// The rooms of the home by name, and what is in them.
#[operation(interface = "devices")]
pub fn rooms(cx: &Context, home: &HomeTarget) -> Result<Vec<Room>, HomeError> {
    rooms_of(&open(cx, home))
}

/// The devices in the room that is called like `room`, as people say it: `the living room`.
#[operation(interface = "devices")]
pub fn in_room(cx: &Context, home: &HomeTarget, room: &str) -> Result<Vec<Device>, HomeError> {
    devices_in(&open(cx, home), room)
}

/// The devices that can do or report something: one of `power`, `brightness`, `color`, `color_temperature`,
/// `percentage`, `oscillation`, `direction`, `preset`, `thermostat`, `temperature_range`, `lock`, `opening`, `tilt`,
/// `number`, `speaker`, `playback`, `scene`, `temperature_sensor`, `humidity_sensor`, `motion_sensor`,
/// `contact_sensor`, `camera`, `camera_stream`.
#[operation(interface = "devices")]
pub fn by_capability(
    cx: &Context,
    home: &HomeTarget,
    capability: &str,
) -> Result<Vec<Device>, HomeError> {
    if !Capability::NAMES.contains(&capability) {
        let reason = format!(
            "there is no capability {capability:?}; there are {}",
            Capability::NAMES.join(", ")
        );
        return Err(HomeError::invalid_input("capability", reason));
    }
    let mut devices = open(cx, home).devices()?;
    devices.retain(|device| device.can(capability));
    Ok(devices)
}

/// The devices of one kind.
#[operation(interface = "devices")]
pub fn by_kind(
    cx: &Context,
    home: &HomeTarget,
    kind: DeviceKind,
) -> Result<Vec<Device>, HomeError> {
    let mut devices = open(cx, home).devices()?;
    devices.retain(|device| device.kind == kind);
    Ok(devices)
}

/// The devices in the room that is called like `room`; an error that names the rooms if none is.
pub(crate) fn devices_in(home: &dyn Home, room: &str) -> Result<Vec<Device>, HomeError> {
    within("room", room)?;
    let devices = home.devices()?;
    let named = devices
        .iter()
        .map(|device| device.room.as_str())
        .filter(|room| !room.is_empty());
    let best = named
        .map(|name| (likeness(room, name), name))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match best {
        Some((score, name)) if score >= ROOM_THRESHOLD => {
            let name = normalized(name);
            Ok(devices
                .iter()
                .filter(|device| normalized(&device.room) == name)
                .cloned()
                .collect())
        }
        _ => {
            let mut rooms: Vec<&str> = devices.iter().map(|device| device.room.as_str()).collect();
            rooms.retain(|room| !room.is_empty());
            rooms.sort_unstable();
            rooms.dedup();
            let reason = format!(
                "no room is called like {room:?}; the rooms are {}",
                rooms.join(", ")
            );
            Err(HomeError::invalid_input("room", reason))
        }
    }
}

fn rooms_of(home: &dyn Home) -> Result<Vec<Room>, HomeError> {
    let states: BTreeMap<String, DeviceState> = home
        .states()?
        .into_iter()
        .map(|state| (state.device_id.clone(), state))
        .collect();
    let mut rooms: BTreeMap<String, (Room, Vec<f64>)> = BTreeMap::new();
    for device in home.devices()? {
        let (room, temperatures) = rooms.entry(device.room.clone()).or_insert_with(|| {
            let room = Room {
                name: device.room,
                device_ids: Vec::new(),
                on: 0,
                temperature: None,
            };
            (room, Vec::new())
        });
        if let Some(state) = states.get(&device.id) {
            room.on += u32::from(state.power == Some(true));
            temperatures.extend(state.temperature);
        }
        room.device_ids.push(device.id);
    }
    let with_mean = |(mut room, temperatures): (Room, Vec<f64>)| {
        room.temperature = mean(&temperatures);
        room
    };
    Ok(rooms.into_values().map(with_mean).collect())
}

/// The mean of some values; `None` if there are none.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeHome;

    #[test]
    fn rooms_are_summed_up() {
        let rooms = rooms_of(&FakeHome::new()).unwrap();
        let kitchen = rooms.iter().find(|room| room.name == "Kitchen").unwrap();
        assert_eq!((kitchen.device_ids.len(), kitchen.on), (3, 1));
        let living_room = rooms
            .iter()
            .find(|room| room.name == "Living room")
            .unwrap();
        assert_eq!(living_room.temperature, Some(21.0));
    }

    #[test]
    fn rooms_are_found_as_people_call_them() {
        let home = FakeHome::new();
        for said in ["Kitchen", "the kitchen", "kitchn", "in the kitchen"] {
            assert_eq!(devices_in(&home, said).unwrap().len(), 3, "{said}");
        }
        let error = devices_in(&home, "the dungeon").unwrap_err().to_string();
        assert!(
            error.contains("Kitchen") && error.contains("Living room"),
            "{error}"
        );
    }
}
