//! What of a range of addresses is in memory, as the kernel tells it.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

/// What of a range of addresses is in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resident {
    /// Bytes in memory.
    pub bytes: usize,
    /// Those of them that only this process has: written to, or never part of a file.
    pub private_bytes: usize,
}

/// What of the given ranges is in memory now.
///
/// # Errors
/// When `/proc` can't be read.
pub(crate) fn resident(ranges: &[Range<usize>]) -> io::Result<Resident> {
    from_pagemap(ranges).or_else(|_| from_smaps(ranges))
}

/// Bytes of a page.
pub(crate) fn page_bytes() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| {
        // SAFETY: takes a number.
        let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        usize::try_from(bytes)
            .ok()
            .filter(|bytes| bytes.is_power_of_two())
            .unwrap_or(4096)
    })
}

/// A page's word in `/proc/self/pagemap`: it is in memory.
pub(crate) const PRESENT: u64 = 1 << 63;
/// It was written to swap, as only pages without a file are.
pub(crate) const SWAPPED: u64 = 1 << 62;
/// It is a page of a file, or shared.
pub(crate) const OF_FILE: u64 = 1 << 61;

fn from_pagemap(ranges: &[Range<usize>]) -> io::Result<Resident> {
    let page = page_bytes();
    let mut resident = Resident::default();
    each_page(ranges, |word| {
        resident.bytes += if word & PRESENT != 0 { page } else { 0 };
        resident.private_bytes += if word & (PRESENT | OF_FILE) == PRESENT {
            page
        } else {
            0
        };
    })?;
    Ok(resident)
}

/// Hands the word of each page to `look`.
pub(crate) fn each_page(ranges: &[Range<usize>], mut look: impl FnMut(u64)) -> io::Result<()> {
    let page = page_bytes();
    let pagemap = File::open("/proc/self/pagemap")?;
    let mut words = [0; 8 * 1024];
    for range in ranges {
        let mut next = range.start / page;
        let end = range.end.div_ceil(page);
        while next < end {
            let wanted = (end - next).min(words.len() / 8);
            let read = pagemap.read_at(&mut words[..wanted * 8], next as u64 * 8)?;
            let pages = read / 8;
            if pages == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            for word in words[..pages * 8].as_chunks().0 {
                look(u64::from_ne_bytes(*word));
            }
            next += pages;
        }
    }
    Ok(())
}

/// Coarser: counts the kernel's own areas that lie inside the ranges.
fn from_smaps(ranges: &[Range<usize>]) -> io::Result<Resident> {
    let text = std::fs::read_to_string("/proc/self/smaps")?;
    let mut resident = Resident::default();
    let mut inside = false;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(first), second) = (words.next(), words.next()) else {
            continue;
        };
        let bytes = || {
            second
                .and_then(|kilobytes| kilobytes.parse::<usize>().ok())
                .unwrap_or(0)
                * 1024
        };
        match first {
            "Rss:" if inside => resident.bytes += bytes(),
            "Private_Dirty:" if inside => resident.private_bytes += bytes(),
            _ => {
                if let Some(area) = first
                    .split_once('-')
                    .and_then(|(start, end)| area(start, end))
                {
                    inside = ranges
                        .iter()
                        .any(|range| range.start <= area.start && area.end <= range.end);
                }
            }
        }
    }
    Ok(resident)
}

fn area(start: &str, end: &str) -> Option<Range<usize>> {
    Some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use std::ptr::null_mut;

    use super::*;

    #[test]
    fn both_ways_of_counting_agree() {
        let bytes = 64 * page_bytes();
        // SAFETY: a new mapping.
        let start = unsafe {
            libc::mmap(
                null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(start, libc::MAP_FAILED);
        for page in 0..20 {
            let at = start.cast::<u8>().wrapping_add(page * page_bytes());
            // SAFETY: within the mapping.
            unsafe { at.write(1) };
        }
        let range = start.addr()..start.addr() + bytes;
        let wanted = Resident {
            bytes: 20 * page_bytes(),
            private_bytes: 20 * page_bytes(),
        };
        assert_eq!(
            from_pagemap(std::slice::from_ref(&range)).expect("/proc is there"),
            wanted
        );
        // Neighbouring areas may have been merged with this one, so the other way sees at least as much, or nothing.
        let coarse = from_smaps(&[range]).expect("/proc is there");
        assert!(coarse == wanted || coarse == Resident::default());
        // SAFETY: the mapping made above.
        assert_eq!(unsafe { libc::munmap(start, bytes) }, 0);
    }
}
