//! The home, reached through the `devices` interface.
use home_types::{CameraStream, Command, Device, DeviceReport, DeviceState, HomeError, HomeTarget};
use lmms::{CallError, Context};

use crate::home::Home;

lmms::gateway! {
    /// The peers this module calls.
    pub(crate) Peers { modules: ["../*"], interfaces: ["devices"] }
}

/// The home that a target names.
pub(crate) struct PeerHome<'a> {
    cx: &'a Context,
    target: &'a HomeTarget,
}

impl<'a> PeerHome<'a> {
    pub(crate) fn new(cx: &'a Context, target: &'a HomeTarget) -> PeerHome<'a> {
        PeerHome { cx, target }
    }
}

impl Home for PeerHome<'_> {
    fn devices(&self) -> Result<Vec<Device>, HomeError> {
        flatten(Peers::new(self.cx).devices().list(self.target))
    }

    fn states(&self) -> Result<Vec<DeviceState>, HomeError> {
        flatten(Peers::new(self.cx).devices().get_states(self.target))
    }

    fn report(&self, id: &str) -> Result<DeviceReport, HomeError> {
        flatten(Peers::new(self.cx).devices().report(self.target, id))
    }

    fn control(&self, id: &str, command: &Command) -> Result<DeviceReport, HomeError> {
        flatten(
            Peers::new(self.cx)
                .devices()
                .control(self.target, id, command),
        )
    }

    fn camera_stream(&self, id: &str) -> Result<CameraStream, HomeError> {
        flatten(Peers::new(self.cx).devices().camera_stream(self.target, id))
    }
}

fn flatten<T>(result: Result<T, CallError<HomeError>>) -> Result<T, HomeError> {
    result.map_err(|error| match error {
        CallError::Operation(error) => error,
        other => HomeError::Module {
            interface: "devices".to_owned(),
            reason: other.to_string(),
        },
    })
}
