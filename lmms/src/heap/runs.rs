//! Runs of spans: large blocks, and the supply of spans for small ones. Invariants: see `heap.rs`.
//!
//! Free runs are kept in lists by the logarithm of their length and joined with free neighbours. A freed run's pages go back to
//! the kernel at once, except for a budget that saves frequent runs the system call and the page faults behind it.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use super::lock::{Lock, keeping_errno};
use super::span::{Kind, Span};
use super::{Heap, SPAN_BYTES, block_at};

const LISTS: usize = 20;
/// Runs looked at in the list of the wanted length before a longer one is split.
const LOOKS: usize = 16;
/// Spans that may stay resident in free runs until the heap is trimmed: from 1 MiB to 32 MiB, as much as was given back too soon.
/// With less, a module that works with buffers pays for fresh pages at each call.
const FIRST_BUDGET: u32 = 16;
const LARGEST_BUDGET: u32 = 512;
/// How often a span is given back too soon before the budget grows by it: what is used once an hour isn't worth keeping.
const REGRETS: u32 = 8;
const PAGE: usize = 4096;
/// Above this many bytes zeros are had from the kernel rather than written.
const ZERO_BY_KERNEL: usize = 128 << 10;
/// The slot becomes accessible in steps that double from the first to the last of these.
pub(super) const FIRST_COMMIT: usize = 1 << 20;
const LARGEST_COMMIT: usize = 64 << 20;

/// The supply of spans.
#[repr(C, align(64))]
pub(super) struct Runs {
    pub(super) lock: Lock,
    /// First span that was never handed out.
    pub(super) frontier: AtomicU32,
    /// Spans in free runs that may hold memory.
    dirty: AtomicU32,
    /// Spans that were given back to the kernel and wanted again, since the heap was trimmed.
    regretted: AtomicU32,
    /// Accessible bytes from the start of the slot.
    pub(super) committed: AtomicUsize,
    lists: [AtomicU32; LISTS],
}

/// Spans taken from the supply.
pub(super) struct Taken {
    pub(super) index: u32,
    /// Whether all of it reads as zero.
    pub(super) clean: bool,
}

impl Heap {
    /// A block of whole spans. Null when the slot is full.
    #[inline(never)]
    pub(super) fn allocate_run(&self, size: usize, align: usize, zeroed: bool) -> *mut u8 {
        let limit = self.size();
        if size >= limit || align >= limit {
            return null_mut();
        }
        let size = size.max(1);
        let length = size.div_ceil(SPAN_BYTES) as u32;
        let align = (align / SPAN_BYTES).max(1) as u32;
        let kept = (length == 1 && align == 1).then(|| self.take_kept());
        let Some(taken) = kept.flatten().or_else(|| self.take_spans(length, align)) else {
            return null_mut();
        };
        let bytes = size.next_multiple_of(PAGE);
        self.span_at(taken.index).bytes.store(bytes, Relaxed);
        let block = block_at(self.span_start(taken.index));
        if zeroed && !taken.clean && !(bytes >= ZERO_BY_KERNEL && give_pages_back(block, bytes)) {
            // SAFETY: H5: the run was just taken and is at least `bytes` long (H2).
            unsafe { block.write_bytes(0, bytes) };
        }
        block
    }

    #[inline(never)]
    pub(super) fn free_run(&self, span: &Span) {
        let given_up = match span.length.load(Relaxed) {
            1 => self.keep(span),
            _ => Some(span),
        };
        if let Some(span) = given_up {
            self.release_run(span);
        }
    }

    /// Gives a run without a user back to the supply.
    pub(super) fn release_run(&self, span: &Span) {
        let (length, bytes) = (span.length.load(Relaxed), span.bytes.load(Relaxed));
        self.give_spans(self.index_of(span), length, bytes);
    }

    /// Makes a large block `size` bytes long where it is, if its neighbours allow it.
    pub(super) fn resize_run(&self, span: &Span, size: usize) -> bool {
        if size >= self.size() {
            return false;
        }
        let index = self.index_of(span);
        let old = span.length.load(Relaxed);
        let new = size.div_ceil(SPAN_BYTES) as u32;
        if new > old && !self.extend(index, old, new) {
            return false;
        }
        let bytes = span.bytes.load(Relaxed);
        self.mark_run(index, new);
        span.bytes.store(size.next_multiple_of(PAGE), Relaxed);
        if new < old {
            let kept = new as usize * SPAN_BYTES;
            self.give_spans(index + new, old - new, bytes.saturating_sub(kept));
        }
        true
    }

    /// Takes `length` spans whose first index is a multiple of `align`.
    pub(super) fn take_spans(&self, length: u32, align: u32) -> Option<Taken> {
        let wanted = length.checked_add(align - 1)?;
        self.runs.lock.acquire();
        let taken = self.take_listed(wanted).or_else(|| self.advance(wanted));
        let taken = taken.map(|mut taken| {
            // The slot starts at a multiple of any alignment it can serve, so indexes align as addresses do.
            let (first, clean) = (taken.index, taken.clean);
            taken.index = first.next_multiple_of(align);
            self.mark_run(taken.index, length);
            let (before, behind) = (taken.index - first, taken.index + length);
            if before > 0 {
                self.insert(first, before, 0, clean);
            }
            if first + wanted > behind {
                self.insert(behind, first + wanted - behind, 0, clean);
            }
            taken
        });
        self.runs.lock.release();
        taken
    }

    /// Gives spans back, of which the first `touched` bytes may hold memory.
    pub(super) fn give_spans(&self, index: u32, length: u32, touched: usize) {
        let touched_spans = touched.div_ceil(SPAN_BYTES) as u32;
        let over = self.runs.dirty.load(Relaxed) + touched_spans > self.runs.budget();
        let clean = over
            && give_pages_back(
                block_at(self.span_start(index)),
                length as usize * SPAN_BYTES,
            );
        self.runs.lock.acquire();
        self.insert(index, length, if clean { 0 } else { touched_spans }, clean);
        self.runs.lock.release();
    }

    /// Gives the pages of all free runs back to the kernel.
    #[cfg(feature = "gateway")]
    pub(super) fn trim_runs(&self) {
        self.runs.lock.acquire();
        self.runs.regretted.store(0, Relaxed);
        for list in &self.runs.lists {
            let mut index = list.load(Relaxed);
            while index != 0 {
                let span = self.span_at(index);
                let bytes = span.length.load(Relaxed) as usize * SPAN_BYTES;
                if span.clean.load(Relaxed) == 0
                    && give_pages_back(block_at(self.span_start(index)), bytes)
                {
                    self.runs.dirty.store(
                        self.runs.dirty.load(Relaxed) - span.dirty.load(Relaxed),
                        Relaxed,
                    );
                    span.dirty.store(0, Relaxed);
                    span.clean.store(1, Relaxed);
                }
                index = span.next.load(Relaxed);
            }
        }
        self.runs.lock.release();
    }

    fn take_listed(&self, length: u32) -> Option<Taken> {
        let first = list_of(length);
        for list in first..LISTS {
            let looks = if list == first { LOOKS } else { 1 };
            let mut index = self.runs.lists[list].load(Relaxed);
            for _ in 0..looks {
                if index == 0 {
                    break;
                }
                let span = self.span_at(index);
                if span.length.load(Relaxed) >= length {
                    return Some(self.split(index, length));
                }
                index = span.next.load(Relaxed);
            }
        }
        None
    }

    /// Takes the first `length` spans of a free run.
    fn split(&self, index: u32, length: u32) -> Taken {
        let span = self.span_at(index);
        let (whole, dirty) = (span.length.load(Relaxed), span.dirty.load(Relaxed));
        let clean = span.clean.load(Relaxed) != 0;
        self.remove(index);
        self.mark_run(index, length);
        self.runs.regret(length.saturating_sub(dirty));
        if whole > length {
            self.insert(
                index + length,
                whole - length,
                dirty.saturating_sub(length),
                clean,
            );
        }
        Taken { index, clean }
    }

    /// Takes spans that were never used.
    fn advance(&self, length: u32) -> Option<Taken> {
        let index = self.runs.frontier.load(Relaxed);
        let end = index.checked_add(length)?;
        // The slot's last span stays inaccessible, as a fence to the next slot.
        if end >= self.spans.load(Relaxed) || !self.commit(end as usize * SPAN_BYTES) {
            return None;
        }
        self.runs.frontier.store(end, Relaxed);
        Some(Taken { index, clean: true })
    }

    /// Lengthens a run in use by what lies behind it.
    fn extend(&self, index: u32, old: u32, new: u32) -> bool {
        let (behind, more) = (index + old, new - old);
        self.runs.lock.acquire();
        let frontier = self.runs.frontier.load(Relaxed);
        let extended = if behind == frontier {
            self.advance(more).is_some()
        } else {
            let next = self.span_at(behind);
            let enough = next.kind() == Kind::Free && next.length.load(Relaxed) >= more;
            if enough {
                self.split(behind, more);
            }
            enough
        };
        if extended {
            self.mark_run(index, new);
        }
        self.runs.lock.release();
        extended
    }

    /// Marks both ends of a run as in use; inner entries may be stale, since nobody looks at them.
    fn mark_run(&self, index: u32, length: u32) {
        self.span_at(index + length - 1).set_kind(Kind::RunEnd);
        let first = self.span_at(index);
        first.length.store(length, Relaxed);
        first.bytes.store(0, Relaxed);
        first.set_kind(Kind::Run);
    }

    /// Adds a free run and joins it with free neighbours.
    fn insert(&self, index: u32, length: u32, dirty: u32, clean: bool) {
        let (mut start, mut end, mut all_dirty, mut all_clean) =
            (index, index + length, dirty, clean);
        let mut absorb = |heap: &Heap, first: u32| {
            let span = heap.span_at(first);
            all_dirty += span.dirty.load(Relaxed);
            all_clean &= span.clean.load(Relaxed) != 0;
            heap.remove(first);
        };
        let before = self.span_at(index - 1);
        if before.kind() == Kind::Free {
            start = index - before.length.load(Relaxed);
            absorb(self, start);
        }
        if end < self.runs.frontier.load(Relaxed) && self.span_at(end).kind() == Kind::Free {
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
        let list = &self.runs.lists[list_of(length)];
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
        self.runs
            .dirty
            .store(self.runs.dirty.load(Relaxed) + all_dirty, Relaxed);
    }

    /// Takes a free run out of its list.
    fn remove(&self, index: u32) {
        let span = self.span_at(index);
        let (next, previous) = (span.next.load(Relaxed), span.previous.load(Relaxed));
        if previous == 0 {
            self.runs.lists[list_of(span.length.load(Relaxed))].store(next, Relaxed);
        } else {
            self.span_at(previous).next.store(next, Relaxed);
        }
        if next != 0 {
            self.span_at(next).previous.store(previous, Relaxed);
        }
        span.next.store(0, Relaxed);
        span.previous.store(0, Relaxed);
        self.runs.dirty.store(
            self.runs.dirty.load(Relaxed) - span.dirty.load(Relaxed),
            Relaxed,
        );
    }

    /// Makes the slot accessible up to `end` bytes.
    pub(super) fn commit(&self, end: usize) -> bool {
        let committed = self.runs.committed.load(Relaxed);
        if end <= committed {
            return true;
        }
        let fence = self.size() - SPAN_BYTES;
        let header = Heap::header_bytes(self.spans.load(Relaxed) as usize);
        let step = (committed - header).clamp(FIRST_COMMIT, LARGEST_COMMIT);
        let generous = end.max(committed + step).min(fence);
        for end in [generous, end] {
            if make_accessible(self.base() + committed, end - committed) {
                self.runs.committed.store(end, Relaxed);
                return true;
            }
        }
        false
    }
}

impl Runs {
    /// Spans that may stay resident in free runs.
    fn budget(&self) -> u32 {
        (FIRST_BUDGET + self.regretted.load(Relaxed) / REGRETS).min(LARGEST_BUDGET)
    }

    fn regret(&self, spans: u32) {
        let regretted = self.regretted.load(Relaxed);
        self.regretted
            .store((regretted + spans).min(REGRETS * LARGEST_BUDGET), Relaxed);
    }
}

fn list_of(length: u32) -> usize {
    (length.ilog2() as usize).min(LISTS - 1)
}

/// Drops the pages of a free range; they read as zero afterwards. False if the kernel refused, as it does for locked memory.
fn give_pages_back(start: *mut u8, bytes: usize) -> bool {
    keeping_errno(|| {
        // SAFETY: H5: whole pages of the slot that only the caller may touch.
        unsafe { libc::madvise(start.cast::<c_void>(), bytes, libc::MADV_DONTNEED) == 0 }
    })
}

fn make_accessible(start: usize, bytes: usize) -> bool {
    without_huge_pages(start, bytes);
    let start: *mut c_void = std::ptr::with_exposed_provenance_mut(start);
    keeping_errno(|| {
        // SAFETY: H2: pages of this heap's own slot that nobody uses yet.
        unsafe { libc::mprotect(start, bytes, libc::PROT_READ | libc::PROT_WRITE) == 0 }
    })
}

/// A module that holds 100 KiB must not occupy a page of 2 MiB. Where the kernel knows no huge pages it refuses; that's fine.
pub(super) fn without_huge_pages(start: usize, bytes: usize) {
    let start: *mut c_void = std::ptr::with_exposed_provenance_mut(start);
    keeping_errno(|| {
        // SAFETY: advice on pages of a slot.
        unsafe { libc::madvise(start, bytes, libc::MADV_NOHUGEPAGE) }
    });
}
