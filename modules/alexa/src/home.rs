//! The home as directives see it.
use home_types::{CameraStream, Command, Device, DeviceReport, DeviceState, HomeError};

/// What answering directives needs of a home.
pub(crate) trait Home {
    /// All devices.
    fn devices(&self) -> Result<Vec<Device>, HomeError>;
    /// How all devices are.
    fn states(&self) -> Result<Vec<DeviceState>, HomeError>;
    /// One device and how it is.
    fn report(&self, id: &str) -> Result<DeviceReport, HomeError>;
    /// Tells a device what to do; the device and its new state. The home is asked once for a directive, so that its one
    /// deadline is the directive's.
    fn control(&self, id: &str, command: &Command) -> Result<DeviceReport, HomeError>;
    /// Where a camera's stream is.
    fn camera_stream(&self, id: &str) -> Result<CameraStream, HomeError>;
}
