//! What any home can be asked.
use std::time::Duration;

use home_types::{CameraStream, Command, Device, DeviceReport, DeviceState, HomeError, Reading};

/// A home, whichever it is.
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
    /// One device and how it is.
    fn report(&self, id: &str) -> Result<DeviceReport, HomeError> {
        let (device, state) = (self.device(id)?, self.state(id)?);
        Ok(DeviceReport { device, state })
    }
    /// Tells a device what to do; the device and its new state.
    fn control(&self, id: &str, command: &Command) -> Result<DeviceReport, HomeError> {
        let (device, state) = (self.device(id)?, self.apply(id, command)?);
        Ok(DeviceReport { device, state })
    }
    /// Calls a service where the home has such; `None` where it has not.
    fn call_service(
        &self,
        domain: &str,
        service: &str,
        entity_id: Option<&str>,
        data: Option<&str>,
    ) -> Result<Option<()>, HomeError>;
    /// Records a measured value.
    fn record(&self, id: &str, quantity: &str, value: f64) -> Result<(), HomeError>;
    /// Measured values, oldest first.
    fn readings(
        &self,
        id: &str,
        quantity: &str,
        from: Duration,
        to: Duration,
    ) -> Result<Vec<Reading>, HomeError>;
    /// The picture a camera takes now.
    fn picture(&self, id: &str) -> Result<Vec<u8>, HomeError>;
    /// Where a camera's stream is.
    fn stream(&self, id: &str) -> Result<CameraStream, HomeError>;
}
