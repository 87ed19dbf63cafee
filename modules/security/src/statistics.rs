//! Counters of what the module did.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use home_types::security::SecurityStats;
use lmms::operation;

/// Counts hashes, verifications, encryptions, tokens and validations since the module was last loaded.
#[operation(interface = "security")]
pub fn get_stats() -> SecurityStats {
    SecurityStats {
        hashes: HASHES.load(Relaxed),
        verifications: VERIFICATIONS.load(Relaxed),
        mismatches: MISMATCHES.load(Relaxed),
        encryptions: ENCRYPTIONS.load(Relaxed),
        decryptions: DECRYPTIONS.load(Relaxed),
        failed_decryptions: FAILED_DECRYPTIONS.load(Relaxed),
        tokens_issued: TOKENS_ISSUED.load(Relaxed),
        tokens_refused: TOKENS_REFUSED.load(Relaxed),
        values_accepted: VALUES_ACCEPTED.load(Relaxed),
        values_refused: VALUES_REFUSED.load(Relaxed),
    }
}

pub(crate) static HASHES: AtomicU64 = AtomicU64::new(0);
pub(crate) static VERIFICATIONS: AtomicU64 = AtomicU64::new(0);
pub(crate) static MISMATCHES: AtomicU64 = AtomicU64::new(0);
pub(crate) static ENCRYPTIONS: AtomicU64 = AtomicU64::new(0);
pub(crate) static DECRYPTIONS: AtomicU64 = AtomicU64::new(0);
pub(crate) static FAILED_DECRYPTIONS: AtomicU64 = AtomicU64::new(0);
pub(crate) static TOKENS_ISSUED: AtomicU64 = AtomicU64::new(0);
pub(crate) static TOKENS_REFUSED: AtomicU64 = AtomicU64::new(0);
pub(crate) static VALUES_ACCEPTED: AtomicU64 = AtomicU64::new(0);
pub(crate) static VALUES_REFUSED: AtomicU64 = AtomicU64::new(0);

/// Adds one to `counter`.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// Counts a comparison; gives its outcome back.
pub(crate) fn verified(matches: bool) -> bool {
    count(&VERIFICATIONS);
    if !matches {
        count(&MISMATCHES);
    }
    matches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted() {
        let before = get_stats();
        crate::hashing::hash("x", None);
        assert!(!verified(false));
        let after = get_stats();
        assert!(after.hashes > before.hashes);
        assert!(after.mismatches > before.mismatches);
    }
}
