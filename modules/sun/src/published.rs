//! The sun's times against published ones: within 20 seconds of precise algorithms, two minutes of coarser ones.

use home_types::sun::{SunError, SunEventKind, SunTime, Twilight};
use lmms::Context;

use crate::*;

/// Asserts that `actual` is at most `seconds` off the RFC 3339 time `published`.
#[track_caller]
fn close(actual: SunTime, published: &str, seconds: i64) {
    let expected = published.parse::<jiff::Timestamp>().unwrap().as_second();
    let off = actual.unix_seconds().map(|moment| moment - expected);
    assert!(
        off.is_some_and(|off| off.abs() <= seconds),
        "{published}: off by {off:?} s"
    );
}

/// The worked example of NREL's Solar Position Algorithm (NREL/TP-560-34302), Golden, Colorado. It gives the sunset
/// within the UT day of 17 October, which in Colorado is the evening of the 16th.
#[test]
fn nrel_golden_colorado() {
    let (latitude, longitude) = (39.742476, -105.1786);
    for zone in [None, Some("America/Denver")] {
        let rise = sunrise("2003-10-17", latitude, longitude, zone).unwrap();
        close(rise, "2003-10-17T06:12:43-07:00", 20);
        let set = sunset("2003-10-16", latitude, longitude, zone).unwrap();
        close(set, "2003-10-16T17:20:19-07:00", 20);
    }
}

/// Sunrise and sunset in the tests of pvlib for the same algorithm, at Greenwich's longitude.
#[test]
fn pvlib_greenwich_longitude() {
    let cases = [
        ("1994-01-02", 35.0, "07:08:12", "16:59:55"),
        ("1996-07-05", -35.0, "07:08:15", "17:01:04"),
        ("2004-12-04", -35.0, "04:38:57", "19:02:02"),
    ];
    for (date, latitude, rise, set) in cases {
        close(
            sunrise(date, latitude, 0.0, Some("UTC")).unwrap(),
            &format!("{date}T{rise}Z"),
            20,
        );
        close(
            sunset(date, latitude, 0.0, Some("UTC")).unwrap(),
            &format!("{date}T{set}Z"),
            20,
        );
    }
}

/// The reference day of SunCalc's tests, near Kyiv: all twilights.
#[test]
fn suncalc_kyiv() {
    let (date, latitude, longitude) = ("2013-03-05", 50.5, 30.5);
    let noon = solar_noon(date, latitude, longitude, None).unwrap();
    close(SunTime::At(noon), "2013-03-05T10:10:57Z", 120);
    close(
        sunrise(date, latitude, longitude, None).unwrap(),
        "2013-03-05T04:34:56Z",
        120,
    );
    close(
        sunset(date, latitude, longitude, None).unwrap(),
        "2013-03-05T15:46:57Z",
        120,
    );
    let cases = [
        (Twilight::Civil, "04:02:17", "16:19:36"),
        (Twilight::Nautical, "03:24:31", "16:57:22"),
        (Twilight::Astronomical, "02:46:17", "17:35:36"),
    ];
    for (kind, dawn, dusk) in cases {
        let times = twilight(kind, date, latitude, longitude, None).unwrap();
        close(times.dawn, &format!("{date}T{dawn}Z"), 120);
        close(times.dusk, &format!("{date}T{dusk}Z"), 120);
    }
}

#[test]
fn the_position_agrees_with_nrel_refraction_included() {
    let moment = Some(1_066_419_030);
    let sun = position(&Context::detached(), 39.742476, -105.1786, moment).unwrap();
    assert!((sun.azimuth - 194.340241).abs() < 0.01, "{sun:?}");
    assert!((sun.apparent_elevation - 39.888378).abs() < 0.02, "{sun:?}");
    assert!(is_daylight(&Context::detached(), 39.742476, -105.1786, moment).unwrap());
}

#[test]
fn polar_days_and_nights_are_values() {
    // Tromsø: midnight sun from about 20 May to 22 July, polar night from about 27 November to 15 January.
    let rise = |date: &str| sunrise(date, 69.6492, 18.9553, Some("Europe/Oslo")).unwrap();
    assert_eq!(rise("2025-06-21"), SunTime::AlwaysAbove);
    assert_eq!(rise("2025-12-21"), SunTime::AlwaysBelow);
    assert!(
        rise("2025-05-10").unix_seconds().is_some() && rise("2025-08-01").unix_seconds().is_some()
    );
    assert_eq!(day_length("2025-06-21", 69.6492, 18.9553, None), Ok(86_400));
    assert_eq!(day_length("2025-12-21", 69.6492, 18.9553, None), Ok(0));
    let dusk = twilight(Twilight::Civil, "2025-12-21", 69.6492, 18.9553, None)
        .unwrap()
        .dusk;
    assert!(dusk.unix_seconds().is_some(), "Tromsø's noon is not dark");
}

#[test]
fn days_grow_towards_june_and_last_twelve_hours_on_the_equator() {
    let length = |date: &str| i64::from(day_length(date, 52.52, 13.405, None).unwrap());
    assert!(
        length("2025-12-21") < length("2025-03-20") && length("2025-03-20") < length("2025-06-21")
    );
    // Refraction and the sun's size add about seven minutes to twelve hours.
    let equator = i64::from(day_length("2025-03-20", 0.0, 0.0, None).unwrap());
    assert!((equator - 43_200 - 400).abs() < 60, "{equator}");
    assert!(
        almanac("2025-04-01", 52.52, 13.405, None)
            .unwrap()
            .change_seconds
            > 200
    );
    assert!(
        almanac("2025-10-01", 52.52, 13.405, None)
            .unwrap()
            .change_seconds
            < -200
    );
}

#[test]
fn an_almanac_is_in_order() {
    let day = almanac("2025-03-20", 52.52, 13.405, Some("Europe/Berlin")).unwrap();
    assert_eq!(day.events.len(), 9);
    assert!(
        day.events
            .windows(2)
            .all(|pair| pair[0].unix_seconds < pair[1].unix_seconds)
    );
    assert!(
        (day.noon_elevation - 37.5).abs() < 0.5,
        "{}",
        day.noon_elevation
    );
    assert_eq!(
        almanac("2025-06-21", 52.52, 13.405, None)
            .unwrap()
            .events
            .len(),
        7,
        "no astronomical night"
    );
}

#[test]
fn the_zone_decides_whose_date_is_meant() {
    // Apia keeps the date of the west side of the date line but the sun of the east side.
    let noon = solar_noon("2025-03-20", -13.83, -171.76, Some("Pacific/Apia")).unwrap();
    let local = local_time(&Context::detached(), "Pacific/Apia", Some(noon)).unwrap();
    assert!(local.civil.starts_with("2025-03-20T12:"), "{}", local.civil);
    let by_sun = solar_noon("2025-03-20", -13.83, -171.76, None).unwrap();
    assert!(
        (by_sun - noon - 86_400).abs() < 60,
        "the sun is a day behind the clocks"
    );
}

#[test]
fn the_next_event_is_the_first_after_the_moment() {
    let cx = Context::detached();
    let next = |kind, after| {
        next_event(&cx, 52.52, 13.405, kind, Some(after))
            .unwrap()
            .unwrap()
    };
    // 20 March 2025, 12:00 UTC: the sun is up in Berlin.
    let noon = 1_742_472_000;
    let sunset = next(None, noon);
    assert_eq!(sunset.kind, SunEventKind::Sunset);
    let dusk = next(None, sunset.unix_seconds);
    assert_eq!(dusk.kind, SunEventKind::CivilDusk);
    let sunrise = next(Some(SunEventKind::Sunrise), noon);
    assert!(
        (12 * 3600..24 * 3600).contains(&(sunrise.unix_seconds - noon)),
        "{sunrise:?}"
    );
    let again = next(Some(SunEventKind::Sunrise), sunrise.unix_seconds);
    assert!((again.unix_seconds - sunrise.unix_seconds - 86_400).abs() < 300);
}

#[test]
fn in_polar_regions_the_next_event_may_be_months_away_or_never() {
    let cx = Context::detached();
    let june = Some(1_750_507_200);
    let sunset = next_event(&cx, 78.22, 15.65, Some(SunEventKind::Sunset), june)
        .unwrap()
        .unwrap();
    // Longyearbyen's midnight sun ends in the last days of August.
    let days = (sunset.unix_seconds - 1_750_507_200) / 86_400;
    assert!((60..70).contains(&days), "{days}");
    let nightfall = next_event(&cx, 90.0, 0.0, Some(SunEventKind::Sunrise), june).unwrap();
    assert!(nightfall.is_none_or(|event| event.unix_seconds > 1_750_507_200));
}

#[test]
fn bad_arguments_are_errors_everywhere() {
    assert!(matches!(
        sunrise("2025-06-21", 91.0, 0.0, None),
        Err(SunError::InvalidPlace { .. })
    ));
    assert!(matches!(
        sunset("yesterday", 0.0, 0.0, None),
        Err(SunError::InvalidTime { .. })
    ));
    assert!(matches!(
        day_length("2025-06-21", 0.0, 0.0, Some("Moon/Sea")),
        Err(SunError::UnknownZone { .. })
    ));
    let cx = Context::detached();
    assert!(matches!(
        position(&cx, f64::NAN, 0.0, None),
        Err(SunError::InvalidPlace { .. })
    ));
    assert!(matches!(
        moon_phase(&cx, Some(i64::MIN)),
        Err(SunError::OutOfRange { .. })
    ));
    assert!(matches!(
        next_event(&cx, 0.0, 0.0, None, Some(i64::MAX)),
        Err(SunError::OutOfRange { .. })
    ));
}
