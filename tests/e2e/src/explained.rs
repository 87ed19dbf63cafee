//! Differences that are as they should be, and why.

/// Holds for an entity that begins like this, where the other two parts occur.
struct Explained(&'static str, &'static str, &'static str, &'static str);

/// Where ours does better on purpose, and where the application's limits are.
const EXPLAINED: &[Explained] = &[
    // Discovery
    Explained(
        "binary_sensor.basement_floor_wet",
        "discovery",
        "only theirs",
        "no interface of the API is about wet floors",
    ),
    Explained(
        "event.",
        "discovery",
        "only theirs",
        "an endpoint that can do nothing and tells nothing",
    ),
    Explained(
        "image_processing.",
        "discovery",
        "only theirs",
        "what a camera recognises is told by events alone, which the application doesn't send",
    ),
    Explained(
        "media_player.browse",
        "discovery",
        "only theirs",
        "an endpoint that can do nothing and tells nothing",
    ),
    Explained(
        "vacuum.4_fourth_floor",
        "discovery",
        "only theirs",
        "an endpoint that can do nothing and tells nothing",
    ),
    Explained(
        "light.absent_lamp",
        "ReportState",
        "powerState isn't told",
        "of what can't be reached nobody knows; theirs says that it is on",
    ),
    Explained("timer.", "discovery", "only theirs", "limit: no timers"),
    Explained(
        "sensor.",
        "discovery",
        "only ours",
        "humidity, which theirs leaves out",
    ),
    Explained(
        "",
        "discovery",
        "only ours: Alexa.HumiditySensor",
        "humidity, which theirs leaves out",
    ),
    Explained(
        "input_boolean.front_door",
        "discovery",
        "only theirs",
        "by its name it stands for a door: nothing that may open one is reached by \"turn on\"",
    ),
    Explained(
        "input_boolean.garage",
        "discovery",
        "only theirs",
        "by its name it stands for a door: nothing that may open one is reached by \"turn on\"",
    ),
    Explained(
        "cover.",
        "",
        "Alexa.PowerController",
        "nothing that opens is reached by \"turn on\"",
    ),
    Explained(
        "cover.",
        "category",
        "INTERIOR_BLIND",
        "a cover that doesn't say what it is is a blind",
    ),
    Explained(
        "climate.",
        "",
        "Alexa.PowerController",
        "a thermostat is switched off by its mode: \"turn everything on\" doesn't start the heating",
    ),
    Explained(
        "water_heater.",
        "",
        "Alexa.PowerController",
        "a water heater is switched off by its mode: \"turn everything on\" doesn't start it",
    ),
    Explained(
        "",
        "",
        "Alexa.ContactSensor",
        "a switch is no contact; the server tells it so that routines hear of it",
    ),
    Explained(
        "",
        "",
        "Alexa.EventDetectionSensor",
        "that a button was pressed is told by events alone, which the application doesn't send",
    ),
    Explained(
        "group.",
        "category",
        "SWITCH",
        "what can be switched is a switch",
    ),
    Explained(
        "input_boolean.",
        "category",
        "SWITCH",
        "what can be switched is a switch",
    ),
    Explained(
        "vacuum.",
        "discovery",
        "only ours: Alexa.PowerController",
        "it can be started and sent home, which theirs leaves out",
    ),
    Explained(
        "media_player.",
        "",
        "Alexa.ChannelController",
        "limit: no channels",
    ),
    Explained(
        "media_player.",
        "",
        "Alexa.EqualizerController",
        "limit: no equalizer",
    ),
    Explained(
        "media_player.",
        "",
        "Alexa.SeekController",
        "limit: no seeking",
    ),
    Explained(
        "media_player.",
        "",
        "Alexa.InputController",
        "limit: no inputs",
    ),
    Explained(
        "media_player.",
        "",
        "Alexa.PlaybackStateReporter",
        "limit: what is played is not told",
    ),
    Explained(
        "vacuum.",
        "",
        "Alexa.TimeHoldController",
        "limit: a vacuum cleaner is started and sent home, not paused",
    ),
    Explained(
        "vacuum.",
        "",
        "Alexa.RangeController",
        "limit: no suction levels",
    ),
    Explained(
        "script.",
        "category",
        "SCENE_TRIGGER",
        "what is activated is a scene",
    ),
    Explained(
        "button.",
        "category",
        "SCENE_TRIGGER",
        "what is activated is a scene",
    ),
    Explained(
        "input_button.",
        "category",
        "SCENE_TRIGGER",
        "what is activated is a scene",
    ),
    Explained(
        "switch.ac",
        "category",
        "SMARTPLUG",
        "limit: an outlet is shown as a switch",
    ),
    Explained(
        "water_heater.",
        "",
        "Alexa.TemperatureSensor",
        "a heater that doesn't say how warm its water is has no sensor; theirs offers one without a value",
    ),
    Explained(
        "fan.",
        "",
        "Alexa.RangeController",
        "a fan's speed is a percentage, by Alexa.PercentageController",
    ),
    Explained(
        "fan.",
        "discovery",
        "only ours: Alexa.PercentageController",
        "a fan's speed is a percentage, by Alexa.PercentageController",
    ),
    // Directives
    Explained(
        "cover.",
        "",
        "answer: DeferredResponse",
        "it takes seconds to get there; theirs answers before",
    ),
    Explained(
        "cover.",
        "AdjustRangeValue",
        "",
        "steps work; theirs can't tell where the cover is",
    ),
    Explained(
        "light.absent_lamp",
        "",
        "answer: ENDPOINT_UNREACHABLE",
        "it can't be reached; theirs says that it was done",
    ),
    Explained(
        "light.broken_lamp",
        "",
        "answer: INTERNAL_ERROR",
        "its service doesn't exist; theirs says that it was done",
    ),
    Explained(
        "light.slow_lamp",
        "TurnOn",
        "answer: DeferredResponse",
        "it takes ten seconds; theirs says that it was done",
    ),
    Explained(
        "lock.poorly_installed_door",
        "Lock",
        "answer: HARDWARE_MALFUNCTION",
        "its bolt jams; theirs answers before that is known",
    ),
    Explained(
        "light.",
        "SetColorTemperature 9000",
        "",
        "beyond the lamp's range: the nearest white, where theirs passes any number on",
    ),
    Explained(
        "light.",
        "IncreaseColorTemperature",
        "",
        "each side has its own size of a step",
    ),
    Explained(
        "light.",
        "DecreaseColorTemperature",
        "",
        "each side has its own size of a step",
    ),
    Explained(
        "light.",
        "SetColor",
        "brightness",
        "a colour's brightness is part of it; theirs leaves the lamp's as it is",
    ),
    Explained(
        "light.",
        "ReportState",
        "Alexa.ColorController",
        "a lamp that shines white has no colour",
    ),
    Explained(
        "climate.",
        "SetTargetTemperature",
        "answer: DUAL_SETPOINTS_UNSUPPORTED",
        "it has one setpoint; theirs says that two were set",
    ),
    Explained(
        "water_heater.",
        "SetTargetTemperature",
        "answer: DUAL_SETPOINTS_UNSUPPORTED",
        "it has one setpoint; theirs calls two out of range",
    ),
    Explained(
        "water_heater.",
        "SetThermostatMode",
        "",
        "it can be switched off and on; theirs offers it and refuses",
    ),
    Explained(
        "climate.ecobee",
        "SetTargetTemperature",
        "",
        "one setpoint for a range: its middle; theirs sets nothing",
    ),
    Explained(
        "climate.hvac",
        "AdjustTargetTemperature",
        "",
        "in mode HEAT the setpoint moves; theirs moves the range, which that mode doesn't use",
    ),
    Explained(
        "climate.",
        "SetThermostatMode AUTO",
        "state",
        "AUTO is what heats and cools to a range; theirs takes the device's own schedule",
    ),
];

/// Why a difference is as it should be; `None`: it isn't.
pub fn reason(entity: &str, what: &str, difference: &str) -> Option<&'static str> {
    EXPLAINED
        .iter()
        .find(|Explained(entities, tried, part, _)| {
            entity.starts_with(entities) && what.contains(tried) && difference.contains(part)
        })
        .map(|Explained(.., reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_holds_for_its_entities_directives_and_differences_only() {
        let answer = "answer: DeferredResponse, theirs Response";
        assert!(reason("light.slow_lamp", "TurnOn", answer).is_some());
        assert!(reason("light.slow_lamp", "TurnOff", answer).is_none());
        assert!(reason("light.bed_light", "TurnOn", answer).is_none());
        assert!(reason("light.slow_lamp", "TurnOn", "state: \"off\", theirs \"on\"").is_none());
    }
}
