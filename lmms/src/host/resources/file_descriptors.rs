//! Which module has made which descriptor. Invariants: see `host/resources.rs`.
//!
//! One table for the process, by number, since a module may close what another has made. It is read and written without
//! a lock and grows without the allocator: signal handlers and forked children may open and close files.
//!
//! # Invariants
//! - **DESCRIPTORS-1** A block is mapped once, whole, zeroed, and for good.

use std::ffi::{c_int, c_uint};
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::atomic::{
    AtomicPtr, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use crate::heap::keeping_errno;

const BLOCK: usize = 1024;
/// With blocks of that size: more descriptors than a process can have by default on any system. Others are not noted.
const BLOCKS: usize = 1024;

struct Entry {
    /// 0: nobody that is known.
    owner: AtomicU64,
    /// What the kernel said of it when it was made.
    identity: AtomicU64,
}

type Block = [Entry; BLOCK];

static TABLE: [AtomicPtr<Block>; BLOCKS] = [const { AtomicPtr::new(null_mut()) }; BLOCKS];

/// The entry of a number, if its block is there.
fn entry(number: usize) -> Option<&'static Entry> {
    block(number / BLOCK).map(|block| &block[number % BLOCK])
}

fn block(index: usize) -> Option<&'static Block> {
    let block = TABLE.get(index)?.load(Acquire);
    // SAFETY: DESCRIPTORS-1: null, or a block.
    unsafe { block.as_ref() }
}

/// The same; the block is made if need be.
fn entry_or_new(number: usize) -> Option<&'static Entry> {
    let place = TABLE.get(number / BLOCK)?;
    if place.load(Acquire).is_null() {
        let bytes = size_of::<Block>();
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping, which nobody else sees.
        let new = unsafe { libc::mmap(null_mut(), bytes, access, flags, -1, 0) };
        if new == libc::MAP_FAILED {
            return None;
        }
        if place
            .compare_exchange(null_mut(), new.cast(), AcqRel, Acquire)
            .is_err()
        {
            // SAFETY: the mapping made above, which nobody has seen.
            unsafe { libc::munmap(new, bytes) };
        }
    }
    entry(number)
}

/// What tells an open file from another: device and inode. `None`: it isn't open.
fn identity(descriptor: c_int) -> Option<u64> {
    let mut status = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: any number will do; a place for the answer.
    if unsafe { libc::fstat(descriptor, status.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: filled in by the call.
    let status = unsafe { status.assume_init() };
    Some(status.st_ino ^ status.st_dev.rotate_left(40))
}

/// Notes that `owner` has made a descriptor.
pub(super) fn made(owner: u64, descriptor: c_int) {
    keeping_errno(|| {
        let Ok(number) = usize::try_from(descriptor) else {
            return;
        };
        if let (Some(entry), Some(identity)) = (entry_or_new(number), identity(descriptor)) {
            entry.identity.store(identity, Relaxed);
            entry.owner.store(owner, Release);
        }
    });
}

/// Notes that these descriptors are about to be closed, whichever module has made them.
pub(crate) fn end(first: c_uint, last: c_uint) {
    let (first, last) = (first as usize, (last as usize).min(BLOCKS * BLOCK - 1));
    let mut number = first;
    while number <= last {
        match entry(number) {
            Some(entry) => {
                entry.owner.store(0, Release);
                number += 1;
            }
            None => number = (number / BLOCK + 1) * BLOCK,
        }
    }
}

/// Whether a descriptor is open that `owner` has not made.
pub(super) fn is_foreign(owner: u64, descriptor: c_int) -> bool {
    keeping_errno(|| {
        let Some(now) = identity(descriptor) else {
            return false;
        };
        let known = usize::try_from(descriptor).ok().and_then(entry);
        !known.is_some_and(|entry| is_still(entry, owner, now))
    })
}

fn is_still(entry: &Entry, owner: u64, now: u64) -> bool {
    entry.owner.load(Acquire) == owner && entry.identity.load(Relaxed) == now
}

/// Those that `owner` has made and that are still open, with what they stand for.
pub(super) fn open(owner: u64) -> Vec<String> {
    let is_open = |&(number, entry): &(usize, &Entry)| {
        identity(number as c_int).is_some_and(|now| is_still(entry, owner, now))
    };
    let name = |(number, _): (usize, &Entry)| {
        let target = std::fs::read_link(format!("/proc/self/fd/{number}"));
        match target {
            Ok(target) => format!("{number} ({})", target.display()),
            Err(_) => number.to_string(),
        }
    };
    of(owner).filter(is_open).map(name).collect()
}

/// Ends the books on what `owner` has made.
pub(super) fn forget(owner: u64) {
    for (_, entry) in of(owner) {
        // Another module may have got the number meanwhile.
        let _ = entry.owner.compare_exchange(owner, 0, AcqRel, Relaxed);
    }
}

fn of(owner: u64) -> impl Iterator<Item = (usize, &'static Entry)> {
    let blocks = (0..BLOCKS).filter_map(|index| Some((index * BLOCK, block(index)?)));
    let entries = blocks.flat_map(|(first, block)| (first..).zip(block));
    entries.filter(move |(_, entry)| entry.owner.load(Acquire) == owner)
}
