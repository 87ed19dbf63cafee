//! Telling devices what to do: one, several, or as services.
use home_types::json::Json;
use home_types::{
    Command, DeviceKind, DeviceReport, DeviceState, GroupOutcome, HomeError, HomeTarget,
};
use lmms::{Context, operation};
use serde_json::Value;

use crate::catalog::devices_in;
use crate::home::Home;
use crate::peers::open;
use crate::services;

/// Tells a device what to do and returns its new state.
#[operation(interface = "devices")]
pub fn apply(
    cx: &Context,
    home: &HomeTarget,
    id: &str,
    command: &Command,
) -> Result<DeviceState, HomeError> {
    open(cx, home).apply(id, command)
}

/// The same as `apply`, with the device, in one question.
#[operation(interface = "devices")]
pub fn control(
    cx: &Context,
    home: &HomeTarget,
    id: &str,
    command: &Command,
) -> Result<DeviceReport, HomeError> {
    open(cx, home).control(id, command)
}

/// Tells several devices the same; what became of each, in the order given. One that fails does not stop the others.
#[operation(interface = "devices")]
pub fn apply_to_group(
    cx: &Context,
    home: &HomeTarget,
    ids: &[String],
    command: &Command,
) -> Vec<GroupOutcome> {
    apply_to(&open(cx, home), ids.iter().map(String::as_str), command)
}

/// Tells all devices in a room that can do it the same; what became of each. The room as people say it.
#[operation(interface = "devices")]
pub fn apply_to_room(
    cx: &Context,
    home: &HomeTarget,
    room: &str,
    command: &Command,
) -> Result<Vec<GroupOutcome>, HomeError> {
    let home = open(cx, home);
    let mut devices = devices_in(&home, room)?;
    devices.retain(|device| device.can(command.needs()));
    Ok(apply_to(
        &home,
        devices.iter().map(|device| device.id.as_str()),
        command,
    ))
}

/// Tells all devices of a kind that can do it the same, such as all lights to turn off; what became of each.
#[operation(interface = "devices")]
pub fn apply_to_kind(
    cx: &Context,
    home: &HomeTarget,
    kind: DeviceKind,
    command: &Command,
) -> Result<Vec<GroupOutcome>, HomeError> {
    let home = open(cx, home);
    let mut devices = home.devices()?;
    devices.retain(|device| device.kind == kind && device.can(command.needs()));
    Ok(apply_to(
        &home,
        devices.iter().map(|device| device.id.as_str()),
        command,
    ))
}

/// Calls a service as Home Assistant names them, such as `light` `turn_on` with the data `{"brightness_pct": 40}`, in
/// any home; the new states of the devices named. `entity_id`, or else the data's `entity_id`, says which those are.
#[operation(interface = "devices")]
pub fn call_service(
    cx: &Context,
    home: &HomeTarget,
    domain: &str,
    service: &str,
    entity_id: Option<&str>,
    data: Option<&str>,
) -> Result<Vec<DeviceState>, HomeError> {
    call(&open(cx, home), domain, service, entity_id, data)
}

fn apply_to<'a>(
    home: &dyn Home,
    ids: impl Iterator<Item = &'a str>,
    command: &Command,
) -> Vec<GroupOutcome> {
    let mut outcomes: Vec<GroupOutcome> = Vec::new();
    for id in ids {
        // Toggling twice, or dimming twice, is not what anyone meant.
        if outcomes.iter().all(|outcome| outcome.device_id != id) {
            outcomes.push(GroupOutcome {
                device_id: id.to_owned(),
                result: home.apply(id, command),
            });
        }
    }
    outcomes
}

fn call(
    home: &dyn Home,
    domain: &str,
    service: &str,
    entity_id: Option<&str>,
    data: Option<&str>,
) -> Result<Vec<DeviceState>, HomeError> {
    let refuse = |reason: &dyn std::fmt::Display| HomeError::invalid_input("data", reason);
    let text = data.unwrap_or("{}");
    let document = Json::parse(text).map_err(|error| refuse(&error))?;
    if !matches!(document, Json::Object(_)) {
        return Err(refuse(&"it is not a JSON object"));
    }
    let fields: Value = serde_json::from_str(text).map_err(|error| refuse(&error))?;
    let ids = services::entity_ids(entity_id, &fields);
    if home
        .call_service(domain, service, entity_id, data)?
        .is_none()
    {
        services::check_digits(&document)?;
        let commands = services::commands(domain, service, &fields)?;
        if ids.is_empty() {
            return Err(HomeError::invalid_input(
                "entity_id",
                "neither it nor the data says which device is meant",
            ));
        }
        for id in &ids {
            for command in &commands {
                home.apply(id, command)?;
            }
        }
    }
    ids.iter().map(|id| home.state(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeHome;

    #[test]
    fn one_failure_does_not_stop_a_group() {
        let home = FakeHome::new();
        let ids = [
            "light.kitchen",
            "light.nowhere",
            "light.floor_lamp",
            "light.kitchen",
        ];
        let outcomes = apply_to(&home, ids.into_iter(), &Command::Toggle);
        assert_eq!(outcomes.len(), 3, "each device once");
        assert_eq!(outcomes[0].result.as_ref().unwrap().power, Some(false));
        assert_eq!(
            outcomes[1].result,
            Err(HomeError::NoSuchDevice {
                id: "light.nowhere".into()
            })
        );
        assert_eq!(outcomes[2].result.as_ref().unwrap().power, Some(true));
    }

    #[test]
    fn services_work_without_home_assistant() {
        let home = FakeHome::new();
        let states = call(
            &home,
            "light",
            "turn_on",
            Some("light.floor_lamp"),
            Some(r#"{"brightness_pct":40}"#),
        )
        .unwrap();
        assert_eq!(
            (states[0].power, states[0].brightness),
            (Some(true), Some(40))
        );
        let data = r#"{"entity_id":["light.kitchen","light.floor_lamp"]}"#;
        let states = call(&home, "homeassistant", "turn_off", None, Some(data)).unwrap();
        assert!(states.len() == 2 && states.iter().all(|state| state.power == Some(false)));
        assert!(call(&home, "light", "turn_on", None, None).is_err());
        assert!(call(&home, "light", "explode", Some("light.kitchen"), None).is_err());
        for data in ["[]", r#"{"brightness_pct":1,"brightness_pct":2}"#] {
            assert!(call(&home, "light", "turn_on", Some("light.kitchen"), Some(data)).is_err());
        }
        for number in [
            "9007199254740993",
            "12345678901234567890123",
            "0.12345678901234567890",
        ] {
            let data = format!(r#"{{"brightness_pct":40,"more":[{{"id":{number}}}]}}"#);
            let refused = call(
                &home,
                "light",
                "turn_on",
                Some("light.kitchen"),
                Some(&data),
            );
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(number), "{error}");
        }
    }
}
