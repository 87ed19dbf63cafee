//! Explanations: why a module is loaded, or not.

#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

use crate::boundary::error::Error;
use crate::host::decision::decide::{Span, Verdict};
use crate::host::life::lifecycle::State;
use crate::host::runtime::Runtime;

/// What a module's state and the layers' views are, in words. Its `Display` is for people.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The module.
    pub module: &'static str,
    /// Where it stands.
    pub state: State,
    /// The layers' views, if it is loaded.
    pub verdict: Option<Verdict>,
    /// Why the last attempt to unload it was refused, if one was.
    pub last_refusal: Option<String>,
    /// Why an older, sealed copy of it is still there, if one is.
    pub older_copy: Option<String>,
    /// What the last copy that has left something in the process has left.
    pub left_over: Option<String>,
    /// Why it can't be loaded, if the last try failed.
    pub load_error: Option<String>,
    /// When it left last, on the gateway's clock.
    pub unloaded_at: Option<Duration>,
    /// The copy that left last is still in memory.
    pub is_retired: bool,
    /// The time of the explanation.
    pub now: Duration,
}

impl Runtime {
    /// Why `module` is loaded, or not: each protection layer's view, which one decides, and when
    /// that could change.
    ///
    /// # Errors
    /// There is no such module.
    pub fn explain(&self, module: &str) -> Result<Explanation, Error> {
        let index = self.module_index(module)?;
        self.check_books(index)?;
        let now = self.now();
        let verdict = self.judge(index, now);
        let cell = &self.modules[index];
        let life = cell.life();
        Ok(Explanation {
            module: cell.info.name,
            state: life.state(),
            verdict,
            last_refusal: life.history.last_refusal.clone(),
            older_copy: life.why_waiting(),
            load_error: life.load_error().map(Error::to_string),
            left_over: life.history.left_over.clone(),
            unloaded_at: life.history.unloaded_at,
            is_retired: life.history.is_retired,
            now,
        })
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.module, self.state)?;
        match (&self.verdict, &self.load_error, self.unloaded_at) {
            (Some(verdict), ..) => write!(f, "\n{verdict}")?,
            (None, Some(error), _) => write!(f, ": {error}")?,
            (None, None, Some(at)) => {
                let ago = Span(self.now.saturating_sub(at));
                let what = if self.is_retired {
                    "sealed, not unloaded,"
                } else {
                    "unloaded"
                };
                write!(
                    f,
                    ": it was {what} {ago} ago, and is loaded at the next call"
                )?;
            }
            (None, None, None) => f.write_str(": nothing has needed it yet")?,
        }
        if let Some(refusal) = &self.last_refusal {
            write!(f, "\nlast attempt to unload it: {refusal}")?;
        }
        if let Some(waits) = &self.older_copy {
            write!(f, "\nan older copy of it is still in memory: {waits}")?;
        }
        if let Some(left) = &self.left_over {
            write!(f, "\na copy of it that is gone has left {left}")?;
        }
        Ok(())
    }
}
