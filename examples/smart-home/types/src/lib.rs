//! The types that smart-home modules exchange with each other and with the application.
//!
//! Operations may only name types that both sides of a call can depend on; these are those types. Each derives
//! [`lmms::Portable`], so that a value can cross a module's boundary, and none of them owns anything but plain data.
//!
//! A [`Device`] says what something in the home is and can do, a [`DeviceState`] how it is right now, a [`Command`]
//! what it shall do, a [`HomeTarget`] which home is meant, and a [`HomeError`] why it did not work. Temperatures are
//! degrees Celsius unless a [`Temperature`] says otherwise; times are [`Duration`](std::time::Duration)s since the Unix
//! epoch.
#![forbid(unsafe_code)]

mod alexa;
pub mod cache;
mod camera;
pub mod charts;
pub mod circuit_breaker;
mod command;
pub mod config;
mod device;
mod diagnostics;
mod error;
mod exposure;
mod home;
pub mod http_client;
pub mod images;
#[cfg(feature = "json")]
pub mod json;
pub mod logging;
pub mod metrics;
mod modes;
pub mod redaction;
mod search;
pub mod security;
mod state;
pub mod sun;
mod target;
mod temperature;
pub mod templates;
pub mod text;
pub mod time;

pub use alexa::{AlexaError, DirectiveSummary, NamespaceInfo};
pub use camera::CameraStream;
pub use command::Command;
pub use device::{Capability, Device, DeviceKind};
pub use diagnostics::{
    CheckTiming, Diagnostics, Finding, HealthReport, HealthStatus, LimitInfo, MappedFile,
    MemoryMap, PartHealth, ProcessInfo, Severity, ThreadInfo, Variable,
};
pub use error::HomeError;
pub use exposure::{CATEGORIES, EntitySettings, Exposure};
pub use home::{
    Change, ConversationAnswer, EnergyReport, EnergyUse, HomeInfo, Reading, ReadingSummary, Room,
    SceneAction, ServiceCall,
};
pub use modes::{Direction, Playback, ThermostatMode};
pub use search::{DeviceMatch, GroupOutcome, HomeSummary};
pub use state::{Color, DeviceReport, DeviceState, LockState};
pub use target::HomeTarget;
pub use temperature::{Temperature, TemperatureScale};
