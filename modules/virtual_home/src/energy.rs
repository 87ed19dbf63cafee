//! The energy that follows from the power devices draw.
use std::time::Duration;

use home_types::{EnergyReport, EnergyUse, HomeError};
use lmms::{Context, operation};
use rusqlite::{Connection, OptionalExtension, params};

use crate::rows::{self, from_millis, to_millis};
use crate::store::{self, Failure};

/// The electrical energy the home used from `from` until `to`, worked out from the power each device drew.
#[operation(interface = "virtual_home")]
pub fn energy(
    cx: &Context,
    path: &str,
    from: Duration,
    to: Duration,
) -> Result<EnergyReport, HomeError> {
    if to < from {
        return Err(HomeError::invalid_input("to", "it lies before `from`"));
    }
    // What has not happened yet has used nothing.
    let until = to.min(cx.unix_time());
    store::read(cx, path, |home| {
        let mut devices = Vec::new();
        for (device, _) in rows::all(home)? {
            let (watt_hours, on_for) = energy_of(home, &device.id, from, until)?;
            if watt_hours > 0.0 {
                devices.push(EnergyUse {
                    device_id: device.id,
                    watt_hours,
                    on_for,
                });
            }
        }
        devices.sort_by(|one, other| other.watt_hours.total_cmp(&one.watt_hours));
        let total_watt_hours = devices.iter().map(|device| device.watt_hours).sum();
        Ok(EnergyReport {
            from,
            to,
            total_watt_hours,
            devices,
        })
    })
}

fn energy_of(
    home: &Connection,
    id: &str,
    from: Duration,
    to: Duration,
) -> Result<(f64, Duration), Failure> {
    let mut before = home.prepare_cached(
        "SELECT value FROM readings WHERE device_id = ?1 AND quantity = 'watts' AND at < ?2 ORDER BY at DESC LIMIT 1",
    )?;
    let mut within = home.prepare_cached(
        "SELECT at, value FROM readings WHERE device_id = ?1 AND quantity = 'watts' AND at >= ?2 AND at < ?3 ORDER BY at",
    )?;
    let mut watts: f64 = before
        .query_row(params![id, to_millis(from)], |row| row.get(0))
        .optional()?
        .unwrap_or(0.0);
    let (mut since, mut watt_hours, mut on_for) = (from, 0.0, Duration::ZERO);
    let mut add = |watts: f64, span: Duration| {
        if watts > 0.0 {
            watt_hours += watts * span.as_secs_f64() / 3600.0;
            on_for += span;
        }
    };
    let mut readings = within.query(params![id, to_millis(from), to_millis(to)])?;
    while let Some(row) = readings.next()? {
        let at = from_millis(row.get(0)?);
        add(watts, at.saturating_sub(since));
        (since, watts) = (at, row.get(1)?);
    }
    add(watts, to.saturating_sub(since));
    Ok((watt_hours, on_for))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::prune_history;
    use crate::testing::{home, put};

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn energy_is_power_times_time() {
        let (_directory, path, cx) = home();
        let draws = [(HOUR, 100.0), (HOUR * 3, 0.0), (HOUR * 4, 50.0)];
        put(&cx, &path, "switch.television", "watts", &draws);
        let report = energy(&cx, &path, HOUR * 2, HOUR * 6).unwrap();
        assert_eq!(report.devices.len(), 1);
        assert_eq!(report.devices[0].device_id, "switch.television");
        assert_eq!(report.devices[0].on_for, HOUR * 3);
        assert!((report.total_watt_hours - 200.0).abs() < 1e-9, "{report:?}");
        assert!(energy(&cx, &path, HOUR, Duration::ZERO).is_err());
        // The power drawn since before the cut is still known after it.
        assert_eq!(prune_history(&cx, &path, HOUR * 2).unwrap(), 0);
        assert_eq!(prune_history(&cx, &path, HOUR * 5).unwrap(), 2);
        let report = energy(&cx, &path, HOUR * 5, HOUR * 6).unwrap();
        assert!((report.total_watt_hours - 50.0).abs() < 1e-9, "{report:?}");
    }

    #[test]
    fn what_is_yet_to_come_has_used_nothing() {
        let (_directory, path, cx) = home();
        let now = cx.unix_time();
        put(&cx, &path, "switch.television", "watts", &[(now, 100.0)]);
        let report = energy(&cx, &path, now, now + HOUR * 1000).unwrap();
        assert!(report.total_watt_hours < 50.0, "{report:?}");
    }
}
