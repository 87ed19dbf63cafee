//! The home, reached through the `devices` interface.
use home_types::{Device, DeviceState, HomeError, HomeTarget};
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

    fn state(&self, id: &str) -> Result<DeviceState, HomeError> {
        flatten(Peers::new(self.cx).devices().get_state(self.target, id))
    }

    fn compare(&self, one: &str, other: &str) -> Result<f64, HomeError> {
        flatten(Peers::new(self.cx).devices().similarity(one, other))
    }
}

fn flatten<T>(result: Result<T, CallError<HomeError>>) -> Result<T, HomeError> {
    result.map_err(|error| match error {
        CallError::Operation(error) => error,
        other => failed(other),
    })
}

fn failed(error: impl std::fmt::Display) -> HomeError {
    HomeError::Module {
        interface: "devices".to_owned(),
        reason: error.to_string(),
    }
}
