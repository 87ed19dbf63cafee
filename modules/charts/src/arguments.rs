//! What callers pass, checked before anything is drawn or counted.

use home_types::charts::{ChartError, ChartOptions, Series};

pub(crate) const MOST_POINTS: usize = 1_000_000;
const MOST_SERIES: usize = 12;
const LARGEST_VALUE: f64 = 1e15;
/// Beyond the year 5,000 either way, labels of times make no sense.
const LARGEST_TIME: f64 = 1e11;
const LONGEST_TEXT: usize = 120;
const LARGEST_OFFSET: i32 = 86_400;

/// The options with their defaults in place.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) caption: Option<String>,
    pub(crate) size: (u32, u32),
    pub(crate) utc_offset: i32,
}

impl Look {
    pub(crate) fn from(options: Option<&ChartOptions>) -> Result<Look, ChartError> {
        let none = ChartOptions::default();
        let options = options.unwrap_or(&none);
        let width = within("width", options.width.unwrap_or(640), 80, 4_096)?;
        let height = within("height", options.height.unwrap_or(320), 60, 4_096)?;
        let utc_offset = options.utc_offset_seconds.unwrap_or(0);
        if utc_offset.unsigned_abs() > LARGEST_OFFSET.unsigned_abs() {
            return Err(invalid(
                "utc_offset_seconds",
                utc_offset,
                "at most a day either way",
            ));
        }
        let title = options
            .title
            .as_deref()
            .map(printable)
            .filter(|text| !text.is_empty());
        let unit = options
            .unit
            .as_deref()
            .map(printable)
            .filter(|text| !text.is_empty());
        let caption = match (title, unit) {
            (Some(title), Some(unit)) => Some(format!("{title} [{unit}]")),
            (Some(text), None) | (None, Some(text)) => Some(text),
            (None, None) => None,
        };
        Ok(Look {
            caption,
            size: (width, height),
            utc_offset,
        })
    }
}

/// At least one finite value of reasonable size.
pub(crate) fn check_values(what: &str, values: &[f64]) -> Result<(), ChartError> {
    check_count(what, values.len(), MOST_POINTS)?;
    match values
        .iter()
        .position(|value| !in_range(*value, LARGEST_VALUE))
    {
        Some(index) => Err(bad_value(what, index, values[index])),
        None => Ok(()),
    }
}

/// At least one point, all finite, in the order of time.
pub(crate) fn check_points(what: &str, points: &[(f64, f64)]) -> Result<(), ChartError> {
    check_count(what, points.len(), MOST_POINTS)?;
    let mut latest = f64::NEG_INFINITY;
    for (index, (time, value)) in points.iter().enumerate() {
        if !in_range(*time, LARGEST_TIME) {
            return Err(bad_value(what, index, *time));
        }
        if !in_range(*value, LARGEST_VALUE) {
            return Err(bad_value(what, index, *value));
        }
        if *time < latest {
            return Err(ChartError::Unsorted {
                what: what.into(),
                index: index as u64,
            });
        }
        latest = *time;
    }
    Ok(())
}

pub(crate) fn check_series(series: &[Series]) -> Result<(), ChartError> {
    check_count("series", series.len(), MOST_SERIES)?;
    series.iter().try_for_each(|one| {
        check_points(&format!("series `{}`", printable(&one.name)), &one.points)
    })
}

pub(crate) fn check_count(what: &str, count: usize, limit: usize) -> Result<(), ChartError> {
    match count {
        0 => Err(ChartError::Empty { what: what.into() }),
        _ if count > limit => Err(ChartError::TooMany {
            what: what.into(),
            count: count as u64,
            limit: limit as u64,
        }),
        _ => Ok(()),
    }
}

/// The text without control characters (XML forbids them) and not at length.
pub(crate) fn printable(text: &str) -> String {
    // U+FFFE and U+FFFF are no characters of XML either.
    let allowed = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(allowed).take(LONGEST_TEXT).collect()
}

pub(crate) fn within(name: &str, value: u32, least: u32, most: u32) -> Result<u32, ChartError> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(invalid(name, value, format!("{least} to {most}")))
}

pub(crate) fn invalid(name: &str, value: impl ToString, expected: impl Into<String>) -> ChartError {
    ChartError::InvalidArgument {
        name: name.into(),
        value: value.to_string(),
        expected: expected.into(),
    }
}

fn in_range(value: f64, largest: f64) -> bool {
    value.abs() <= largest
}

fn bad_value(what: &str, index: usize, value: f64) -> ChartError {
    ChartError::InvalidValue {
        what: what.into(),
        index: index as u64,
        value: value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_must_be_numbers_one_can_draw() {
        assert_eq!(check_values("values", &[0.0, -1e15, 3.5]), Ok(()));
        assert!(matches!(
            check_values("values", &[]),
            Err(ChartError::Empty { .. })
        ));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.1e15, f64::MAX] {
            let error = check_values("values", &[1.0, bad]).unwrap_err();
            assert!(error.to_string().contains("values[1]"), "{error}");
        }
        assert!(matches!(
            check_values("values", &vec![0.0; 1_000_001]),
            Err(ChartError::TooMany { .. })
        ));
    }

    #[test]
    fn points_must_be_in_order() {
        assert_eq!(
            check_points("points", &[(1.0, 0.0), (1.0, 5.0), (2.0, 0.0)]),
            Ok(())
        );
        let error = check_points("points", &[(2.0, 0.0), (1.0, 0.0)]).unwrap_err();
        assert_eq!(
            error,
            ChartError::Unsorted {
                what: "points".into(),
                index: 1
            }
        );
        assert!(check_points("points", &[(f64::NAN, 0.0)]).is_err());
        assert!(
            check_points("points", &[(1e12, 0.0)]).is_err(),
            "milliseconds instead of seconds"
        );
    }

    #[test]
    fn options_have_defaults_and_limits() {
        assert_eq!(Look::from(None).unwrap().size, (640, 320));
        let options = |change: fn(&mut ChartOptions)| {
            let mut options = ChartOptions::default();
            change(&mut options);
            Look::from(Some(&options))
        };
        assert!(
            options(|o| o.width = Some(79)).is_err()
                && options(|o| o.height = Some(u32::MAX)).is_err()
        );
        for beyond_a_day in [86_401, -86_401, i32::MIN] {
            let options = ChartOptions {
                utc_offset_seconds: Some(beyond_a_day),
                ..ChartOptions::default()
            };
            assert!(Look::from(Some(&options)).is_err());
        }
        let both =
            options(|o| (o.title, o.unit) = (Some("Attic\0\n".into()), Some("°C".into()))).unwrap();
        assert_eq!(both.caption.as_deref(), Some("Attic [°C]"));
        let long = options(|o| o.title = Some("x".repeat(10_000))).unwrap();
        assert_eq!(long.caption.map(|text| text.len()), Some(120));
    }
}
