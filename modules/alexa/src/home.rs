//! The home as directives see it.
use home_types::{Command, Device, DeviceState, HomeError};

/// What answering directives needs of a home.
pub(crate) trait Home {
    /// All devices.
    fn devices(&self) -> Result<Vec<Device>, HomeError>;
    /// How all devices are.
    fn states(&self) -> Result<Vec<DeviceState>, HomeError>;
    /// One device.
    fn device(&self, id: &str) -> Result<Device, HomeError>;
    /// How one device is.
    fn state(&self, id: &str) -> Result<DeviceState, HomeError>;
    /// Tells a device what to do; its new state.
    fn apply(&self, id: &str, command: &Command) -> Result<DeviceState, HomeError>;
}
