//! Where the sun is, and when it passes a height. Moments are seconds since the Unix epoch, angles degrees.

/// The sun's centre is this high when its upper edge touches the horizon: 16' for its radius, 34' for the air.
pub(crate) const HORIZON: f64 = -50.0 / 60.0;

const DAY: f64 = 86_400.0;
/// Terrestrial Time minus UTC, for our time; being minutes off would move the sun by less than 0.001°.
const DELTA_T: f64 = 69.0;

/// A place on Earth, checked by whoever makes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

/// The sun as seen from the Earth's centre.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sun {
    pub(crate) right_ascension: f64,
    pub(crate) declination: f64,
    /// Apparent sidereal time at Greenwich.
    sidereal: f64,
}

/// When the sun passes a height in one half of a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Passage {
    At(f64),
    Above,
    Below,
}

/// Centuries of 36,525 days since J2000.0, in Terrestrial Time.
pub(crate) fn centuries(unix: f64) -> f64 {
    (days_since_2000(unix) + DELTA_T / DAY) / 36_525.0
}

impl Sun {
    pub(crate) fn at(unix: f64) -> Sun {
        let days = days_since_2000(unix);
        let t = centuries(unix);
        let mean_longitude = 280.46646 + t * (36000.76983 + t * 0.0003032);
        let anomaly = 357.52911 + t * (35999.05029 - t * 0.0001537);
        let centre = (1.914602 - t * (0.004817 + t * 0.000014)) * sin(anomaly)
            + (0.019993 - t * 0.000101) * sin(2.0 * anomaly)
            + 0.000289 * sin(3.0 * anomaly);
        let node = 125.04 - 1934.136 * t;
        let nutation = -0.00478 * sin(node);
        let aberration = -0.00569;
        let longitude = mean_longitude + centre + aberration + nutation;
        let obliquity = 23.439291 - t * 0.0130042 + 0.00256 * cos(node);
        let right_ascension = (cos(obliquity) * sin(longitude))
            .atan2(cos(longitude))
            .to_degrees();
        let declination = (sin(obliquity) * sin(longitude)).asin().to_degrees();
        let sidereal = 280.46061837 + 360.98564736629 * days + nutation * cos(obliquity);
        Sun {
            right_ascension: right_ascension.rem_euclid(360.0),
            declination,
            sidereal,
        }
    }

    /// Degrees west of the meridian, from -180 to 180.
    pub(crate) fn hour_angle(&self, longitude: f64) -> f64 {
        wrap(self.sidereal + longitude - self.right_ascension)
    }

    /// Height above the horizon without refraction.
    pub(crate) fn elevation(&self, place: Place) -> f64 {
        let hour_angle = self.hour_angle(place.longitude);
        let sine = sin(place.latitude) * sin(self.declination)
            + cos(place.latitude) * cos(self.declination) * cos(hour_angle);
        sine.clamp(-1.0, 1.0).asin().to_degrees()
    }

    /// Clockwise from north, 0 to 360.
    pub(crate) fn azimuth(&self, place: Place) -> f64 {
        let hour_angle = self.hour_angle(place.longitude);
        let east = -sin(hour_angle) * cos(self.declination);
        let north = sin(self.declination) * cos(place.latitude)
            - cos(self.declination) * sin(place.latitude) * cos(hour_angle);
        east.atan2(north).to_degrees().rem_euclid(360.0)
    }
}

/// How much the air at sea level lifts an object at this height (Sæmundsson's formula, Meeus chapter 16).
pub(crate) fn refraction(elevation: f64) -> f64 {
    if elevation < -1.0 {
        return 0.0;
    }
    let argument = (elevation + 10.3 / (elevation + 5.11)).to_radians();
    (1.02 / argument.tan() / 60.0).max(0.0)
}

/// The upper transit closest to `near`.
pub(crate) fn noon(near: f64, longitude: f64) -> f64 {
    culmination(near, longitude, 0.0)
}

/// The lower transits before and after an upper one.
pub(crate) fn midnights(noon: f64, longitude: f64) -> (f64, f64) {
    (
        culmination(noon - DAY / 2.0, longitude, 180.0),
        culmination(noon + DAY / 2.0, longitude, 180.0),
    )
}

/// When the sun climbs through `height` between the midnight before `noon` and `noon`.
pub(crate) fn rise(noon: f64, place: Place, height: f64) -> Passage {
    let (before, _) = midnights(noon, place.longitude);
    passage(before, noon, place, height)
}

/// When the sun sinks through `height` between `noon` and the midnight after it.
pub(crate) fn set(noon: f64, place: Place, height: f64) -> Passage {
    let (_, after) = midnights(noon, place.longitude);
    passage(after, noon, place, height)
}

/// Between culminations the height only climbs or only sinks, so halving finds the one passage, and can't run away at
/// the poles.
fn passage(low: f64, high: f64, place: Place, height: f64) -> Passage {
    let above = |moment: f64| Sun::at(moment).elevation(place) >= height;
    if !above(high) {
        return Passage::Below;
    }
    if above(low) {
        return Passage::Above;
    }
    let (mut low, mut high) = (low, high);
    while (high - low).abs() > 0.1 {
        let middle = (low + high) / 2.0;
        if above(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Passage::At(high)
}

fn culmination(near: f64, longitude: f64, hour_angle: f64) -> f64 {
    let mut moment = near;
    // The hour angle grows almost evenly: each step is off by a thousandth of the one before.
    for _ in 0..4 {
        moment -= wrap(Sun::at(moment).hour_angle(longitude) - hour_angle) / 360.0 * DAY;
    }
    moment
}

fn days_since_2000(unix: f64) -> f64 {
    (unix - 946_728_000.0) / DAY
}

fn wrap(degrees: f64) -> f64 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

pub(crate) fn sin(degrees: f64) -> f64 {
    degrees.to_radians().sin()
}

pub(crate) fn cos(degrees: f64) -> f64 {
    degrees.to_radians().cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Meeus, *Astronomical Algorithms*, example 25.a: 13 October 1992, 0h Terrestrial Time.
    const MEEUS_25A: f64 = 718_934_400.0 - DELTA_T;
    /// The worked example of NREL/TP-560-34302 (Reda and Andreas): 17 October 2003, 19:30:30 UTC, Golden, Colorado.
    const NREL: (f64, Place) = (
        1_066_419_030.0,
        Place {
            latitude: 39.742476,
            longitude: -105.1786,
        },
    );

    #[test]
    fn the_sun_stands_where_meeus_says() {
        let sun = Sun::at(MEEUS_25A);
        assert!((sun.right_ascension - 198.38083).abs() < 0.001, "{sun:?}");
        assert!((sun.declination + 7.78507).abs() < 0.001, "{sun:?}");
    }

    #[test]
    fn height_and_azimuth_match_nrels_example() {
        let (moment, place) = NREL;
        let sun = Sun::at(moment);
        assert!(
            (sun.elevation(place) - 39.872046).abs() < 0.01,
            "{}",
            sun.elevation(place)
        );
        assert!(
            (sun.azimuth(place) - 194.340241).abs() < 0.01,
            "{}",
            sun.azimuth(place)
        );
    }

    #[test]
    fn noon_is_the_highest_point_and_midnight_the_lowest() {
        for latitude in [-60.0, -10.0, 35.0, 65.0] {
            let place = Place {
                latitude,
                longitude: 151.2,
            };
            let noon = noon(1_700_000_000.0, place.longitude);
            let (before, after) = midnights(noon, place.longitude);
            assert!((after - before - DAY).abs() < 60.0);
            for moment in [before, after] {
                assert!(
                    Sun::at(moment).elevation(place) < Sun::at(moment + 1800.0).elevation(place)
                );
                assert!(
                    Sun::at(moment).elevation(place) < Sun::at(moment - 1800.0).elevation(place)
                );
            }
            assert!(Sun::at(noon).elevation(place) > Sun::at(noon + 1800.0).elevation(place));
            assert!(Sun::at(noon).elevation(place) > Sun::at(noon - 1800.0).elevation(place));
        }
    }

    #[test]
    fn passages_are_at_the_height_asked_for() {
        let place = Place {
            latitude: 52.5,
            longitude: 13.4,
        };
        let noon = noon(1_718_964_000.0, place.longitude);
        for height in [HORIZON, -6.0, 30.0] {
            let (Passage::At(rise), Passage::At(set)) =
                (rise(noon, place, height), set(noon, place, height))
            else {
                panic!("the sun passes {height}");
            };
            assert!(rise < noon && noon < set);
            assert!((Sun::at(rise).elevation(place) - height).abs() < 0.001);
            assert!((Sun::at(set).elevation(place) - height).abs() < 0.001);
        }
        assert_eq!(
            rise(noon, place, -18.0),
            Passage::Above,
            "Berlin's June nights don't get dark"
        );
        assert_eq!(set(noon, place, 80.0), Passage::Below);
    }

    #[test]
    fn the_poles_are_places_too() {
        for latitude in [-90.0, 90.0] {
            let place = Place {
                latitude,
                longitude: 0.0,
            };
            let noon = noon(1_718_964_000.0, 0.0);
            let expected = if latitude > 0.0 {
                Passage::Above
            } else {
                Passage::Below
            };
            assert_eq!(rise(noon, place, HORIZON), expected);
            assert_eq!(set(noon, place, HORIZON), expected);
        }
    }

    #[test]
    fn air_lifts_the_horizon_by_half_a_degree_and_the_zenith_not_at_all() {
        assert!((refraction(0.0) - 0.48).abs() < 0.02, "{}", refraction(0.0));
        assert!(refraction(90.0) < 0.001);
        assert_eq!(refraction(-5.0), 0.0);
    }
}
