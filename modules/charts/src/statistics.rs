//! Values in numbers.

use home_types::charts::{ChartError, SeriesSummary};
use lmms::operation;

use crate::arguments::{check_values, invalid};

/// Count, extremes, mean, median, percentiles and deviation of `values`, which must be finite.
#[operation(interface = "charts")]
pub fn summarize(values: &[f64]) -> Result<SeriesSummary, ChartError> {
    check_values("values", values)?;
    let sorted = sorted(values);
    let count = values.len() as f64;
    let sum: f64 = values.iter().sum();
    let mean = sum / count;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count;
    Ok(SeriesSummary {
        count: values.len() as u64,
        min: sorted[0],
        max: sorted[sorted.len() - 1],
        mean,
        median: at_percent(&sorted, 50.0),
        percentile_5: at_percent(&sorted, 5.0),
        percentile_95: at_percent(&sorted, 95.0),
        standard_deviation: variance.sqrt(),
        sum,
    })
}

/// The value below which `percent` (0 to 100) of `values` lie, between two neighbours by their distance.
#[operation(interface = "charts")]
pub fn percentile(values: &[f64], percent: f64) -> Result<f64, ChartError> {
    check_values("values", values)?;
    if !(0.0..=100.0).contains(&percent) {
        return Err(invalid("percent", percent, "0 to 100"));
    }
    Ok(at_percent(&sorted(values), percent))
}

/// Smallest and largest of values known to be there and finite.
pub(crate) fn extremes(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    values.into_iter().fold(start, |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

fn at_percent(sorted: &[f64], percent: f64) -> f64 {
    let position = percent / 100.0 * (sorted.len() - 1) as f64;
    let (below, above) = (
        sorted[position.floor() as usize],
        sorted[position.ceil() as usize],
    );
    below + (above - below) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_right() {
        let summary = summarize(&[4.0, 2.0, 8.0, 6.0, 5.0]).unwrap();
        assert_eq!((summary.count, summary.min, summary.max), (5, 2.0, 8.0));
        assert_eq!(
            (summary.mean, summary.median, summary.sum),
            (5.0, 5.0, 25.0)
        );
        assert!((summary.standard_deviation - 2.0).abs() < 1e-12);
        assert!(
            (summary.percentile_5 - 2.4).abs() < 1e-12
                && (summary.percentile_95 - 7.6).abs() < 1e-12
        );
        let one = summarize(&[7.0]).unwrap();
        assert_eq!(
            (one.median, one.percentile_95, one.standard_deviation),
            (7.0, 7.0, 0.0)
        );
    }

    #[test]
    fn percentiles_lie_between_neighbours() {
        let values = [10.0, 0.0, 5.0];
        assert_eq!(percentile(&values, 0.0), Ok(0.0));
        assert_eq!(percentile(&values, 75.0), Ok(7.5));
        assert_eq!(percentile(&values, 100.0), Ok(10.0));
        for bad in [-0.1, 100.1, f64::NAN] {
            assert!(matches!(
                percentile(&values, bad),
                Err(ChartError::InvalidArgument { .. })
            ));
        }
    }

    #[test]
    fn what_is_no_number_has_no_statistics() {
        assert!(matches!(summarize(&[]), Err(ChartError::Empty { .. })));
        assert!(matches!(
            summarize(&[1.0, f64::NAN]),
            Err(ChartError::InvalidValue { index: 1, .. })
        ));
        assert!(matches!(
            percentile(&[f64::INFINITY], 50.0),
            Err(ChartError::InvalidValue { .. })
        ));
    }
}
