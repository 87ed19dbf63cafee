//! From an event to its answer.
use std::time::Duration;

use home_types::HomeTarget;
use lmms::{Context, operation};
use serde_json::{Value, json};

use crate::directive::{Directive, Reference, parse};
use crate::error::Failure;
use crate::home::Home;
use crate::later::Later;
use crate::peers::PeerHome;
use crate::{
    authorization, brightness, camera, color, diagnostic, discovery, lock, media, opening, power,
    report, scene, settings, thermostat,
};

/// Answers an event with a JSON document: a directive with what the API wants as its answer, an error response
/// included; an event with `health_check` or `test_type` with how the home is; any other JSON with an object of status
/// 400.
#[operation(interface = "alexa")]
pub fn process_directive(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), None)
}

/// The same for an event of any bytes: what is not UTF-8 or not JSON is an invalid directive.
#[operation(interface = "alexa")]
pub fn process_bytes(cx: &Context, home: &HomeTarget, event: &[u8]) -> String {
    answer(cx, home, event, None)
}

/// The answer that follows a `DeferredResponse`, to be sent to Alexa's event gateway with the customer's `token` for
/// it: `None` as long as the device doesn't show what the directive in `event` told it. The device is told nothing
/// again.
#[operation(interface = "alexa")]
pub fn answer_deferred(
    cx: &Context,
    home: &HomeTarget,
    event: &str,
    token: &str,
) -> Option<String> {
    let home = PeerHome::new(cx, home);
    let answer = respond_later(&home, cx.unix_time(), event.as_bytes(), token);
    answer.map(|answer| answer.to_string())
}

/// Answers `Discover` with the home's endpoints; anything but a directive of `Alexa.Discovery` is invalid.
#[operation(interface = "alexa")]
pub fn handle_discovery(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.Discovery"))
}

/// Answers `TurnOn` and `TurnOff`; anything but a directive of `Alexa.PowerController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_power_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.PowerController"))
}

/// Answers `SetBrightness` and `AdjustBrightness`; anything but a directive of `Alexa.BrightnessController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_brightness_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(
        cx,
        home,
        event.as_bytes(),
        Some("Alexa.BrightnessController"),
    )
}

/// Answers `SetColor`; anything but a directive of `Alexa.ColorController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_color_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.ColorController"))
}

/// Answers `SetColorTemperature`, `IncreaseColorTemperature` and `DecreaseColorTemperature`; anything but a directive
/// of `Alexa.ColorTemperatureController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_color_temperature_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(
        cx,
        home,
        event.as_bytes(),
        Some("Alexa.ColorTemperatureController"),
    )
}

/// Answers `SetPercentage` and `AdjustPercentage`; anything but a directive of `Alexa.PercentageController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_percentage_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(
        cx,
        home,
        event.as_bytes(),
        Some("Alexa.PercentageController"),
    )
}

/// Answers `SetTargetTemperature`, `AdjustTargetTemperature` and `SetThermostatMode`; anything but a directive of
/// `Alexa.ThermostatController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_thermostat_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(
        cx,
        home,
        event.as_bytes(),
        Some("Alexa.ThermostatController"),
    )
}

/// Answers `SetMode`; anything but a directive of `Alexa.ModeController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_mode_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.ModeController"))
}

/// Answers `TurnOn` and `TurnOff` for one setting of a device; anything but a directive of `Alexa.ToggleController` is
/// invalid.
#[operation(interface = "alexa")]
pub fn handle_toggle_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.ToggleController"))
}

/// Answers `SetRangeValue` and `AdjustRangeValue`; anything but a directive of `Alexa.RangeController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_range_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.RangeController"))
}

/// Answers `SetVolume`, `AdjustVolume` and `SetMute`; anything but a directive of `Alexa.Speaker` is invalid.
#[operation(interface = "alexa")]
pub fn handle_speaker_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.Speaker"))
}

/// Answers `Play`, `Pause`, `Stop`, `Next` and `Previous`; anything but a directive of `Alexa.PlaybackController` is
/// invalid.
#[operation(interface = "alexa")]
pub fn handle_playback_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.PlaybackController"))
}

/// Answers `InitializeCameraStreams` with where the stream is; anything but a directive of
/// `Alexa.CameraStreamController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_camera_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(
        cx,
        home,
        event.as_bytes(),
        Some("Alexa.CameraStreamController"),
    )
}

/// Answers `Lock` and `Unlock`; anything but a directive of `Alexa.LockController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_lock_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.LockController"))
}

/// Answers `Activate` and `Deactivate`; anything but a directive of `Alexa.SceneController` is invalid.
#[operation(interface = "alexa")]
pub fn handle_scene_control(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.SceneController"))
}

/// Answers `ReportState` with all that is known of a device; anything but a directive of `Alexa` itself is invalid.
#[operation(interface = "alexa")]
pub fn handle_report_state(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa"))
}

/// Answers `AcceptGrant`; anything but a directive of `Alexa.Authorization` is invalid.
#[operation(interface = "alexa")]
pub fn handle_accept_grant(cx: &Context, home: &HomeTarget, event: &str) -> String {
    answer(cx, home, event.as_bytes(), Some("Alexa.Authorization"))
}

fn answer(cx: &Context, home: &HomeTarget, event: &[u8], only: Option<&str>) -> String {
    let now = cx.unix_time();
    respond(&PeerHome::new(cx, home), now, event, only).to_string()
}

/// The answer to an event of any bytes; if `only` is given, to a directive of that interface and no other event.
pub(crate) fn respond(home: &dyn Home, now: Duration, event: &[u8], only: Option<&str>) -> Value {
    let event = match parse(event) {
        Ok(event) => event,
        Err(failure) => return failure.response(&Reference::default()),
    };
    if event.get("directive").is_none() && only.is_none() {
        return diagnostic::answer(home, now, &event);
    }
    let reference = Reference::of(&event);
    match directive(home, now, &event, only) {
        Ok(answer) => answer,
        Err(failure) => {
            tracing::info!(
                kind = failure.kind.name(),
                reason = failure.message,
                "a directive is answered with an error"
            );
            failure.response(&reference)
        }
    }
}

/// The answer that follows a `DeferredResponse`, if it is time for it.
pub(crate) fn respond_later(
    home: &dyn Home,
    now: Duration,
    event: &[u8],
    token: &str,
) -> Option<Value> {
    let mut answer = respond(&Later(home), now, event, None);
    if answer["event"]["header"]["name"] == "DeferredResponse" {
        return None;
    }
    if answer["event"]["endpoint"].is_object() {
        answer["event"]["endpoint"]["scope"] = json!({ "type": "BearerToken", "token": token });
    }
    Some(answer)
}

fn directive(
    home: &dyn Home,
    now: Duration,
    event: &Value,
    only: Option<&str>,
) -> Result<Value, Failure> {
    let directive = Directive::read(event)?;
    if let Some(only) = only.filter(|only| *only != directive.namespace) {
        let message = format!(
            "a directive of {only} was expected, not one of {}",
            directive.namespace
        );
        return Err(Failure::invalid_directive(message));
    }
    directive.check_token(now)?;
    let handle = match directive.namespace.as_str() {
        "Alexa" => report::handle,
        "Alexa.Authorization" => authorization::handle,
        "Alexa.Discovery" => discovery::handle,
        "Alexa.PowerController" => power::handle,
        "Alexa.BrightnessController" => brightness::handle,
        "Alexa.PercentageController" => brightness::handle_percentage,
        "Alexa.ColorController" => color::handle,
        "Alexa.ColorTemperatureController" => color::handle_temperature,
        "Alexa.ThermostatController" => thermostat::handle,
        "Alexa.ModeController" => settings::handle_mode,
        "Alexa.ToggleController" => settings::handle_toggle,
        "Alexa.RangeController" => opening::handle_range,
        "Alexa.Speaker" => media::handle_speaker,
        "Alexa.PlaybackController" => media::handle_playback,
        "Alexa.CameraStreamController" => camera::handle,
        "Alexa.LockController" => lock::handle,
        "Alexa.SceneController" => scene::handle,
        other => {
            return Err(Failure::invalid_directive(format!(
                "the interface {other:?} is not supported"
            )));
        }
    };
    handle(home, now, &directive)
}
