//! A home, or a device, in words and a few numbers.
use home_types::{Device, DeviceKind, DeviceState, HomeError, HomeSummary, HomeTarget, LockState};
use lmms::{Context, operation};

use crate::catalog::mean;
use crate::home::Home;
use crate::peers::open;

/// The home in a few numbers and a sentence or two.
#[operation(interface = "devices")]
pub fn summary(cx: &Context, home: &HomeTarget) -> Result<HomeSummary, HomeError> {
    sum_up(&open(cx, home))
}

/// A device's state in a sentence: `Floor lamp is on at 40 %, warm white (2700 K).`
#[operation(interface = "devices")]
pub fn describe_state(cx: &Context, home: &HomeTarget, id: &str) -> Result<String, HomeError> {
    let home = open(cx, home);
    Ok(describe(&home.device(id)?, &home.state(id)?))
}

fn sum_up(home: &dyn Home) -> Result<HomeSummary, HomeError> {
    let devices = home.devices()?;
    let states = home.states()?;
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let of = |state: &DeviceState| devices.iter().find(|device| device.id == state.device_id);
    let is_light =
        |state: &&DeviceState| of(state).is_some_and(|device| device.kind == DeviceKind::Light);
    let offline: Vec<String> = states
        .iter()
        .filter(|state| !state.online)
        .map(|state| state.device_id.clone())
        .collect();
    let temperatures: Vec<f64> = states
        .iter()
        .filter_map(|state| state.temperature)
        .collect();
    let mut summary = HomeSummary {
        devices: count(devices.len()),
        lights_on: count(
            states
                .iter()
                .filter(is_light)
                .filter(|state| state.power == Some(true))
                .count(),
        ),
        unlocked: count(
            states
                .iter()
                .filter(|state| state.lock.is_some_and(|lock| lock != LockState::Locked))
                .count(),
        ),
        open: count(
            states
                .iter()
                .filter(|state| state.open == Some(true))
                .count(),
        ),
        mean_temperature: mean(&temperatures),
        watts: states.iter().filter_map(|state| state.watts).sum(),
        offline,
        text: String::new(),
    };
    summary.text = text(&summary);
    Ok(summary)
}

fn text(summary: &HomeSummary) -> String {
    let number = |count: u32, one: &str, many: &str| match count {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let mut parts = vec![format!(
        "{} on",
        number(summary.lights_on, "light", "lights")
    )];
    if summary.unlocked > 0 {
        parts.push(format!(
            "{} unlocked",
            number(summary.unlocked, "door", "doors")
        ));
    }
    if summary.open > 0 {
        parts.push(format!(
            "{} open",
            number(summary.open, "door or window", "doors and windows")
        ));
    }
    if let Some(temperature) = summary.mean_temperature {
        parts.push(format!("{temperature:.1} °C on average"));
    }
    if summary.watts > 0.0 {
        parts.push(format!("{:.0} W drawn", summary.watts));
    }
    let offline = match summary.offline.len() {
        0 => String::new(),
        1 => " 1 device does not answer.".to_owned(),
        count => format!(" {count} devices do not answer."),
    };
    format!(
        "{}: {}.{offline}",
        number(summary.devices, "device", "devices"),
        parts.join(", ")
    )
}

fn describe(device: &Device, state: &DeviceState) -> String {
    let name = &device.name;
    if !state.online {
        return format!("{name} does not answer.");
    }
    let mut parts: Vec<String> = Vec::new();
    if let Some(on) = state.power {
        parts.push(if on {
            "on".to_owned()
        } else {
            "off".to_owned()
        });
    }
    if state.power != Some(false) {
        if let Some(percent) = state.brightness.or(state.percentage) {
            parts.push(format!("at {percent} %"));
        }
        if let Some(color) = state.color {
            let (red, green, blue) = color.to_rgb();
            parts.push(format!("in the color #{red:02x}{green:02x}{blue:02x}"));
        }
        if let Some(kelvin) = state.color_temperature {
            let tone = if kelvin < 3300 {
                "warm"
            } else if kelvin < 5300 {
                "neutral"
            } else {
                "cool"
            };
            parts.push(format!("{tone} white ({kelvin} K)"));
        }
    }
    if let Some(mode) = state.mode {
        parts.push(format!("in mode {}", mode.name().to_lowercase()));
    }
    if let Some(target) = state.target_temperature {
        parts.push(format!("set to {target} °C"));
    }
    if let Some(temperature) = state.temperature {
        parts.push(format!("measuring {temperature} °C"));
    }
    if let Some(humidity) = state.humidity {
        parts.push(format!("measuring {humidity} % humidity"));
    }
    if let Some(lock) = state.lock {
        parts.push(lock.name().to_lowercase());
    }
    if let Some(motion) = state.motion {
        parts.push(if motion {
            "seeing motion".to_owned()
        } else {
            "seeing no motion".to_owned()
        });
    }
    if let Some(open) = state.open {
        parts.push(if open {
            "open".to_owned()
        } else {
            "closed".to_owned()
        });
    }
    if let Some(active) = state.active {
        parts.push(if active {
            "active".to_owned()
        } else {
            "not active".to_owned()
        });
    }
    if parts.is_empty() {
        return format!("{name} is there.");
    }
    format!("{name} is {}.", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeHome;

    #[test]
    fn a_home_is_summed_up() {
        let home = FakeHome::new();
        let summary = sum_up(&home).unwrap();
        assert_eq!(
            (summary.lights_on, summary.unlocked, summary.offline.len()),
            (1, 1, 1)
        );
        assert_eq!(summary.mean_temperature, Some(21.0));
        assert_eq!(
            summary.text,
            "9 devices: 1 light on, 1 door unlocked, 21.0 °C on average, 12 W drawn. 1 device does not answer."
        );
    }

    #[test]
    fn a_device_is_described() {
        let home = FakeHome::new();
        let say = |id: &str| describe(&home.device(id).unwrap(), &home.state(id).unwrap());
        assert_eq!(say("light.kitchen"), "Ceiling is on, at 80 %.");
        assert_eq!(say("light.floor_lamp"), "Floor lamp is off.");
        assert_eq!(
            say("climate.living_room"),
            "Thermostat is in mode heat, set to 20 °C, measuring 21 °C."
        );
        assert_eq!(say("lock.front_door"), "Front door is unlocked.");
        assert_eq!(say("light.stehlampe_2"), "Stehlampe 2 does not answer.");
    }
}
