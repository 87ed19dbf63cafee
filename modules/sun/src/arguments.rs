//! What callers pass, checked: places, dates, moments.

use home_types::sun::SunError;
use jiff::civil::{Date, time};
use jiff::tz::TimeZone;

use crate::astronomy::Place;
use crate::zones::zone_named;

const FIRST_YEAR: i16 = 1900;
const LAST_YEAR: i16 = 2200;
/// 1900-01-01 and 2201-01-01 in UTC.
const MOMENTS: std::ops::Range<i64> = -2_208_988_800..7_289_654_400;
const LONGEST_SHOWN: usize = 60;

pub(crate) fn place(latitude: f64, longitude: f64) -> Result<Place, SunError> {
    let on_earth = |name: &str, value: f64, limit: f64| {
        if value.abs() <= limit {
            return Ok(());
        }
        Err(SunError::InvalidPlace {
            name: name.into(),
            value,
            limit,
        })
    };
    on_earth("latitude", latitude, 90.0)?;
    on_earth("longitude", longitude, 180.0)?;
    Ok(Place {
        latitude,
        longitude,
    })
}

pub(crate) fn date(text: &str) -> Result<Date, SunError> {
    // jiff would also accept a date and time; the rest would be silently lost.
    let plain = text.len() == 10 && text.is_ascii();
    match text.parse::<Date>() {
        Ok(date) if plain && (FIRST_YEAR..=LAST_YEAR).contains(&date.year()) => Ok(date),
        Ok(_) if plain => Err(SunError::OutOfRange { text: text.into() }),
        _ => Err(SunError::InvalidTime {
            text: shown(text),
            expected: "a date such as 2025-06-21".into(),
        }),
    }
}

/// A moment in the years covered.
pub(crate) fn moment(unix_seconds: i64) -> Result<i64, SunError> {
    if MOMENTS.contains(&unix_seconds) {
        return Ok(unix_seconds);
    }
    Err(SunError::OutOfRange {
        text: format!("Unix time {unix_seconds}"),
    })
}

/// About noon of the date at the place: by the clocks of `zone`, else by the sun.
pub(crate) fn midday(date: Date, place: Place, zone: Option<&TimeZone>) -> Result<f64, SunError> {
    let out_of_range = |_| SunError::OutOfRange {
        text: date.to_string(),
    };
    let noon = date.to_datetime(time(12, 0, 0, 0));
    let by_clock = noon
        .to_zoned(zone.cloned().unwrap_or(TimeZone::UTC))
        .map_err(out_of_range)?;
    let seconds = by_clock.timestamp().as_second() as f64;
    Ok(match zone {
        Some(_) => seconds,
        None => seconds - place.longitude / 360.0 * 86_400.0,
    })
}

pub(crate) fn optional_zone(name: Option<&str>) -> Result<Option<TimeZone>, SunError> {
    name.map(zone_named).transpose()
}

/// A caller's text as far as it belongs into a message.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .take(LONGEST_SHOWN)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_off_the_earth_are_refused() {
        assert!(place(90.0, -180.0).is_ok());
        for (latitude, longitude) in [
            (90.1, 0.0),
            (f64::NAN, 0.0),
            (0.0, f64::INFINITY),
            (0.0, -180.5),
        ] {
            let error = place(latitude, longitude).unwrap_err();
            assert!(error.to_string().contains("not on Earth"), "{error}");
        }
    }

    #[test]
    fn dates_are_dates() {
        assert_eq!(date("2024-02-29").unwrap().day(), 29);
        for bad in [
            "",
            "2023-02-29",
            "2024-13-01",
            "21.6.2025",
            "2025-06-21T12:00",
            "20250621",
            "\0",
            "2025-06-2１",
        ] {
            assert!(
                matches!(date(bad), Err(SunError::InvalidTime { .. })),
                "{bad}"
            );
        }
        assert!(matches!(
            date("1899-12-31"),
            Err(SunError::OutOfRange { .. })
        ));
        assert!(matches!(
            date("2201-01-01"),
            Err(SunError::OutOfRange { .. })
        ));
    }

    #[test]
    fn moments_are_bounded() {
        assert_eq!(moment(0), Ok(0));
        for far in [i64::MIN, i64::MAX, MOMENTS.start - 1, MOMENTS.end] {
            assert!(moment(far).is_err(), "{far}");
        }
    }
}
