//! Time zones: what clocks show where, and when they change.

use home_types::sun::{ClockChange, ConvertedTime, SunError, ZoneOffset, ZonedTime};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, db};
use jiff::{Timestamp, Zoned};
use lmms::{Context, operation};

use crate::arguments::{moment, shown};

const MOST_NAMES: usize = 100;

/// What clocks in `zone` (such as `Europe/Berlin`) show at the Unix time `at`, now if left out.
#[operation(interface = "sun")]
pub fn local_time(cx: &Context, zone: &str, at: Option<i64>) -> Result<ZonedTime, SunError> {
    let at = moment_or_now(cx, at)?;
    Ok(describe(&timestamp(at)?.to_zoned(zone_named(zone)?)))
}

/// The offset of `zone` at the Unix time `at`, now if left out, and its next change.
#[operation(interface = "sun")]
pub fn offset_of(cx: &Context, zone: &str, at: Option<i64>) -> Result<ZoneOffset, SunError> {
    let at = timestamp(moment_or_now(cx, at)?)?;
    let zone = zone_named(zone)?;
    let now = zone.to_offset_info(at);
    let next = zone
        .following(at)
        .find(|change| change.offset() != now.offset());
    Ok(ZoneOffset {
        offset_seconds: now.offset().seconds(),
        abbreviation: now.abbreviation().into(),
        daylight_saving: now.dst().is_dst(),
        next_change_unix: next.as_ref().map(|change| change.timestamp().as_second()),
        next_offset_seconds: next.as_ref().map(|change| change.offset().seconds()),
    })
}

/// Carries the wall-clock time `time` (`2025-06-21T14:30`) of the zone `from` to the zone `to`, and says whether clocks
/// skip or repeat it.
#[operation(interface = "sun", cache(ttl = "1h"))]
pub fn convert_time(time: &str, from: &str, to: &str) -> Result<ConvertedTime, SunError> {
    let expected = || SunError::InvalidTime {
        text: shown(time),
        expected: "a time such as 2025-06-21T14:30".into(),
    };
    // A `Z` or an offset would contradict the zone given.
    let civil: DateTime = if time.len() <= 29 && time.contains(['T', ' ']) {
        time.parse().map_err(|_| expected())?
    } else {
        return Err(expected());
    };
    let ambiguous = zone_named(from)?.into_ambiguous_zoned(civil);
    let clock_change = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ClockChange::None,
        AmbiguousOffset::Gap { .. } => ClockChange::Skipped,
        AmbiguousOffset::Fold { .. } => ClockChange::Repeated,
    };
    let source = ambiguous
        .compatible()
        .map_err(|_| SunError::OutOfRange { text: shown(time) })?;
    moment(source.timestamp().as_second())?;
    Ok(ConvertedTime {
        time: describe(&source.with_time_zone(zone_named(to)?)),
        clock_change,
    })
}

/// Names of time zones that contain `text`, whatever its case, in order; at most 100.
#[operation(interface = "sun", cache(ttl = "1h"))]
pub fn find_zones(text: &str) -> Vec<String> {
    let wanted = text.to_lowercase().replace(' ', "_");
    let names = db().available().map(|name| name.to_string());
    let mut found: Vec<String> = names
        .filter(|name| name.to_lowercase().contains(&wanted))
        .collect();
    found.sort_unstable();
    found.truncate(MOST_NAMES);
    found
}

/// The zone with this name; the error lists those whose city sounds like it.
pub(crate) fn zone_named(name: &str) -> Result<TimeZone, SunError> {
    TimeZone::get(name).map_err(|_| {
        let city = name.rsplit('/').next().unwrap_or(name);
        // Three letters are the least that tell one city from hundreds.
        let start: String = city
            .chars()
            .take(city.chars().count().clamp(3, 5))
            .collect();
        let mut similar = if city.chars().count() < 3 {
            Vec::new()
        } else {
            find_zones(&start)
        };
        similar.truncate(3);
        SunError::UnknownZone {
            name: shown(name),
            similar,
        }
    })
}

pub(crate) fn timestamp(unix_seconds: i64) -> Result<Timestamp, SunError> {
    Timestamp::from_second(unix_seconds).map_err(|_| SunError::OutOfRange {
        text: format!("Unix time {unix_seconds}"),
    })
}

pub(crate) fn moment_or_now(cx: &Context, at: Option<i64>) -> Result<i64, SunError> {
    moment(at.unwrap_or_else(|| i64::try_from(cx.unix_time().as_secs()).unwrap_or(i64::MAX)))
}

fn describe(time: &Zoned) -> ZonedTime {
    let zone = time.time_zone();
    let info = zone.to_offset_info(time.timestamp());
    ZonedTime {
        unix_seconds: time.timestamp().as_second(),
        civil: time.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        rfc3339: time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        zone: zone.iana_name().unwrap_or("UTC").into(),
        offset_seconds: info.offset().seconds(),
        abbreviation: info.abbreviation().into(),
        daylight_saving: info.dst().is_dst(),
        weekday: time.strftime("%A").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 21 June 2025, 12:00 UTC, a Saturday.
    const SUMMER: i64 = 1_750_507_200;

    #[test]
    fn clocks_show_summer_time_in_summer() {
        let berlin = local_time(&Context::detached(), "Europe/Berlin", Some(SUMMER)).unwrap();
        assert_eq!(berlin.civil, "2025-06-21T14:00:00");
        assert_eq!(berlin.rfc3339, "2025-06-21T14:00:00+02:00");
        assert_eq!(
            (berlin.offset_seconds, berlin.daylight_saving),
            (7200, true)
        );
        assert_eq!(
            (berlin.abbreviation.as_str(), berlin.weekday.as_str()),
            ("CEST", "Saturday")
        );
        let kathmandu = local_time(&Context::detached(), "asia/kathmandu", Some(SUMMER)).unwrap();
        assert_eq!(kathmandu.rfc3339, "2025-06-21T17:45:00+05:45");
        assert_eq!(kathmandu.zone, "Asia/Kathmandu");
    }

    #[test]
    fn the_next_change_is_known() {
        let cx = Context::detached();
        let berlin = offset_of(&cx, "Europe/Berlin", Some(SUMMER)).unwrap();
        // Summer time ended on 26 October 2025 at 01:00 UTC.
        assert_eq!(
            (berlin.next_change_unix, berlin.next_offset_seconds),
            (Some(1_761_440_400), Some(3600))
        );
        let tokyo = offset_of(&cx, "Asia/Tokyo", Some(SUMMER)).unwrap();
        assert_eq!(
            (tokyo.offset_seconds, tokyo.next_change_unix),
            (32_400, None)
        );
    }

    #[test]
    fn times_are_carried_over_zones_and_odd_hours_are_reported() {
        let plain = convert_time("2025-12-24T18:00", "Europe/Berlin", "America/New_York").unwrap();
        assert_eq!(
            (plain.time.civil.as_str(), plain.clock_change),
            ("2025-12-24T12:00:00", ClockChange::None)
        );
        let skipped = convert_time("2025-03-30T02:30", "Europe/Berlin", "Europe/Berlin").unwrap();
        assert_eq!(
            (skipped.time.civil.as_str(), skipped.clock_change),
            ("2025-03-30T03:30:00", ClockChange::Skipped)
        );
        let twice = convert_time("2025-10-26 02:30:00", "Europe/Berlin", "UTC").unwrap();
        assert_eq!(
            (twice.time.civil.as_str(), twice.clock_change),
            ("2025-10-26T00:30:00", ClockChange::Repeated)
        );
    }

    #[test]
    fn unusable_times_and_zones_are_errors() {
        for bad in [
            "",
            "14:30",
            "2025-06-21",
            "2025-06-31T10:00",
            "2025-06-21T14:30Z",
            "2025-06-21T25:00",
            "T",
            &"9".repeat(99),
        ] {
            assert!(
                matches!(
                    convert_time(bad, "UTC", "UTC"),
                    Err(SunError::InvalidTime { .. })
                ),
                "{bad}"
            );
        }
        assert!(matches!(
            convert_time("9999-12-31T00:00", "UTC", "UTC"),
            Err(SunError::OutOfRange { .. })
        ));
        for bad in [
            "",
            "Mars/Olympus",
            "../../etc/passwd",
            "Europe/Berlin\0",
            &"x".repeat(10_000),
        ] {
            let error = convert_time("2025-06-21T14:30", bad, "UTC").unwrap_err();
            assert!(
                matches!(error, SunError::UnknownZone { .. }),
                "{bad}: {error}"
            );
            assert!(error.to_string().len() < 200, "{error}");
        }
        let error = zone_named("Europe/Berlim").unwrap_err();
        assert!(
            error.to_string().contains("did you mean Europe/Berlin"),
            "{error}"
        );
        assert!(local_time(&Context::detached(), "UTC", Some(i64::MAX)).is_err());
    }

    #[test]
    fn zones_are_found_by_part_of_their_name() {
        assert_eq!(find_zones("new york"), ["America/New_York"]);
        assert_eq!(find_zones("").len(), 100);
        assert!(find_zones("atlantis").is_empty());
    }
}
