//! The room that sweeps work in.

#![forbid(unsafe_code)]

use crate::host::cache::LiveEntries;
use crate::host::decision::facts::ModuleView;
use crate::host::decision::verdict::Verdict;
use crate::host::protection::Counts;

/// What a sweep needs room for, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Sheets {
    pub(crate) counts: Vec<Counts>,
    pub(crate) live: Vec<LiveEntries>,
    pub(crate) views: Vec<ModuleView>,
    pub(crate) verdicts: Vec<Verdict>,
    /// Modules that have run since they were trimmed.
    pub(crate) untrimmed: Vec<usize>,
}
