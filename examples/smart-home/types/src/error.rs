//! Why something in a home did not work.
use std::fmt;

use crate::ThermostatMode;

/// Why something in a home did not work.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum HomeError {
    /// The home itself does not answer.
    Unreachable {
        /// Which home.
        home: String,
        /// What went wrong.
        reason: String,
    },
    /// The home answers, but cannot reach the device.
    DeviceUnreachable {
        /// The device.
        id: String,
    },
    /// The home has no such device.
    NoSuchDevice {
        /// The id that was asked for.
        id: String,
    },
    /// A value is outside its range.
    InvalidValue {
        /// What the value is for: `brightness`.
        what: String,
        /// The value.
        value: f64,
        /// The smallest value allowed.
        minimum: f64,
        /// The largest value allowed.
        maximum: f64,
    },
    /// A target temperature is outside what the thermostat can keep; all in degrees Celsius.
    TemperatureOutOfRange {
        /// The temperature that was asked for.
        celsius: f64,
        /// The lowest temperature allowed.
        minimum: f64,
        /// The highest temperature allowed.
        maximum: f64,
    },
    /// The thermostat has no such mode.
    UnsupportedMode {
        /// The device.
        id: String,
        /// The mode that was asked for.
        mode: String,
        /// The modes it has.
        supported: Vec<ThermostatMode>,
    },
    /// The thermostat is off and takes no target temperature.
    ThermostatOff {
        /// The device.
        id: String,
    },
    /// The device, or the home, cannot do this.
    Unsupported {
        /// The device's id, or which home.
        subject: String,
        /// What it cannot do.
        action: String,
    },
    /// The home does not accept the token.
    Unauthorized {
        /// Which home.
        home: String,
        /// Whether the token was good once and has expired.
        expired: bool,
    },
    /// The home asks for fewer requests.
    Busy {
        /// Which home.
        home: String,
    },
    /// The home refuses a request that seemed good.
    Refused {
        /// Which home.
        home: String,
        /// What it says.
        reason: String,
    },
    /// The device says that it can't: it is stuck, or broken.
    DeviceFailed {
        /// The device.
        id: String,
        /// What it says.
        reason: String,
    },
    /// The home's file cannot be used.
    Storage {
        /// The file.
        path: String,
        /// What went wrong.
        reason: String,
        /// What to do about it.
        advice: String,
    },
    /// The home answered something that cannot be understood.
    InvalidAnswer {
        /// Which home.
        home: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// What was handed in cannot be used.
    InvalidInput {
        /// The argument: `document`.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another module that was needed for this failed.
    Module {
        /// The interface that was called.
        interface: String,
        /// What went wrong.
        reason: String,
    },
}

impl HomeError {
    /// The error for an argument that cannot be used.
    pub fn invalid_input(what: &str, reason: impl fmt::Display) -> HomeError {
        HomeError::InvalidInput {
            what: what.to_owned(),
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for HomeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HomeError::Unreachable { home, reason } => {
                write!(
                    f,
                    "{home} does not answer: {reason}; check its address and that it is running"
                )
            }
            HomeError::DeviceUnreachable { id } => {
                write!(
                    f,
                    "the device `{id}` does not answer; check its power and its connection"
                )
            }
            HomeError::NoSuchDevice { id } => {
                write!(
                    f,
                    "there is no device `{id}` in this home; `devices list` shows those there are"
                )
            }
            HomeError::InvalidValue {
                what,
                value,
                minimum,
                maximum,
            } => {
                write!(
                    f,
                    "the {what} of {value} is not between {minimum} and {maximum}"
                )
            }
            HomeError::TemperatureOutOfRange {
                celsius,
                minimum,
                maximum,
            } => {
                write!(
                    f,
                    "the target temperature of {celsius} °C is not between {minimum} and {maximum} °C"
                )
            }
            HomeError::UnsupportedMode {
                id,
                mode,
                supported,
            } => {
                let supported: Vec<&str> = supported.iter().map(|mode| mode.name()).collect();
                write!(
                    f,
                    "the thermostat `{id}` has no mode {mode}; it has {}",
                    supported.join(", ")
                )
            }
            HomeError::ThermostatOff { id } => {
                write!(
                    f,
                    "the thermostat `{id}` is off; set a mode before a temperature"
                )
            }
            HomeError::Unsupported { subject, action } => write!(f, "`{subject}` cannot {action}"),
            HomeError::Unauthorized {
                home,
                expired: true,
            } => {
                write!(f, "the access token for {home} has expired; make a new one")
            }
            HomeError::Unauthorized {
                home,
                expired: false,
            } => {
                write!(
                    f,
                    "{home} does not accept the access token; check it or make a new one"
                )
            }
            HomeError::Busy { home } => {
                write!(f, "{home} gets too many requests; try again in a minute")
            }
            HomeError::Refused { home, reason } => {
                write!(
                    f,
                    "{home} refuses the request: {reason}; its log may tell more"
                )
            }
            HomeError::DeviceFailed { id, reason } => {
                write!(f, "the device `{id}` failed: {reason}; look at it")
            }
            HomeError::Storage {
                path,
                reason,
                advice,
            } => write!(f, "the home in {path}: {reason}; {advice}"),
            HomeError::InvalidAnswer { home, reason } => {
                write!(
                    f,
                    "{home} gave an answer that cannot be understood: {reason}"
                )
            }
            HomeError::InvalidInput { what, reason } => {
                write!(f, "`{what}` cannot be used: {reason}")
            }
            HomeError::Module { interface, reason } => {
                write!(f, "a call to `{interface}` failed: {reason}")
            }
        }
    }
}

impl std::error::Error for HomeError {}
