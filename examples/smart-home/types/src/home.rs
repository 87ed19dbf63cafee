//! What a home knows beyond its devices: rooms, readings, energy, changes.
use std::time::Duration;

use crate::Command;

/// What a virtual home's file holds.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct HomeInfo {
    /// The file.
    pub path: String,
    /// How many devices there are, scenes included.
    pub devices: u32,
    /// How many of them are online.
    pub online: u32,
    /// How many rooms.
    pub rooms: u32,
    /// How many readings are kept.
    pub readings: u64,
    /// The database's size in bytes.
    pub bytes: u64,
    /// The version of the file's layout.
    pub layout: u32,
    /// Whether the file can be written.
    pub writable: bool,
}

/// A room and what is in it.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct Room {
    /// Its name; empty for devices without a room.
    pub name: String,
    /// The ids of the devices in it.
    pub device_ids: Vec<String>,
    /// How many of them are on.
    pub on: u32,
    /// The mean of the temperatures measured in it, in degrees Celsius.
    pub temperature: Option<f64>,
}

/// One measured value.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reading {
    /// The device that measured.
    pub device_id: String,
    /// What was measured: `temperature`, `humidity`, `watts`, …
    pub quantity: String,
    /// When: time since the Unix epoch.
    pub at: Duration,
    /// The value, in the quantity's unit.
    pub value: f64,
}

/// Readings of one quantity, summed up.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct ReadingSummary {
    /// The device.
    pub device_id: String,
    /// What was measured.
    pub quantity: String,
    /// How many readings.
    pub count: u64,
    /// The smallest value.
    pub minimum: f64,
    /// The largest value.
    pub maximum: f64,
    /// The mean of the values.
    pub mean: f64,
    /// The last value.
    pub last: f64,
    /// When the last value was measured.
    pub last_at: Duration,
}

/// The electrical energy a home used over a time.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct EnergyReport {
    /// From when: time since the Unix epoch.
    pub from: Duration,
    /// Until when.
    pub to: Duration,
    /// All devices together, in watt-hours.
    pub total_watt_hours: f64,
    /// Each device that used any, most first.
    pub devices: Vec<EnergyUse>,
}

/// The electrical energy one device used.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct EnergyUse {
    /// The device.
    pub device_id: String,
    /// In watt-hours.
    pub watt_hours: f64,
    /// For how long it drew power.
    pub on_for: Duration,
}

/// Something that changed in a home.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct Change {
    /// When: time since the Unix epoch.
    pub at: Duration,
    /// The device.
    pub device_id: String,
    /// What happened, in words: `set the brightness to 40 %`.
    pub what: String,
}

/// One step of a scene.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SceneAction {
    /// The device.
    pub device_id: String,
    /// What it shall do.
    pub command: Command,
}

/// A call of a Home Assistant service.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct ServiceCall {
    /// The service's domain: `light`.
    pub domain: String,
    /// The service: `turn_on`.
    pub service: String,
    /// The call's data as a JSON object, the entity included.
    pub data: String,
}

/// What a home's assistant answered.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct ConversationAnswer {
    /// What it says.
    pub speech: String,
    /// The kind of answer: `action_done`, `query_answer` or `error`.
    pub kind: String,
    /// To go on with the same conversation.
    pub conversation_id: Option<String>,
}
