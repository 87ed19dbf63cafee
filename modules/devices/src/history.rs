//! What devices measured, and what cameras see.
use std::time::Duration;

use home_types::{CameraStream, HomeError, HomeTarget, Reading};
use lmms::{Context, operation};

use crate::home::Home;
use crate::peers::{open, scaled};

/// The values of a device's quantity, such as `temperature`, from `from` until `to`, oldest first. If there are more
/// than `limit`, neighbours are averaged until there are that many. Home Assistant knows one quantity for each entity.
#[operation(interface = "devices")]
pub fn history(
    cx: &Context,
    home: &HomeTarget,
    id: &str,
    quantity: &str,
    from: Duration,
    to: Duration,
    limit: Option<u32>,
) -> Result<Vec<Reading>, HomeError> {
    let readings = open(cx, home).readings(id, quantity, from, to)?;
    Ok(match limit.and_then(|limit| usize::try_from(limit).ok()) {
        Some(limit) => thin_out(readings, limit),
        None => readings,
    })
}

/// Tells the home what a device measures now: in a virtual home a reading of `quantity`, in Home Assistant the entity's
/// state, which its own integration may overwrite.
#[operation(interface = "devices")]
pub fn update_state(
    cx: &Context,
    home: &HomeTarget,
    id: &str,
    quantity: &str,
    value: f64,
) -> Result<(), HomeError> {
    open(cx, home).record(id, quantity, value)
}

/// The picture a camera takes now: PNG from a virtual home, the camera's own format from Home Assistant. With `width`
/// it is scaled to at most so many pixels across, and must be a PNG or JPEG within the limits of `images`.
#[operation(interface = "devices")]
pub fn camera_picture(
    cx: &Context,
    home: &HomeTarget,
    id: &str,
    width: Option<u32>,
) -> Result<Vec<u8>, HomeError> {
    let picture = open(cx, home).picture(id)?;
    match width {
        Some(width) => scaled(cx, id, &picture, width),
        None => Ok(picture),
    }
}

/// Where a camera's stream is, for whoever has the address: Home Assistant's own Alexa integration gives it, a virtual
/// home has none.
#[operation(interface = "devices")]
pub fn camera_stream(cx: &Context, home: &HomeTarget, id: &str) -> Result<CameraStream, HomeError> {
    open(cx, home).stream(id)
}

fn thin_out(readings: Vec<Reading>, limit: usize) -> Vec<Reading> {
    if readings.len() <= limit || limit == 0 {
        return if limit == 0 { Vec::new() } else { readings };
    }
    let mean = |group: &[Reading]| {
        let count = group.len() as f64;
        let middle = &group[group.len() / 2];
        Reading {
            value: group.iter().map(|reading| reading.value).sum::<f64>() / count,
            ..middle.clone()
        }
    };
    let bound = |part: usize| part * readings.len() / limit;
    (0..limit)
        .map(|part| mean(&readings[bound(part)..bound(part + 1)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_readings_become_few() {
        let reading = |n: u32| Reading {
            device_id: "sensor.x".into(),
            quantity: "temperature".into(),
            at: Duration::from_secs(n.into()),
            value: n.into(),
        };
        let readings: Vec<Reading> = (0..100).map(reading).collect();
        let few = thin_out(readings.clone(), 7);
        assert_eq!(few.len(), 7);
        assert!(few.is_sorted_by(|one, other| one.at < other.at));
        let mean = few.iter().map(|reading| reading.value).sum::<f64>() / 7.0;
        assert!((mean - 49.5).abs() < 1.0, "{mean}");
        assert_eq!(thin_out(readings.clone(), 100), readings);
        assert_eq!(thin_out(readings.clone(), 1).len(), 1);
        assert_eq!(thin_out(readings, 0), []);
    }
}
