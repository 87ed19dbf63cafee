//! What the `sun` module takes and returns. Moments are seconds since the Unix epoch.

use std::fmt;

use lmms::Portable;

/// When the sun passes a height, or on which side of it the sun stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum SunTime {
    /// It passes at this moment.
    At(i64),
    /// It stays above: midnight sun, or a night that never gets dark.
    AlwaysAbove,
    /// It stays below: polar night.
    AlwaysBelow,
}

impl SunTime {
    /// The moment, if there is one.
    pub fn unix_seconds(self) -> Option<i64> {
        match self {
            Self::At(moment) => Some(moment),
            Self::AlwaysAbove | Self::AlwaysBelow => None,
        }
    }
}

/// How dark a twilight is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum Twilight {
    /// The sun is up to 6° below the horizon: bright enough to read outside.
    Civil,
    /// Up to 12° below: the sea's horizon can be seen.
    Nautical,
    /// Up to 18° below: the faintest stars are still hidden.
    Astronomical,
}

/// Begin and end of one twilight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub struct TwilightTimes {
    /// When it begins in the morning.
    pub dawn: SunTime,
    /// When it ends in the evening.
    pub dusk: SunTime,
}

/// Where the sun stands.
#[derive(Clone, Copy, Debug, PartialEq, Portable)]
pub struct SunPosition {
    /// Degrees above the horizon, without the air's refraction.
    pub elevation: f64,
    /// Degrees above the horizon as seen, at sea level.
    pub apparent_elevation: f64,
    /// Degrees clockwise from north.
    pub azimuth: f64,
    /// Degrees north of the celestial equator.
    pub declination: f64,
}

/// Something the sun does every day outside the polar circles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Portable)]
pub enum SunEventKind {
    /// 18° below the horizon, rising.
    AstronomicalDawn,
    /// 12° below the horizon, rising.
    NauticalDawn,
    /// 6° below the horizon, rising.
    CivilDawn,
    /// The upper edge appears.
    Sunrise,
    /// The highest point of the day.
    SolarNoon,
    /// The upper edge disappears.
    Sunset,
    /// 6° below the horizon, setting.
    CivilDusk,
    /// 12° below the horizon, setting.
    NauticalDusk,
    /// 18° below the horizon, setting.
    AstronomicalDusk,
}

/// An event and its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub struct SunEvent {
    /// What happens.
    pub kind: SunEventKind,
    /// When.
    pub unix_seconds: i64,
}

/// A whole day of the sun.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct Almanac {
    /// The date, `YYYY-MM-DD`.
    pub date: String,
    /// All events of the day in order.
    pub events: Vec<SunEvent>,
    /// Seconds that the sun is up.
    pub day_length_seconds: u32,
    /// Seconds more (or fewer, if negative) than the day before.
    pub change_seconds: i32,
    /// Degrees above the horizon at solar noon.
    pub noon_elevation: f64,
    /// The moon at solar noon.
    pub moon: MoonPhase,
}

/// The eight names of the moon's phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum MoonPhaseName {
    /// Not to be seen.
    NewMoon,
    /// Growing, less than half lit.
    WaxingCrescent,
    /// Growing, half lit.
    FirstQuarter,
    /// Growing, more than half lit.
    WaxingGibbous,
    /// Fully lit.
    FullMoon,
    /// Shrinking, more than half lit.
    WaningGibbous,
    /// Shrinking, half lit.
    LastQuarter,
    /// Shrinking, less than half lit.
    WaningCrescent,
}

/// How the moon looks.
#[derive(Clone, Copy, Debug, PartialEq, Portable)]
pub struct MoonPhase {
    /// The phase's name.
    pub name: MoonPhaseName,
    /// The lit part of the disc, from 0 to 1.
    pub illumination: f64,
    /// Degrees east of the sun: 0 new, 90 first quarter, 180 full.
    pub elongation: f64,
    /// Days since new moon, within half a day.
    pub age_days: f64,
}

/// A moment as clocks in a time zone show it.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct ZonedTime {
    /// The moment.
    pub unix_seconds: i64,
    /// `YYYY-MM-DDThh:mm:ss` on the wall clock.
    pub civil: String,
    /// RFC 3339 with the offset.
    pub rfc3339: String,
    /// The zone's name.
    pub zone: String,
    /// Seconds ahead of UTC.
    pub offset_seconds: i32,
    /// The offset's short name, for example `CEST`.
    pub abbreviation: String,
    /// Whether summer time is in force.
    pub daylight_saving: bool,
    /// `Monday` to `Sunday`.
    pub weekday: String,
}

/// A zone's offset and when it changes.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct ZoneOffset {
    /// Seconds ahead of UTC.
    pub offset_seconds: i32,
    /// The offset's short name.
    pub abbreviation: String,
    /// Whether summer time is in force.
    pub daylight_saving: bool,
    /// The next change of the offset, if the zone has one ahead.
    pub next_change_unix: Option<i64>,
    /// The offset after it.
    pub next_offset_seconds: Option<i32>,
}

/// Whether a wall-clock time is unusual in its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum ClockChange {
    /// It happens once.
    None,
    /// Clocks jump over it; the time as far behind the gap is used.
    Skipped,
    /// Clocks show it twice; the first is used.
    Repeated,
}

/// A wall-clock time carried to another zone.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct ConvertedTime {
    /// The time in the target zone.
    pub time: ZonedTime,
    /// Whether the source time was unusual.
    pub clock_change: ClockChange,
}

/// What keeps the sun module from answering.
#[derive(Clone, Debug, PartialEq, Portable)]
#[non_exhaustive]
pub enum SunError {
    /// Latitude or longitude is not on Earth.
    InvalidPlace {
        /// Which one.
        name: String,
        /// Its value.
        value: f64,
        /// The largest amount allowed.
        limit: f64,
    },
    /// Not a date or time.
    InvalidTime {
        /// What was given.
        text: String,
        /// What is expected.
        expected: String,
    },
    /// Outside the years for which positions and zones hold.
    OutOfRange {
        /// What was given.
        text: String,
    },
    /// No such time zone.
    UnknownZone {
        /// What was given.
        name: String,
        /// Names that come close.
        similar: Vec<String>,
    },
    /// Not a time expression.
    InvalidExpression {
        /// What was given.
        expression: String,
        /// What can't be understood in it.
        reason: String,
    },
}

impl fmt::Display for SunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidPlace { name, value, limit } => {
                write!(
                    f,
                    "{name} {value} is not on Earth; expected degrees from -{limit} to {limit}"
                )
            }
            Self::InvalidTime { text, expected } => {
                write!(f, "`{text}` is not a time; expected {expected}")
            }
            Self::OutOfRange { text } => write!(f, "{text} is outside the years 1900 to 2200"),
            Self::UnknownZone { name, similar } if similar.is_empty() => {
                write!(
                    f,
                    "time zone `{name}` is unknown; expected a name such as `Europe/Berlin`"
                )
            }
            Self::UnknownZone { name, similar } => {
                write!(
                    f,
                    "time zone `{name}` is unknown; did you mean {}?",
                    similar.join(" or ")
                )
            }
            Self::InvalidExpression { expression, reason } => {
                write!(
                    f,
                    "`{expression}` is not a time expression: {reason}; try `sunset-30m` or `07:15`"
                )
            }
        }
    }
}

impl std::error::Error for SunError {}
