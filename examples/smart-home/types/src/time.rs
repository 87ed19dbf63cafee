//! Times as text: ISO 8601 in UTC, as the APIs around a smart home write them.
use std::time::Duration;

const DAY: u64 = 86_400;

/// A time since the Unix epoch as `2026-11-23T07:22:17.250Z`.
pub fn format_utc(at: Duration) -> String {
    let seconds = at.as_secs();
    let (year, month, day) = date_of(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        at.subsec_millis()
    )
}

/// Reads `2026-11-23T07:22:17.25Z` or, with an offset, `2026-11-23T08:22:17+01:00`. `None` for anything else, and for
/// times before the epoch.
pub fn parse_utc(text: &str) -> Option<Duration> {
    let (date, rest) = text.split_once(['T', ' '])?;
    let mut date = date.splitn(3, '-');
    let year: u64 = number(date.next()?, 4)?;
    let month: u64 = number(date.next()?, 2)?;
    let day: u64 = number(date.next()?, 2)?;
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (clock, zone) = rest.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':');
    let hour: u64 = number(clock.next()?, 2)?;
    let minute: u64 = number(clock.next()?, 2)?;
    let second: u64 = number(clock.next()?, 2)?;
    let in_month = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if year < 1970 || !in_month || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let local = days_before(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    let seconds = local.checked_add_signed(-offset(zone)?)?;
    Some(Duration::new(seconds, nanoseconds(fraction)?))
}

fn number(text: &str, digits: usize) -> Option<u64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

fn nanoseconds(fraction: &str) -> Option<u32> {
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nine = format!("{:0<9}", fraction.get(..9).unwrap_or(fraction));
    nine.parse().ok()
}

fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    let seconds = i64::try_from(hours * 3600 + minutes * 60).ok()?;
    if hours > 23 || minutes > 59 {
        return None;
    }
    Some(if zone.starts_with('-') {
        -seconds
    } else {
        seconds
    })
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the epoch to a date. Years start in March here, so that a leap day is the last of its year.
fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

/// The date `days` after the epoch.
fn date_of(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_back() {
        assert_eq!(format_utc(Duration::ZERO), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            format_utc(Duration::from_millis(1_709_164_800_250)),
            "2024-02-29T00:00:00.250Z"
        );
        for day in (0..60_000).step_by(17) {
            let at = Duration::from_secs(day * DAY + 4711);
            assert_eq!(parse_utc(&format_utc(at)), Some(at), "day {day}");
        }
    }

    #[test]
    fn offsets_and_fractions_are_understood() {
        let noon = parse_utc("2026-11-23T12:00:00Z").unwrap();
        assert_eq!(parse_utc("2026-11-23T13:00:00+01:00"), Some(noon));
        assert_eq!(parse_utc("2026-11-23T06:30:00.0-05:30"), Some(noon));
        assert_eq!(
            parse_utc("2026-11-23T12:00:00.123456789012+00:00"),
            Some(noon + Duration::from_nanos(123_456_789))
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "T",
            "2026-11-23",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "2026-11-23T24:00:00Z",
            "2026-11-23T12:00:00",
            "2026-11-23T12:00:00+1",
            "2026-11-23T12:00:00.xZ",
            "２026-11-23T12:00:00Z",
        ] {
            assert_eq!(parse_utc(text), None, "{text}");
        }
    }
}
