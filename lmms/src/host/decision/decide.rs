//! Which modules to unload: a pure function of what is known about them, the policy, and the time.
//!
//! A module is kept by the first of these [layers](Layer) that protects it:
//!
//! * *Pinned, unsafe.* It has a pinned operation, or it can't be unloaded safely. No sweep will ever change that, so
//!   any other answer to "why is it still loaded?" would mislead: these come first.
//! * *1 References.* A call or a guard holds it.
//! * *2 Heat.* HOT modules stay while they are hot, CRITICAL ones for good, and a WARM one yields only when no COLD one
//!   can.
//! * *3 Cache.* A result of it is live in the cache (unless policy detaches cached results from their modules).
//! * *4 Grace.* It was used less than 30 s ago.
//! * *5 Threshold.* No more than 8 modules are resident, and they are within the byte budget. Beyond that the least
//!   recently used goes first, COLD before WARM, until what is left fits.
//! * *Veto.* The module itself objects. This comes last because it must be asked, which runs the module's code: only a
//!   module whose turn it is needs to be. If it objects, the next in line goes instead.
//! * *Busy.* Something of it runs or is held outside of calls. Like the veto, this is found out when it is its turn; an
//!   [explanation](crate::Explanation) asks at once, and names it first ([`Verdict::obstacle`]).
//!
//! Memory pressure lifts grace and threshold: every idle module goes, WARM ones after the COLD. Whatever is HOT or in
//! the cache stays even then, because it would be back at once, and loading takes memory and time when both are short.
#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::host::decision::heat::Heat;
use crate::host::decision::policy::Policy;

pub use super::facts::{Cause, ModuleView, Pressure, SweepFacts};
pub(crate) use super::layers::Span;
pub use super::layers::{Finding, Layer, LayerView};
pub use super::verdict::{Decision, Verdict};

/// Decides about all resident modules; their verdicts, in the order of `modules`, replace what was in `verdicts`.
///
/// Takes `O(n + u log n)` for `n` modules of which `u` go.
/// Should an unload then be refused, mark the module with the reason ([`ModuleView::veto`] or [`ModuleView::busy`]) and
/// decide again: otherwise the same module is chosen over and over.
pub fn decide(
    now: Duration,
    policy: &Policy,
    pressure: Pressure,
    modules: &[ModuleView],
    verdicts: &mut Vec<Verdict>,
) -> SweepFacts {
    let mut facts = SweepFacts {
        now,
        pressed: policy.heed_pressure && pressure == Pressure::High,
        max_resident: policy.max_resident,
        resident_bytes: policy.resident_bytes,
        heat_window: policy.heat_window,
        ..SweepFacts::default()
    };
    for view in modules.iter().filter(|view| view.resident) {
        facts.resident += 1;
        facts.bytes = facts.bytes.saturating_add(view.bytes);
    }
    facts.remaining = facts.resident;
    facts.remaining_bytes = facts.bytes;

    verdicts.clear();
    verdicts.extend(
        modules
            .iter()
            .filter(|view| view.resident)
            .map(|view| Verdict::undecided(view, policy, facts)),
    );
    choose(verdicts, &mut facts);
    for verdict in verdicts.iter_mut() {
        verdict.facts = facts;
        if let Decision::Keep { .. } = verdict.decision {
            verdict.decision = verdict.keep();
        }
    }
    facts
}

/// When a sweep could next find something to unload that the last one did not, if until then nothing is loaded and the
/// memory pressure doesn't change; `None` if never. Calls in between can only make it later.
pub fn next_sweep(policy: &Policy, facts: &SweepFacts, verdicts: &[Verdict]) -> Option<Duration> {
    // Neither zero, so that a sweeper never spins.
    let look = facts
        .now
        .saturating_add(policy.sweep_interval.max(Duration::from_millis(1)));
    let kept = verdicts.iter().filter(|verdict| verdict.stays_for_now());
    if facts.wants_room().is_some() {
        kept.map(|verdict| verdict.eligible_at().unwrap_or(look))
            .min()
    } else {
        // Modules can outgrow a budget without anybody loading anything.
        facts.resident_bytes.and_then(|_| kept.map(|_| look).next())
    }
}

/// Marks the modules to unload, in their order, until what is left fits.
fn choose(verdicts: &mut [Verdict], facts: &mut SweepFacts) {
    let idle = verdicts.iter().enumerate().filter(|(_, it)| it.is_idle());
    facts.cold_left = idle
        .clone()
        .filter(|(_, it)| it.can_yield_before_warm())
        .count();
    if facts.wants_room().is_none() {
        return;
    }
    // A heap instead of a sorted list: few of many are taken, as a rule.
    let mut queue: BinaryHeap<_> = idle.map(|(at, it)| Reverse((place(it), at))).collect();
    let mut rank = 0;
    while let Some(cause) = facts.wants_room()
        && let Some(Reverse((_, first))) = queue.pop()
    {
        let verdict = &mut verdicts[first];
        verdict.its_turn = true;
        if !verdict.refuses() {
            facts.cold_left -= usize::from(verdict.can_yield_before_warm());
            facts.remaining -= 1;
            facts.remaining_bytes = facts.remaining_bytes.saturating_sub(verdict.view.bytes);
            verdict.decision = Decision::Unload { rank, cause };
            rank += 1;
        }
    }
}

/// The place of an idle module in the queue: COLD before WARM, least recently used first.
fn place(verdict: &Verdict) -> (Heat, Duration, u64, u32) {
    let view = &verdict.view;
    (verdict.heat, view.last_used, view.use_order, verdict.module)
}
