//! What nobody can use or be charged.

#![forbid(unsafe_code)]

use std::fmt;

use super::{Prices, Usage, number};

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

impl Prices {
    pub(super) fn check(&self) -> Result<(), CostError> {
        amounts(&[
            ("the price of a GB-second", self.gb_second),
            ("the price of a million calls", self.million_calls),
            ("free GB-seconds", self.free_gb_seconds),
            ("free calls", self.free_calls),
        ])
    }
}

impl Usage {
    pub(super) fn check(&self, prices: &Prices) -> Result<(), CostError> {
        amounts(&[
            ("the number of calls", self.calls),
            ("the time of a call", self.milliseconds),
            ("the number of cold starts", self.cold_starts),
            ("the time of INIT", self.init_milliseconds),
            ("configured memory", self.configured_mb),
            ("used memory", self.used_mb),
        ])?;
        if self.configured_mb > prices.most_mb {
            return Err(CostError::TooMuchMemory {
                configured_mb: self.configured_mb,
                most_mb: prices.most_mb,
            });
        }
        for (what, milliseconds) in [
            ("a call", self.milliseconds),
            ("INIT", self.init_milliseconds),
        ] {
            if milliseconds > prices.most_ms {
                return Err(CostError::TooLong {
                    what,
                    milliseconds,
                    most_ms: prices.most_ms,
                });
            }
        }
        let has = self.configured_mb.max(prices.least_mb);
        if self.used_mb > has {
            return Err(CostError::UsesMoreThanItHas {
                used_mb: self.used_mb,
                configured_mb: has,
            });
        }
        if self.cold_starts > self.calls {
            return Err(CostError::MoreStartsThanCalls {
                cold_starts: self.cold_starts,
                calls: self.calls,
            });
        }
        Ok(())
    }
}

fn amounts(figures: &[(&'static str, f64)]) -> Result<(), CostError> {
    let is_none = |value: f64| !value.is_finite() || value < 0.0;
    match figures.iter().find(|(_, value)| is_none(*value)) {
        Some(&(what, value)) => Err(CostError::NoAmount { what, value }),
        None => Ok(()),
    }
}
