//! A house that warms, cools and is lived in, so that a virtual home has a history worth looking at.
use std::f64::consts::TAU;
use std::time::Duration;

use home_types::{Device, DeviceState, HomeError, ThermostatMode};
use lmms::{Context, operation};
use rusqlite::Connection;

use crate::history::store_reading;
use crate::rows;
use crate::store::{self, Failure};

/// The most steps one call may simulate.
const MOST_STEPS: u64 = 20_000;

/// Lets time pass in the house from `from` until `to`, one reading of every sensor each `step`; how many readings that
/// gave. It is warm by day and cold by night outside; rooms with a thermostat drift towards what it is set to, or
/// towards the cold outside while it is off; there is motion by day. The same times give the same weather.
#[operation(interface = "virtual_home")]
pub fn simulate(
    cx: &Context,
    path: &str,
    from: Duration,
    to: Duration,
    step: Duration,
) -> Result<u64, HomeError> {
    if step < Duration::from_secs(1) || to < from {
        return Err(HomeError::invalid_input(
            "step",
            "steps are at least a second long, and `to` not before `from`",
        ));
    }
    let steps = to.saturating_sub(from).as_secs() / step.as_secs();
    if steps > MOST_STEPS {
        let reason = format!("that would be {steps} steps of the {MOST_STEPS} one call may take");
        return Err(HomeError::invalid_input("step", reason));
    }
    store::write(cx, path, |home| {
        let mut at = from;
        let mut readings = 0;
        while at < to {
            readings += one_step(home, at, step)?;
            at += step;
        }
        Ok(readings)
    })
}

fn one_step(home: &Connection, at: Duration, step: Duration) -> Result<u64, Failure> {
    let outdoors = outdoor_temperature(at);
    let mut readings = 0;
    for (device, state) in rows::all(home)?.iter().filter(|(_, state)| state.online) {
        for (quantity, value) in measured(device, state, at, step, outdoors) {
            store_reading(home, &device.id, quantity, at, value)?;
            readings += 1;
        }
    }
    Ok(readings)
}

fn measured(
    device: &Device,
    state: &DeviceState,
    at: Duration,
    step: Duration,
    outdoors: f64,
) -> Vec<(&'static str, f64)> {
    let outside = device.room == "Garden";
    let mut values = Vec::new();
    if let Some(present) = state
        .temperature
        .filter(|_| device.can("temperature_sensor"))
    {
        let next = if outside {
            outdoors
        } else {
            indoor_temperature(state, present, step, outdoors)
        };
        values.push(("temperature", round(next)));
    }
    if device.can("humidity_sensor") {
        // Warm air holds more water: the relative humidity falls as it gets warmer.
        let humidity = if outside {
            105.0 - 2.5 * outdoors
        } else {
            48.0 + 8.0 * noise(at, 7)
        };
        values.push(("humidity", round(humidity.clamp(20.0, 100.0))));
    }
    if device.can("motion_sensor") {
        let awake = (7.0..23.0).contains(&hour(at));
        values.push(("motion", f64::from(awake && noise(at, 3) > 0.2)));
    }
    if device.can("contact_sensor") {
        let airing = (7.0..8.0).contains(&hour(at)) || (19.0..19.5).contains(&hour(at));
        values.push(("open", f64::from(airing)));
    }
    values
}

/// A heated room reaches its target within about half an hour; an unheated one loses its warmth over half a day.
fn indoor_temperature(state: &DeviceState, present: f64, step: Duration, outdoors: f64) -> f64 {
    let heated = state.mode.is_some_and(|mode| mode != ThermostatMode::Off);
    let target = state.target_temperature.unwrap_or(20.0);
    let (towards, constant) = match (heated, state.mode) {
        (true, _) if present < target => (target, 1_800.0),
        (_, None) => (20.0, 7_200.0),
        _ => (outdoors, 43_200.0),
    };
    let next = towards + (present - towards) * (-step.as_secs_f64() / constant).exp();
    // A thermostat turns the heating back on before the room is colder than its target.
    if heated && present >= target {
        next.max(target)
    } else {
        next
    }
}

/// Coldest at four in the morning, warmest at four in the afternoon; January cold, July warm.
fn outdoor_temperature(at: Duration) -> f64 {
    let year = at.as_secs_f64() / 31_556_952.0;
    let season = 10.0 - 9.0 * ((year - 0.05) * TAU).cos();
    let day = -4.0 * ((hour(at) - 4.0) / 24.0 * TAU).cos();
    season + day + noise(at, 11)
}

fn hour(at: Duration) -> f64 {
    at.as_secs_f64().rem_euclid(86_400.0) / 3600.0
}

/// Between -1 and 1, the same for the same time and `stream`.
fn noise(at: Duration, stream: u64) -> f64 {
    let mut bits = at.as_secs().wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ stream.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use home_types::Command;

    use super::*;
    use crate::{catalog, control, history};

    const MINUTE: Duration = Duration::from_secs(60);
    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_day_passes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("home.db").display().to_string();
        let cx = Context::detached();
        let (from, to) = (DAY * 20_000, DAY * 20_001);
        let target = Command::SetTargetTemperature { celsius: 23.0 };
        control::apply(&cx, &path, "climate.living_room", &target).unwrap();
        let off = Command::SetThermostatMode {
            mode: ThermostatMode::Off,
        };
        control::apply(&cx, &path, "climate.bedroom", &off).unwrap();
        let readings = simulate(&cx, &path, from, to, MINUTE * 30).unwrap();
        assert_eq!(readings % 48, 0);
        let temperature = |id: &str| {
            catalog::get_state(&cx, &path, id)
                .unwrap()
                .temperature
                .unwrap()
        };
        assert!((temperature("climate.living_room") - 23.0).abs() < 0.05);
        assert!(temperature("climate.bedroom") < 19.0);
        let outdoors =
            history::query_readings(&cx, &path, "sensor.outdoor", "temperature", from, to, None)
                .unwrap();
        assert_eq!(outdoors.len(), 48);
        assert!(
            outdoors[32].value > outdoors[8].value,
            "afternoon is warmer than early morning"
        );
        assert_eq!(
            simulate(&cx, &path, from, to, MINUTE * 30).unwrap(),
            readings,
            "again gives the same readings"
        );
    }

    #[test]
    fn impossible_times_are_refused() {
        let cx = Context::detached();
        let run = |from, to, step| simulate(&cx, "nowhere/home.db", from, to, step);
        assert!(matches!(
            run(Duration::ZERO, DAY, Duration::ZERO),
            Err(HomeError::InvalidInput { .. })
        ));
        assert!(matches!(
            run(DAY, Duration::ZERO, MINUTE),
            Err(HomeError::InvalidInput { .. })
        ));
        assert!(matches!(
            run(Duration::ZERO, Duration::MAX, MINUTE),
            Err(HomeError::InvalidInput { .. })
        ));
    }

    #[test]
    fn noise_stays_within_one() {
        assert!(
            (0..10_000)
                .map(|second| noise(MINUTE * second, 5))
                .all(|noise| (-1.0..=1.0).contains(&noise))
        );
    }
}
