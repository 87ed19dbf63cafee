//! The tables, and how devices and states are read from and written to them.
use std::time::Duration;

use home_types::{Device, DeviceState, HomeError, SceneAction};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::store::Failure;

/// Makes the tables. Devices and states are JSON: they are always read and written whole.
pub(crate) const TABLES: &str = "
    CREATE TABLE devices (
        id TEXT PRIMARY KEY NOT NULL,
        device TEXT NOT NULL,
        state TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE scenes (
        id TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
        actions TEXT NOT NULL,
        before TEXT
    ) WITHOUT ROWID;
    CREATE TABLE readings (
        device_id TEXT NOT NULL,
        quantity TEXT NOT NULL,
        at INTEGER NOT NULL,
        value REAL NOT NULL,
        PRIMARY KEY (device_id, quantity, at)
    ) WITHOUT ROWID;
    CREATE TABLE changes (
        number INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        device_id TEXT NOT NULL,
        what TEXT NOT NULL
    );
    CREATE INDEX changes_at ON changes (at);
";

/// Removes everything [`TABLES`] makes.
pub(crate) const NO_TABLES: &str = "
    DROP TABLE IF EXISTS scenes;
    DROP TABLE IF EXISTS devices;
    DROP TABLE IF EXISTS readings;
    DROP TABLE IF EXISTS changes;
";

/// All devices with their states, by id.
pub(crate) fn all(connection: &Connection) -> Result<Vec<(Device, DeviceState)>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT device, state FROM devices ORDER BY id")?;
    let rows = statement.query_map([], texts)?;
    rows.map(|row| decode(row?)).collect()
}

/// One device with its state.
pub(crate) fn one(connection: &Connection, id: &str) -> Result<(Device, DeviceState), Failure> {
    let mut statement =
        connection.prepare_cached("SELECT device, state FROM devices WHERE id = ?1")?;
    match statement.query_row([id], texts).optional()? {
        Some(row) => decode(row),
        None => Err(HomeError::NoSuchDevice { id: id.to_owned() }.into()),
    }
}

/// Adds a device, or overwrites it.
pub(crate) fn put(
    connection: &Connection,
    device: &Device,
    state: &DeviceState,
) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO devices (id, device, state) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET device = ?2, state = ?3",
    )?;
    statement.execute(params![
        device.id,
        serde_json::to_string(device)?,
        serde_json::to_string(state)?
    ])?;
    Ok(())
}

/// Overwrites a device's state.
pub(crate) fn put_state(connection: &Connection, state: &DeviceState) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached("UPDATE devices SET state = ?2 WHERE id = ?1")?;
    statement.execute(params![state.device_id, serde_json::to_string(state)?])?;
    Ok(())
}

/// Keeps a measured value. A second one of the same moment replaces the first.
pub(crate) fn put_reading(
    connection: &Connection,
    device_id: &str,
    quantity: &str,
    at: Duration,
    value: f64,
) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO readings (device_id, quantity, at, value) VALUES (?1, ?2, ?3, ?4)",
    )?;
    statement.execute(params![device_id, quantity, to_millis(at), value])?;
    Ok(())
}

/// Notes that something happened.
pub(crate) fn put_change(
    connection: &Connection,
    at: Duration,
    device_id: &str,
    what: &str,
) -> Result<(), Failure> {
    let mut statement = connection
        .prepare_cached("INSERT INTO changes (at, device_id, what) VALUES (?1, ?2, ?3)")?;
    statement.execute(params![to_millis(at), device_id, what])?;
    Ok(())
}

/// Gives a scene its steps.
pub(crate) fn put_scene(
    connection: &Connection,
    id: &str,
    actions: &[SceneAction],
) -> Result<(), Failure> {
    let mut statement =
        connection.prepare_cached("INSERT OR REPLACE INTO scenes (id, actions) VALUES (?1, ?2)")?;
    statement.execute(params![id, serde_json::to_string(actions)?])?;
    Ok(())
}

/// A scene's steps; none for a scene that was never given any.
pub(crate) fn scene_actions(
    connection: &Connection,
    id: &str,
) -> Result<Vec<SceneAction>, Failure> {
    let mut statement = connection.prepare_cached("SELECT actions FROM scenes WHERE id = ?1")?;
    let actions: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
    Ok(actions.map_or(Ok(Vec::new()), |actions| serde_json::from_str(&actions))?)
}

/// A time as the tables keep it: milliseconds since the epoch.
pub(crate) fn to_millis(at: Duration) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
}

/// A time from the tables; what lies before the epoch becomes the epoch.
pub(crate) fn from_millis(at: i64) -> Duration {
    Duration::from_millis(u64::try_from(at).unwrap_or(0))
}

fn texts(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn decode((device, state): (String, String)) -> Result<(Device, DeviceState), Failure> {
    Ok((
        serde_json::from_str(&device)?,
        serde_json::from_str(&state)?,
    ))
}
