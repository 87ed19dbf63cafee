//! Measured values.
use std::time::Duration;

use home_types::{HomeError, Reading, ReadingSummary};
use lmms::{Context, operation};
use rusqlite::{Connection, params};

use crate::rows::{self, from_millis, to_millis};
use crate::store::{self, Failure};

/// The quantities that are part of a device's state and follow what is recorded.
const IN_STATE: [&str; 4] = ["temperature", "humidity", "motion", "open"];

/// Records a measured value. `temperature` (°C), `humidity` (%), `motion` and `open` (0 or 1) of devices that measure
/// them become part of the device's state; any other quantity is only kept.
#[operation(interface = "virtual_home")]
pub fn record_reading(
    cx: &Context,
    path: &str,
    id: &str,
    quantity: &str,
    value: f64,
) -> Result<Reading, HomeError> {
    check_quantity(quantity)?;
    let (low, high) = range(quantity);
    if !(low..=high).contains(&value) {
        return Err(HomeError::InvalidValue {
            what: quantity.to_owned(),
            value,
            minimum: low,
            maximum: high,
        });
    }
    let at = cx.unix_time();
    store::write(cx, path, |home| {
        store_reading(home, id, quantity, at, value)?;
        Ok(Reading {
            device_id: id.to_owned(),
            quantity: quantity.to_owned(),
            at,
            value,
        })
    })
}

/// The readings of a device's quantity from `from` until before `to`, oldest first; at most `limit`, the newest ones.
#[operation(interface = "virtual_home")]
pub fn query_readings(
    cx: &Context,
    path: &str,
    id: &str,
    quantity: &str,
    from: Duration,
    to: Duration,
    limit: Option<u32>,
) -> Result<Vec<Reading>, HomeError> {
    store::read(cx, path, |home| {
        rows::one(home, id)?;
        let mut statement = home.prepare_cached(
            "SELECT at, value FROM readings WHERE device_id = ?1 AND quantity = ?2 AND at >= ?3 AND at < ?4
             ORDER BY at DESC LIMIT ?5",
        )?;
        let limit = limit.map_or(-1, i64::from);
        let values = statement.query_map(
            params![id, quantity, to_millis(from), to_millis(to), limit],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?)),
        )?;
        let mut readings = Vec::new();
        for value in values {
            let (at, value) = value?;
            let (device_id, quantity) = (id.to_owned(), quantity.to_owned());
            readings.push(Reading {
                device_id,
                quantity,
                at: from_millis(at),
                value,
            });
        }
        readings.reverse();
        Ok(readings)
    })
}

/// Sums up each quantity a device has readings of from `from` until before `to`.
#[operation(interface = "virtual_home")]
pub fn summarize_readings(
    cx: &Context,
    path: &str,
    id: &str,
    from: Duration,
    to: Duration,
) -> Result<Vec<ReadingSummary>, HomeError> {
    store::read(cx, path, |home| {
        rows::one(home, id)?;
        let mut statement = home.prepare_cached(
            "SELECT quantity, count(*), min(value), max(value), avg(value), max(at) FROM readings
             WHERE device_id = ?1 AND at >= ?2 AND at < ?3 GROUP BY quantity ORDER BY quantity",
        )?;
        let mut last = home.prepare_cached(
            "SELECT value FROM readings WHERE device_id = ?1 AND quantity = ?2 AND at = ?3",
        )?;
        let mut summaries = Vec::new();
        let mut found = statement.query(params![id, to_millis(from), to_millis(to)])?;
        while let Some(row) = found.next()? {
            let (quantity, last_at): (String, i64) = (row.get(0)?, row.get(5)?);
            summaries.push(ReadingSummary {
                device_id: id.to_owned(),
                count: row.get::<_, i64>(1)?.unsigned_abs(),
                minimum: row.get(2)?,
                maximum: row.get(3)?,
                mean: row.get(4)?,
                last: last.query_row(params![id, quantity, last_at], |row| row.get(0))?,
                last_at: from_millis(last_at),
                quantity,
            });
        }
        Ok(summaries)
    })
}

/// Removes all readings and changes from before `before`; how many readings those were.
#[operation(interface = "virtual_home")]
pub fn prune_history(cx: &Context, path: &str, before: Duration) -> Result<u64, HomeError> {
    store::write(cx, path, |home| {
        // The last reading of power from before stays, or else the energy used since could not be told.
        let removed = home.execute(
            "DELETE FROM readings WHERE at < ?1 AND NOT (quantity = 'watts' AND at = (
                 SELECT max(newest.at) FROM readings AS newest WHERE newest.device_id = readings.device_id
                     AND newest.quantity = 'watts' AND newest.at < ?1))",
            [to_millis(before)],
        )?;
        home.execute("DELETE FROM changes WHERE at < ?1", [to_millis(before)])?;
        Ok(removed as u64)
    })
}

/// Keeps a reading and updates the device's state where it shows the quantity.
pub(crate) fn store_reading(
    home: &Connection,
    id: &str,
    quantity: &str,
    at: Duration,
    value: f64,
) -> Result<(), Failure> {
    let (device, mut state) = rows::one(home, id)?;
    rows::put_reading(home, id, quantity, at, value)?;
    if !IN_STATE.contains(&quantity) {
        return Ok(());
    }
    let before = state.clone();
    match quantity {
        "temperature" if device.can("temperature_sensor") => state.temperature = Some(value),
        "humidity" if device.can("humidity_sensor") => state.humidity = Some(value),
        "motion" if device.can("motion_sensor") => state.motion = Some(value != 0.0),
        "open" if device.can("contact_sensor") => state.open = Some(value != 0.0),
        _ => {
            let action = format!("measure {quantity}");
            return Err(HomeError::Unsupported {
                subject: id.to_owned(),
                action,
            }
            .into());
        }
    }
    if state != before {
        state.changed_at = at;
        rows::put_state(home, &state)?;
    }
    Ok(())
}

fn check_quantity(quantity: &str) -> Result<(), HomeError> {
    let well_formed = (1..=64).contains(&quantity.len())
        && quantity
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if well_formed {
        return Ok(());
    }
    Err(HomeError::invalid_input(
        "quantity",
        "it has 1 to 64 lower-case letters, digits and `_`",
    ))
}

fn range(quantity: &str) -> (f64, f64) {
    match quantity {
        "temperature" => (-100.0, 200.0),
        "humidity" => (0.0, 100.0),
        "motion" | "open" => (0.0, 1.0),
        "watts" => (0.0, 1e6),
        _ => (-1e15, 1e15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::get_state;
    use crate::testing::{home, put};

    const HOUR: Duration = Duration::from_secs(3600);
    const ALWAYS: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(1 << 40));

    #[test]
    fn readings_are_kept_and_shown_in_the_state() {
        let (_directory, path, cx) = home();
        let reading = record_reading(&cx, &path, "sensor.outdoor", "temperature", -3.5).unwrap();
        assert_eq!(
            get_state(&cx, &path, "sensor.outdoor").unwrap().temperature,
            Some(-3.5)
        );
        let found = query_readings(
            &cx,
            &path,
            "sensor.outdoor",
            "temperature",
            ALWAYS.0,
            ALWAYS.1,
            None,
        )
        .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].value, reading.value);
        record_reading(&cx, &path, "binary_sensor.kitchen_window", "open", 1.0).unwrap();
        assert_eq!(
            get_state(&cx, &path, "binary_sensor.kitchen_window")
                .unwrap()
                .open,
            Some(true)
        );
        record_reading(&cx, &path, "sensor.outdoor", "air_pressure", 1013.2).unwrap();
    }

    #[test]
    fn impossible_readings_are_refused() {
        let (_directory, path, cx) = home();
        let record =
            |id: &str, quantity: &str, value| record_reading(&cx, &path, id, quantity, value);
        assert!(matches!(
            record("sensor.outdoor", "humidity", 101.0),
            Err(HomeError::InvalidValue { .. })
        ));
        assert!(matches!(
            record("sensor.outdoor", "temperature", f64::NAN),
            Err(HomeError::InvalidValue { .. })
        ));
        assert!(matches!(
            record("sensor.outdoor", "", 1.0),
            Err(HomeError::InvalidInput { .. })
        ));
        assert!(matches!(
            record("light.hallway", "temperature", 1.0),
            Err(HomeError::Unsupported { .. })
        ));
        assert!(matches!(
            record("light.nowhere", "temperature", 1.0),
            Err(HomeError::NoSuchDevice { .. })
        ));
        let kept = query_readings(
            &cx,
            &path,
            "light.hallway",
            "temperature",
            ALWAYS.0,
            ALWAYS.1,
            None,
        )
        .unwrap();
        assert_eq!(kept, [], "a refused reading is not kept");
    }

    #[test]
    fn readings_are_summed_up_and_limited() {
        let (_directory, path, cx) = home();
        let values: Vec<_> = (0..10_u32).map(|n| (HOUR * n, f64::from(n))).collect();
        put(&cx, &path, "sensor.outdoor", "humidity", &values);
        let summary = summarize_readings(&cx, &path, "sensor.outdoor", HOUR * 2, HOUR * 8)
            .unwrap()
            .remove(0);
        assert_eq!(
            (
                summary.count,
                summary.minimum,
                summary.maximum,
                summary.mean
            ),
            (6, 2.0, 7.0, 4.5)
        );
        assert_eq!((summary.last, summary.last_at), (7.0, HOUR * 7));
        let newest = query_readings(
            &cx,
            &path,
            "sensor.outdoor",
            "humidity",
            ALWAYS.0,
            ALWAYS.1,
            Some(2),
        )
        .unwrap();
        assert_eq!(
            newest
                .iter()
                .map(|reading| reading.value)
                .collect::<Vec<_>>(),
            [8.0, 9.0]
        );
    }
}
