//! Memory over the day as a small chart of text.
#![forbid(unsafe_code)]

use crate::output::size;
use crate::recording::At;

/// A value at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// When.
    pub at: At,
    /// How much, in bytes.
    pub bytes: u64,
}

/// How many columns a day has: twenty minutes each.
const COLUMNS: usize = 72;

/// Characters for eighths of a row.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws `samples`, in the order of their times, over the day of the first one; a value holds until
/// the next. Of several in one column the largest counts.
pub fn draw(title: &str, samples: &[Sample], rows: usize) -> String {
    let columns = columns(samples);
    let largest = columns.iter().flatten().copied().max().unwrap_or(0).max(1);
    let mut text = format!("{title}\n");
    for row in (0..rows).rev() {
        let label = if row + 1 == rows {
            size(largest)
        } else if row == 0 {
            "0".to_owned()
        } else {
            String::new()
        };
        let line: String = columns
            .iter()
            .map(|column| cell(column.unwrap_or(0), largest, row, rows))
            .collect();
        text.push_str(&format!("{label:>11} │{}\n", line.trim_end()));
    }
    text.push_str(&format!("{:>11} └{}\n", "", "─".repeat(COLUMNS)));
    let hours: String = (0..24)
        .step_by(3)
        .map(|hour| format!("{hour:<9}"))
        .collect();
    text.push_str(&format!("{:>11}  {}h", "", hours.trim_end()));
    text
}

/// The largest value of each column; `None` before the first sample.
fn columns(samples: &[Sample]) -> [Option<u64>; COLUMNS] {
    let mut columns = [None; COLUMNS];
    let Some(first) = samples.first() else {
        return columns;
    };
    let midnight = first.at.local_seconds().div_euclid(86_400) * 86_400;
    let width = 86_400 / COLUMNS as i64;
    let column = |at: At| ((at.local_seconds() - midnight) / width).clamp(0, COLUMNS as i64 - 1);
    for (position, sample) in samples.iter().enumerate() {
        let from = column(sample.at) as usize;
        let to = match samples.get(position + 1) {
            Some(next) => column(next.at) as usize,
            None => from,
        };
        for value in &mut columns[from..=to.max(from)] {
            *value = (*value).max(Some(sample.bytes));
        }
    }
    columns
}

fn cell(bytes: u64, largest: u64, row: usize, rows: usize) -> char {
    let eighths = (bytes as f64 / largest as f64 * (rows * 8) as f64).round() as usize;
    // What is there at all is seen.
    let eighths = eighths.max(usize::from(bytes > 0));
    EIGHTHS[eighths.saturating_sub(row * 8).min(8)]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn sample(hour: u64, bytes: u64) -> Sample {
        let at = At {
            unix: Duration::from_secs(hour * 3_600),
            offset: 0,
        };
        Sample { at, bytes }
    }

    #[test]
    fn values_hold_until_the_next_and_the_largest_in_a_column_counts() {
        let columns = columns(&[sample(6, 10), sample(6, 30), sample(12, 20), sample(23, 5)]);
        assert_eq!(columns[17], None);
        assert_eq!(columns[18], Some(30));
        assert_eq!(columns[35], Some(30));
        assert_eq!(
            columns[36],
            Some(30),
            "what held until then is in its column, too"
        );
        assert_eq!(columns[37], Some(20));
        assert_eq!(columns[69], Some(20));
        assert_eq!(columns[70], None);
    }

    #[test]
    fn a_chart_is_narrow_and_its_largest_value_fills_it() {
        let chart = draw(
            "memory",
            &[sample(0, 1 << 20), sample(12, 4 << 20), sample(23, 0)],
            4,
        );
        assert!(
            chart.lines().all(|line| line.chars().count() <= 100),
            "{chart}"
        );
        let lines: Vec<&str> = chart.lines().collect();
        assert_eq!(lines.len(), 1 + 4 + 2);
        assert!(
            lines[1].contains("4.0 MiB │") && lines[1].contains('█'),
            "{chart}"
        );
        assert!(lines[4].starts_with("          0 │██"), "{chart}");
    }

    #[test]
    fn nothing_to_draw_is_an_empty_chart() {
        assert_eq!(draw("memory", &[], 2).lines().count(), 5);
    }
}
