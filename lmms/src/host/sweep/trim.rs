//! Trimming: what idle modules that stay give back.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::host::decision::decide::Pressure;
use crate::host::runtime::Runtime;
use crate::host::runtime::sheets::Sheets;

impl Runtime {
    /// Gives back what idle modules that stay don't need meanwhile. When the next of them will have been idle for long
    /// enough.
    pub(super) fn trim_idle(
        &self,
        now: Duration,
        pressure: Pressure,
        sheets: &Sheets,
    ) -> Option<Duration> {
        let after = match pressure {
            Pressure::None => self.policy.trim_after,
            Pressure::High => Duration::ZERO,
        };
        let mut next = None;
        for &module in &sheets.untrimmed {
            let view = &sheets.views[module];
            if !view.resident {
                continue;
            }
            let due = view.last_used.saturating_add(after);
            if due <= now {
                self.uses.trimmed(module);
                self.modules[module].life().trim();
            } else {
                next = Some(next.map_or(due, |next: Duration| next.min(due)));
            }
        }
        next
    }
}
