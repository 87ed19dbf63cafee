//! `Alexa.Speaker` and `Alexa.PlaybackController`.
use std::time::Duration;

use home_types::Command;
use serde_json::Value;

use crate::control::command;
use crate::directive::Directive;
use crate::error::Failure;
use crate::home::Home;

/// Answers `SetVolume`, `AdjustVolume` and `SetMute`.
pub(crate) fn handle_speaker(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let order = match directive.name.as_str() {
        "SetVolume" => Command::SetVolume {
            percent: directive.integer("volume")?,
        },
        // The difference bears the same name.
        "AdjustVolume" => Command::AdjustVolume {
            delta: directive.integer("volume")?,
        },
        "SetMute" => match directive.payload.get("mute") {
            Some(Value::Bool(muted)) => Command::SetMute { muted: *muted },
            _ => {
                let message = "the payload's `mute` is missing, or neither true nor false";
                return Err(Failure::invalid_directive(message));
            }
        },
        _ => return Err(directive.unknown()),
    };
    command(home, now, directive, &order)
}

/// Answers `Play`, `Pause`, `Stop`, `Next` and `Previous`.
pub(crate) fn handle_playback(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let order = match directive.name.as_str() {
        "Play" => Command::Play,
        "Pause" => Command::Pause,
        "Stop" => Command::Stop,
        "Next" => Command::Next,
        "Previous" => Command::Previous,
        _ => return Err(directive.unknown()),
    };
    command(home, now, directive, &order)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::home::Home;
    use crate::testing::{FakeHome, answer, error_type};

    fn ask(home: &FakeHome, interface: &str, name: &str, payload: Value) -> Value {
        let namespace = format!("Alexa.{interface}");
        answer(home, &namespace, name, Some("media_player#tv"), payload)
    }

    #[test]
    fn the_volume_is_set_adjusted_and_muted() {
        let home = FakeHome::new();
        let value = |name: &str, payload: Value, at: usize| {
            ask(&home, "Speaker", name, payload)["context"]["properties"][at]["value"].clone()
        };
        assert_eq!(value("SetVolume", json!({ "volume": 40 }), 1), 40);
        let louder = json!({ "volume": 15, "volumeDefault": false });
        assert_eq!(value("AdjustVolume", louder, 1), 55);
        assert_eq!(value("SetMute", json!({ "mute": true }), 2), true);
        let wrong = ask(&home, "Speaker", "SetMute", json!({ "mute": "yes" }));
        assert_eq!(error_type(&wrong), "INVALID_DIRECTIVE");
        let wrong = ask(&home, "Speaker", "SetVolume", json!({ "volume": 101 }));
        assert_eq!(error_type(&wrong), "VALUE_OUT_OF_RANGE");
    }

    #[test]
    fn titles_are_played_and_paused() {
        let home = FakeHome::new();
        for (name, playing) in [
            ("Play", true),
            ("Pause", false),
            ("Next", true),
            ("Stop", false),
        ] {
            let response = ask(&home, "PlaybackController", name, json!({}));
            assert_eq!(response["event"]["header"]["name"], "Response");
            assert_eq!(
                home.report("media_player.tv").unwrap().state.playing,
                Some(playing),
                "{name}"
            );
        }
        let lamp = answer(
            &home,
            "Alexa.PlaybackController",
            "Play",
            Some("light#lamp"),
            json!({}),
        );
        assert_eq!(error_type(&lamp), "INVALID_DIRECTIVE");
        let previous = ask(&home, "PlaybackController", "Previous", json!({}));
        assert_eq!(error_type(&previous), "INVALID_DIRECTIVE");
        let device = home.report("media_player.tv").unwrap().device;
        let described = crate::discovery::describe_capabilities(&device);
        assert!(
            described.contains(r#""supportedOperations":["Play","Pause","Stop","Next"]"#),
            "{described}"
        );
    }
}
