//! `Alexa.ToggleController` and `Alexa.ModeController`: settings of a device beside its power.
//!
//! Instances and values are named as Home Assistant names them. None of these settings opens, unlocks or disarms
//! anything.
use std::time::Duration;

use home_types::{Capability, Command, DeviceKind, DeviceState, Direction};
use serde_json::{Value, json};

use crate::control::command;
use crate::directive::{Directive, text};
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::opening;

/// The instance for whether something swings from side to side.
pub(crate) const OSCILLATING: &str = "fan.oscillating";

/// The instance for the way a fan turns.
pub(crate) const DIRECTION: &str = "fan.direction";

/// The instances for modes that makers have named.
const FAN_PRESET: &str = "fan.preset_mode";
const HUMIDIFIER_MODE: &str = "humidifier.mode";
const WATER_HEATER_MODE: &str = "water_heater.operation_mode";
const OTHER_MODE: &str = "device.mode";

/// Stands beside a mode that is the only one: Alexa refuses all endpoints if one has a single mode.
const NONE: &str = "-";

/// The instance for the modes that its maker has given a device.
pub(crate) fn preset(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Fan => FAN_PRESET,
        DeviceKind::Humidifier => HUMIDIFIER_MODE,
        DeviceKind::WaterHeater => WATER_HEATER_MODE,
        _ => OTHER_MODE,
    }
}

/// Whether a capability is a setting beside a device's power.
pub(crate) fn is_setting(capability: &Capability) -> bool {
    matches!(
        capability,
        Capability::Oscillation | Capability::Direction | Capability::Preset { .. }
    )
}

/// Answers `SetMode`.
pub(crate) fn handle_mode(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    if directive.name != "SetMode" {
        return Err(directive.unknown());
    }
    let [door, other_door] = opening::INSTANCES;
    let instance = directive.instance(&[
        door,
        other_door,
        DIRECTION,
        FAN_PRESET,
        HUMIDIFIER_MODE,
        WATER_HEATER_MODE,
        OTHER_MODE,
    ])?;
    if opening::INSTANCES.contains(&instance) {
        return opening::handle_mode(home, now, directive);
    }
    let mode = text(&directive.payload, "mode", "the payload")?;
    let unknown = || {
        let message = format!(
            "{mode:?} is not a mode of {instance}; those begin with `{}.`",
            word(instance)
        );
        Failure::new(Kind::InvalidValue, message)
    };
    let name = mode
        .strip_prefix(word(instance))
        .and_then(|rest| rest.strip_prefix('.'))
        .ok_or_else(unknown)?;
    let order = match instance {
        DIRECTION => Command::SetDirection {
            direction: Direction::from_name(name).ok_or_else(|| {
                let message = format!("{name:?} is not a direction; forward and reverse are");
                Failure::new(Kind::InvalidValue, message)
            })?,
        },
        _ => Command::SetPreset {
            mode: name.to_owned(),
        },
    };
    command(home, now, directive, &order)
}

/// Answers `TurnOn` and `TurnOff` for one setting of a device, which leave its power as it is.
pub(crate) fn handle_toggle(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let on = match directive.name.as_str() {
        "TurnOn" => true,
        "TurnOff" => false,
        _ => return Err(directive.unknown()),
    };
    directive.instance(&[OSCILLATING])?;
    command(home, now, directive, &Command::SetOscillation { on })
}

/// The value of a setting's property; `None` for one that isn't known.
pub(crate) fn value(
    kind: DeviceKind,
    capability: &Capability,
    state: &DeviceState,
) -> Option<Value> {
    match capability {
        Capability::Oscillation => {
            let on = state.oscillating?;
            Some(json!(if on { "ON" } else { "OFF" }))
        }
        Capability::Direction => Some(mode(DIRECTION, state.direction?.name())),
        Capability::Preset { modes } => {
            let present = state.preset.as_ref()?;
            let known = modes.contains(present);
            known.then(|| mode(preset(kind), present))
        }
        _ => None,
    }
}

/// Adds to an interface in discovery what the setting is called, and its modes.
pub(crate) fn describe(described: &mut Value, instance: &str, capability: &Capability) {
    let modes: Vec<&str> = match capability {
        Capability::Direction => Direction::ALL.map(Direction::name).to_vec(),
        Capability::Preset { modes } => modes.iter().map(String::as_str).collect(),
        _ => {
            let names = [
                asset("Alexa.Setting.Oscillate"),
                label("Rotate"),
                label("Swing"),
            ];
            described["capabilityResources"] = json!({ "friendlyNames": names });
            return;
        }
    };
    let name = match instance {
        DIRECTION => "Alexa.Setting.Direction",
        FAN_PRESET => "Alexa.Setting.Preset",
        _ => "Alexa.Setting.Mode",
    };
    described["capabilityResources"] = json!({ "friendlyNames": [asset(name)] });
    let filler = (modes.len() == 1).then_some(NONE);
    let modes = modes.iter().copied().chain(filler).map(|name| {
        // Nobody says an underscore.
        let names = [label(&name.replace('_', " "))];
        json!({ "value": mode(instance, name), "modeResources": { "friendlyNames": names } })
    });
    let modes: Vec<Value> = modes.collect();
    described["configuration"] = json!({ "ordered": false, "supportedModes": modes });
}

/// A name from Alexa's catalogue, in each language.
pub(crate) fn asset(id: &str) -> Value {
    json!({ "@type": "asset", "value": { "assetId": id } })
}

/// A name of one's own.
pub(crate) fn label(text: &str) -> Value {
    json!({ "@type": "text", "value": { "text": text, "locale": "en-US" } })
}

fn mode(instance: &str, name: &str) -> Value {
    json!(format!("{}.{name}", word(instance)))
}

/// What an instance is about: `direction` for `fan.direction`.
fn word(instance: &str) -> &str {
    instance.split_once('.').map_or(instance, |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::describe_capabilities;
    use crate::testing::{FakeHome, answer, answer_instance, error_type};

    fn set(home: &FakeHome, endpoint: &str, instance: &str, mode: &str) -> Value {
        answer_instance(
            home,
            "Alexa.ModeController",
            "SetMode",
            Some(endpoint),
            Some(instance),
            json!({ "mode": mode }),
        )
    }

    fn toggle(home: &FakeHome, endpoint: &str, instance: Option<&str>, name: &str) -> Value {
        answer_instance(
            home,
            "Alexa.ToggleController",
            name,
            Some(endpoint),
            instance,
            json!({}),
        )
    }

    fn told(response: &Value, instance: &str) -> Value {
        let properties = response["context"]["properties"].as_array();
        let found = properties
            .into_iter()
            .flatten()
            .find(|property| property["instance"] == instance);
        found.map_or(Value::Null, |property| property["value"].clone())
    }

    #[test]
    fn a_fan_swings_whether_it_is_on_or_not() {
        let home = FakeHome::new();
        for (name, value) in [("TurnOn", "ON"), ("TurnOff", "OFF")] {
            let response = toggle(&home, "fan#big", Some(OSCILLATING), name);
            assert_eq!(told(&response, OSCILLATING), value, "{response}");
            let state = home.report("fan.big").unwrap().state;
            assert_eq!(
                (state.oscillating, state.power),
                (Some(name == "TurnOn"), Some(false))
            );
        }
        for (endpoint, instance, name) in [
            ("fan#big", None, "TurnOn"),
            ("fan#big", Some("valve.stop"), "TurnOn"),
            ("fan#big", Some(OSCILLATING), "Toggle"),
            ("light#lamp", Some(OSCILLATING), "TurnOn"),
            ("lock#door", Some(OSCILLATING), "TurnOff"),
            ("cover#garage", Some(OSCILLATING), "TurnOn"),
        ] {
            let answer = toggle(&home, endpoint, instance, name);
            assert_eq!(error_type(&answer), "INVALID_DIRECTIVE", "{answer}");
        }
    }

    #[test]
    fn modes_are_set_by_the_names_that_makers_gave_them() {
        let home = FakeHome::new();
        for (endpoint, instance, mode) in [
            ("fan#big", DIRECTION, "direction.reverse"),
            ("fan#big", DIRECTION, "direction.forward"),
            ("fan#big", FAN_PRESET, "preset_mode.sleep"),
            ("fan#big", FAN_PRESET, "preset_mode.v1.5"),
            ("humidifier#room", HUMIDIFIER_MODE, "mode.eco"),
            (
                "water_heater#boiler",
                WATER_HEATER_MODE,
                "operation_mode.heat_pump",
            ),
        ] {
            let response = set(&home, endpoint, instance, mode);
            assert_eq!(told(&response, instance), mode, "{response}");
        }
        for (endpoint, instance, mode, kind) in [
            ("fan#big", DIRECTION, "direction.up", "INVALID_VALUE"),
            ("fan#big", DIRECTION, "forward", "INVALID_VALUE"),
            ("fan#big", FAN_PRESET, "preset_mode.turbo", "INVALID_VALUE"),
            ("fan#big", FAN_PRESET, "preset_mode", "INVALID_VALUE"),
            (
                "humidifier#room",
                HUMIDIFIER_MODE,
                "mode.-",
                "INVALID_VALUE",
            ),
            (
                "light#lamp",
                FAN_PRESET,
                "preset_mode.sleep",
                "INVALID_DIRECTIVE",
            ),
            ("fan#big", "fan.speed", "speed.1", "INVALID_DIRECTIVE"),
            ("fan#big", FAN_PRESET, "", "INVALID_DIRECTIVE"),
            (
                "cover#garage",
                FAN_PRESET,
                "preset_mode.open",
                "INVALID_DIRECTIVE",
            ),
            (
                "lock#door",
                DIRECTION,
                "direction.reverse",
                "INVALID_DIRECTIVE",
            ),
        ] {
            let answer = set(&home, endpoint, instance, mode);
            assert_eq!(error_type(&answer), kind, "{endpoint} {instance} {mode}");
        }
        let general = answer(
            &home,
            "Alexa.ModeController",
            "AdjustMode",
            Some("fan#big"),
            json!({}),
        );
        assert_eq!(error_type(&general), "INVALID_DIRECTIVE");
    }

    #[test]
    fn settings_are_described_with_their_modes() {
        let home = FakeHome::new();
        let described = |id: &str| -> Vec<Value> {
            let device = home.report(id).unwrap().device;
            serde_json::from_str(&describe_capabilities(&device)).unwrap()
        };
        let find = |capabilities: &[Value], instance: &str| {
            let found = capabilities
                .iter()
                .find(|capability| capability["instance"] == instance);
            found.cloned().unwrap_or_default()
        };
        let values = |capability: &Value| {
            let modes = capability["configuration"]["supportedModes"].as_array();
            let modes = modes.into_iter().flatten();
            modes
                .map(|mode| mode["value"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let fan = described("fan.big");
        let swings = find(&fan, OSCILLATING);
        assert_eq!(swings["interface"], "Alexa.ToggleController");
        assert_eq!(
            swings["properties"]["supported"],
            json!([{ "name": "toggleState" }])
        );
        assert_eq!(swings.get("configuration"), None);
        let direction = find(&fan, DIRECTION);
        assert_eq!(
            values(&direction),
            ["direction.forward", "direction.reverse"]
        );
        let preset = find(&fan, FAN_PRESET);
        assert_eq!(values(&preset), ["preset_mode.sleep", "preset_mode.v1.5"]);
        assert_eq!(preset["configuration"]["ordered"], false);
        let boiler = find(&described("water_heater.boiler"), WATER_HEATER_MODE);
        let said = &boiler["configuration"]["supportedModes"][1]["modeResources"]["friendlyNames"];
        assert_eq!(said[0]["value"]["text"], "heat pump");
        let single = find(&described("humidifier.room"), HUMIDIFIER_MODE);
        assert_eq!(values(&single), ["mode.eco", "mode.-"]);
    }

    #[test]
    fn what_keeps_a_house_shut_has_no_settings_whatever_it_claims() {
        let home = FakeHome::new();
        for id in ["cover.garage", "lock.door"] {
            let mut device = home.report(id).unwrap().device;
            let modes = vec!["open".to_owned(), "closed".to_owned()];
            device.capabilities.extend([
                Capability::Oscillation,
                Capability::Direction,
                Capability::Preset { modes },
            ]);
            let described = describe_capabilities(&device);
            for claimed in ["ToggleController", "direction", "preset_mode", ".mode"] {
                assert!(!described.contains(claimed), "{described}");
            }
        }
    }
}
