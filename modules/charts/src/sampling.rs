//! Fewer points: thinned, smoothed, or one for each step of time.

use home_types::charts::{Aggregate, ChartError};
use lmms::operation;

use crate::arguments::{MOST_POINTS, check_points, invalid};

/// Picks `count` of `points` that look most like all of them (largest triangle, three buckets); first and last stay. A
/// shorter series comes back as it is.
#[operation(interface = "charts")]
pub fn downsample(points: &[(f64, f64)], count: u32) -> Result<Vec<(f64, f64)>, ChartError> {
    check_points("points", points)?;
    if count < 3 {
        return Err(invalid("count", count, "at least 3"));
    }
    Ok(thinned(points, count as usize))
}

/// The mean of the `window_seconds` up to each point, itself included.
#[operation(interface = "charts")]
pub fn moving_average(
    points: &[(f64, f64)],
    window_seconds: f64,
) -> Result<Vec<(f64, f64)>, ChartError> {
    check_points("points", points)?;
    if !(window_seconds > 0.0 && window_seconds.is_finite()) {
        return Err(invalid(
            "window_seconds",
            window_seconds,
            "a positive number",
        ));
    }
    let mut averages = Vec::with_capacity(points.len());
    let mut start = 0;
    let mut sum = 0.0;
    for (index, (time, value)) in points.iter().enumerate() {
        sum += value;
        // A short window can be lost in rounding; a point belongs to its own window all the same.
        while start < index && points[start].0 <= time - window_seconds {
            sum -= points[start].1;
            start += 1;
        }
        // An only value is itself: what rounding left in the sum doesn't pile up.
        if start == index {
            sum = *value;
        }
        averages.push((*time, sum / (index + 1 - start) as f64));
    }
    Ok(averages)
}

/// One point for each step of `step_seconds` that has values, at the step's start (a multiple of it since the Unix
/// epoch).
#[operation(interface = "charts")]
pub fn resample(
    points: &[(f64, f64)],
    step_seconds: f64,
    aggregate: Aggregate,
) -> Result<Vec<(f64, f64)>, ChartError> {
    check_points("points", points)?;
    if !(step_seconds >= 1e-3 && step_seconds.is_finite()) {
        return Err(invalid("step_seconds", step_seconds, "at least 0.001"));
    }
    let step_of = |point: &(f64, f64)| (point.0 / step_seconds).floor();
    let steps = points.chunk_by(|one, next| step_of(one) == step_of(next));
    let one = |step: &[(f64, f64)]| {
        let values = step.iter().map(|point| point.1);
        let count = step.len() as f64;
        let value = match aggregate {
            Aggregate::Mean => values.sum::<f64>() / count,
            Aggregate::Min => values.fold(f64::INFINITY, f64::min),
            Aggregate::Max => values.fold(f64::NEG_INFINITY, f64::max),
            Aggregate::Sum => values.sum(),
            Aggregate::Last => step[step.len() - 1].1,
            Aggregate::Count => count,
        };
        (step_of(&step[0]) * step_seconds, value)
    };
    Ok(steps.map(one).collect())
}

/// Largest triangle, three buckets (Steinarsson 2013): of each bucket, the point that spans the largest triangle with
/// the one chosen before and the mean of the next bucket. `count` is at least 3.
pub(crate) fn thinned(points: &[(f64, f64)], count: usize) -> Vec<(f64, f64)> {
    if points.len() <= count.min(MOST_POINTS) {
        return points.to_vec();
    }
    let inner = points.len() - 2;
    let buckets = count - 2;
    let bounds = |bucket: usize| 1 + bucket * inner / buckets..1 + (bucket + 1) * inner / buckets;
    let mut chosen = Vec::with_capacity(count);
    chosen.push(points[0]);
    for bucket in 0..buckets {
        let next = if bucket + 1 < buckets {
            bounds(bucket + 1)
        } else {
            points.len() - 1..points.len()
        };
        let (mean_time, mean_value) = mean(&points[next]);
        let (time, value) = chosen[chosen.len() - 1];
        let area = |point: &(f64, f64)| {
            ((time - mean_time) * (point.1 - value) - (time - point.0) * (mean_value - value)).abs()
        };
        let candidates = &points[bounds(bucket)];
        let largest = candidates
            .iter()
            .max_by(|one, other| area(one).total_cmp(&area(other)));
        chosen.extend(largest);
    }
    chosen.push(points[points.len() - 1]);
    chosen
}

fn mean(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let (times, values) = points
        .iter()
        .fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    (times / count, values / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: u32) -> Vec<(f64, f64)> {
        (0..count)
            .map(|i| (f64::from(i), (f64::from(i) / 50.0).sin()))
            .collect()
    }

    #[test]
    fn thinning_keeps_ends_order_and_spikes() {
        let mut points = wave(10_000);
        points[6_123].1 = 40.0;
        let few = downsample(&points, 100).unwrap();
        assert_eq!(few.len(), 100);
        assert_eq!((few[0], few[99]), (points[0], points[9_999]));
        assert!(few.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(few.contains(&(6_123.0, 40.0)), "the spike is what matters");
        assert!(
            few.iter().all(|point| points.contains(point)),
            "points are picked, not made"
        );
    }

    #[test]
    fn short_series_stay_and_counts_are_checked() {
        assert_eq!(downsample(&wave(50), 50).unwrap(), wave(50));
        assert_eq!(downsample(&wave(4), 3).unwrap().len(), 3);
        assert_eq!(downsample(&wave(1), u32::MAX).unwrap().len(), 1);
        assert!(matches!(
            downsample(&wave(50), 2),
            Err(ChartError::InvalidArgument { .. })
        ));
        assert!(matches!(downsample(&[], 10), Err(ChartError::Empty { .. })));
        let same_time = vec![(5.0, 1.0); 1_000];
        assert_eq!(downsample(&same_time, 10).unwrap().len(), 10);
    }

    #[test]
    fn averages_look_back_only() {
        let points = [(0.0, 2.0), (10.0, 4.0), (20.0, 9.0), (100.0, 1.0)];
        let smooth = moving_average(&points, 15.0).unwrap();
        assert_eq!(smooth, [(0.0, 2.0), (10.0, 3.0), (20.0, 6.5), (100.0, 1.0)]);
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(moving_average(&points, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn steps_aggregate_what_they_hold() {
        let points = [
            (0.0, 1.0),
            (59.0, 3.0),
            (60.0, 10.0),
            (200.0, -4.0),
            (239.9, 6.0),
        ];
        let values = |aggregate| -> Vec<f64> {
            resample(&points, 60.0, aggregate)
                .unwrap()
                .into_iter()
                .map(|point| point.1)
                .collect()
        };
        assert_eq!(values(Aggregate::Mean), [2.0, 10.0, 1.0]);
        assert_eq!(values(Aggregate::Min), [1.0, 10.0, -4.0]);
        assert_eq!(values(Aggregate::Max), [3.0, 10.0, 6.0]);
        assert_eq!(values(Aggregate::Sum), [4.0, 10.0, 2.0]);
        assert_eq!(values(Aggregate::Last), [3.0, 10.0, 6.0]);
        assert_eq!(values(Aggregate::Count), [2.0, 1.0, 2.0]);
        let times: Vec<f64> = resample(&points, 60.0, Aggregate::Mean)
            .unwrap()
            .into_iter()
            .map(|p| p.0)
            .collect();
        assert_eq!(times, [0.0, 60.0, 180.0]);
        assert!(
            resample(&points, 0.0, Aggregate::Sum).is_err()
                && resample(&points, f64::NAN, Aggregate::Sum).is_err()
        );
    }

    #[test]
    fn a_window_that_rounding_swallows_holds_its_own_point() {
        let points = [(1.0, 1.0), (2.0, 2.0), (3.0, 5.0)];
        assert_eq!(moving_average(&points, 5e-324), Ok(points.to_vec()));
    }
}
