//! The answers that follow a `DeferredResponse`.
use home_types::{CameraStream, Command, Device, DeviceReport, DeviceState, HomeError};

use crate::home::Home;

/// A home that is told nothing: a command is answered with whether its effect is there.
pub(crate) struct Later<'a>(pub(crate) &'a dyn Home);

impl Home for Later<'_> {
    fn devices(&self) -> Result<Vec<Device>, HomeError> {
        self.0.devices()
    }

    fn states(&self) -> Result<Vec<DeviceState>, HomeError> {
        self.0.states()
    }

    fn report(&self, id: &str) -> Result<DeviceReport, HomeError> {
        self.0.report(id)
    }

    fn control(&self, id: &str, command: &Command) -> Result<DeviceReport, HomeError> {
        let mut report = self.0.report(id)?;
        if !report.state.online {
            return Err(HomeError::DeviceUnreachable { id: id.to_owned() });
        }
        let wanted = command.resolve(&report.device, &report.state)?;
        // What a relative command asked for can't be told from the present state.
        let is_done = command.is_relative() || wanted.is_done(&report.state, &report.state);
        report.state.pending |= !is_done;
        Ok(report)
    }

    fn camera_stream(&self, id: &str) -> Result<CameraStream, HomeError> {
        self.0.camera_stream(id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::process::respond_later;
    use crate::testing::{FakeHome, NOW, answer, event};

    #[test]
    fn the_answer_follows_once_the_device_is_there() {
        let home = FakeHome::new();
        let unlock = event("Alexa.LockController", "Unlock", "lock#door", json!({}));
        let later = || respond_later(&home, NOW, unlock.to_string().as_bytes(), "gateway-token");
        assert_eq!(later(), None);
        answer(
            &home,
            "Alexa.LockController",
            "Unlock",
            Some("lock#door"),
            json!({}),
        );
        let response = later().unwrap();
        assert_eq!(response["event"]["header"]["name"], "Response");
        assert_eq!(response["event"]["header"]["correlationToken"], "token");
        assert_eq!(
            response["event"]["endpoint"]["scope"]["token"],
            "gateway-token"
        );
        assert_eq!(response["context"]["properties"][0]["value"], "UNLOCKED");
        home.set_online("lock.door", false);
        let response = later().unwrap();
        assert_eq!(response["event"]["payload"]["type"], "ENDPOINT_UNREACHABLE");
        assert_eq!(
            response["event"]["endpoint"]["scope"]["token"],
            "gateway-token"
        );
    }

    #[test]
    fn nothing_is_told_to_the_device_again() {
        let home = FakeHome::new();
        let brighter = json!({ "brightnessDelta": 20 });
        let event = event(
            "Alexa.BrightnessController",
            "AdjustBrightness",
            "light#lamp",
            brighter,
        );
        let before = crate::home::Home::report(&home, "light.lamp").unwrap();
        let response = respond_later(&home, NOW, event.to_string().as_bytes(), "t").unwrap();
        assert_eq!(response["event"]["header"]["name"], "Response");
        assert_eq!(
            crate::home::Home::report(&home, "light.lamp").unwrap(),
            before
        );
    }
}
