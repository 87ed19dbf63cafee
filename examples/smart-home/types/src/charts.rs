//! What the `charts` module takes and returns. Points are `(time, value)`, times in seconds since the Unix epoch.

use std::fmt;

use lmms::Portable;

/// One line of a chart.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// `(time, value)`, in the order of time.
    pub points: Vec<(f64, f64)>,
}

/// One bar of a chart.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct Bar {
    /// What is written under it.
    pub label: String,
    /// Its height; may be negative.
    pub value: f64,
}

/// How a chart looks; every field may be left out.
#[derive(Clone, Debug, Default, PartialEq, Portable)]
pub struct ChartOptions {
    /// Written above the chart.
    pub title: Option<String>,
    /// The unit of the values, written beside the title.
    pub unit: Option<String>,
    /// Pixels across (default 640, from 80 to 4,096).
    pub width: Option<u32>,
    /// Pixels down (default 320, from 60 to 4,096).
    pub height: Option<u32>,
    /// Seconds that local time is ahead of UTC, for the labels of times (default 0).
    pub utc_offset_seconds: Option<i32>,
}

/// How the values of a time step become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum Aggregate {
    /// Their mean.
    Mean,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Their sum.
    Sum,
    /// The latest.
    Last,
    /// How many there are.
    Count,
}

/// The statistics of some values.
#[derive(Clone, Copy, Debug, PartialEq, Portable)]
pub struct SeriesSummary {
    /// How many there are.
    pub count: u64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
    /// Half are smaller.
    pub median: f64,
    /// 5% are smaller.
    pub percentile_5: f64,
    /// 95% are smaller.
    pub percentile_95: f64,
    /// Standard deviation, as of all values there are (divided by their count).
    pub standard_deviation: f64,
    /// Their sum.
    pub sum: f64,
}

/// What keeps the charts module from answering.
#[derive(Clone, Debug, PartialEq, Portable)]
#[non_exhaustive]
pub enum ChartError {
    /// There is nothing to draw or to count.
    Empty {
        /// What is empty.
        what: String,
    },
    /// A value is NaN, infinite, or larger than a chart can show.
    InvalidValue {
        /// Where.
        what: String,
        /// The position in it, from 0.
        index: u64,
        /// The value as text.
        value: String,
    },
    /// A time is earlier than the one before it.
    Unsorted {
        /// Where.
        what: String,
        /// The position of the earlier time, from 0.
        index: u64,
    },
    /// More than can be drawn or counted at once.
    TooMany {
        /// Of what.
        what: String,
        /// How many.
        count: u64,
        /// The limit.
        limit: u64,
    },
    /// An argument outside its range.
    InvalidArgument {
        /// The argument.
        name: String,
        /// Its value.
        value: String,
        /// What is expected.
        expected: String,
    },
    /// Drawing failed.
    Drawing {
        /// What happened.
        reason: String,
    },
}

impl fmt::Display for ChartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { what } => write!(f, "{what} has no values; pass at least one"),
            Self::InvalidValue { what, index, value } => {
                write!(
                    f,
                    "{what}[{index}] is {value}; charts need finite numbers up to ±10^15"
                )
            }
            Self::Unsorted { what, index } => {
                write!(
                    f,
                    "{what}[{index}] is earlier than the point before it; sort the points by time"
                )
            }
            Self::TooMany { what, count, limit } => {
                write!(
                    f,
                    "{count} {what} are more than {limit}; downsample or split them"
                )
            }
            Self::InvalidArgument {
                name,
                value,
                expected,
            } => {
                write!(f, "`{name}` is {value}; expected {expected}")
            }
            Self::Drawing { reason } => write!(f, "the chart can't be drawn: {reason}"),
        }
    }
}

impl std::error::Error for ChartError {}
