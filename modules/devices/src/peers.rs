//! The homes, reached through the interfaces that serve them.
use std::time::Duration;

use home_types::images::ImageError;
use home_types::{
    CameraStream, Command, Device, DeviceReport, DeviceState, Exposure, HomeError, HomeTarget,
    Reading,
};
use lmms::{CallError, Context};

use crate::exposed::Exposed;
use crate::home::Home;

lmms::gateway! {
    /// The peers this module calls.
    pub(crate) Peers { modules: ["../*"], interfaces: ["virtual_home", "home_assistant", "images"] }
}

/// The home that a target names, as it shows it.
pub(crate) fn open<'a>(cx: &'a Context, target: &'a HomeTarget) -> Exposed<'a, PeerHome<'a>> {
    let (place, exposures) = place(target);
    Exposed::new(PeerHome { cx, place }, &exposures)
}

/// A camera's picture, at most `width` pixels across.
pub(crate) fn scaled(
    cx: &Context,
    id: &str,
    picture: &[u8],
    width: u32,
) -> Result<Vec<u8>, HomeError> {
    let scaled = Peers::new(cx).images().thumbnail(picture, width);
    scaled.map_err(|error| match error {
        CallError::Operation(ImageError::InvalidArgument { expected, .. }) => {
            HomeError::invalid_input("width", format!("it is not {expected}"))
        }
        CallError::Operation(error) => HomeError::DeviceFailed {
            id: id.to_owned(),
            reason: format!("its picture can't be scaled: {error}"),
        },
        other => HomeError::Module {
            interface: "images".to_owned(),
            reason: other.to_string(),
        },
    })
}

/// A home with all that is in it.
pub(crate) struct PeerHome<'a> {
    cx: &'a Context,
    place: Place<'a>,
}

/// Where a home is.
enum Place<'a> {
    Virtual { path: &'a str },
    HomeAssistant { url: &'a str, token: &'a str },
}

/// Where the home is that a target names, and how it shows it.
fn place(target: &HomeTarget) -> (Place<'_>, Vec<&Exposure>) {
    match target {
        HomeTarget::Virtual { path } => (Place::Virtual { path }, Vec::new()),
        HomeTarget::HomeAssistant { url, token } => {
            (Place::HomeAssistant { url, token }, Vec::new())
        }
        HomeTarget::Exposed { home, exposure } => {
            let (place, mut exposures) = place(home);
            exposures.push(exposure);
            (place, exposures)
        }
    }
}

impl Home for PeerHome<'_> {
    fn devices(&self) -> Result<Vec<Device>, HomeError> {
        let peers = Peers::new(self.cx);
        self.flatten(match self.place {
            Place::Virtual { path } => peers.virtual_home().list_devices(path),
            Place::HomeAssistant { url, token } => peers.home_assistant().list_devices(url, token),
        })
    }

    fn states(&self) -> Result<Vec<DeviceState>, HomeError> {
        let peers = Peers::new(self.cx);
        self.flatten(match self.place {
            Place::Virtual { path } => peers.virtual_home().get_states(path),
            Place::HomeAssistant { url, token } => peers.home_assistant().get_states(url, token),
        })
    }

    fn device(&self, id: &str) -> Result<Device, HomeError> {
        let peers = Peers::new(self.cx);
        self.flatten(match self.place {
            Place::Virtual { path } => peers.virtual_home().get_device(path, id),
            Place::HomeAssistant { url, token } => {
                peers.home_assistant().get_device(url, token, id)
            }
        })
    }

    fn state(&self, id: &str) -> Result<DeviceState, HomeError> {
        let peers = Peers::new(self.cx);
        self.flatten(match self.place {
            Place::Virtual { path } => peers.virtual_home().get_state(path, id),
            Place::HomeAssistant { url, token } => peers.home_assistant().get_state(url, token, id),
        })
    }

    fn apply(&self, id: &str, command: &Command) -> Result<DeviceState, HomeError> {
        let peers = Peers::new(self.cx);
        self.flatten(match self.place {
            Place::Virtual { path } => peers.virtual_home().apply(path, id, command),
            Place::HomeAssistant { url, token } => {
                peers.home_assistant().apply(url, token, id, command)
            }
        })
    }

    fn report(&self, id: &str) -> Result<DeviceReport, HomeError> {
        match self.place {
            Place::Virtual { .. } => {
                let (device, state) = (self.device(id)?, self.state(id)?);
                Ok(DeviceReport { device, state })
            }
            Place::HomeAssistant { url, token } => {
                self.flatten(Peers::new(self.cx).home_assistant().report(url, token, id))
            }
        }
    }

    fn control(&self, id: &str, command: &Command) -> Result<DeviceReport, HomeError> {
        match self.place {
            Place::Virtual { .. } => {
                let (device, state) = (self.device(id)?, self.apply(id, command)?);
                Ok(DeviceReport { device, state })
            }
            Place::HomeAssistant { url, token } => {
                let peers = Peers::new(self.cx);
                self.flatten(peers.home_assistant().control(url, token, id, command))
            }
        }
    }

    fn call_service(
        &self,
        domain: &str,
        service: &str,
        entity_id: Option<&str>,
        data: Option<&str>,
    ) -> Result<Option<()>, HomeError> {
        let Place::HomeAssistant { url, token } = self.place else {
            return Ok(None);
        };
        let answer = Peers::new(self.cx)
            .home_assistant()
            .call_service(url, token, domain, service, entity_id, data);
        self.flatten(answer).map(|_| Some(()))
    }

    fn record(&self, id: &str, quantity: &str, value: f64) -> Result<(), HomeError> {
        let peers = Peers::new(self.cx);
        match self.place {
            Place::Virtual { path } => self
                .flatten(
                    peers
                        .virtual_home()
                        .record_reading(path, id, quantity, value),
                )
                .map(drop),
            Place::HomeAssistant { url, token } => {
                let state = value.to_string();
                self.flatten(
                    peers
                        .home_assistant()
                        .set_state(url, token, id, &state, None),
                )
                .map(drop)
            }
        }
    }

    fn readings(
        &self,
        id: &str,
        quantity: &str,
        from: Duration,
        to: Duration,
    ) -> Result<Vec<Reading>, HomeError> {
        let peers = Peers::new(self.cx);
        self.flatten(match self.place {
            Place::Virtual { path } => peers
                .virtual_home()
                .query_readings(path, id, quantity, from, to, None),
            Place::HomeAssistant { url, token } => {
                peers.home_assistant().history(url, token, id, from, to)
            }
        })
    }

    fn picture(&self, id: &str) -> Result<Vec<u8>, HomeError> {
        let peers = Peers::new(self.cx);
        self.flatten(match self.place {
            Place::Virtual { path } => peers.virtual_home().camera_picture(path, id),
            Place::HomeAssistant { url, token } => {
                peers.home_assistant().camera_picture(url, token, id)
            }
        })
    }

    fn stream(&self, id: &str) -> Result<CameraStream, HomeError> {
        match self.place {
            Place::Virtual { .. } => {
                self.device(id)?;
                Err(HomeError::Unsupported {
                    subject: id.to_owned(),
                    action: "be streamed: a virtual home has pictures only".to_owned(),
                })
            }
            Place::HomeAssistant { url, token } => {
                let peers = Peers::new(self.cx);
                self.flatten(peers.home_assistant().camera_stream(url, token, id))
            }
        }
    }
}

impl PeerHome<'_> {
    fn flatten<T>(&self, result: Result<T, CallError<HomeError>>) -> Result<T, HomeError> {
        let interface = match self.place {
            Place::Virtual { .. } => "virtual_home",
            Place::HomeAssistant { .. } => "home_assistant",
        };
        result.map_err(|error| match error {
            CallError::Operation(error) => error,
            other => HomeError::Module {
                interface: interface.to_owned(),
                reason: other.to_string(),
            },
        })
    }
}
