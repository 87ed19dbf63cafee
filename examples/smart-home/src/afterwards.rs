//! What is told after a command has done its work: statistics, and why a module is loaded.
#![forbid(unsafe_code)]

use std::io::Write;

use clap::Args;

use crate::error::Error;
use crate::home::Session;

/// What is told afterwards.
#[derive(Clone, Debug, Default, Args)]
pub struct Afterwards {
    /// Tell the statistics afterwards.
    #[arg(long)]
    pub stats: bool,
    /// Tell afterwards why this module is loaded, or is not.
    #[arg(long, value_name = "MODULE")]
    pub explain: Option<String>,
}

impl Afterwards {
    /// Writes what was asked for, for people.
    ///
    /// # Errors
    /// No such module, or the output can't be written.
    pub fn tell(&self, session: &Session, out: &mut dyn Write) -> Result<(), Error> {
        if self.stats {
            writeln!(out, "\n{}", session.gateway.statistics())?;
        }
        if let Some(module) = &self.explain {
            writeln!(out, "\n{}", session.gateway.explain(module)?)?;
        }
        Ok(())
    }

    /// The same as JSON documents.
    ///
    /// # Errors
    /// As [`tell`](Self::tell).
    pub fn tell_json(&self, session: &Session, out: &mut dyn Write) -> Result<(), Error> {
        if self.stats {
            let statistics = serde_json::to_value(session.gateway.statistics());
            writeln!(
                out,
                "{}",
                serde_json::json!({ "statistics": statistics.unwrap_or_default() })
            )?;
        }
        if let Some(module) = &self.explain {
            let text = session.gateway.explain(module)?.to_string();
            writeln!(out, "{}", serde_json::json!({ "explanation": text }))?;
        }
        Ok(())
    }
}
