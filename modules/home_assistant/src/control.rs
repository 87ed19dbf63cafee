//! Telling devices what to do, and seeing that they do it.
use std::time::Duration;

use home_types::{Command, DeviceReport, DeviceState, HomeError, LockState};
use lmms::{Context, operation};
use serde_json::Value;

use crate::devices::{Found, find, server};
use crate::entity::Entity;
use crate::peers::PeerWire;
use crate::server::Server;
use crate::services::calls;

/// The pauses between looks at a device that doesn't show yet what it was told.
const LOOKS: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1_200),
    Duration::from_millis(1_600),
];

/// Tells a device what to do through the services for it, and returns its new state as the server tells it. The state
/// is `pending` if the device doesn't show the effect in time; it may follow.
#[operation(interface = "home_assistant")]
pub fn apply(
    cx: &Context,
    url: &str,
    token: &str,
    id: &str,
    command: &Command,
) -> Result<DeviceState, HomeError> {
    let wire = PeerWire::new(cx);
    control_on(&server(&wire, cx, url, token)?, id, command).map(|report| report.state)
}

/// The same as `apply`, with the device.
#[operation(interface = "home_assistant")]
pub fn control(
    cx: &Context,
    url: &str,
    token: &str,
    id: &str,
    command: &Command,
) -> Result<DeviceReport, HomeError> {
    let wire = PeerWire::new(cx);
    control_on(&server(&wire, cx, url, token)?, id, command)
}

pub(crate) fn control_on(
    server: &Server<'_>,
    id: &str,
    command: &Command,
) -> Result<DeviceReport, HomeError> {
    let found = find(server, id)?;
    if !found.state.online {
        return Err(HomeError::DeviceUnreachable { id: id.to_owned() });
    }
    let command = command.resolve(&found.device, &found.state)?;
    let (mut known, mut looks) = (None, LOOKS.as_slice());
    for call in calls(&Entity::new(&found.value, found.facts), &command) {
        match server.call(&call)? {
            Some(changed) => known = newest(&changed, id).or(known),
            // It takes long: the device is looked at once.
            None => looks = &[],
        }
    }
    let state = watch(server, &found, &command, known, looks)?;
    Ok(DeviceReport {
        device: found.device,
        state,
    })
}

/// Watches until the device shows what it was told, for as long as there is time. `known` is its state, if the server
/// has told it.
fn watch(
    server: &Server<'_>,
    found: &Found,
    command: &Command,
    mut known: Option<Value>,
    looks: &[Duration],
) -> Result<DeviceState, HomeError> {
    let mut last = found.state.clone();
    let mut looks = looks.iter();
    loop {
        let value = match known.take() {
            Some(value) => value,
            // The command was given: a server that stops answering now doesn't take it back.
            None => match server.entity(&found.device.id) {
                Ok(value) => value,
                Err(HomeError::Unreachable { .. }) => return Ok(pending(last)),
                Err(error) => return Err(error),
            },
        };
        let entity = Entity::new(&value, found.facts);
        let now = entity.state(&found.device);
        if now.lock == Some(LockState::Jammed) {
            return Err(HomeError::DeviceFailed {
                id: found.device.id.clone(),
                reason: "the bolt is stuck".to_owned(),
            });
        }
        if !now.online {
            return Err(HomeError::DeviceUnreachable {
                id: found.device.id.clone(),
            });
        }
        if command.is_done(&found.state, &now) && !now.pending {
            return Ok(now);
        }
        let is_slow = matches!(entity.state_text(), "opening" | "closing");
        last = now;
        let pause = looks.next().filter(|_| !is_slow);
        if !pause.is_some_and(|pause| server.pause(*pause)) {
            return Ok(pending(last));
        }
    }
}

fn pending(state: DeviceState) -> DeviceState {
    DeviceState {
        pending: true,
        ..state
    }
}

/// An entity's newest state among those that a service call changed; it need not be among them.
fn newest(changed: &Value, id: &str) -> Option<Value> {
    let states = changed.as_array()?;
    let of_entity = states.iter().rev().find(|state| state["entity_id"] == id);
    of_entity.cloned()
}

#[cfg(test)]
mod tests;
