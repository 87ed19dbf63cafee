//! Finding devices, acting on several of them, and summing a home up.
use crate::{Device, DeviceState, HomeError};

/// A device found by its spoken name.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct DeviceMatch {
    /// The device.
    pub device: Device,
    /// How alike the names are: 0 to 1, where 1 is the same name.
    pub score: f64,
}

/// What became of one device when several were told to do something.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct GroupOutcome {
    /// The device.
    pub device_id: String,
    /// Its new state, or why it did not work.
    pub result: Result<DeviceState, HomeError>,
}

/// A home in a few numbers.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct HomeSummary {
    /// How many devices there are.
    pub devices: u32,
    /// The ids of those that are not online.
    pub offline: Vec<String>,
    /// How many lights are on.
    pub lights_on: u32,
    /// How many locks are not locked.
    pub unlocked: u32,
    /// How many doors and windows are open.
    pub open: u32,
    /// The mean of all measured temperatures, in degrees Celsius.
    pub mean_temperature: Option<f64>,
    /// The electrical power drawn now, in watts.
    pub watts: f64,
    /// All of it in a sentence or two.
    pub text: String,
}
