//! Telling how devices are: `ReportState`, `ChangeReport`, and the properties in every answer.
use std::time::Duration;

use home_types::{
    AlexaError, Capability, Device, DeviceKind, DeviceState, NamespaceInfo, Temperature,
    TemperatureScale,
};
use lmms::{Context, operation};
use serde_json::{Value, json};

use crate::directive::Directive;
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::interface::{Interface, Shown};
use crate::message::{Header, endpoint_id, number, state_message, temperature, timestamp};
use crate::{opening, settings};

/// How old what the home tells may be, in milliseconds.
const UNCERTAINTY_MS: u32 = 200;

/// The interfaces that are supported, with their directives and properties.
#[operation(interface = "alexa", cache(ttl = "1h"))]
pub fn list_namespaces() -> Vec<NamespaceInfo> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let info = |interface: &Interface| NamespaceInfo {
        namespace: interface.namespace.to_owned(),
        version: interface.version.to_owned(),
        directives: owned(interface.directives),
        properties: owned(interface.properties),
    };
    Interface::ALL.iter().map(info).collect()
}

/// Builds a `ChangeReport`: how a device has changed from `before` to `after`, told to Alexa without being asked.
///
/// `cause` is one of the API's causes, such as `PHYSICAL_INTERACTION`; `token` is the customer's token for Alexa's
/// event gateway. An error if the cause is unknown or nothing that Alexa knows of has changed.
#[operation(interface = "alexa")]
pub fn build_change_report(
    cx: &Context,
    device: &Device,
    before: &DeviceState,
    after: &DeviceState,
    cause: &str,
    token: &str,
) -> Result<String, AlexaError> {
    const CAUSES: [&str; 6] = [
        "APP_INTERACTION",
        "ALEXA_INTERACTION",
        "PERIODIC_POLL",
        "PHYSICAL_INTERACTION",
        "RULE_TRIGGER",
        "VOICE_INTERACTION",
    ];
    if !CAUSES.contains(&cause) {
        let message = format!(
            "{cause:?} is not a cause; the causes are {}",
            CAUSES.join(", ")
        );
        return Err(Failure::new(Kind::InvalidValue, message).into());
    }
    let now = cx.unix_time();
    let earlier = properties(device, before, now, TemperatureScale::Celsius);
    let present = properties(device, after, now, TemperatureScale::Celsius);
    let (same, changed): (Vec<Value>, Vec<Value>) = present
        .into_iter()
        .partition(|property| earlier.contains(property));
    if changed.is_empty() {
        let message = format!("nothing that Alexa knows of has changed at {}", device.id);
        return Err(Failure::new(Kind::InvalidValue, message).into());
    }
    let report = json!({
        "event": {
            "header": Header::new("Alexa", "ChangeReport").without_token(),
            "endpoint": {
                "scope": { "type": "BearerToken", "token": token },
                "endpointId": endpoint_id(&device.id),
            },
            "payload": { "change": { "cause": { "type": cause }, "properties": changed } },
        },
        "context": { "properties": same },
    });
    Ok(report.to_string())
}

/// Answers `ReportState`. A device out of reach is reported with what was last known of it, and as unreachable.
pub(crate) fn handle(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    if directive.name != "ReportState" {
        return Err(directive.unknown());
    }
    let report = home.report(&directive.device_id()?)?;
    Ok(state_message(
        directive,
        "StateReport",
        now,
        &report.device,
        &report.state,
        TemperatureScale::Celsius,
    ))
}

/// A device's state as the API's properties. What is not known is left out.
pub(crate) fn properties(
    device: &Device,
    state: &DeviceState,
    now: Duration,
    scale: TemperatureScale,
) -> Vec<Value> {
    let time = timestamp(now);
    let mut properties = Vec::new();
    let mut add = |shown: Shown, values: Vec<Option<Value>>| {
        for (name, value) in shown.interface.properties.iter().zip(values) {
            let Some(value) = value else { continue };
            let mut property = json!({
                "namespace": shown.interface.namespace,
                "name": name,
                "value": value,
                "timeOfSample": time,
                "uncertaintyInMilliseconds": UNCERTAINTY_MS,
            });
            if let Some(instance) = shown.instance {
                property["instance"] = json!(instance);
            }
            properties.push(property);
        }
    };
    for capability in &device.capabilities {
        if let Some(shown) = Shown::of(device, capability) {
            add(shown, values(device, capability, state, scale));
        }
    }
    if device.kind != DeviceKind::Scene {
        let connectivity = if state.online { "OK" } else { "UNREACHABLE" };
        add(
            Shown::plain(Interface::ENDPOINT_HEALTH),
            vec![Some(json!({ "value": connectivity }))],
        );
    }
    properties
}

/// The values of a capability's properties, in the order in which its interface names them.
fn values(
    device: &Device,
    capability: &Capability,
    state: &DeviceState,
    scale: TemperatureScale,
) -> Vec<Option<Value>> {
    let degrees = |celsius: f64| temperature(Temperature::celsius(celsius).to_scale(scale));
    let detected = |is: bool| json!(if is { "DETECTED" } else { "NOT_DETECTED" });
    match capability {
        Capability::Power => vec![state.power.map(|on| json!(if on { "ON" } else { "OFF" }))],
        Capability::Brightness => vec![state.brightness.map(|percent| json!(percent))],
        Capability::Color => vec![state.color.map(|color| {
            json!({ "hue": color.hue, "saturation": color.saturation, "brightness": color.brightness })
        })],
        Capability::ColorTemperature { .. } => vec![state.color_temperature.map(|kelvin| json!(kelvin))],
        Capability::Percentage => vec![state.percentage.map(|percent| json!(percent))],
        Capability::Oscillation | Capability::Direction | Capability::Preset { .. } => {
            vec![settings::value(device.kind, capability, state)]
        }
        Capability::Thermostat { .. } => {
            vec![
                state.target_temperature.map(degrees),
                state.target_low.map(degrees),
                state.target_high.map(degrees),
                state.mode.map(|mode| json!(mode.name())),
            ]
        }
        Capability::Opening => vec![state.open.map(|open| json!(opening::mode(open)))],
        Capability::Tilt => vec![state.tilt.map(|percent| json!(percent))],
        Capability::Number { .. } => vec![state.number.map(number)],
        Capability::Speaker => {
            vec![state.volume.map(|percent| json!(percent)), state.muted.map(|muted| json!(muted))]
        }
        Capability::Lock => vec![state.lock.map(|lock| json!(lock.name()))],
        Capability::TemperatureSensor => vec![state.temperature.map(degrees)],
        Capability::HumiditySensor => vec![state.humidity.map(|percent| json!(percent))],
        Capability::MotionSensor => vec![state.motion.map(detected)],
        Capability::ContactSensor => vec![state.open.map(detected)],
        Capability::TemperatureRange { .. }
        | Capability::Playback { .. }
        | Capability::Scene { .. }
        | Capability::Camera
        | Capability::CameraStream => {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use home_types::DeviceReport;

    use super::*;
    use crate::testing::{FakeHome, answer};

    fn property<'a>(response: &'a Value, name: &str) -> &'a Value {
        let properties = response["context"]["properties"].as_array().unwrap();
        &properties
            .iter()
            .find(|property| property["name"] == name)
            .unwrap()["value"]
    }

    #[test]
    fn a_state_is_reported() {
        let home = FakeHome::new();
        let report = answer(
            &home,
            "Alexa",
            "ReportState",
            Some("climate#room"),
            json!({}),
        );
        assert_eq!(report["event"]["header"]["name"], "StateReport");
        assert_eq!(report["event"]["endpoint"]["endpointId"], "climate#room");
        assert_eq!(
            property(&report, "targetSetpoint"),
            &json!({ "value": 20.0, "scale": "CELSIUS" })
        );
        assert_eq!(property(&report, "thermostatMode"), "HEAT");
        assert_eq!(
            property(&report, "temperature"),
            &json!({ "value": 19.5, "scale": "CELSIUS" })
        );
        assert_eq!(property(&report, "connectivity"), &json!({ "value": "OK" }));
        let sample = &report["context"]["properties"][0];
        assert_eq!(sample["timeOfSample"], "2026-11-23T07:00:00.000Z");
        assert_eq!(sample["uncertaintyInMilliseconds"], UNCERTAINTY_MS);
    }

    #[test]
    fn a_device_out_of_reach_is_reported_as_such() {
        let home = FakeHome::new();
        home.set_online("light.lamp", false);
        let report = answer(&home, "Alexa", "ReportState", Some("light#lamp"), json!({}));
        assert_eq!(report["event"]["header"]["name"], "StateReport");
        assert_eq!(
            property(&report, "connectivity"),
            &json!({ "value": "UNREACHABLE" })
        );
        assert_eq!(property(&report, "powerState"), "OFF");
    }

    #[test]
    fn sensors_report_what_they_measure() {
        let home = FakeHome::new();
        let report = answer(&home, "Alexa", "ReportState", Some("sensor#all"), json!({}));
        assert_eq!(property(&report, "relativeHumidity"), 55.0);
        let detection: Vec<&Value> = report["context"]["properties"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|property| property["name"] == "detectionState")
            .collect();
        assert_eq!(detection[0]["namespace"], "Alexa.MotionSensor");
        assert_eq!(detection[0]["value"], "DETECTED");
        assert_eq!(detection[1]["namespace"], "Alexa.ContactSensor");
        assert_eq!(detection[1]["value"], "NOT_DETECTED");
    }

    #[test]
    fn changes_are_told_with_their_cause() {
        let home = FakeHome::new();
        let DeviceReport {
            device,
            state: before,
        } = home.report("light.lamp").unwrap();
        let after = DeviceState {
            power: Some(true),
            ..before.clone()
        };
        let cx = Context::detached();
        let report =
            build_change_report(&cx, &device, &before, &after, "PHYSICAL_INTERACTION", "t")
                .unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let change = &report["event"]["payload"]["change"];
        assert_eq!(change["cause"]["type"], "PHYSICAL_INTERACTION");
        assert_eq!(change["properties"].as_array().unwrap().len(), 1);
        assert_eq!(change["properties"][0]["value"], "ON");
        assert!(
            !report["context"]["properties"]
                .as_array()
                .unwrap()
                .is_empty()
        );
        assert!(
            build_change_report(&cx, &device, &before, &before, "PHYSICAL_INTERACTION", "t")
                .is_err()
        );
        assert!(build_change_report(&cx, &device, &before, &after, "BOREDOM", "t").is_err());
    }

    #[test]
    fn interfaces_are_listed() {
        let listed = list_namespaces();
        assert_eq!(listed.len(), Interface::ALL.len());
        assert!(
            listed
                .iter()
                .any(|info| info.directives.contains(&"SetColor".to_owned()))
        );
    }
}
