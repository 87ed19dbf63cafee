//! A home as a JSON document, to keep or to carry to another file.
use std::collections::HashSet;

use home_types::{Device, DeviceKind, DeviceState, HomeError, Reading, SceneAction};
use lmms::{Context, operation};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::store::{Failure, LAYOUT};
use crate::{catalog, rows, scenes, store};

const FORMAT: &str = "virtual-home";

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    layout: u32,
    devices: Vec<Entry>,
    #[serde(default)]
    scenes: Vec<Scene>,
    #[serde(default)]
    readings: Vec<Reading>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    device: Device,
    state: DeviceState,
}

#[derive(Serialize, Deserialize)]
struct Scene {
    id: String,
    steps: Vec<SceneAction>,
}

/// The whole home as a JSON document that `import_json` reads: devices, states, scenes and, if asked for, readings.
#[operation(interface = "virtual_home")]
pub fn export_json(cx: &Context, path: &str, include_readings: bool) -> Result<String, HomeError> {
    store::read(cx, path, |home| {
        let mut document = Document {
            format: FORMAT.to_owned(),
            layout: LAYOUT,
            devices: Vec::new(),
            scenes: Vec::new(),
            readings: Vec::new(),
        };
        for (device, state) in rows::all(home)? {
            if device.kind == DeviceKind::Scene {
                let steps = rows::scene_actions(home, &device.id)?;
                document.scenes.push(Scene {
                    id: device.id.clone(),
                    steps,
                });
            }
            document.devices.push(Entry { device, state });
        }
        if include_readings {
            document.readings = all_readings(home)?;
        }
        Ok(serde_json::to_string_pretty(&document)?)
    })
}

/// Replaces everything in the home by what a document of `export_json` says; the number of devices it now has.
/// A document that is not sound in every part changes nothing.
#[operation(interface = "virtual_home")]
pub fn import_json(cx: &Context, path: &str, document: &str) -> Result<u32, HomeError> {
    let refuse = |reason: String| HomeError::invalid_input("document", reason);
    let document: Document =
        serde_json::from_str(document).map_err(|error| refuse(error.to_string()))?;
    if document.format != FORMAT || document.layout != LAYOUT {
        return Err(refuse(format!(
            "its format is not `{FORMAT}` of layout {LAYOUT}"
        )));
    }
    check(&document)?;
    let now = cx.unix_time();
    store::write(cx, path, |home| {
        home.execute_batch(
            "DELETE FROM scenes; DELETE FROM devices; DELETE FROM readings; DELETE FROM changes;",
        )?;
        for Entry { device, state } in &document.devices {
            rows::put(home, device, state)?;
            if device.kind == DeviceKind::Scene {
                rows::put_scene(home, &device.id, &[])?;
            }
        }
        for scene in &document.scenes {
            scenes::check_steps(home, &scene.steps)?;
            rows::put_scene(home, &scene.id, &scene.steps)?;
        }
        for reading in &document.readings {
            rows::put_reading(
                home,
                &reading.device_id,
                &reading.quantity,
                reading.at,
                reading.value,
            )?;
        }
        let count = document.devices.len();
        rows::put_change(home, now, "", &format!("{count} devices were imported"))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    })
}

fn check(document: &Document) -> Result<(), HomeError> {
    let refuse = |reason: String| Err(HomeError::invalid_input("document", reason));
    let mut ids = HashSet::new();
    for Entry { device, state } in &document.devices {
        catalog::check_device(device)?;
        if !ids.insert(device.id.as_str()) {
            return refuse(format!("it has `{}` twice", device.id));
        }
        if state.device_id != device.id {
            return refuse(format!(
                "the state of `{}` is that of `{}`",
                device.id, state.device_id
            ));
        }
        let percentages = [state.brightness, state.percentage];
        if percentages
            .into_iter()
            .flatten()
            .any(|percentage| percentage > 100)
        {
            return refuse(format!("a percentage of `{}` is above 100", device.id));
        }
    }
    let named = document.scenes.iter().map(|scene| &scene.id);
    let measuring = document.readings.iter().map(|reading| &reading.device_id);
    match named.chain(measuring).find(|id| !ids.contains(id.as_str())) {
        Some(id) => refuse(format!(
            "it tells something of `{id}`, but has no such device"
        )),
        None => Ok(()),
    }
}

fn all_readings(home: &Connection) -> Result<Vec<Reading>, Failure> {
    let mut statement = home.prepare(
        "SELECT device_id, quantity, at, value FROM readings ORDER BY device_id, quantity, at",
    )?;
    let readings = statement.query_map([], |row| {
        Ok(Reading {
            device_id: row.get(0)?,
            quantity: row.get(1)?,
            at: rows::from_millis(row.get(2)?),
            value: row.get(3)?,
        })
    })?;
    Ok(readings.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use home_types::Command;

    use super::*;
    use crate::control;

    fn home() -> (tempfile::TempDir, String, String, Context) {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let (one, other) = (path("one.db"), path("other.db"));
        (directory, one, other, Context::detached())
    }

    #[test]
    fn a_home_moves_to_another_file() {
        let (_directory, one, other, cx) = home();
        control::apply(
            &cx,
            &one,
            "light.floor_lamp",
            &Command::SetBrightness { percent: 33 },
        )
        .unwrap();
        catalog::remove_device(&cx, &one, "fan.bedroom").unwrap();
        let document = export_json(&cx, &one, true).unwrap();
        let count = import_json(&cx, &other, &document).unwrap();
        assert_eq!(
            catalog::list_devices(&cx, &other).unwrap().len(),
            count as usize
        );
        assert_eq!(
            catalog::get_states(&cx, &one).unwrap(),
            catalog::get_states(&cx, &other).unwrap()
        );
        assert_eq!(export_json(&cx, &other, true).unwrap(), document);
        control::apply(&cx, &other, "scene.movie_time", &Command::ActivateScene).unwrap();
    }

    #[test]
    fn an_unsound_document_changes_nothing() {
        let (_directory, one, _, cx) = home();
        let good = export_json(&cx, &one, true).unwrap();
        for (from, to) in [
            ("virtual-home", "other-home"),
            ("\"layout\": 1", "\"layout\": 2"),
            ("light.floor_lamp", "light.Floor lamp"),
            ("\"id\": \"light.hallway\"", "\"id\": \"light.floor_lamp\""),
            ("\"id\": \"scene.away\"", "\"id\": \"scene.nowhere\""),
            ("\"percent\": 0", "\"percent\": 400"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            let refused = import_json(&cx, &one, &bad);
            assert!(refused.is_err(), "{from} -> {to}: {refused:?}");
            assert_eq!(
                export_json(&cx, &one, true).unwrap(),
                good,
                "{from} -> {to}"
            );
        }
        for bad in ["", "[]", "{}", "null", "\u{0}", &good[..good.len() / 2]] {
            assert!(
                matches!(
                    import_json(&cx, &one, bad),
                    Err(HomeError::InvalidInput { .. })
                ),
                "{bad:?}"
            );
        }
    }
}
