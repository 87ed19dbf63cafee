//! The gateway of the guide's programs, which are in `bin`.
#![forbid(unsafe_code)]

use std::fmt;

use guide_rates::RateError;

lmms::gateway! {
    /// What the programs of the guide can do.
    pub Guide { modules: ["modules/*"] }
}

// The gateway's copy of the module's type belongs to this crate.
impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(currency) => write!(f, "there is no currency `{currency}`"),
        }
    }
}
