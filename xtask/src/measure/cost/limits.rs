//! What nobody can use or be charged.

#![forbid(unsafe_code)]

use super::{Prices, Usage};
use crate::common::error::CostError;

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
