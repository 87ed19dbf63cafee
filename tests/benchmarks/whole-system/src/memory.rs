//! What this process has in memory.

#![forbid(unsafe_code)]

use std::fs;

use serde::{Deserialize, Serialize};

/// Resident bytes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    /// All of them.
    pub resident: u64,
    /// With pages that other processes have as well only in part.
    pub proportional: u64,
    /// What this process alone has and has written to: nothing but freeing it gives it back, where the kernel can drop
    /// clean pages and read them again.
    pub dirty: u64,
}

impl Memory {
    /// Of this process, now.
    pub fn now() -> Self {
        let text = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
        Self {
            resident: field(&text, "Rss"),
            proportional: field(&text, "Pss"),
            dirty: field(&text, "Private_Dirty"),
        }
    }
}

/// The resident bytes of this process, now: a faster answer than [`Memory::now`].
pub(crate) fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    field(&text, "VmRSS")
}

/// The most resident bytes that this process ever had.
pub fn peak() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    field(&text, "VmHWM")
}

/// How often this process had to wait for a page so far, without the disk.
pub(crate) fn faults() -> u64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // proc_pid_stat(5): the tenth field, the eighth behind the name in parentheses.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let count = fields.split_whitespace().nth(7);
    count
        .and_then(|count| count.parse().ok())
        .unwrap_or_default()
}

fn field(text: &str, name: &str) -> u64 {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| *found == name)
        .and_then(|(_, value)| value.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or_default()
        * 1024
}
