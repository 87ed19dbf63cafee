//! The sun's day: operations on its events and its place.

use home_types::sun::{
    Almanac, SunError, SunEvent, SunEventKind, SunPosition, SunTime, Twilight, TwilightTimes,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lmms::{Context, operation};

use crate::arguments::{date as parse_date, midday, optional_zone, place as parse_place};
use crate::astronomy::{HORIZON, Passage, Place, Sun, midnights, noon, refraction, rise, set};
use crate::moon;
use crate::zones::moment_or_now;

const DAY: f64 = 86_400.0;
const KINDS: [SunEventKind; 9] = [
    SunEventKind::AstronomicalDawn,
    SunEventKind::NauticalDawn,
    SunEventKind::CivilDawn,
    SunEventKind::Sunrise,
    SunEventKind::SolarNoon,
    SunEventKind::Sunset,
    SunEventKind::CivilDusk,
    SunEventKind::NauticalDusk,
    SunEventKind::AstronomicalDusk,
];

/// When the sun's upper edge appears on `date` (`YYYY-MM-DD`). `zone` says whose date is meant; without it, the place's
/// solar day.
#[operation(interface = "sun", cache(ttl = "1h"))]
pub fn sunrise(
    date: &str,
    latitude: f64,
    longitude: f64,
    zone: Option<&str>,
) -> Result<SunTime, SunError> {
    Ok(SolarDay::of(date, latitude, longitude, zone)?.event(SunEventKind::Sunrise))
}

/// When the sun's upper edge disappears on `date` (`YYYY-MM-DD`). `zone` says whose date is meant; without it, the
/// place's solar day.
#[operation(interface = "sun", cache(ttl = "1h"))]
pub fn sunset(
    date: &str,
    latitude: f64,
    longitude: f64,
    zone: Option<&str>,
) -> Result<SunTime, SunError> {
    Ok(SolarDay::of(date, latitude, longitude, zone)?.event(SunEventKind::Sunset))
}

/// When the sun is highest on `date`, in seconds since the Unix epoch.
#[operation(interface = "sun", cache(ttl = "1h"))]
pub fn solar_noon(
    date: &str,
    latitude: f64,
    longitude: f64,
    zone: Option<&str>,
) -> Result<i64, SunError> {
    Ok(SolarDay::of(date, latitude, longitude, zone)?.noon.round() as i64)
}

/// When the civil, nautical or astronomical twilight of `date` begins and ends.
#[operation(interface = "sun", cache(ttl = "1h"))]
pub fn twilight(
    kind: Twilight,
    date: &str,
    latitude: f64,
    longitude: f64,
    zone: Option<&str>,
) -> Result<TwilightTimes, SunError> {
    let day = SolarDay::of(date, latitude, longitude, zone)?;
    let (dawn, dusk) = match kind {
        Twilight::Civil => (SunEventKind::CivilDawn, SunEventKind::CivilDusk),
        Twilight::Nautical => (SunEventKind::NauticalDawn, SunEventKind::NauticalDusk),
        Twilight::Astronomical => (
            SunEventKind::AstronomicalDawn,
            SunEventKind::AstronomicalDusk,
        ),
    };
    Ok(TwilightTimes {
        dawn: day.event(dawn),
        dusk: day.event(dusk),
    })
}

/// Seconds that the sun is up on `date`: 0 in polar night, 86,400 under the midnight sun.
#[operation(interface = "sun", cache(ttl = "1h"))]
pub fn day_length(
    date: &str,
    latitude: f64,
    longitude: f64,
    zone: Option<&str>,
) -> Result<u32, SunError> {
    Ok(SolarDay::of(date, latitude, longitude, zone)?.length_seconds())
}

/// Everything about the sun on `date` in one answer: events in order, length of the day, the moon.
#[operation(interface = "sun", cache(ttl = "1h"))]
pub fn almanac(
    date: &str,
    latitude: f64,
    longitude: f64,
    zone: Option<&str>,
) -> Result<Almanac, SunError> {
    let day = SolarDay::of(date, latitude, longitude, zone)?;
    let day_length_seconds = day.length_seconds();
    Ok(Almanac {
        date: date.into(),
        events: day.events(),
        day_length_seconds,
        change_seconds: day_length_seconds as i32 - day.shifted(-1).length_seconds() as i32,
        noon_elevation: Sun::at(day.noon).elevation(day.place),
        moon: moon::phase_at(day.noon),
    })
}

/// Where the sun stands at the Unix time `at`, now if left out.
#[operation(interface = "sun")]
pub fn position(
    cx: &Context,
    latitude: f64,
    longitude: f64,
    at: Option<i64>,
) -> Result<SunPosition, SunError> {
    let place = parse_place(latitude, longitude)?;
    let sun = Sun::at(moment_or_now(cx, at)? as f64);
    let elevation = sun.elevation(place);
    Ok(SunPosition {
        elevation,
        apparent_elevation: elevation + refraction(elevation),
        azimuth: sun.azimuth(place),
        declination: sun.declination,
    })
}

/// Whether any of the sun can be seen at the Unix time `at`, now if left out.
#[operation(interface = "sun")]
pub fn is_daylight(
    cx: &Context,
    latitude: f64,
    longitude: f64,
    at: Option<i64>,
) -> Result<bool, SunError> {
    let place = parse_place(latitude, longitude)?;
    Ok(Sun::at(moment_or_now(cx, at)? as f64).elevation(place) >= HORIZON)
}

/// The next event after the Unix time `after`, now if left out: the first of any kind, or the first of `kind`.
/// `None` if there is none within a year.
#[operation(interface = "sun")]
pub fn next_event(
    cx: &Context,
    latitude: f64,
    longitude: f64,
    kind: Option<SunEventKind>,
    after: Option<i64>,
) -> Result<Option<SunEvent>, SunError> {
    let place = parse_place(latitude, longitude)?;
    let after = moment_or_now(cx, after)?;
    // An evening's dusk can fall into the next day, so the search begins a day early.
    let yesterday = SolarDay {
        place,
        noon: noon(after as f64 - DAY, longitude),
    };
    let wanted =
        |event: &SunEvent| event.unix_seconds > after && kind.is_none_or(|kind| event.kind == kind);
    Ok((0..=367).find_map(|days| yesterday.shifted(days).events().into_iter().find(wanted)))
}

/// The time from one midnight of the sun to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SolarDay {
    pub(crate) place: Place,
    pub(crate) noon: f64,
}

impl SolarDay {
    fn of(
        date: &str,
        latitude: f64,
        longitude: f64,
        zone: Option<&str>,
    ) -> Result<SolarDay, SunError> {
        let place = parse_place(latitude, longitude)?;
        SolarDay::on(parse_date(date)?, place, optional_zone(zone)?.as_ref())
    }

    /// The solar day that has its noon on this date.
    pub(crate) fn on(
        date: Date,
        place: Place,
        zone: Option<&TimeZone>,
    ) -> Result<SolarDay, SunError> {
        Ok(SolarDay {
            place,
            noon: noon(midday(date, place, zone)?, place.longitude),
        })
    }

    /// The solar day this many days later.
    fn shifted(self, days: i32) -> SolarDay {
        let near = self.noon + f64::from(days) * DAY;
        SolarDay {
            noon: noon(near, self.place.longitude),
            ..self
        }
    }

    pub(crate) fn event(&self, kind: SunEventKind) -> SunTime {
        let rising = |height| rise(self.noon, self.place, height);
        let setting = |height| set(self.noon, self.place, height);
        let passage = match kind {
            SunEventKind::AstronomicalDawn => rising(-18.0),
            SunEventKind::NauticalDawn => rising(-12.0),
            SunEventKind::CivilDawn => rising(-6.0),
            SunEventKind::Sunrise => rising(HORIZON),
            SunEventKind::SolarNoon => Passage::At(self.noon),
            SunEventKind::Sunset => setting(HORIZON),
            SunEventKind::CivilDusk => setting(-6.0),
            SunEventKind::NauticalDusk => setting(-12.0),
            SunEventKind::AstronomicalDusk => setting(-18.0),
        };
        match passage {
            Passage::At(moment) => SunTime::At(moment.round() as i64),
            Passage::Above => SunTime::AlwaysAbove,
            Passage::Below => SunTime::AlwaysBelow,
        }
    }

    fn events(&self) -> Vec<SunEvent> {
        let event = |kind| {
            self.event(kind)
                .unix_seconds()
                .map(|unix_seconds| SunEvent { kind, unix_seconds })
        };
        KINDS.into_iter().filter_map(event).collect()
    }

    fn length_seconds(&self) -> u32 {
        let (before, after) = midnights(self.noon, self.place.longitude);
        let half = |passage: Passage, midnight: f64| match passage {
            Passage::At(moment) => (moment - self.noon).abs(),
            Passage::Above => (midnight - self.noon).abs(),
            Passage::Below => 0.0,
        };
        let up = half(rise(self.noon, self.place, HORIZON), before)
            + half(set(self.noon, self.place, HORIZON), after);
        // Solar days are up to half a minute longer or shorter than those of clocks.
        if up >= after - before {
            DAY as u32
        } else {
            (up.round() as u32).min(DAY as u32)
        }
    }
}
