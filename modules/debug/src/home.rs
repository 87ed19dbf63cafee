//! The home as it is examined.
use home_types::{Device, DeviceState, HomeError};

/// What examining a home needs of it.
pub(crate) trait Home {
    /// All devices.
    fn devices(&self) -> Result<Vec<Device>, HomeError>;
    /// How all devices are.
    fn states(&self) -> Result<Vec<DeviceState>, HomeError>;
    /// How one device is.
    fn state(&self, id: &str) -> Result<DeviceState, HomeError>;
    /// Has a spoken name compared with a device's: work without the home, in the same module.
    fn compare(&self, one: &str, other: &str) -> Result<f64, HomeError>;
}
