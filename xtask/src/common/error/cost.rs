//! What nobody can use or be charged.

#![forbid(unsafe_code)]

use std::fmt;

use crate::common::screen::number;

/// Why a usage has no cost.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum CostError {
    /// A figure is negative, infinite or not a number.
    NoAmount {
        /// What it is.
        what: &'static str,
        /// The figure.
        value: f64,
    },
    /// More memory than a function can have.
    TooMuchMemory {
        /// What was asked for, in MB.
        configured_mb: f64,
        /// The most, in MB.
        most_mb: f64,
    },
    /// A call, or an INIT, takes longer than one may.
    TooLong {
        /// Which of the two.
        what: &'static str,
        /// What was asked for, in milliseconds.
        milliseconds: f64,
        /// The most, in milliseconds.
        most_ms: f64,
    },
    /// A function that uses more than it has is ended.
    UsesMoreThanItHas {
        /// What it uses, in MB.
        used_mb: f64,
        /// What it has, in MB.
        configured_mb: f64,
    },
    /// Each start belongs to a call.
    MoreStartsThanCalls {
        /// Starts a month.
        cold_starts: f64,
        /// Calls a month.
        calls: f64,
    },
}

impl std::error::Error for CostError {}

impl fmt::Display for CostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoAmount { what, value } => {
                write!(f, "{what} can't be {value}: give a number of 0 or more")
            }
            Self::TooMuchMemory {
                configured_mb,
                most_mb,
            } => write!(
                f,
                "no function has {} MB of memory: AWS Lambda gives {} MB at most",
                number(configured_mb),
                number(most_mb)
            ),
            Self::TooLong {
                what,
                milliseconds,
                most_ms,
            } => write!(
                f,
                "{what} can't take {} ms: AWS Lambda ends it after {} ms; give the time of one call",
                number(milliseconds),
                number(most_ms)
            ),
            Self::UsesMoreThanItHas {
                used_mb,
                configured_mb,
            } => write!(
                f,
                "a function with {} MB can't use {} MB: AWS Lambda would end it; configure more memory",
                number(configured_mb),
                number(used_mb)
            ),
            Self::MoreStartsThanCalls { cold_starts, calls } => write!(
                f,
                "{} calls can't have {} cold starts: each belongs to a call",
                number(calls),
                number(cold_starts)
            ),
        }
    }
}
