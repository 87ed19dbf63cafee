//! The free runs of a supply: in lists by the logarithm of their length, joined with free neighbours. Invariants: see
//! `heap.rs`. Everything here is called under the supply's lock.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering::Relaxed;

use super::Heap;
#[cfg(feature = "gateway")]
use super::pages::give_pages_back;
use super::runs::Taken;
use super::span::Kind;
use super::supply::Supply;
#[cfg(feature = "gateway")]
use super::{SPAN_BYTES, block_at};

pub(super) const LISTS: usize = 20;
/// Runs looked at in the list of the wanted length before a longer one is split.
const LOOKS: usize = 16;

impl Heap {
    /// Takes spans of a free run.
    pub(super) fn take_listed(&self, supply: &Supply, length: u32) -> Option<Taken> {
        let first = list_of(length);
        for list in first..LISTS {
            let looks = if list == first { LOOKS } else { 1 };
            let mut index = supply.lists[list].load(Relaxed);
            for _ in 0..looks {
                if index == 0 {
                    break;
                }
                let span = self.span_at(index);
                if span.length.load(Relaxed) >= length {
                    return Some(self.split(supply, index, length));
                }
                index = span.next.load(Relaxed);
            }
        }
        None
    }

    /// Takes the first `length` spans of a free run.
    pub(super) fn split(&self, supply: &Supply, index: u32, length: u32) -> Taken {
        let span = self.span_at(index);
        let (whole, dirty) = (span.length.load(Relaxed), span.dirty.load(Relaxed));
        let clean = span.clean.load(Relaxed) != 0;
        self.remove(supply, index);
        self.mark_run(index, length);
        supply.note_refaulted(length.saturating_sub(dirty));
        if whole > length {
            self.insert(
                supply,
                index + length,
                whole - length,
                dirty.saturating_sub(length),
                clean,
            );
        }
        Taken { index, clean }
    }

    /// Adds a free run and joins it with free neighbours.
    pub(super) fn insert(&self, supply: &Supply, index: u32, length: u32, dirty: u32, clean: bool) {
        let (mut start, mut end, mut all_dirty, mut all_clean) =
            (index, index + length, dirty, clean);
        let mut absorb = |heap: &Heap, first: u32| {
            let span = heap.span_at(first);
            all_dirty += span.dirty.load(Relaxed);
            all_clean &= span.clean.load(Relaxed) != 0;
            heap.remove(supply, first);
        };
        // What lies before the territory is another supply's; before the first one, "no span".
        let before = self.span_at(index - 1);
        if index > supply.first.load(Relaxed) && before.kind() == Kind::Free {
            start = index - before.length.load(Relaxed);
            absorb(self, start);
        }
        if end < supply.frontier.load(Relaxed) && self.span_at(end).kind() == Kind::Free {
            let next = end;
            end += self.span_at(next).length.load(Relaxed);
            absorb(self, next);
        }
        let length = end - start;
        for end in [end - 1, start] {
            let span = self.span_at(end);
            span.set_kind(Kind::Free);
            span.length.store(length, Relaxed);
        }
        let list = &supply.lists[list_of(length)];
        let span = self.span_at(start);
        let head = list.load(Relaxed);
        span.dirty.store(all_dirty, Relaxed);
        span.clean.store(u8::from(all_clean), Relaxed);
        span.previous.store(0, Relaxed);
        span.next.store(head, Relaxed);
        if head != 0 {
            self.span_at(head).previous.store(start, Relaxed);
        }
        list.store(start, Relaxed);
        supply
            .dirty
            .store(supply.dirty.load(Relaxed) + all_dirty, Relaxed);
    }

    /// Takes a free run out of its list.
    fn remove(&self, supply: &Supply, index: u32) {
        let span = self.span_at(index);
        let (next, previous) = (span.next.load(Relaxed), span.previous.load(Relaxed));
        if previous == 0 {
            supply.lists[list_of(span.length.load(Relaxed))].store(next, Relaxed);
        } else {
            self.span_at(previous).next.store(next, Relaxed);
        }
        if next != 0 {
            self.span_at(next).previous.store(previous, Relaxed);
        }
        span.next.store(0, Relaxed);
        span.previous.store(0, Relaxed);
        supply.dirty.store(
            supply.dirty.load(Relaxed) - span.dirty.load(Relaxed),
            Relaxed,
        );
    }

    /// Gives the pages of all free runs of a supply back to the kernel.
    #[cfg(feature = "gateway")]
    pub(super) fn trim_supply(&self, supply: &Supply) {
        supply.forget_refaulted();
        for list in &supply.lists {
            let mut index = list.load(Relaxed);
            while index != 0 {
                let span = self.span_at(index);
                let bytes = span.length.load(Relaxed) as usize * SPAN_BYTES;
                if span.clean.load(Relaxed) == 0
                    && give_pages_back(block_at(self.span_start(index)), bytes)
                {
                    let dirty = supply.dirty.load(Relaxed) - span.dirty.load(Relaxed);
                    supply.dirty.store(dirty, Relaxed);
                    span.dirty.store(0, Relaxed);
                    span.clean.store(1, Relaxed);
                }
                index = span.next.load(Relaxed);
            }
        }
    }
}

fn list_of(length: u32) -> usize {
    (length.ilog2() as usize).min(LISTS - 1)
}
