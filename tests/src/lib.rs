//! Tests of lmms' macros from their users' side.
//!
//! - `ui/fail/*.rs`: one mistake each, named by the file, with the compiler's answer beside it.
//! - `ui/pass/*.rs`: what must compile and run.
//! - `ui/modules/*`: module crates for the gateways of both; only their sources are read.
//! - `ui/projects/*`: workspaces whose dependencies break a rule.
//!
//! This library holds the types that the modules exchange with their callers.
//!
//! An example in documentation is a program of its own, and needs no module around its operations:
//!
//! ```
//! use lmms::operation;
//!
//! #[operation(interface = "examples")]
//! fn double(number: u32) -> u32 {
//!     number * 2
//! }
//!
//! assert_eq!(double(2), 4);
//! ```
#![forbid(unsafe_code)]

use std::fmt;

use lmms::Portable;
use serde::{Deserialize, Serialize};

/// Something that can be switched.
#[derive(Debug, Clone, PartialEq, Portable)]
pub struct Device {
    /// Its identifier.
    pub id: String,
    /// From 0 to 100, if it can be dimmed.
    pub brightness: Option<u8>,
}

/// Why a device didn't do as told.
#[derive(Debug, Clone, PartialEq, Portable)]
pub enum DeviceError {
    /// There is no such device.
    Unknown(String),
    /// It doesn't answer.
    Silent,
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceError::Unknown(id) => write!(f, "there is no device `{id}`"),
            DeviceError::Silent => f.write_str("the device does not answer"),
        }
    }
}

impl std::error::Error for DeviceError {}

/// Results and options under other names, and what only has their names.
pub mod named {
    use super::DeviceError;

    /// A result whose error needs no mention.
    pub type Outcome<T, E = DeviceError> = Result<T, E>;

    /// A result whose parameters are in another order.
    pub type Swapped<E, T> = Result<T, E>;

    /// An option.
    pub type Maybe<T> = Option<T>;

    /// A type of a name that means something else.
    pub mod own {
        /// A struct.
        #[derive(Debug, Clone, PartialEq, lmms::Portable)]
        pub struct Result {
            /// Its content.
            pub code: u8,
        }
    }
}

/// What is called as the caller's context is.
#[derive(Debug, Clone, PartialEq, Portable)]
pub struct Context {
    /// How deep.
    pub level: u8,
}

/// Something that can't cross.
#[derive(Debug, Clone, PartialEq)]
pub struct Opaque;

/// A type with a JSON form of its own.
#[derive(Debug, Clone, PartialEq, Portable, Serialize, Deserialize)]
#[portable(json = "serde")]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// The device.
    pub device_id: String,
    /// What it measured.
    pub value: f64,
}

/// What modules and their callers import whole.
pub mod prelude {
    pub use crate::named::Outcome as Result;
    pub use crate::{Device, DeviceError, Digits, LENGTH, Sensor};
}

/// How many digits there are.
pub const LENGTH: usize = 3;

/// Digits.
#[derive(Debug, Clone, PartialEq, Portable)]
pub struct Digits<const N: usize>(pub [u8; N]);

/// What measures.
pub trait Sensor {
    /// What it gives.
    type Reading;
}

impl Sensor for Device {
    type Reading = Option<u8>;
}
