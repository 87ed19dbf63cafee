//! Sun, moon and time zones, computed on the spot: no network, no files of the system.
//!
//! The sun's place follows Meeus, *Astronomical Algorithms*, chapter 25, as NOAA's solar calculator does: right to
//! 0.01°, which is a few seconds of sunrise in middle latitudes. Times assume a flat horizon at sea level and average
//! air; weather shifts them by a minute or two. Where the sun doesn't rise or set that day, the answer says so as a
//! value. The time zone database is built in.
#![forbid(unsafe_code)]

mod arguments;
mod astronomy;
mod events;
mod expression;
mod moon;
mod zones;

#[cfg(test)]
mod published;

pub use events::{
    almanac, day_length, is_daylight, next_event, position, solar_noon, sunrise, sunset, twilight,
};
pub use expression::{is_between, parse_time_expression};
pub use moon::moon_phase;
pub use zones::{convert_time, find_zones, local_time, offset_of};

lmms::module!();
