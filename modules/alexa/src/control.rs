//! What all controllers have in common.
use std::time::Duration;

use home_types::{Command, TemperatureScale};
use serde_json::Value;

use crate::directive::Directive;
use crate::error::Failure;
use crate::home::Home;
use crate::message::done;

/// Tells the directive's device what to do and answers with its new state.
pub(crate) fn command(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
    command: &Command,
) -> Result<Value, Failure> {
    command_on_scale(home, now, directive, command, TemperatureScale::Celsius)
}

/// The same, with temperatures on the scale the customer used.
pub(crate) fn command_on_scale(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
    command: &Command,
    scale: TemperatureScale,
) -> Result<Value, Failure> {
    let id = directive.device_id()?;
    let device = home.device(&id)?;
    let state = home
        .apply(&id, command)
        .map_err(|error| Failure::from(error).on_scale(scale))?;
    Ok(done(directive, now, &device, &state, scale))
}
