//! `Alexa.Discovery`: which endpoints there are and what they can do.
use std::time::Duration;

use home_types::{AlexaError, Device, DeviceKind};
use lmms::operation;
use serde_json::{Value, json};

use crate::directive::Directive;
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::interface::{Interface, Shown};
use crate::message::{Header, endpoint_id};

/// The API takes no more endpoints than this in one answer.
const MOST_ENDPOINTS: usize = 300;

/// What discovery says a device can do: a JSON array of the API's capability objects.
#[operation(interface = "alexa", cache(ttl = "10m"))]
pub fn describe_capabilities(device: &Device) -> String {
    Value::Array(capabilities(device)).to_string()
}

/// Builds an `AddOrUpdateReport`: devices that are new or have changed, told to Alexa without being asked.
/// `token` is the customer's token for Alexa's event gateway.
#[operation(interface = "alexa")]
pub fn build_add_or_update_report(devices: &[Device], token: &str) -> Result<String, AlexaError> {
    let endpoints: Vec<Value> = devices.iter().map(endpoint).collect();
    proactive("AddOrUpdateReport", endpoints, token)
}

/// Builds a `DeleteReport`: devices that are gone, told to Alexa without being asked.
/// `token` is the customer's token for Alexa's event gateway.
#[operation(interface = "alexa")]
pub fn build_delete_report(device_ids: &[String], token: &str) -> Result<String, AlexaError> {
    let endpoints = device_ids
        .iter()
        .map(|id| json!({ "endpointId": endpoint_id(id) }))
        .collect();
    proactive("DeleteReport", endpoints, token)
}

/// Answers `Discover`.
pub(crate) fn handle(
    home: &dyn Home,
    _now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    if directive.name != "Discover" {
        return Err(directive.unknown());
    }
    let mut devices = home.devices()?;
    if devices.len() > MOST_ENDPOINTS {
        tracing::warn!(
            devices = devices.len(),
            told = MOST_ENDPOINTS,
            "Alexa takes no more endpoints than this"
        );
        devices.truncate(MOST_ENDPOINTS);
    }
    let endpoints: Vec<Value> = devices.iter().map(endpoint).collect();
    // The API wants no correlation token here.
    let header = Header::new("Alexa.Discovery", "Discover.Response").without_token();
    Ok(json!({ "event": { "header": header, "payload": { "endpoints": endpoints } } }))
}

fn proactive(name: &str, endpoints: Vec<Value>, token: &str) -> Result<String, AlexaError> {
    if endpoints.is_empty() || endpoints.len() > MOST_ENDPOINTS {
        let message = format!(
            "a report names 1 to {MOST_ENDPOINTS} devices, not {}",
            endpoints.len()
        );
        return Err(Failure::new(Kind::InvalidValue, message).into());
    }
    let payload =
        json!({ "endpoints": endpoints, "scope": { "type": "BearerToken", "token": token } });
    let header = Header::new("Alexa.Discovery", name).without_token();
    Ok(json!({ "event": { "header": header, "payload": payload } }).to_string())
}

fn endpoint(device: &Device) -> Value {
    let or = |text: &str, other: &str| shorten(if text.trim().is_empty() { other } else { text });
    let description = match device.room.as_str() {
        "" => format!("{} of the smart home", device.kind),
        room => format!("{} in the {}", device.kind, room.to_lowercase()),
    };
    let manufacturer = or(&device.manufacturer, "Smart home");
    json!({
        "endpointId": endpoint_id(&device.id),
        "manufacturerName": manufacturer,
        "friendlyName": or(&device.name, &device.id),
        "description": shorten(device.description.as_deref().unwrap_or(&description)),
        "displayCategories": [device.display_category.as_deref().unwrap_or_else(|| category(device))],
        "additionalAttributes": { "manufacturer": manufacturer, "model": or(&device.model, "unknown") },
        "cookie": {},
        "capabilities": capabilities(device),
    })
}

fn capabilities(device: &Device) -> Vec<Value> {
    let mut described =
        vec![json!({ "type": "AlexaInterface", "interface": "Alexa", "version": "3" })];
    for capability in &device.capabilities {
        if let Some(shown) = Shown::of(device, capability) {
            described.push(shown.describe(device, Some(capability)));
        }
    }
    // A scene is nothing that could be out of reach.
    if device.kind != DeviceKind::Scene {
        described.push(Shown::plain(Interface::ENDPOINT_HEALTH).describe(device, None));
    }
    described
}

fn category(device: &Device) -> &'static str {
    match device.kind {
        DeviceKind::Light => "LIGHT",
        DeviceKind::Switch => "SWITCH",
        DeviceKind::Thermostat => "THERMOSTAT",
        DeviceKind::WaterHeater => "WATER_HEATER",
        DeviceKind::Lock => "SMARTLOCK",
        DeviceKind::Scene => "SCENE_TRIGGER",
        DeviceKind::Camera => "CAMERA",
        DeviceKind::Fan => "FAN",
        DeviceKind::Cover => "INTERIOR_BLIND",
        DeviceKind::Shutter => "EXTERIOR_BLIND",
        DeviceKind::GarageDoor => "GARAGE_DOOR",
        DeviceKind::Door => "DOOR",
        DeviceKind::MediaPlayer => "TV",
        DeviceKind::Vacuum => "VACUUM_CLEANER",
        DeviceKind::Sensor if device.can("temperature_sensor") => "TEMPERATURE_SENSOR",
        DeviceKind::Sensor if device.can("motion_sensor") => "MOTION_SENSOR",
        DeviceKind::Sensor if device.can("contact_sensor") => "CONTACT_SENSOR",
        DeviceKind::Humidifier
        | DeviceKind::Window
        | DeviceKind::Valve
        | DeviceKind::Sensor
        | DeviceKind::Other => "OTHER",
    }
}

/// Names and descriptions have at most 128 characters.
fn shorten(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(128)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeHome, answer};

    #[test]
    fn no_answer_has_more_endpoints_than_alexa_takes() {
        for (devices, told) in [(300, 300), (301, 300)] {
            let home = FakeHome::of_lamps(devices);
            let response = answer(&home, "Alexa.Discovery", "Discover", None, json!({}));
            let endpoints = response["event"]["payload"]["endpoints"].as_array();
            assert_eq!(endpoints.map(Vec::len), Some(told));
            let report = build_add_or_update_report(&home.devices().unwrap(), "token");
            assert_eq!(report.is_ok(), devices == told);
        }
    }

    #[test]
    fn all_devices_are_described() {
        let home = FakeHome::new();
        let response = answer(&home, "Alexa.Discovery", "Discover", None, json!({}));
        let header = &response["event"]["header"];
        assert_eq!(
            (&header["namespace"], &header["name"]),
            (&json!("Alexa.Discovery"), &json!("Discover.Response"))
        );
        assert_eq!(header.get("correlationToken"), None);
        let endpoints = response["event"]["payload"]["endpoints"]
            .as_array()
            .unwrap();
        assert_eq!(endpoints.len(), home.devices().unwrap().len());
        let lamp = endpoints
            .iter()
            .find(|endpoint| endpoint["endpointId"] == "light#lamp")
            .unwrap();
        assert_eq!(lamp["displayCategories"], json!(["LIGHT"]));
        let interfaces: Vec<&str> = lamp["capabilities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["interface"].as_str().unwrap())
            .collect();
        assert_eq!(
            interfaces,
            [
                "Alexa",
                "Alexa.PowerController",
                "Alexa.BrightnessController",
                "Alexa.ColorController",
                "Alexa.ColorTemperatureController",
                "Alexa.EndpointHealth"
            ]
        );
        let properties = &lamp["capabilities"][1]["properties"];
        assert_eq!(properties["supported"], json!([{ "name": "powerState" }]));
        assert_eq!(properties["retrievable"], true);
        let thermostat = endpoints
            .iter()
            .find(|endpoint| endpoint["endpointId"] == "climate#room")
            .unwrap();
        let modes = &thermostat["capabilities"][1]["configuration"]["supportedModes"];
        assert_eq!(modes, &json!(["OFF", "HEAT", "AUTO"]));
        let scene = endpoints
            .iter()
            .find(|endpoint| endpoint["endpointId"] == "scene#night")
            .unwrap();
        assert_eq!(scene["capabilities"].as_array().unwrap().len(), 2);
        assert_eq!(scene["capabilities"][1]["supportsDeactivation"], false);
        assert_eq!(scene["capabilities"][1].get("properties"), None);
    }

    #[test]
    fn a_garage_door_is_described_by_what_opens_and_closes_it() {
        let home = FakeHome::new();
        let response = answer(&home, "Alexa.Discovery", "Discover", None, json!({}));
        let endpoints = response["event"]["payload"]["endpoints"]
            .as_array()
            .unwrap();
        let find = |id: &str| {
            endpoints
                .iter()
                .find(|endpoint| endpoint["endpointId"] == id)
                .unwrap()
        };
        let garage = find("cover#garage");
        assert_eq!(garage["displayCategories"], json!(["GARAGE_DOOR"]));
        assert!(!garage.to_string().contains("Power"), "{garage}");
        let mode = &garage["capabilities"][1];
        assert_eq!(mode["interface"], "Alexa.ModeController");
        assert_eq!(mode["instance"], "GarageDoor.Position");
        assert_eq!(
            mode["configuration"]["supportedModes"][0]["value"],
            "Position.Up"
        );
        assert_eq!(
            mode["semantics"]["actionMappings"][1],
            json!({
                "@type": "ActionsToDirective",
                "actions": ["Alexa.Actions.Open", "Alexa.Actions.Raise"],
                "directive": { "name": "SetMode", "payload": { "mode": "Position.Up" } },
            })
        );
        assert_eq!(
            mode["semantics"]["stateMappings"][0],
            json!({ "@type": "StatesToValue", "states": ["Alexa.States.Closed"], "value": "Position.Down" })
        );
        let blind = find("cover#blind");
        let actions = |of: usize| {
            let mappings = blind["capabilities"][of]["semantics"]["actionMappings"]
                .as_array()
                .unwrap();
            mappings
                .iter()
                .map(|mapping| mapping["actions"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            actions(1),
            [
                json!(["Alexa.Actions.Lower"]),
                json!(["Alexa.Actions.Raise"])
            ]
        );
        assert_eq!(
            actions(2),
            [
                json!(["Alexa.Actions.Close"]),
                json!(["Alexa.Actions.Open"])
            ]
        );
    }

    #[test]
    fn a_thermostat_is_described_by_the_temperatures_it_keeps() {
        let home = FakeHome::new();
        let names = |id: &str| {
            let device = home.report(id).unwrap().device;
            let described = &capabilities(&device)[1]["properties"]["supported"];
            let names = described.as_array().unwrap().iter();
            names
                .map(|property| property["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("climate.room"), ["targetSetpoint", "thermostatMode"]);
        assert_eq!(
            names("climate.range"),
            ["lowerSetpoint", "upperSetpoint", "thermostatMode"]
        );
    }

    #[test]
    fn names_fit_the_api() {
        let mut device = FakeHome::new().devices().unwrap().remove(0);
        device.name = "ä\u{7}".repeat(300);
        device.manufacturer = " ".into();
        let endpoint = endpoint(&device);
        assert_eq!(
            endpoint["friendlyName"].as_str().unwrap().chars().count(),
            128
        );
        assert_eq!(endpoint["manufacturerName"], "Smart home");
    }

    #[test]
    fn a_description_and_a_category_of_ones_own_go_before_those_of_the_kind() {
        let mut device = FakeHome::new().devices().unwrap().remove(0);
        assert_eq!(endpoint(&device)["description"], "light in the test room");
        device.description = Some("Above the table".into());
        device.display_category = Some("CHRISTMAS_TREE".into());
        let endpoint = endpoint(&device);
        assert_eq!(endpoint["description"], "Above the table");
        assert_eq!(endpoint["displayCategories"], json!(["CHRISTMAS_TREE"]));
    }

    #[test]
    fn changes_are_told_unasked() {
        let devices = FakeHome::new().devices().unwrap();
        let report: Value =
            serde_json::from_str(&build_add_or_update_report(&devices, "t").unwrap()).unwrap();
        assert_eq!(report["event"]["header"]["name"], "AddOrUpdateReport");
        assert_eq!(report["event"]["payload"]["scope"]["token"], "t");
        let report = build_delete_report(&["light.lamp".to_owned()], "t").unwrap();
        assert!(report.contains(r#""endpointId":"light#lamp""#), "{report}");
        assert!(build_delete_report(&[], "t").is_err());
    }
}
