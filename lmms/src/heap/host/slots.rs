//! The address slots in which module heaps live. Host side.
//!
//! Address space is reserved on first use, in regions of equal slots, without any memory behind it. A slot becomes
//! accessible step by step as its heap grows. After [`HeapSlot::destroy`] it is inaccessible again: whatever still
//! points there faults.
//!
//! # Invariants
//! - **SLOT-1** A region is reserved once and never unmapped; its slots lie inside it and don't overlap.
//! - **SLOT-2** A slot is either in its region's list of free slots, or owned by exactly one `HeapSlot`, or
//!   given up for good.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::fmt;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard};

use super::resident::{page_bytes, resident};
use super::usage::HeapUsage;
use crate::heap::pages::{PAGE, without_huge_pages};
use crate::heap::span::Span;
use crate::heap::supply::FIRST_COMMIT;
use crate::heap::{Heap, SPAN_BYTES, block_at};
use crate::sync::Unpoisoned as _;

/// A module's heap and the slot it lives in.
///
/// Dropping it keeps the memory: a heap may only be thrown away with [`destroy`](Self::destroy), after the module is
/// gone.
#[derive(Debug)]
pub struct HeapSlot {
    heap: NonNull<Heap>,
    region: usize,
}

// SAFETY: a `Heap` may be used from all threads (HEAP-3 to HEAP-5), and its slot has one owner (SLOT-2).
unsafe impl Send for HeapSlot {}
// SAFETY: as above.
unsafe impl Sync for HeapSlot {}

/// Why a module's heap could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum HeapError {
    /// Not even a small region of addresses could be reserved.
    AddressSpace(io::Error),
    /// The first pages of the heap could not be made accessible.
    Memory(io::Error),
}

impl fmt::Display for HeapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressSpace(error) => write!(
                f,
                "no address space left for a module's heap: {error}; raise `ulimit -v` or unload modules"
            ),
            Self::Memory(error) => write!(
                f,
                "no memory for a module's heap: {error}; free memory, or check vm.overcommit_memory and vm.max_map_count"
            ),
        }
    }
}

impl std::error::Error for HeapError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AddressSpace(error) | Self::Memory(error) => Some(error),
        }
    }
}

impl HeapSlot {
    /// Makes an empty heap in a free slot.
    ///
    /// # Errors
    /// When addresses or memory are short.
    pub fn create() -> Result<Self, HeapError> {
        slots().take()
    }

    /// The heap.
    pub fn heap(&self) -> &Heap {
        // SAFETY: HEAP-1: it lives until `destroy`, which takes `self`.
        unsafe { self.heap.as_ref() }
    }

    /// What the module holds.
    pub fn usage(&self) -> HeapUsage {
        self.heap().usage()
    }

    /// All addresses of the slot.
    pub fn range(&self) -> Range<usize> {
        let start = self.heap.addr().get();
        start..start + self.heap().size()
    }

    /// The parts of the slot that are accessible. Most of them is untouched and costs nothing: what a module costs is
    /// [`resident_bytes`](Self::resident_bytes).
    pub fn accessible(&self) -> Vec<Range<usize>> {
        let base = self.heap.addr().get();
        let parts = self.heap().accessible();
        parts
            .map(|part| base + part.start..base + part.end)
            .collect()
    }

    /// Bytes of the heap that are in memory, its own tables included.
    ///
    /// # Errors
    /// When `/proc` can't be read.
    pub fn resident_bytes(&self) -> io::Result<usize> {
        Ok(resident(&self.accessible())?.bytes)
    }

    /// Throws the heap away. Its slot becomes inaccessible and serves a later module; recently used slots come last.
    ///
    /// # Errors
    /// When the kernel refuses: the memory then stays as it is, and the slot is not used again.
    ///
    /// # Safety
    /// The module is unmapped, and nothing will touch its heap any more.
    pub unsafe fn destroy(self) -> io::Result<()> {
        // SAFETY: the caller's promise.
        unsafe { self.close()? };
        slots().give_back(self);
        Ok(())
    }

    /// Has the kernel provide the page of the first block now: each module touches it as it starts.
    fn touch_first_span(&self) {
        let heap = self.heap();
        let first = heap.span_start(heap.supplies.get(0).frontier.load(Relaxed));
        // SAFETY: HEAP-2: committed from the start, and nobody's yet; zero as it is.
        unsafe { block_at(first).write_volatile(0) };
    }

    /// Makes the slot inaccessible.
    ///
    /// # Safety
    /// As [`destroy`](Self::destroy); the heap is gone then.
    unsafe fn close(&self) -> io::Result<()> {
        let (base, first) = (self.range().start, first_commit(self.heap().size()));
        for part in self.accessible() {
            // SAFETY: SLOT-2, and the caller's promise: nobody uses these pages.
            unsafe { make_inaccessible(part.start, part.len())? };
        }
        // As `start` will want it: the kernel then has nothing to join now, and nothing to split there.
        without_huge_pages(base, first);
        Ok(())
    }
}

impl Heap {
    /// Starts an empty heap in a free slot.
    ///
    /// # Safety
    /// SLOT-2: the slot is the caller's and inaccessible.
    unsafe fn start(base: usize, size: usize) -> io::Result<NonNull<Heap>> {
        let spans = size / SPAN_BYTES;
        let header = Heap::header_bytes(spans);
        let committed = first_commit(size);
        let start: *mut c_void = std::ptr::with_exposed_provenance_mut(base);
        without_huge_pages(base, committed);
        // SAFETY: the caller's own pages.
        let status =
            unsafe { libc::mprotect(start, committed, libc::PROT_READ | libc::PROT_WRITE) };
        if status != 0 {
            return Err(io::Error::last_os_error());
        }
        let heap = NonNull::new(start.cast::<Heap>()).ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: HEAP-1: fresh zero pages are a valid `Heap`.
        let fields = unsafe { heap.as_ref() };
        fields.size.store(size, Relaxed);
        fields.spans.store(spans as u32, Relaxed);
        let first = header / SPAN_BYTES;
        // Spans before the first one, of which most have no entry, are the header's own.
        let table = base + size_of::<Heap>() - first * size_of::<Span>();
        fields.table.store(table, Relaxed);
        // The slot's last span stays inaccessible, as a fence to the next slot.
        let supply = fields.supplies.get(0);
        supply.start(first as u32, spans as u32 - 1, committed);
        fields.allow_claims();
        fields.no_span().fresh.store(1, Relaxed);
        Ok(heap)
    }
}

/// What of a slot of `size` bytes is accessible from the start: the header and the first blocks' part. No module does
/// without.
fn first_commit(size: usize) -> usize {
    (Heap::header_bytes(size / SPAN_BYTES) + FIRST_COMMIT).min(size - SPAN_BYTES)
}

// What `Heap` promises: else the first allocation in a module would touch more pages.
const _: () = {
    const ENTRIES: usize = 16;
    let first = Heap::FIRST_SHARD / PAGE;
    let last = (size_of::<Heap>() + ENTRIES * size_of::<Span>() - 1) / PAGE;
    assert!(first == last);
    // "No span" is the entry before the first one, and the table begins where `Heap` ends.
    assert!(std::mem::offset_of!(Heap, no_span) + size_of::<Span>() == size_of::<Heap>());
};

static SLOTS: Mutex<Slots> = Mutex::new(Slots::NONE);

fn slots() -> MutexGuard<'static, Slots> {
    SLOTS.lock().unpoisoned()
}

#[derive(Debug)]
struct Slots {
    regions: Vec<Region>,
    /// An empty heap for the next load, made behind an unload: to touch a slot for the first time is a sixth of what
    /// LMMS adds to a load. Two pages of memory for the whole process.
    spare: Option<HeapSlot>,
}

impl Slots {
    const NONE: Self = Self {
        regions: Vec::new(),
        spare: None,
    };

    /// An empty heap.
    fn take(&mut self) -> Result<HeapSlot, HeapError> {
        match self.spare.take() {
            Some(spare) => Ok(spare),
            None => self.start(),
        }
    }

    /// Takes a slot back that was closed.
    fn give_back(&mut self, closed: HeapSlot) {
        let base = closed.heap.addr().get();
        self.regions[closed.region].free.push_back(base);
        if self.spare.is_none() {
            // Without one the next load makes its own, and says what it lacks.
            self.spare = self.start().ok();
            if let Some(spare) = &self.spare {
                spare.touch_first_span();
            }
        }
    }

    /// Makes an empty heap in the slot that has been free for the longest.
    fn start(&mut self) -> Result<HeapSlot, HeapError> {
        if self.regions.iter().all(|region| region.free.is_empty()) {
            self.regions.push(Region::reserve()?);
        }
        let mut regions = self.regions.iter_mut().enumerate();
        let (number, base, size) = regions
            .find_map(|(number, region)| {
                let base = region.free.pop_front()?;
                Some((number, base, region.slot))
            })
            .expect("a region with a free slot was just found or added");
        // SAFETY: SLOT-1, SLOT-2: the slot is free and inaccessible.
        match unsafe { Heap::start(base, size) } {
            Ok(heap) => Ok(HeapSlot {
                heap,
                region: number,
            }),
            Err(error) => {
                self.regions[number].free.push_back(base);
                Err(HeapError::Memory(error))
            }
        }
    }
}

/// Slot sizes and numbers of slots, tried in this order.
const LAYOUTS: [(usize, usize); 8] = [
    (4 << 30, 64),
    (1 << 30, 64),
    (256 << 20, 64),
    (256 << 20, 16),
    (64 << 20, 16),
    (16 << 20, 16),
    (8 << 20, 8),
    (4 << 20, 4),
];

#[derive(Debug)]
struct Region {
    slot: usize,
    /// Base addresses; freed slots go to the back, so that a stale pointer faults as long as possible.
    free: VecDeque<usize>,
}

impl Region {
    fn reserve() -> Result<Self, HeapError> {
        // A limit on address space must leave room for everything else in the process.
        let most = address_space_left().map_or(usize::MAX, |left| left / 2);
        let mut last = io::Error::from_raw_os_error(libc::ENOMEM);
        for (slot, count) in LAYOUTS {
            if slot * (count + 1) > most {
                continue;
            }
            match reserve(slot, count) {
                Ok(base) => {
                    return Ok(Self {
                        slot,
                        free: (0..count).map(|index| base + index * slot).collect(),
                    });
                }
                Err(error) => last = error,
            }
        }
        Err(HeapError::AddressSpace(last))
    }
}

/// Reserves `count` slots at a multiple of the slot size.
fn reserve(slot: usize, count: usize) -> io::Result<usize> {
    let (bytes, wanted) = (slot * count, slot * (count + 1));
    let start = map_inaccessible(None, wanted)?;
    let base = start.next_multiple_of(slot);
    for (from, to) in [(start, base), (base + bytes, start + wanted)] {
        if to > from {
            // SAFETY: the ends of the mapping just made, outside of the region.
            unsafe { libc::munmap(std::ptr::with_exposed_provenance_mut(from), to - from) };
        }
    }
    Ok(base)
}

/// # Safety
/// The range belongs to one slot, and nobody will use what is in it.
unsafe fn make_inaccessible(base: usize, bytes: usize) -> io::Result<()> {
    map_inaccessible(Some(base), bytes).map(drop)
}

fn map_inaccessible(at: Option<usize>, bytes: usize) -> io::Result<usize> {
    let fixed = if at.is_some() { libc::MAP_FIXED } else { 0 };
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | fixed;
    let at: *mut c_void = std::ptr::with_exposed_provenance_mut(at.unwrap_or(0));
    // SAFETY: a new mapping, or one over pages of a slot that `make_inaccessible` was promised.
    let start = unsafe { libc::mmap(at, bytes, libc::PROT_NONE, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok(start.expose_provenance())
    }
}

/// Bytes of address space the process may still map; `None` if there is no limit.
fn address_space_left() -> Option<usize> {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: a valid place for the answer.
    let status = unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) };
    if status != 0 || limit.rlim_cur == libc::RLIM_INFINITY {
        return None;
    }
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let used = pages.split_whitespace().next()?.parse::<usize>().ok()? * page_bytes();
    Some((limit.rlim_cur as usize).saturating_sub(used))
}

#[cfg(test)]
mod tests;
