//! `Alexa.ModeController` and `Alexa.RangeController`: what opens, closes and tilts, and other numbers.
use std::time::Duration;

use home_types::{Capability, Command, Device, DeviceKind};
use serde_json::{Value, json};

use crate::control::command;
use crate::directive::{Directive, real, text};
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::message::number;
use crate::settings;

/// The instance for how far something is open, in percent.
pub(crate) const POSITION: &str = "Cover.Position";

/// The instance for how far slats are tilted, in percent.
pub(crate) const TILT: &str = "Cover.Tilt";

/// The instance for a number that can be set.
pub(crate) const NUMBER: &str = "Number.Value";

/// The modes of what is open or closed.
const UP: &str = "Position.Up";
const DOWN: &str = "Position.Down";

/// The instance for what is open or closed.
pub(crate) fn instance(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::GarageDoor => GARAGE_DOOR,
        _ => OPENING,
    }
}

/// All instances for what is open or closed.
pub(crate) const INSTANCES: [&str; 2] = [GARAGE_DOOR, OPENING];

const GARAGE_DOOR: &str = "GarageDoor.Position";
const OPENING: &str = "Opening.Position";

/// The mode of what is open or closed.
pub(crate) fn mode(open: bool) -> &'static str {
    if open { UP } else { DOWN }
}

/// Answers `SetMode` for what is open or closed.
pub(crate) fn handle_mode(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    if directive.name != "SetMode" {
        return Err(directive.unknown());
    }
    let mode = text(&directive.payload, "mode", "the payload")?;
    let order = match mode.as_str() {
        UP => Command::Open,
        DOWN => Command::Close,
        _ => {
            let message = format!("{mode:?} is not a mode; {UP} and {DOWN} are");
            return Err(Failure::new(Kind::InvalidValue, message));
        }
    };
    command(home, now, directive, &order)
}

/// Answers `SetRangeValue` and `AdjustRangeValue`.
pub(crate) fn handle_range(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let instance = directive.instance(&[POSITION, TILT, NUMBER])?;
    if instance == NUMBER {
        return handle_number(home, now, directive);
    }
    let tilts = instance == TILT;
    let order = match directive.name.as_str() {
        "SetRangeValue" => {
            let percent = directive.integer("rangeValue")?;
            match tilts {
                true => Command::SetTilt { percent },
                false => Command::SetPercentage { percent },
            }
        }
        "AdjustRangeValue" => {
            let delta = directive.integer("rangeValueDelta")?;
            match tilts {
                true => Command::AdjustTilt { delta },
                false => Command::AdjustPercentage { delta },
            }
        }
        _ => return Err(directive.unknown()),
    };
    command(home, now, directive, &order)
}

fn handle_number(home: &dyn Home, now: Duration, directive: &Directive) -> Result<Value, Failure> {
    let value = |field: &str| real(&directive.payload, field, "the payload");
    let order = match directive.name.as_str() {
        "SetRangeValue" => Command::SetNumber {
            value: value("rangeValue")?,
        },
        "AdjustRangeValue" => Command::AdjustNumber {
            delta: value("rangeValueDelta")?,
        },
        _ => return Err(directive.unknown()),
    };
    command(home, now, directive, &order)
}

/// Adds to an interface in discovery what it is called, and what "open" and "close" mean there.
pub(crate) fn describe(described: &mut Value, instance: &str, device: &Device) {
    let (asset, text) = (settings::asset, settings::label);
    if let (
        NUMBER,
        Some(Capability::Number {
            minimum,
            maximum,
            step,
        }),
    ) = (instance, device.capability("number"))
    {
        described["capabilityResources"] =
            json!({ "friendlyNames": [text("Value"), text("Level")] });
        described["configuration"] = json!({ "supportedRange": {
            "minimumValue": number(*minimum), "maximumValue": number(*maximum), "precision": number(*step),
        }});
        return;
    }
    // Slats, where there are some, are opened and closed; the rest is raised and lowered.
    let opens = instance == TILT || !device.can("tilt");
    let raises = instance != TILT;
    let words = |open: &str, raise: &str| {
        let open = opens.then(|| format!("Alexa.Actions.{open}"));
        let raise = raises.then(|| format!("Alexa.Actions.{raise}"));
        open.into_iter().chain(raise).collect::<Vec<_>>()
    };
    let action = |words: Vec<String>, name: &str, payload: Value| {
        json!({
            "@type": "ActionsToDirective", "actions": words, "directive": { "name": name, "payload": payload },
        })
    };
    let is_range = described["interface"] == "Alexa.RangeController";
    let names = match instance {
        TILT => json!([text("Tilt"), text("Angle")]),
        _ => json!([asset("Alexa.Setting.Opening"), text("Position")]),
    };
    described["capabilityResources"] = json!({ "friendlyNames": names });
    let (actions, states) = if is_range {
        described["configuration"] = json!({
            "supportedRange": { "minimumValue": 0, "maximumValue": 100, "precision": 1 },
            "unitOfMeasure": "Alexa.Unit.Percent",
        });
        let set =
            |words, percent: u8| action(words, "SetRangeValue", json!({ "rangeValue": percent }));
        (
            json!([
                set(words("Close", "Lower"), 0),
                set(words("Open", "Raise"), 100)
            ]),
            json!([
                { "@type": "StatesToValue", "states": ["Alexa.States.Closed"], "value": 0 },
                { "@type": "StatesToRange", "states": ["Alexa.States.Open"],
                  "range": { "minimumValue": 1, "maximumValue": 100 } },
            ]),
        )
    } else {
        let mode = |value: &str, name: &str| json!({ "value": value, "modeResources": { "friendlyNames": [asset(name)] } });
        described["configuration"] = json!({
            "ordered": false,
            "supportedModes": [mode(UP, "Alexa.Value.Open"), mode(DOWN, "Alexa.Value.Close")],
        });
        let set = |words, mode: &str| action(words, "SetMode", json!({ "mode": mode }));
        (
            json!([
                set(words("Close", "Lower"), DOWN),
                set(words("Open", "Raise"), UP)
            ]),
            json!([
                { "@type": "StatesToValue", "states": ["Alexa.States.Closed"], "value": DOWN },
                { "@type": "StatesToValue", "states": ["Alexa.States.Open"], "value": UP },
            ]),
        )
    };
    described["semantics"] = json!({ "actionMappings": actions });
    if opens {
        described["semantics"]["stateMappings"] = states;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeHome, answer_instance, error_type};

    fn ask(
        home: &FakeHome,
        controller: &str,
        name: &str,
        (endpoint, instance): (&str, Option<&str>),
        payload: Value,
    ) -> Value {
        let namespace = format!("Alexa.{controller}");
        answer_instance(home, &namespace, name, Some(endpoint), instance, payload)
    }

    const GARAGE: (&str, Option<&str>) = ("cover#garage", Some("GarageDoor.Position"));

    #[test]
    fn a_garage_door_opens_and_closes_by_its_mode() {
        let home = FakeHome::new();
        let set = |mode: &str| {
            ask(
                &home,
                "ModeController",
                "SetMode",
                GARAGE,
                json!({ "mode": mode }),
            )
        };
        for mode in [UP, DOWN] {
            let response = set(mode);
            let property = &response["context"]["properties"][0];
            assert_eq!(property["namespace"], "Alexa.ModeController");
            assert_eq!(property["instance"], "GarageDoor.Position");
            assert_eq!(property["value"], mode);
        }
        assert_eq!(error_type(&set("Position.Ajar")), "INVALID_VALUE");
        for (name, at, payload) in [
            ("SetMode", ("cover#garage", None), json!({ "mode": UP })),
            (
                "SetMode",
                ("cover#garage", Some("Wash.Cycle")),
                json!({ "mode": UP }),
            ),
            ("SetMode", ("light#lamp", GARAGE.1), json!({ "mode": UP })),
            ("SetMode", GARAGE, json!({})),
            ("AdjustMode", GARAGE, json!({ "modeDelta": 1 })),
        ] {
            let answer = ask(&home, "ModeController", name, at, payload);
            assert_eq!(error_type(&answer), "INVALID_DIRECTIVE", "{at:?}");
        }
    }

    #[test]
    fn nothing_turns_a_garage_door_on() {
        let home = FakeHome::new();
        for name in ["TurnOn", "TurnOff"] {
            for endpoint in ["cover#garage", "lock#door"] {
                let answer = ask(&home, "PowerController", name, (endpoint, None), json!({}));
                assert_eq!(
                    error_type(&answer),
                    "INVALID_DIRECTIVE",
                    "{name} {endpoint}"
                );
            }
        }
        assert_eq!(home.report("cover.garage").unwrap().state.open, Some(false));
    }

    #[test]
    fn what_claims_that_a_garage_door_has_power_is_not_believed() {
        let mut device = FakeHome::new().report("cover.garage").unwrap().device;
        device.capabilities.push(home_types::Capability::Power);
        let described = crate::discovery::describe_capabilities(&device);
        assert!(
            described.contains("ModeController") && !described.contains("Power"),
            "{described}"
        );
    }

    #[test]
    fn blinds_go_to_a_position_and_tilt() {
        let home = FakeHome::new();
        let ask = |name: &str, instance: &str, payload: Value| {
            ask(
                &home,
                "RangeController",
                name,
                ("cover#blind", Some(instance)),
                payload,
            )
        };
        let value = |response: &Value, instance: &str| {
            let properties = response["context"]["properties"].as_array().unwrap();
            let found = properties
                .iter()
                .find(|property| property["instance"] == instance);
            found.map_or(Value::Null, |property| property["value"].clone())
        };
        let set = ask("SetRangeValue", POSITION, json!({ "rangeValue": 30 }));
        assert_eq!(
            (value(&set, POSITION), value(&set, TILT)),
            (json!(30), json!(0))
        );
        let adjust = json!({ "rangeValueDelta": -50, "rangeValueDeltaDefault": false });
        assert_eq!(
            value(&ask("AdjustRangeValue", POSITION, adjust), POSITION),
            0
        );
        assert_eq!(
            value(
                &ask("SetRangeValue", TILT, json!({ "rangeValue": 60 })),
                TILT
            ),
            60
        );
        assert_eq!(
            value(
                &ask("AdjustRangeValue", TILT, json!({ "rangeValueDelta": 9 })),
                TILT
            ),
            69
        );
        let refused = ask("SetRangeValue", TILT, json!({ "rangeValue": 101 }));
        assert_eq!(error_type(&refused), "VALUE_OUT_OF_RANGE");
        let refused = ask("SetRangeValue", NUMBER, json!({ "rangeValue": 1 }));
        assert_eq!(error_type(&refused), "INVALID_DIRECTIVE");
        let refused = ask("SetRangeValue", "Fan.Speed", json!({ "rangeValue": 1 }));
        assert_eq!(error_type(&refused), "INVALID_DIRECTIVE");
    }

    #[test]
    fn numbers_are_set_within_their_range() {
        let home = FakeHome::new();
        let ask = |name: &str, payload: Value| {
            ask(
                &home,
                "RangeController",
                name,
                ("number#level", Some(NUMBER)),
                payload,
            )
        };
        let value = |response: &Value| response["context"]["properties"][0]["value"].clone();
        assert_eq!(
            value(&ask("SetRangeValue", json!({ "rangeValue": 12.5 }))),
            12.5
        );
        assert_eq!(
            value(&ask("AdjustRangeValue", json!({ "rangeValueDelta": 100 }))),
            20
        );
        let refused = ask("SetRangeValue", json!({ "rangeValue": 21 }));
        assert_eq!(error_type(&refused), "VALUE_OUT_OF_RANGE");
        assert_eq!(
            refused["event"]["payload"]["validRange"]["maximumValue"],
            20
        );
        let device = home.report("number.level").unwrap().device;
        let described: Value =
            serde_json::from_str(&crate::discovery::describe_capabilities(&device)).unwrap();
        assert_eq!(
            described[1]["configuration"]["supportedRange"],
            json!({ "minimumValue": 0, "maximumValue": 20, "precision": 0.5 })
        );
    }
}
