//! Times as people write them in rules: `sunset-30m`, `07:15`, `civil_dawn + 1h30m`.

use home_types::sun::{SunError, SunEventKind, SunTime};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use lmms::{Context, operation};

use crate::arguments::{date as parse_date, place as parse_place, shown};
use crate::astronomy::Place;
use crate::events::SolarDay;
use crate::zones::{moment_or_now, timestamp, zone_named};

const LONGEST: usize = 64;
/// A rule's time belongs to its day; more than two days off is a mistake.
const LARGEST_OFFSET: i64 = 48 * 3600;

/// The moment that `expression` means on `date` (today in `zone` if left out): `now`, `noon`, `midnight` (the day's
/// first moment), a wall-clock time (`07:15`), or an event (`sunrise`, `sunset`, `solar_noon`, `dawn`, `dusk`,
/// `nautical_dawn`, `astronomical_dusk`, …), each with an optional offset (`sunset-30m`, `dawn + 1h30m`). Where the
/// event doesn't happen that day, the answer says why.
#[operation(interface = "sun")]
pub fn parse_time_expression(
    cx: &Context,
    expression: &str,
    latitude: f64,
    longitude: f64,
    zone: &str,
    date: Option<&str>,
) -> Result<SunTime, SunError> {
    let now = moment_or_now(cx, None)?;
    let home = Home::new(latitude, longitude, zone)?;
    let date = match date {
        Some(text) => parse_date(text)?,
        None => home.date_of(now)?,
    };
    home.resolve(&Expression::parse(expression)?, date, now)
}

/// Whether the Unix time `at` (now if left out) is in the window from `start` to before `end`, both time expressions of
/// that day in `zone`; an `end` earlier than `start` means the next day's. Without a sunset, night never begins under
/// the midnight sun and lasts all day in polar night; likewise for the other events.
#[operation(interface = "sun")]
pub fn is_between(
    cx: &Context,
    start: &str,
    end: &str,
    latitude: f64,
    longitude: f64,
    zone: &str,
    at: Option<i64>,
) -> Result<bool, SunError> {
    let at = moment_or_now(cx, at)?;
    let home = Home::new(latitude, longitude, zone)?;
    let today = home.date_of(at)?;
    let bound = |text: &str| home.bound(&Expression::parse(text)?, today, at);
    Ok(match (bound(start)?, bound(end)?) {
        (Bound::NeverComes, _) | (_, Bound::LongPast) => false,
        (Bound::LongPast, Bound::NeverComes) => true,
        (Bound::LongPast, Bound::At(end)) => at < end,
        (Bound::At(start), Bound::NeverComes) => start <= at,
        (Bound::At(start), Bound::At(end)) if start <= end => start <= at && at < end,
        (Bound::At(start), Bound::At(end)) => start <= at || at < end,
    })
}

struct Home {
    place: Place,
    zone: TimeZone,
}

enum Bound {
    At(i64),
    /// As sunset in polar night.
    LongPast,
    /// As sunset under the midnight sun.
    NeverComes,
}

impl Home {
    fn new(latitude: f64, longitude: f64, zone: &str) -> Result<Home, SunError> {
        Ok(Home {
            place: parse_place(latitude, longitude)?,
            zone: zone_named(zone)?,
        })
    }

    fn date_of(&self, moment: i64) -> Result<Date, SunError> {
        Ok(timestamp(moment)?.to_zoned(self.zone.clone()).date())
    }

    fn resolve(&self, expression: &Expression, date: Date, now: i64) -> Result<SunTime, SunError> {
        let time = match expression.base {
            Base::Now => SunTime::At(now),
            Base::Event(kind) => SolarDay::on(date, self.place, Some(&self.zone))?.event(kind),
            Base::Clock(time) => {
                let out_of_range = |_| SunError::OutOfRange {
                    text: date.to_string(),
                };
                let local = date
                    .to_datetime(time)
                    .to_zoned(self.zone.clone())
                    .map_err(out_of_range)?;
                SunTime::At(local.timestamp().as_second())
            }
        };
        Ok(match time {
            SunTime::At(moment) => SunTime::At(moment + expression.offset),
            never => never,
        })
    }

    fn bound(&self, expression: &Expression, date: Date, now: i64) -> Result<Bound, SunError> {
        use SunEventKind::{AstronomicalDawn, CivilDawn, NauticalDawn, Sunrise};
        let rising = matches!(
            expression.base,
            Base::Event(AstronomicalDawn | NauticalDawn | CivilDawn | Sunrise)
        );
        Ok(match self.resolve(expression, date, now)? {
            SunTime::At(moment) => Bound::At(moment),
            SunTime::AlwaysAbove if rising => Bound::LongPast,
            SunTime::AlwaysBelow if !rising => Bound::LongPast,
            SunTime::AlwaysAbove | SunTime::AlwaysBelow => Bound::NeverComes,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Base {
    Now,
    Clock(Time),
    Event(SunEventKind),
}

/// An expression, understood but not yet put on a date.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Expression {
    base: Base,
    /// In seconds.
    offset: i64,
}

impl Expression {
    fn parse(text: &str) -> Result<Expression, SunError> {
        let wrong = |reason: String| SunError::InvalidExpression {
            expression: shown(text),
            reason,
        };
        if text.len() > LONGEST {
            return Err(wrong(format!("it is longer than {LONGEST} bytes")));
        }
        let lower = text.trim().to_lowercase();
        let (base, offset) = match lower.find(['+', '-']) {
            Some(at) => lower.split_at(at),
            None => (lower.as_str(), ""),
        };
        let base = parse_base(base.trim_end()).map_err(wrong)?;
        let offset = parse_offset(offset).map_err(wrong)?;
        Ok(Expression { base, offset })
    }
}

fn parse_base(text: &str) -> Result<Base, String> {
    Ok(match text.replace(' ', "_").as_str() {
        "now" => Base::Now,
        "noon" => Base::Clock(jiff::civil::time(12, 0, 0, 0)),
        "midnight" => Base::Clock(Time::midnight()),
        "sunrise" => Base::Event(SunEventKind::Sunrise),
        "sunset" => Base::Event(SunEventKind::Sunset),
        "solar_noon" => Base::Event(SunEventKind::SolarNoon),
        "dawn" | "civil_dawn" => Base::Event(SunEventKind::CivilDawn),
        "dusk" | "civil_dusk" => Base::Event(SunEventKind::CivilDusk),
        "nautical_dawn" => Base::Event(SunEventKind::NauticalDawn),
        "nautical_dusk" => Base::Event(SunEventKind::NauticalDusk),
        "astronomical_dawn" => Base::Event(SunEventKind::AstronomicalDawn),
        "astronomical_dusk" => Base::Event(SunEventKind::AstronomicalDusk),
        "" => return Err("it names no time before the offset".into()),
        clock => {
            Base::Clock(parse_clock(clock).ok_or_else(|| {
                format!("`{}` is neither an event nor a time of day", shown(clock))
            })?)
        }
    })
}

/// `h:mm`, `hh:mm` or `hh:mm:ss`.
fn parse_clock(text: &str) -> Option<Time> {
    let mut fields = text.split(':').map(|field| {
        let digits = (1..=2).contains(&field.len()) && field.bytes().all(|b| b.is_ascii_digit());
        if digits {
            field.parse::<i8>().ok()
        } else {
            None
        }
    });
    let (hour, minute) = (fields.next()??, fields.next()??);
    let second = match fields.next() {
        Some(second) => second?,
        None => 0,
    };
    if fields.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

/// `+1h30m`, `- 45 min`, or nothing; in seconds.
fn parse_offset(text: &str) -> Result<i64, String> {
    let Some(sign) = text.chars().next() else {
        return Ok(0);
    };
    let mut rest = text[1..].trim();
    if rest.is_empty() {
        return Err(format!("nothing follows `{sign}`"));
    }
    let mut seconds: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(letters);
        let factor = match unit {
            "h" => 3600,
            "m" | "min" => 60,
            "s" => 1,
            _ => {
                return Err(format!(
                    "expected a number with h, m or s at `{}`",
                    shown(rest)
                ));
            }
        };
        let number: i64 = number
            .parse()
            .map_err(|_| format!("expected a number at `{}`", shown(rest)))?;
        seconds = number.saturating_mul(factor).saturating_add(seconds);
        if seconds > LARGEST_OFFSET {
            return Err("the offset is more than 48 hours".into());
        }
        rest = after.trim_start();
    }
    Ok(if sign == '-' { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: (f64, f64, &str) = (52.52, 13.405, "Europe/Berlin");
    const TROMSO: (f64, f64, &str) = (69.6492, 18.9553, "Europe/Oslo");

    fn on(expression: &str, home: (f64, f64, &str), date: &str) -> Result<SunTime, SunError> {
        parse_time_expression(
            &Context::detached(),
            expression,
            home.0,
            home.1,
            home.2,
            Some(date),
        )
    }

    fn at(expression: &str) -> i64 {
        on(expression, BERLIN, "2025-06-21")
            .unwrap()
            .unix_seconds()
            .unwrap()
    }

    #[test]
    fn clock_times_are_local() {
        // 07:15 in Berlin's summer is 05:15 UTC.
        assert_eq!(at("07:15"), 1_750_482_900);
        assert_eq!(at("7:15:30"), 1_750_482_930);
        assert_eq!(at("noon"), at("12:00"));
        assert_eq!(at("midnight + 7h 15m"), at("07:15"));
    }

    #[test]
    fn offsets_move_events() {
        assert_eq!(at("sunset") - at("sunset-30m"), 1800);
        assert_eq!(at(" Sunset + 1h30m "), at("sunset") + 5400);
        assert_eq!(at("sunrise+90s") - at("sunrise"), 90);
        assert_eq!(at("dawn - 5 min"), at("civil dawn") - 300);
        assert!(
            at("dawn") < at("sunrise")
                && at("sunrise") < at("solar_noon")
                && at("sunset") < at("dusk")
        );
    }

    #[test]
    fn the_date_defaults_to_today() {
        let now =
            parse_time_expression(&Context::detached(), "now", 0.0, 0.0, "UTC", None).unwrap();
        let midnight =
            parse_time_expression(&Context::detached(), "midnight", 0.0, 0.0, "UTC", None).unwrap();
        let since = now.unix_seconds().unwrap() - midnight.unix_seconds().unwrap();
        assert!((0..86_400).contains(&since), "{since}");
    }

    #[test]
    fn events_that_do_not_happen_are_values() {
        assert_eq!(
            on("sunset-30m", TROMSO, "2025-06-21"),
            Ok(SunTime::AlwaysAbove)
        );
        assert_eq!(
            on("sunrise", TROMSO, "2025-12-21"),
            Ok(SunTime::AlwaysBelow)
        );
        assert_eq!(
            on("astronomical_dusk", BERLIN, "2025-06-21"),
            Ok(SunTime::AlwaysAbove)
        );
    }

    #[test]
    fn nonsense_says_what_is_wrong() {
        let cases = [
            ("", "names no time"),
            ("-30m", "names no time"),
            ("sunset-", "nothing follows"),
            ("sunset-30", "h, m or s"),
            ("sunset-m", "expected a number"),
            ("sunset-30m+5m", "h, m or s"),
            ("sunset 30m", "neither an event"),
            ("moonrise", "neither an event"),
            ("25:00", "neither an event"),
            ("7", "neither an event"),
            ("07:60", "neither an event"),
            ("1:2:3:4", "neither an event"),
            ("+1:00", "names no time"),
            ("sunset+49h", "48 hours"),
            ("sunset+99999999999999999999h", "expected a number"),
            ("sunset+9223372036854775807h", "48 hours"),
            ("sunset+3é", "h, m or s"),
        ];
        for (expression, expected) in cases {
            let error = on(expression, BERLIN, "2025-06-21")
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{expression}: {error}");
        }
        assert!(
            on(&"x".repeat(1000), BERLIN, "2025-06-21")
                .unwrap_err()
                .to_string()
                .contains("longer")
        );
    }

    #[test]
    fn windows_may_span_midnight() {
        let inside = |start: &str, end: &str, moment: i64| {
            is_between(
                &Context::detached(),
                start,
                end,
                BERLIN.0,
                BERLIN.1,
                BERLIN.2,
                Some(moment),
            )
            .unwrap()
        };
        let (morning, evening) = (at("05:00"), at("23:30"));
        assert!(inside("22:00", "06:00", morning) && inside("22:00", "06:00", evening));
        assert!(!inside("22:00", "06:00", at("12:00")));
        assert!(inside("sunrise", "sunset", at("12:00")) && !inside("sunrise", "sunset", evening));
        assert!(
            inside("sunset-30m", "23:00", at("sunset"))
                && !inside("sunset-30m", "23:00", at("23:00"))
        );
        assert!(!inside("12:00", "12:00", at("12:00")), "an empty window");
    }

    #[test]
    fn night_lasts_all_polar_night_and_never_begins_under_the_midnight_sun() {
        let inside = |start: &str, end: &str, moment: i64| {
            is_between(
                &Context::detached(),
                start,
                end,
                TROMSO.0,
                TROMSO.1,
                TROMSO.2,
                Some(moment),
            )
            .unwrap()
        };
        // Noon and near midnight, on 21 June and 21 December 2025.
        for (moment, dark) in [
            (1_750_500_000, false),
            (1_750_542_000, false),
            (1_766_311_200, true),
            (1_766_354_000, true),
        ] {
            assert_eq!(inside("sunset", "sunrise", moment), dark, "{moment}");
            assert_eq!(inside("sunrise", "sunset", moment), !dark, "{moment}");
        }
        assert!(!inside("sunset", "23:59", 1_750_500_000));
        assert!(inside("sunset", "23:59", 1_766_311_200));
        assert!(
            inside("10:00", "sunrise", 1_766_311_200),
            "it ends with the day"
        );
    }
}
