//! What modules have mapped, and what of it the kernel says is still theirs. Invariants: see `host/resources.rs`.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::ops::Range;
use std::path::Path;
use std::ptr::with_exposed_provenance_mut;
use std::sync::Mutex;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
    compiler_fence,
};

use crate::heap::keeping_errno;
use crate::heap::{page_bytes, resident};
use crate::sync::Unpoisoned as _;

/// A mapping that a module has made and not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    owner: u64,
    start: usize,
    end: usize,
    /// Where it begins in its file; `None`: it is memory of no file.
    offset: Option<u64>,
    /// The kernel took the mark.
    marked: bool,
}

/// Of all modules, in no order: they are few.
static MAPPINGS: Mutex<Vec<Mapping>> = Mutex::new(Vec::new());

/// The process that keeps these books: what a forked child maps is none of its business.
static PROCESS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The calling thread is at the books: what its signal handlers map has to be left out.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` at the books. `None`: the caller interrupts somebody who is at them, or is another process.
fn with_books<R>(work: impl FnOnce(&mut Vec<Mapping>) -> R) -> Option<R> {
    let process = std::process::id();
    if PROCESS.load(Relaxed) == 0 {
        PROCESS.store(process, Relaxed);
    }
    if PROCESS.load(Relaxed) != process || INSIDE.replace(true) {
        return None;
    }
    compiler_fence(SeqCst);
    let result = work(&mut MAPPINGS.lock().unpoisoned());
    compiler_fence(SeqCst);
    INSIDE.set(false);
    Some(result)
}

impl Mapping {
    fn contains(&self, range: &Range<usize>) -> bool {
        self.start <= range.start && range.end <= self.end
    }

    /// What of it lies in `range`.
    fn within(&self, range: &Range<usize>) -> Option<Self> {
        let (start, end) = (self.start.max(range.start), self.end.min(range.end));
        let offset = self
            .offset
            .map(|offset| offset.wrapping_add(start.wrapping_sub(self.start) as u64));
        (start < end).then_some(Self {
            start,
            end,
            offset,
            ..*self
        })
    }

    /// Puts the mark on it.
    fn mark(&self) -> bool {
        let advice = match self.offset {
            Some(_) => libc::MADV_DONTDUMP,
            None => libc::MADV_RANDOM,
        };
        let start: *mut c_void = with_exposed_provenance_mut(self.start);
        // SAFETY: changes neither content nor access of what the module has mapped.
        unsafe { libc::madvise(start, self.end - self.start, advice) == 0 }
    }
}

/// The pages of a range.
fn pages(start: usize, bytes: usize) -> Range<usize> {
    start..start + bytes.next_multiple_of(page_bytes())
}

/// Takes a range off the books, whatever module it belongs to.
fn cut(books: &mut Vec<Mapping>, range: &Range<usize>) {
    let mut rest = Vec::new();
    books.retain(|mapping| {
        let apart = mapping.within(range).is_none();
        if !apart {
            rest.extend(mapping.within(&(0..range.start)));
            rest.extend(mapping.within(&(range.end..usize::MAX)));
        }
        apart
    });
    books.extend(rest);
}

/// `owner` has mapped this.
pub(super) fn mapped(owner: u64, start: usize, bytes: usize, flags: c_int, offset: u64) {
    let range = pages(start, bytes);
    let anonymous = flags & libc::MAP_ANONYMOUS != 0;
    let mut mapping = Mapping {
        owner,
        start: range.start,
        end: range.end,
        // Shared memory of no file has a nameless one.
        offset: match anonymous {
            true if flags & libc::MAP_PRIVATE != 0 => None,
            true => Some(0),
            false => Some(offset),
        },
        marked: false,
    };
    keeping_errno(|| {
        with_books(|books| {
            // In the place of something else: who has made room there may go on to think of it as theirs.
            let own = flags & libc::MAP_FIXED == 0
                || books
                    .iter()
                    .any(|other| other.owner == owner && other.contains(&range));
            cut(books, &range);
            if own {
                // Huge pages are unmapped by other rules. Marked at the books: else the mark could be taken for that of
                // who has unmapped this range out of the books' sight.
                mapping.marked = flags & libc::MAP_HUGETLB == 0 && mapping.mark();
                books.push(mapping);
            }
        })
    });
}

/// This is about to be unmapped.
pub(crate) fn unmapped(start: usize, bytes: usize) {
    keeping_errno(|| with_books(|books| cut(books, &pages(start, bytes))));
}

/// Advice was given on this.
pub(super) fn mark_again(owner: u64, start: usize, bytes: usize) {
    let range = pages(start, bytes);
    keeping_errno(|| {
        with_books(|books| {
            let of_owner = books.iter().filter(|mapping| mapping.owner == owner);
            for mapping in of_owner.filter(|mapping| mapping.marked) {
                mapping.within(&range).map(|part| part.mark());
            }
        })
    });
}

/// `owner` has this moved, to where `remap` says.
pub(super) fn remapped(
    owner: u64,
    start: usize,
    bytes: usize,
    new_bytes: usize,
    stays: bool,
    remap: impl Fn() -> *mut c_void,
) -> *mut c_void {
    let range = pages(start, bytes);
    let at_books = with_books(|books| {
        let known = books
            .iter()
            .find(|mapping| mapping.owner == owner && mapping.contains(&range));
        let known = known.and_then(|mapping| mapping.within(&range));
        let moved = remap();
        if moved != libc::MAP_FAILED {
            let new = pages(moved.addr(), new_bytes);
            cut(books, &new);
            if !stays {
                cut(books, &range);
            }
            books.extend(known.map(|known| Mapping {
                start: new.start,
                end: new.end,
                ..known
            }));
        }
        moved
    });
    at_books.unwrap_or_else(remap)
}

fn of(owner: u64) -> Vec<Mapping> {
    let all = with_books(|books| books.clone()).unwrap_or_default();
    all.into_iter()
        .filter(|mapping| mapping.owner == owner)
        .collect()
}

/// Whether `owner` has mapped the address.
pub(super) fn covers(owner: u64, address: usize) -> bool {
    of(owner)
        .iter()
        .any(|mapping| (mapping.start..mapping.end).contains(&address))
}

/// Mappings that can't be told from somebody else's: they bear no mark, or the kernel doesn't show it in `areas`.
pub(super) fn unprovable(owner: u64, areas: &Path) -> Vec<String> {
    let mut mappings = of(owner);
    if !mappings.is_empty() && fs::File::open(areas).is_ok() {
        mappings.retain(|mapping| !mapping.marked);
    }
    let words = |mapping: &Mapping| {
        let kilobytes = (mapping.end - mapping.start) >> 10;
        format!("{kilobytes} KiB at {:#x}", mapping.start)
    };
    mappings.iter().map(words).collect()
}

/// Unmaps what `owner` has mapped and bears its mark in the kernel's `areas`.
///
/// # Safety
/// The module is proven unmapped, and its threads have ended. `areas` are the kernel's, or can't be read.
pub(super) unsafe fn give_back(owner: u64, areas: &Path) -> super::GivenBack {
    // At the books all the while, so that nobody's mark is taken for the module's.
    let at_books = with_books(|books| {
        let (mine, others): (Vec<_>, Vec<_>) = books
            .iter()
            .copied()
            .partition(|mapping| mapping.owner == owner);
        *books = others;
        // SAFETY: the caller's promise.
        unsafe { unmap(&mine, areas) }
    });
    at_books.unwrap_or_default()
}

/// # Safety
/// As for [`give_back`]; the books are the caller's.
unsafe fn unmap(mine: &[Mapping], areas: &Path) -> super::GivenBack {
    let mut given_back = super::GivenBack::default();
    if mine.is_empty() {
        return given_back;
    }
    // What the kernel doesn't show as marked has been unmapped by a bare system call, and is nobody's or somebody
    // else's.
    let found = marked(mine, areas);
    let unproven = mine.iter().filter(|of| !of.marked || found.is_err());
    given_back.left = unproven.map(|of| (of.end - of.start) as u64).sum();
    let found = found.unwrap_or_default();
    given_back.resident = resident(&found).map_or(0, |resident| resident.bytes as u64);
    for range in found {
        // SAFETY: RESOURCES-2, RESOURCES-3.
        let status = unsafe { libc::munmap(with_exposed_provenance_mut(range.start), range.len()) };
        if status != 0 {
            given_back.left += range.len() as u64;
        }
    }
    given_back
}

/// What of these mappings the kernel shows with the mark.
fn marked(mine: &[Mapping], areas: &Path) -> io::Result<Vec<Range<usize>>> {
    let mut areas = BufReader::with_capacity(64 << 10, fs::File::open(areas)?);
    let mut line = String::new();
    let mut area = None;
    let mut found = Vec::new();
    while areas.read_line(&mut line)? > 0 {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            let area = area.take().ok_or(io::ErrorKind::InvalidData)?;
            found.extend(
                mine.iter()
                    .filter_map(|mapping| proven(mapping, &area, flags)),
            );
        } else if let Some(head) = Area::parse(&line) {
            area = Some(head);
        }
        line.clear();
    }
    Ok(found)
}

/// What of a mapping the kernel's area, which has these flags, proves to be there.
fn proven(mapping: &Mapping, area: &Area, flags: &str) -> Option<Range<usize>> {
    let part = mapping.within(&area.range)?;
    let mark = if part.offset.is_some() { "dd" } else { "rr" };
    let offset = area
        .offset
        .map(|offset| offset.wrapping_add(part.start.wrapping_sub(area.range.start) as u64));
    let same = part.marked
        && part.offset == offset
        && flags.split_ascii_whitespace().any(|flag| flag == mark);
    same.then_some(part.start..part.end)
}

/// An area of memory as the kernel shows it.
#[derive(Debug, PartialEq, Eq)]
struct Area {
    range: Range<usize>,
    /// `None`: it is memory of no file.
    offset: Option<u64>,
}

impl Area {
    /// `7f0c1000-7f0c3000 r--p 00001000 fd:00 1234  /usr/lib/x`; `None`: it is another line.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let number = |digits| usize::from_str_radix(digits, 16).ok();
        let offset = u64::from_str_radix(words.nth(1)?, 16).ok()?;
        let inode = words.nth(1)?;
        Some(Self {
            range: number(start)?..number(end)?,
            offset: (inode != "0").then_some(offset),
        })
    }
}
