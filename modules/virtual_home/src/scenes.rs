//! Scenes: several devices set at once, and put back.
use std::time::Duration;

use home_types::{Device, DeviceKind, DeviceState, HomeError, SceneAction};
use lmms::{Context, operation};
use rusqlite::{Connection, params};

use crate::control::{apply_one, watts};
use crate::rows;
use crate::store::{self, Failure};

/// The steps of a scene, in their order.
#[operation(interface = "virtual_home")]
pub fn scene_steps(cx: &Context, path: &str, id: &str) -> Result<Vec<SceneAction>, HomeError> {
    store::read(cx, path, |home| {
        scene(home, id)?;
        rows::scene_actions(home, id)
    })
}

/// Gives a scene its steps, instead of those it had. Each must be something its device can do.
#[operation(interface = "virtual_home")]
pub fn define_scene(
    cx: &Context,
    path: &str,
    id: &str,
    steps: &[SceneAction],
) -> Result<(), HomeError> {
    let now = cx.unix_time();
    store::write(cx, path, |home| {
        scene(home, id)?;
        check_steps(home, steps)?;
        rows::put_scene(home, id, steps)?;
        rows::put_change(home, now, id, &format!("was given {} steps", steps.len()))
    })
}

/// Checks that each step names a device that can do it and opens no house by it, and no other scene.
pub(crate) fn check_steps(home: &Connection, steps: &[SceneAction]) -> Result<(), Failure> {
    for step in steps {
        let (device, state) = rows::one(home, &step.device_id)?;
        if device.kind == DeviceKind::Scene {
            let reason = format!("`{}` is a scene: scenes cannot contain scenes", device.id);
            return Err(HomeError::invalid_input("steps", reason).into());
        }
        if step.command.opens_the_house(&device) {
            let reason = format!(
                "`{}` keeps the house shut: a scene can close it, but not {}",
                device.id, step.command
            );
            return Err(HomeError::invalid_input("steps", reason).into());
        }
        match step.command.resolve(&device, &state) {
            // An earlier step may turn the thermostat on.
            Ok(_) | Err(HomeError::ThermostatOff { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Takes a scene's steps, and remembers how its devices were.
pub(crate) fn activate(home: &Connection, now: Duration, id: &str) -> Result<(), Failure> {
    let mut before: Vec<DeviceState> = Vec::new();
    for action in rows::scene_actions(home, id)? {
        let (device, state) = rows::one(home, &action.device_id)?;
        if action.command.opens_the_house(&device) {
            tracing::warn!(scene = id, device = device.id, "a scene opens no house");
            continue;
        }
        match apply_one(home, now, &action.device_id, &action.command) {
            Ok(_) => before.push(state),
            // One device out of reach, or a thermostat that is off, must not keep the others from changing.
            Err(Failure::Home(error)) => {
                tracing::warn!(scene = id, %error, "a scene's step was left out")
            }
            Err(failure) => return Err(failure),
        }
    }
    home.execute(
        "UPDATE scenes SET before = ?2 WHERE id = ?1",
        params![id, serde_json::to_string(&before)?],
    )?;
    for (device, mut state) in rows::all(home)? {
        if device.id != id && state.active == Some(true) {
            state.active = Some(false);
            state.changed_at = now;
            rows::put_state(home, &state)?;
        }
    }
    Ok(())
}

/// Puts the scene's devices back as they were before it.
pub(crate) fn deactivate(home: &Connection, now: Duration, id: &str) -> Result<(), Failure> {
    let before: Option<String> =
        home.query_row("SELECT before FROM scenes WHERE id = ?1", [id], |row| {
            row.get(0)
        })?;
    let before: Vec<DeviceState> =
        before.map_or(Ok(Vec::new()), |before| serde_json::from_str(&before))?;
    // Backwards: a device that two steps changed gets back what it had before the first.
    for mut state in before.into_iter().rev() {
        let (device, present) = match rows::one(home, &state.device_id) {
            Err(Failure::Home(HomeError::NoSuchDevice { .. })) => continue,
            found => found?,
        };
        // What the scene has locked stays locked.
        if !present.online || device.kind.is_barrier() {
            continue;
        }
        state.changed_at = now;
        state.watts = watts(&device, &state);
        rows::put_state(home, &state)?;
        if let Some(watts) = state.watts {
            rows::put_reading(home, &device.id, "watts", now, watts)?;
        }
        rows::put_change(
            home,
            now,
            &device.id,
            "went back to what it was before the scene",
        )?;
    }
    home.execute("UPDATE scenes SET before = NULL WHERE id = ?1", [id])?;
    Ok(())
}

fn scene(home: &Connection, id: &str) -> Result<Device, Failure> {
    let (device, _) = rows::one(home, id)?;
    if device.kind == DeviceKind::Scene {
        return Ok(device);
    }
    Err(HomeError::Unsupported {
        subject: id.to_owned(),
        action: "have steps: it is not a scene".into(),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use home_types::{Command, LockState, ThermostatMode};

    use super::*;
    use crate::catalog::get_state;
    use crate::control::{apply, set_online};
    use crate::testing::home;

    #[test]
    fn scenes_are_activated_and_undone() {
        let (_directory, path, cx) = home();
        apply(&cx, &path, "light.living_room_ceiling", &Command::TurnOn).unwrap();
        set_online(&cx, &path, "cover.living_room_blinds", false).unwrap();
        let scene = apply(&cx, &path, "scene.movie_time", &Command::ActivateScene).unwrap();
        assert_eq!(scene.active, Some(true));
        let power = |id: &str| get_state(&cx, &path, id).unwrap().power;
        assert_eq!(power("light.living_room_ceiling"), Some(false));
        assert_eq!(
            power("switch.television"),
            Some(true),
            "steps after the unreachable device are done"
        );
        apply(&cx, &path, "scene.movie_time", &Command::DeactivateScene).unwrap();
        assert_eq!(power("light.living_room_ceiling"), Some(true));
        assert_eq!(power("switch.television"), Some(false));
        let refused = apply(&cx, &path, "scene.good_night", &Command::DeactivateScene);
        assert!(
            matches!(refused, Err(HomeError::Unsupported { .. })),
            "{refused:?}"
        );
    }

    #[test]
    fn no_scene_opens_the_house() {
        let (_directory, path, cx) = home();
        let lock = || get_state(&cx, &path, "lock.front_door").unwrap().lock;
        let step = |command| SceneAction {
            device_id: "lock.front_door".into(),
            command,
        };
        // As a file from elsewhere may have it.
        store::write(&cx, &path, |home| {
            rows::put_scene(home, "scene.movie_time", &[step(Command::Unlock)])
        })
        .unwrap();
        apply(&cx, &path, "scene.movie_time", &Command::ActivateScene).unwrap();
        assert_eq!(lock(), Some(LockState::Locked));
        define_scene(&cx, &path, "scene.movie_time", &[step(Command::Lock)]).unwrap();
        apply(&cx, &path, "lock.front_door", &Command::Unlock).unwrap();
        apply(&cx, &path, "scene.movie_time", &Command::ActivateScene).unwrap();
        apply(&cx, &path, "scene.movie_time", &Command::DeactivateScene).unwrap();
        assert_eq!(lock(), Some(LockState::Locked), "it isn't undone either");
    }

    #[test]
    fn only_one_scene_is_active() {
        let (_directory, path, cx) = home();
        apply(&cx, &path, "scene.movie_time", &Command::ActivateScene).unwrap();
        apply(&cx, &path, "scene.good_night", &Command::ActivateScene).unwrap();
        assert_eq!(
            get_state(&cx, &path, "scene.movie_time").unwrap().active,
            Some(false)
        );
        assert_eq!(
            get_state(&cx, &path, "climate.living_room").unwrap().mode,
            Some(ThermostatMode::Eco)
        );
    }

    #[test]
    fn a_scene_gets_only_steps_that_work() {
        let (_directory, path, cx) = home();
        let step = |id: &str, command| SceneAction {
            device_id: id.into(),
            command,
        };
        let good = [step("light.hallway", Command::SetBrightness { percent: 5 })];
        define_scene(&cx, &path, "scene.good_night", &good).unwrap();
        assert_eq!(scene_steps(&cx, &path, "scene.good_night").unwrap(), good);
        for bad in [
            step("light.hallway", Command::SetBrightness { percent: 500 }),
            step("light.hallway", Command::Lock),
            step("scene.away", Command::ActivateScene),
            step("light.nowhere", Command::TurnOn),
            step("lock.front_door", Command::Unlock),
        ] {
            assert!(define_scene(&cx, &path, "scene.good_night", &[bad]).is_err());
        }
        assert_eq!(
            scene_steps(&cx, &path, "scene.good_night").unwrap(),
            good,
            "a refused change changes nothing"
        );
        assert!(define_scene(&cx, &path, "light.hallway", &good).is_err());
    }
}
