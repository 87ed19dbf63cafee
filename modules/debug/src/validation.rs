//! Whether what a home says of itself makes sense.
use std::collections::{HashMap, HashSet};

use home_types::{
    Capability, Device, DeviceKind, DeviceState, Finding, HomeError, HomeTarget, Severity,
};
use lmms::{Context, operation};

use crate::home::Home;
use crate::peers::PeerHome;

/// Looks through a home for what will not work or is not plausible: devices without a name or with the same name in one
/// room, ranges that are none, values outside theirs, devices out of reach, states without a device. The worst comes
/// first.
#[operation(interface = "debug")]
pub fn validate_home(cx: &Context, home: &HomeTarget) -> Result<Vec<Finding>, HomeError> {
    validate(&PeerHome::new(cx, home))
}

fn validate(home: &dyn Home) -> Result<Vec<Finding>, HomeError> {
    let devices = home.devices()?;
    let states: HashMap<String, DeviceState> = home
        .states()?
        .into_iter()
        .map(|state| (state.device_id.clone(), state))
        .collect();
    let mut findings = Vec::new();
    if devices.is_empty() {
        findings.push(finding(
            Severity::Warning,
            "home",
            "it has no devices; add some".to_owned(),
        ));
    }
    let mut ids = HashSet::new();
    let mut names: HashMap<(String, String), &str> = HashMap::new();
    for device in &devices {
        if !ids.insert(device.id.as_str()) {
            findings.push(finding(
                Severity::Error,
                &device.id,
                "its id is that of another device, too".to_owned(),
            ));
        }
        let spoken = (
            device.room.to_lowercase(),
            device.name.trim().to_lowercase(),
        );
        if let Some(other) = names.insert(spoken, &device.id) {
            let message = format!(
                "it is called like `{other}` in the same room: nobody can tell them apart; rename one"
            );
            findings.push(finding(Severity::Warning, &device.id, message));
        }
        findings.extend(described(device));
        match states.get(&device.id) {
            Some(state) => findings.extend(plausible(device, state)),
            None => findings.push(finding(
                Severity::Error,
                &device.id,
                "the home does not tell its state".to_owned(),
            )),
        }
    }
    let mut strays: Vec<&String> = states
        .keys()
        .filter(|id| !ids.contains(id.as_str()))
        .collect();
    strays.sort_unstable();
    findings.extend(strays.into_iter().map(|id| {
        finding(
            Severity::Warning,
            id,
            "the home tells a state of it, but does not list it".to_owned(),
        )
    }));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(findings)
}

fn described(device: &Device) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find =
        |severity, message: &str| findings.push(finding(severity, &device.id, message.to_owned()));
    if device.name.trim().is_empty() {
        find(
            Severity::Error,
            "it has no name: nobody can ask for it; give it one",
        );
    }
    if device.name.chars().count() > 128 {
        find(
            Severity::Warning,
            "its name has more than 128 characters: assistants cut it off",
        );
    }
    if device.capabilities.is_empty() {
        find(Severity::Notice, "it can do and report nothing");
    }
    if device.room.is_empty() && device.kind != DeviceKind::Scene {
        find(Severity::Notice, "it is in no room");
    }
    for capability in &device.capabilities {
        match capability {
            Capability::ColorTemperature {
                minimum_kelvin,
                maximum_kelvin,
            } if minimum_kelvin >= maximum_kelvin => {
                find(Severity::Error, "its range of color temperatures is none");
            }
            Capability::Thermostat {
                minimum_celsius,
                maximum_celsius,
                ..
            } if minimum_celsius >= maximum_celsius => {
                find(Severity::Error, "its range of temperatures is none");
            }
            Capability::Thermostat { modes, .. } if modes.is_empty() => {
                find(Severity::Warning, "it has no modes");
            }
            _ => {}
        }
    }
    findings
}

fn plausible(device: &Device, state: &DeviceState) -> Vec<Finding> {
    if !state.online {
        let message = "it does not answer; check its power and its connection".to_owned();
        return vec![finding(Severity::Warning, &device.id, message)];
    }
    let mut findings = Vec::new();
    let mut outside = |what: &str, value: Option<f64>, minimum: f64, maximum: f64| {
        if let Some(value) = value.filter(|value| !(minimum..=maximum).contains(value)) {
            let message = format!("its {what} of {value} is not between {minimum} and {maximum}");
            findings.push(finding(Severity::Error, &device.id, message));
        }
    };
    outside("brightness", state.brightness.map(f64::from), 0.0, 100.0);
    outside("level", state.percentage.map(f64::from), 0.0, 100.0);
    outside("humidity", state.humidity, 0.0, 100.0);
    outside("temperature", state.temperature, -90.0, 120.0);
    outside("power", state.watts, 0.0, 1e6);
    if let Some(color) = state.color {
        outside("hue", Some(color.hue), 0.0, 360.0);
        outside("saturation", Some(color.saturation), 0.0, 1.0);
    }
    if let Some(Capability::ColorTemperature {
        minimum_kelvin,
        maximum_kelvin,
    }) = device.capability("color_temperature")
    {
        let (minimum, maximum) = (f64::from(*minimum_kelvin), f64::from(*maximum_kelvin));
        outside(
            "color temperature",
            state.color_temperature.map(f64::from),
            minimum,
            maximum,
        );
    }
    if let Some(Capability::Thermostat {
        minimum_celsius,
        maximum_celsius,
        ..
    }) = device.capability("thermostat")
    {
        outside(
            "target temperature",
            state.target_temperature,
            *minimum_celsius,
            *maximum_celsius,
        );
    }
    findings
}

fn finding(severity: Severity, subject: &str, message: String) -> Finding {
    Finding {
        severity,
        subject: subject.to_owned(),
        message,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A home that has these devices, or answers with this error.
    pub(crate) struct FakeHome(pub(crate) Result<Vec<(Device, DeviceState)>, HomeError>);

    impl Home for FakeHome {
        fn devices(&self) -> Result<Vec<Device>, HomeError> {
            Ok(self
                .0
                .clone()?
                .into_iter()
                .map(|(device, _)| device)
                .collect())
        }

        fn states(&self) -> Result<Vec<DeviceState>, HomeError> {
            Ok(self
                .0
                .clone()?
                .into_iter()
                .map(|(_, state)| state)
                .collect())
        }

        fn state(&self, id: &str) -> Result<DeviceState, HomeError> {
            let found = self
                .states()?
                .into_iter()
                .find(|state| state.device_id == id);
            found.ok_or_else(|| HomeError::NoSuchDevice { id: id.to_owned() })
        }

        fn compare(&self, one: &str, other: &str) -> Result<f64, HomeError> {
            self.0.clone().map(|_| f64::from(one == other))
        }
    }

    pub(crate) fn device(id: &str, name: &str) -> (Device, DeviceState) {
        let device = Device {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: DeviceKind::Light,
            room: "Room".to_owned(),
            manufacturer: String::new(),
            model: String::new(),
            rated_watts: 0.0,
            capabilities: vec![Capability::Power, Capability::Brightness],
            description: None,
            display_category: None,
        };
        let state = DeviceState {
            device_id: id.to_owned(),
            online: true,
            brightness: Some(50),
            ..DeviceState::default()
        };
        (device, state)
    }

    fn findings(devices: Vec<(Device, DeviceState)>) -> Vec<(Severity, String, String)> {
        let findings = validate(&FakeHome(Ok(devices))).unwrap();
        findings
            .into_iter()
            .map(|finding| (finding.severity, finding.subject, finding.message))
            .collect()
    }

    #[test]
    fn a_sound_home_has_no_findings() {
        assert_eq!(
            findings(vec![device("light.a", "A"), device("light.b", "B")]),
            []
        );
    }

    #[test]
    fn each_flaw_is_found() {
        let flawed = |change: fn(&mut (Device, DeviceState))| {
            let mut device = device("light.a", "A");
            change(&mut device);
            let found = findings(vec![device]);
            assert_eq!(found.len(), 1, "{found:?}");
            found[0].clone()
        };
        assert_eq!(
            flawed(|(device, _)| device.name = " ".into()).0,
            Severity::Error
        );
        assert_eq!(
            flawed(|(device, _)| device.room.clear()).0,
            Severity::Notice
        );
        assert_eq!(
            flawed(|(_, state)| state.online = false).0,
            Severity::Warning
        );
        assert!(
            flawed(|(_, state)| state.brightness = Some(200))
                .2
                .contains("brightness of 200")
        );
        assert!(
            flawed(|(_, state)| state.temperature = Some(f64::NAN))
                .2
                .contains("NaN")
        );
        let empty = Capability::ColorTemperature {
            minimum_kelvin: 5000,
            maximum_kelvin: 5000,
        };
        let mut lamp = device("light.a", "A");
        lamp.0.capabilities.push(empty);
        assert!(
            findings(vec![lamp])[0]
                .2
                .contains("range of color temperatures")
        );
    }

    #[test]
    fn devices_are_compared_with_each_other() {
        let found = findings(vec![
            device("light.a", "Lamp"),
            device("light.b", "lamp "),
            device("light.a", "C"),
        ]);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].0, found[0].1.as_str()),
            (Severity::Error, "light.a"),
            "the worst comes first"
        );
        assert!(found[1].2.contains("rename"));
        assert_eq!(findings(vec![])[0].1, "home");
    }

    #[test]
    fn a_home_that_does_not_answer_is_an_error() {
        let error = HomeError::Unreachable {
            home: "it".into(),
            reason: "gone".into(),
        };
        assert_eq!(validate(&FakeHome(Err(error.clone()))), Err(error));
    }
}
