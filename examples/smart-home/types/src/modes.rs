//! What devices do, in words that all of their kind have in common.
use std::fmt;

/// What is done to the playing of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Playback {
    /// Plays.
    Play,
    /// Pauses.
    Pause,
    /// Stops.
    Stop,
    /// Goes to the next title.
    Next,
    /// Goes to the previous title.
    Previous,
}

impl Playback {
    /// All of them, in the order of their declaration.
    pub const ALL: [Playback; 5] = [
        Playback::Play,
        Playback::Pause,
        Playback::Stop,
        Playback::Next,
        Playback::Previous,
    ];

    /// The word with a capital letter: `Play`.
    pub fn name(self) -> &'static str {
        match self {
            Playback::Play => "Play",
            Playback::Pause => "Pause",
            Playback::Stop => "Stop",
            Playback::Next => "Next",
            Playback::Previous => "Previous",
        }
    }
}

/// Which way a fan turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Direction {
    /// As in summer.
    Forward,
    /// As in winter.
    Reverse,
}

impl Direction {
    /// Both, in the order of their declaration.
    pub const ALL: [Direction; 2] = [Direction::Forward, Direction::Reverse];

    /// The word in small letters: `forward`.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Forward => "forward",
            Direction::Reverse => "reverse",
        }
    }

    /// The direction with that name.
    pub fn from_name(name: &str) -> Option<Direction> {
        Self::ALL
            .into_iter()
            .find(|direction| direction.name() == name)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a thermostat does to keep its temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ThermostatMode {
    /// Does nothing.
    Off,
    /// Only heats.
    Heat,
    /// Only cools.
    Cool,
    /// Heats or cools as needed.
    Auto,
    /// Saves energy.
    Eco,
}

impl ThermostatMode {
    /// All modes, in the order of their declaration.
    pub const ALL: [ThermostatMode; 5] = [
        ThermostatMode::Off,
        ThermostatMode::Heat,
        ThermostatMode::Cool,
        ThermostatMode::Auto,
        ThermostatMode::Eco,
    ];

    /// The word in capitals: `HEAT`.
    pub fn name(self) -> &'static str {
        match self {
            ThermostatMode::Off => "OFF",
            ThermostatMode::Heat => "HEAT",
            ThermostatMode::Cool => "COOL",
            ThermostatMode::Auto => "AUTO",
            ThermostatMode::Eco => "ECO",
        }
    }

    /// The mode with that name, in any case of letters.
    pub fn from_name(name: &str) -> Option<ThermostatMode> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for ThermostatMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
