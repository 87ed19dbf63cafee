//! Which devices there are, and how they are.
use std::collections::BTreeMap;

use home_types::{Capability, Change, Device, DeviceKind, DeviceState, HomeError, Room};
use lmms::{Context, operation};
use rusqlite::params;

use crate::store::Failure;
use crate::{rows, seed, store};

/// All devices of the home, scenes included, by id.
#[operation(interface = "virtual_home")]
pub fn list_devices(cx: &Context, path: &str) -> Result<Vec<Device>, HomeError> {
    let all = store::read(cx, path, rows::all)?;
    Ok(all.into_iter().map(|(device, _)| device).collect())
}

/// The device with that id.
#[operation(interface = "virtual_home")]
pub fn get_device(cx: &Context, path: &str, id: &str) -> Result<Device, HomeError> {
    store::read(cx, path, |home| Ok(rows::one(home, id)?.0))
}

/// How the device with that id is right now.
#[operation(interface = "virtual_home")]
pub fn get_state(cx: &Context, path: &str, id: &str) -> Result<DeviceState, HomeError> {
    store::read(cx, path, |home| Ok(rows::one(home, id)?.1))
}

/// How all devices are right now, by id.
#[operation(interface = "virtual_home")]
pub fn get_states(cx: &Context, path: &str) -> Result<Vec<DeviceState>, HomeError> {
    let all = store::read(cx, path, rows::all)?;
    Ok(all.into_iter().map(|(_, state)| state).collect())
}

/// The rooms of the home by name, and what is in them.
#[operation(interface = "virtual_home")]
pub fn list_rooms(cx: &Context, path: &str) -> Result<Vec<Room>, HomeError> {
    let mut rooms: BTreeMap<String, (Room, Vec<f64>)> = BTreeMap::new();
    for (device, state) in store::read(cx, path, rows::all)? {
        let (room, temperatures) = rooms.entry(device.room.clone()).or_insert_with(|| {
            let room = Room {
                name: device.room,
                device_ids: Vec::new(),
                on: 0,
                temperature: None,
            };
            (room, Vec::new())
        });
        room.device_ids.push(device.id);
        room.on += u32::from(state.power == Some(true));
        temperatures.extend(state.temperature);
    }
    let with_mean = |(mut room, temperatures): (Room, Vec<f64>)| {
        let count = temperatures.len() as f64;
        room.temperature = (count > 0.0).then(|| temperatures.iter().sum::<f64>() / count);
        room
    };
    Ok(rooms.into_values().map(with_mean).collect())
}

/// What happened last in the home, newest first; at most `limit` entries.
#[operation(interface = "virtual_home")]
pub fn recent_changes(cx: &Context, path: &str, limit: u32) -> Result<Vec<Change>, HomeError> {
    store::read(cx, path, |home| {
        let mut statement = home.prepare_cached(
            "SELECT at, device_id, what FROM changes ORDER BY number DESC LIMIT ?1",
        )?;
        let changes = statement.query_map([limit], |row| {
            Ok(Change {
                at: rows::from_millis(row.get(0)?),
                device_id: row.get(1)?,
                what: row.get(2)?,
            })
        })?;
        Ok(changes.collect::<Result<_, _>>()?)
    })
}

/// Adds a device, which starts switched off with values in the middle of its ranges. Its id must be new.
#[operation(interface = "virtual_home")]
pub fn add_device(cx: &Context, path: &str, device: &Device) -> Result<DeviceState, HomeError> {
    check_device(device)?;
    let now = cx.unix_time();
    store::write(cx, path, |home| {
        if rows::one(home, &device.id).is_ok() {
            let reason = format!("there already is a device `{}`", device.id);
            return Err(HomeError::invalid_input("device", reason).into());
        }
        let mut state = seed::first_state(device);
        state.changed_at = now;
        rows::put(home, device, &state)?;
        if device.kind == DeviceKind::Scene {
            rows::put_scene(home, &device.id, &[])?;
        }
        rows::put_change(home, now, &device.id, "was added")?;
        Ok(state)
    })
}

/// Gives a device another name.
#[operation(interface = "virtual_home")]
pub fn rename_device(cx: &Context, path: &str, id: &str, name: &str) -> Result<Device, HomeError> {
    let name = name.trim();
    change_device(cx, path, id, &format!("was named {name}"), |device| {
        device.name = name.to_owned()
    })
}

/// Puts a device in another room; an empty name puts it in none.
#[operation(interface = "virtual_home")]
pub fn move_device(cx: &Context, path: &str, id: &str, room: &str) -> Result<Device, HomeError> {
    let room = room.trim();
    change_device(cx, path, id, &format!("was moved to {room}"), |device| {
        device.room = room.to_owned()
    })
}

/// Removes a device with its readings, and the steps of scenes that name it.
#[operation(interface = "virtual_home")]
pub fn remove_device(cx: &Context, path: &str, id: &str) -> Result<Device, HomeError> {
    let now = cx.unix_time();
    store::write(cx, path, |home| {
        let (device, _) = rows::one(home, id)?;
        for (scene, _) in rows::all(home)?
            .iter()
            .filter(|(scene, _)| scene.kind == DeviceKind::Scene)
        {
            let mut steps = rows::scene_actions(home, &scene.id)?;
            let count = steps.len();
            steps.retain(|step| step.device_id != id);
            if steps.len() != count {
                rows::put_scene(home, &scene.id, &steps)?;
            }
        }
        home.execute("DELETE FROM readings WHERE device_id = ?1", params![id])?;
        home.execute("DELETE FROM devices WHERE id = ?1", params![id])?;
        rows::put_change(home, now, id, "was removed")?;
        Ok(device)
    })
}

/// Checks that a device is described well enough to be kept.
pub(crate) fn check_device(device: &Device) -> Result<(), HomeError> {
    let refuse = |reason: &str| {
        Err(HomeError::invalid_input(
            "device",
            format!("{}: {reason}", device.id),
        ))
    };
    let well_formed = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let parts = device.id.split_once('.');
    if device.id.len() > 128
        || !parts.is_some_and(|(domain, name)| well_formed(domain) && well_formed(name))
    {
        return refuse("an id has the form `domain.name`, of lower-case letters, digits and `_`");
    }
    if device.name.trim().is_empty() || device.name.len() > 128 || device.room.len() > 128 {
        return refuse("a name has 1 to 128 bytes, a room at most 128");
    }
    if !(0.0..=1e6).contains(&device.rated_watts) {
        return refuse("the rated power is between 0 and 1,000,000 W");
    }
    for (position, capability) in device.capabilities.iter().enumerate() {
        if device.capabilities[..position]
            .iter()
            .any(|earlier| earlier.name() == capability.name())
        {
            return refuse("a capability is named twice");
        }
        match capability {
            Capability::ColorTemperature {
                minimum_kelvin,
                maximum_kelvin,
            } if !(1000 <= *minimum_kelvin
                && minimum_kelvin <= maximum_kelvin
                && *maximum_kelvin <= 10_000) =>
            {
                return refuse(
                    "color temperatures are between 1,000 and 10,000 K, the lower first",
                );
            }
            Capability::Thermostat {
                minimum_celsius,
                maximum_celsius,
                ..
            } if !(-50.0 <= *minimum_celsius
                && minimum_celsius <= maximum_celsius
                && *maximum_celsius <= 100.0) =>
            {
                return refuse("target temperatures are between -50 and 100 °C, the lower first");
            }
            Capability::Preset { modes }
                if modes.is_empty()
                    || modes.len() > 100
                    || modes
                        .iter()
                        .any(|mode| mode.trim().is_empty() || mode.len() > 128) =>
            {
                return refuse("a preset has 1 to 100 modes, a mode 1 to 128 bytes");
            }
            _ => {}
        }
    }
    let texts = [&device.description, &device.display_category];
    if texts
        .into_iter()
        .flatten()
        .any(|text| text.trim().is_empty() || text.len() > 128)
    {
        return refuse("a description and a display category have 1 to 128 bytes");
    }
    if (device.kind == DeviceKind::Scene) != device.can("scene") {
        return refuse("scenes, and only they, have the capability `Scene`");
    }
    Ok(())
}

fn change_device(
    cx: &Context,
    path: &str,
    id: &str,
    what: &str,
    change: impl FnOnce(&mut Device),
) -> Result<Device, HomeError> {
    let now = cx.unix_time();
    store::write(cx, path, |home| -> Result<Device, Failure> {
        let (mut device, state) = rows::one(home, id)?;
        change(&mut device);
        check_device(&device)?;
        rows::put(home, &device, &state)?;
        rows::put_change(home, now, id, what)?;
        Ok(device)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::home;
    use crate::{control, scenes};

    #[test]
    fn a_new_home_has_devices_rooms_and_states() {
        let (_directory, path, cx) = home();
        let devices = list_devices(&cx, &path).unwrap();
        assert!(devices.len() >= 20, "{}", devices.len());
        assert_eq!(get_states(&cx, &path).unwrap().len(), devices.len());
        let rooms = list_rooms(&cx, &path).unwrap();
        let kitchen = rooms.iter().find(|room| room.name == "Kitchen").unwrap();
        assert!(
            kitchen
                .device_ids
                .contains(&"light.kitchen_ceiling".to_owned())
        );
        assert_eq!(kitchen.temperature, None);
        assert!(rooms.iter().any(|room| room.temperature == Some(20.0)));
        let lost = get_device(&cx, &path, "light.nowhere");
        assert_eq!(
            lost,
            Err(HomeError::NoSuchDevice {
                id: "light.nowhere".into()
            })
        );
    }

    #[test]
    fn devices_are_added_changed_and_removed() {
        let (_directory, path, cx) = home();
        let mut device = get_device(&cx, &path, "light.hallway").unwrap();
        assert!(add_device(&cx, &path, &device).is_err(), "the id is taken");
        device.id = "light.attic".into();
        assert_eq!(add_device(&cx, &path, &device).unwrap().power, Some(false));
        assert_eq!(
            rename_device(&cx, &path, "light.attic", " Attic ")
                .unwrap()
                .name,
            "Attic"
        );
        assert_eq!(
            move_device(&cx, &path, "light.attic", "Attic")
                .unwrap()
                .room,
            "Attic"
        );
        assert!(rename_device(&cx, &path, "light.attic", "").is_err());
        assert_eq!(get_device(&cx, &path, "light.attic").unwrap().name, "Attic");
        remove_device(&cx, &path, "light.attic").unwrap();
        assert!(get_device(&cx, &path, "light.attic").is_err());
        let changes = recent_changes(&cx, &path, 2).unwrap();
        assert_eq!(changes[0].what, "was removed");
        assert_eq!(changes[1].what, "was moved to Attic");
    }

    #[test]
    fn removing_a_device_keeps_scenes_working() {
        let (_directory, path, cx) = home();
        remove_device(&cx, &path, "switch.television").unwrap();
        let steps = scenes::scene_steps(&cx, &path, "scene.movie_time").unwrap();
        assert!(
            !steps.is_empty()
                && steps
                    .iter()
                    .all(|step| step.device_id != "switch.television")
        );
        control::apply(
            &cx,
            &path,
            "scene.movie_time",
            &home_types::Command::ActivateScene,
        )
        .unwrap();
    }

    #[test]
    fn badly_described_devices_are_refused() {
        let good = crate::examples::devices().remove(0);
        let refused = |change: fn(&mut Device)| {
            let mut device = good.clone();
            change(&mut device);
            check_device(&device).is_err()
        };
        assert!(refused(|device| device.id = "no domain".into()));
        assert!(refused(|device| device.id = "light.".into()));
        assert!(refused(|device| device.name = "x".repeat(129)));
        assert!(refused(|device| device.rated_watts = f64::NAN));
        assert!(refused(|device| device
            .capabilities
            .push(Capability::Power)));
        assert!(refused(|device| device.kind = DeviceKind::Scene));
        assert!(refused(|device| device.description = Some(" ".into())));
        for modes in [vec![], vec![String::new()], vec!["x".into(); 101]] {
            let mut device = good.clone();
            device.capabilities.push(Capability::Preset { modes });
            assert!(check_device(&device).is_err());
        }
        assert!(refused(|device| {
            device.capabilities = vec![Capability::ColorTemperature {
                minimum_kelvin: 3000,
                maximum_kelvin: 2000,
            }];
        }));
    }
}
