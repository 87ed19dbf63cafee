//! Looking after the file itself.
use home_types::{Finding, HomeError, HomeInfo, Severity};
use lmms::{Context, operation};
use rusqlite::Connection;

use crate::store::{self, Failure, LAYOUT};
use crate::{catalog, rows, scenes, seed};

/// Opens the home, and makes it if there is none; what it holds.
#[operation(interface = "virtual_home")]
pub fn open(cx: &Context, path: &str) -> Result<HomeInfo, HomeError> {
    store::read(cx, path, |home| {
        let all = rows::all(home)?;
        let mut rooms: Vec<&str> = all.iter().map(|(device, _)| device.room.as_str()).collect();
        rooms.retain(|room| !room.is_empty());
        rooms.sort_unstable();
        rooms.dedup();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let number = |sql: &str| home.query_row(sql, [], |row| row.get::<_, i64>(0));
        let pages = number("PRAGMA page_count")?.unsigned_abs();
        Ok(HomeInfo {
            path: path.to_owned(),
            devices: count(all.len()),
            online: count(all.iter().filter(|(_, state)| state.online).count()),
            rooms: count(rooms.len()),
            readings: number("SELECT count(*) FROM readings")?.unsigned_abs(),
            bytes: pages * number("PRAGMA page_size")?.unsigned_abs(),
            layout: LAYOUT,
            writable: !home.is_readonly("main")?,
        })
    })
}

/// Closes the home's file; false if it was not open. The next operation opens it again.
#[operation(interface = "virtual_home")]
pub fn close(path: &str) -> bool {
    store::close(path)
}

/// Adds those of the example devices that the home lacks; how many those were.
#[operation(interface = "virtual_home", name = "seed")]
pub fn add_examples(cx: &Context, path: &str) -> Result<u32, HomeError> {
    let now = cx.unix_time();
    store::write(cx, path, |home| seed::add_missing(home, now))
}

/// Makes the home as it was when it was new: all devices, readings and changes are replaced by the example devices.
/// Works on a home whose records are damaged, too, as long as the file is a database.
#[operation(interface = "virtual_home")]
pub fn reset(cx: &Context, path: &str) -> Result<u32, HomeError> {
    let now = cx.unix_time();
    store::write(cx, path, |home| {
        home.execute_batch(rows::NO_TABLES)?;
        home.execute_batch(rows::TABLES)?;
        seed::add_missing(home, now)
    })
}

/// Looks for damage: in the database itself, in devices and their states, in scenes. Empty if all is well.
#[operation(interface = "virtual_home")]
pub fn check(cx: &Context, path: &str) -> Result<Vec<Finding>, HomeError> {
    store::read(cx, path, |home| {
        let mut findings = integrity(home)?;
        for (device, state) in rows::all(home)? {
            let mut find = |severity, message: String| {
                findings.push(Finding {
                    severity,
                    subject: device.id.clone(),
                    message,
                });
            };
            if let Err(error) = catalog::check_device(&device) {
                find(Severity::Error, error.to_string());
            }
            if state.device_id != device.id {
                find(
                    Severity::Error,
                    format!(
                        "its state says it is `{}`; import or reset the home",
                        state.device_id
                    ),
                );
            }
            if let Err(Failure::Home(error)) =
                scenes::check_steps(home, &rows::scene_actions(home, &device.id)?)
            {
                find(
                    Severity::Warning,
                    format!("a step of the scene does not work: {error}"),
                );
            }
            if !state.online {
                find(Severity::Notice, "it is not reachable".to_owned());
            }
        }
        Ok(findings)
    })
}

/// Gives space that removed readings left in the file back to the disk; how many bytes that were.
#[operation(interface = "virtual_home")]
pub fn compact(cx: &Context, path: &str) -> Result<u64, HomeError> {
    store::read(cx, path, |home| {
        let size = |home: &Connection| -> Result<u64, Failure> {
            let number =
                |pragma: &str| home.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
            Ok(number("page_count")?.unsigned_abs() * number("page_size")?.unsigned_abs())
        };
        let before = size(home)?;
        home.execute_batch("VACUUM")?;
        Ok(before.saturating_sub(size(home)?))
    })
}

fn integrity(home: &Connection) -> Result<Vec<Finding>, Failure> {
    let mut statement = home.prepare("PRAGMA integrity_check(20)")?;
    let messages = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut findings = Vec::new();
    for message in messages {
        let message = message?;
        if message != "ok" {
            let message = format!("{message}; restore a copy of the file");
            findings.push(Finding {
                severity: Severity::Error,
                subject: "database".to_owned(),
                message,
            });
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use home_types::Command;

    use super::*;
    use crate::control;
    use crate::store::IN_MEMORY;

    #[test]
    fn a_home_is_made_reset_and_checked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("home.db").display().to_string();
        let cx = Context::detached();
        assert!(!close(&path));
        let info = open(&cx, &path).unwrap();
        assert!(
            info.writable && info.devices >= 20 && info.online == info.devices && info.rooms >= 5,
            "{info:?}"
        );
        assert_eq!(info.bytes, std::fs::metadata(&path).unwrap().len());
        assert_eq!(add_examples(&cx, &path), Ok(0));
        catalog::remove_device(&cx, &path, "light.hallway").unwrap();
        assert_eq!(add_examples(&cx, &path), Ok(1));
        control::apply(&cx, &path, "light.hallway", &Command::TurnOn).unwrap();
        assert!(close(&path));
        assert_eq!(
            catalog::get_state(&cx, &path, "light.hallway")
                .unwrap()
                .power,
            Some(true),
            "it was written"
        );
        assert_eq!(check(&cx, &path), Ok(vec![]));
        assert_eq!(reset(&cx, &path), Ok(info.devices));
        assert_eq!(
            catalog::get_state(&cx, &path, "light.hallway")
                .unwrap()
                .power,
            Some(false)
        );
    }

    #[test]
    fn damaged_records_are_found_and_reset_mends_them() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("home.db").display().to_string();
        let cx = Context::detached();
        control::set_online(&cx, &path, "light.hallway", false).unwrap();
        let findings = check(&cx, &path).unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].severity, findings[0].subject.as_str()),
            (Severity::Notice, "light.hallway")
        );
        let other = Connection::open(&path).unwrap();
        other
            .execute(
                "UPDATE devices SET state = '{' WHERE id = 'light.hallway'",
                [],
            )
            .unwrap();
        let damaged = catalog::list_devices(&cx, &path);
        assert!(
            matches!(damaged, Err(HomeError::Storage { .. })),
            "{damaged:?}"
        );
        assert!(reset(&cx, &path).is_ok());
        assert!(catalog::list_devices(&cx, &path).is_ok());
    }

    #[test]
    fn space_is_given_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("home.db").display().to_string();
        let cx = Context::detached();
        store::write(&cx, &path, |home| {
            (0..5000).try_for_each(|n| {
                rows::put_reading(
                    home,
                    "sensor.outdoor",
                    "humidity",
                    Duration::from_secs(n),
                    1.0,
                )
            })
        })
        .unwrap();
        crate::history::prune_history(&cx, &path, Duration::from_secs(5000)).unwrap();
        let before = std::fs::metadata(&path).unwrap().len();
        let given_back = compact(&cx, &path).unwrap();
        assert!(given_back > 50_000, "{given_back}");
        assert_eq!(std::fs::metadata(&path).unwrap().len(), before - given_back);
    }

    #[test]
    fn a_home_in_memory_keeps_the_module_until_it_is_closed() {
        let cx = Context::detached();
        assert_eq!(store::reason_to_stay(), None);
        control::apply(&cx, IN_MEMORY, "light.hallway", &Command::TurnOn).unwrap();
        assert_eq!(
            catalog::get_state(&cx, IN_MEMORY, "light.hallway")
                .unwrap()
                .power,
            Some(true)
        );
        assert!(store::reason_to_stay().is_some());
        assert!(close(IN_MEMORY));
        assert_eq!(store::reason_to_stay(), None);
    }
}
