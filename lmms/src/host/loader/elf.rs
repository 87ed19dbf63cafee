//! A look at a library's ELF header before the dynamic linker reads it.
//!
//! The linker trusts what it maps: it refuses another machine's library in words that name no
//! module, and a file that ends too early crashes it.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Why a file is no library for this program.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It is for another system; what it is for.
    Platform(String),
    /// It is no library at all.
    NoLibrary(String),
}

/// 64-bit; elsewhere nothing is checked here.
const CLASS: u8 = 2;
const HEADER: usize = 64;
const SEGMENT: usize = 56;
const LIBRARY: u16 = 3;

/// Checks magic, class, byte order, machine and type, and that all segments are in the file.
pub(super) fn check(file: &File, length: u64) -> io::Result<Result<(), Problem>> {
    if !cfg!(all(target_os = "linux", target_pointer_width = "64")) {
        return Ok(Ok(()));
    }
    let mut header = [0; HEADER];
    let known = usize::try_from(length).unwrap_or(HEADER).min(HEADER);
    file.read_exact_at(&mut header[..known], 0)?;
    let (offset, count) = match check_header(&header[..known]) {
        Ok(segments) => segments,
        Err(problem) => return Ok(Err(problem)),
    };
    let size = count * SEGMENT;
    if !is_inside(offset, size as u64, length) {
        return Ok(Err(Problem::NoLibrary(
            "its table of segments is not in the file".to_owned(),
        )));
    }
    let mut segments = vec![0; size];
    file.read_exact_at(&mut segments, offset)?;
    Ok(check_segments(&segments, length))
}

/// Gives the place and the number of the segments.
fn check_header(header: &[u8]) -> Result<(u64, usize), Problem> {
    if !header.starts_with(b"\x7fELF") {
        return Err(Problem::NoLibrary("it is no ELF file".to_owned()));
    }
    if header.len() < HEADER {
        return Err(Problem::NoLibrary(format!(
            "it ends after {} bytes",
            header.len()
        )));
    }
    let (class, order) = (header[4], header[5]);
    if class != CLASS {
        let words = match class {
            1 => "a 32-bit machine".to_owned(),
            other => format!("ELF class {other}"),
        };
        return Err(Problem::Platform(words));
    }
    if order != own_order() {
        let words = match order {
            1 => "a little-endian machine".to_owned(),
            2 => "a big-endian machine".to_owned(),
            other => format!("byte order {other}"),
        };
        return Err(Problem::Platform(words));
    }
    let machine = half(header, 18);
    if own_machine().is_some_and(|own| own != machine) {
        return Err(Problem::Platform(machine_words(machine)));
    }
    match half(header, 16) {
        LIBRARY => {}
        1 => return Err(Problem::NoLibrary("it is an object file".to_owned())),
        2 => return Err(Problem::NoLibrary("it is a program".to_owned())),
        4 => return Err(Problem::NoLibrary("it is a core dump".to_owned())),
        other => return Err(Problem::NoLibrary(format!("it is ELF type {other}"))),
    }
    if half(header, 54) as usize != SEGMENT {
        return Err(Problem::NoLibrary(
            "its segments have an unknown form".to_owned(),
        ));
    }
    match half(header, 56) {
        0 => Err(Problem::NoLibrary("it has no segments".to_owned())),
        count => Ok((long(header, 32), count.into())),
    }
}

fn check_segments(segments: &[u8], length: u64) -> Result<(), Problem> {
    for (index, segment) in segments.chunks_exact(SEGMENT).enumerate() {
        let (start, size) = (long(segment, 8), long(segment, 32));
        if !is_inside(start, size, length) {
            return Err(Problem::NoLibrary(format!(
                "its segment {index} has {size} bytes from byte {start} on, the file only {length}"
            )));
        }
    }
    Ok(())
}

fn is_inside(start: u64, size: u64, length: u64) -> bool {
    start.checked_add(size).is_some_and(|end| end <= length)
}

/// What this program is for.
pub(super) fn own_platform() -> String {
    own_machine().map_or_else(|| std::env::consts::ARCH.to_owned(), machine_words)
}

const fn own_order() -> u8 {
    if cfg!(target_endian = "big") { 2 } else { 1 }
}

fn own_machine() -> Option<u16> {
    MACHINES
        .iter()
        .find(|(_, _, arch)| *arch == std::env::consts::ARCH)
        .map(|(number, _, _)| *number)
}

fn machine_words(machine: u16) -> String {
    match MACHINES.iter().find(|(number, _, _)| *number == machine) {
        Some((_, words, _)) => (*words).to_owned(),
        None => format!("machine number {machine}"),
    }
}

/// ELF's number, the usual name, and Rust's.
const MACHINES: &[(u16, &str, &str)] = &[
    (62, "x86-64", "x86_64"),
    (183, "aarch64", "aarch64"),
    (243, "RISC-V", "riscv64"),
    (21, "PowerPC64", "powerpc64"),
    (22, "s390x", "s390x"),
    (258, "LoongArch", "loongarch64"),
    (8, "MIPS", "mips64"),
    (3, "x86", "x86"),
    (40, "arm", "arm"),
];

/// In this program's byte order, which the file's is known to be.
fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u64 {
    let mut long = [0; 8];
    long.copy_from_slice(&bytes[at..at + 8]);
    u64::from_ne_bytes(long)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Vec<u8> {
        let mut header = vec![0; HEADER];
        header[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, own_order(), 1]);
        let mut put = |at: usize, value: u16| {
            header[at..at + 2].copy_from_slice(&value.to_ne_bytes());
        };
        put(16, LIBRARY);
        put(18, own_machine().unwrap_or_default());
        put(54, SEGMENT as u16);
        put(56, 3);
        header[32] = 64;
        if cfg!(target_endian = "big") {
            header[32..40].copy_from_slice(&64_u64.to_ne_bytes());
        }
        header
    }

    fn changed(at: usize, value: u16) -> Problem {
        let mut header = header();
        header[at..at + 2].copy_from_slice(&value.to_ne_bytes());
        check_header(&header).unwrap_err()
    }

    #[test]
    fn what_is_no_library_of_this_machine_is_said_in_words() {
        assert_eq!(check_header(&header()), Ok((64, 3)));
        let words = |problem| match problem {
            Problem::Platform(words) | Problem::NoLibrary(words) => words,
        };
        assert_eq!(words(check_header(b"").unwrap_err()), "it is no ELF file");
        let short = &header()[..20];
        assert_eq!(
            words(check_header(short).unwrap_err()),
            "it ends after 20 bytes"
        );
        assert_eq!(words(changed(16, 2)), "it is a program");
        assert_eq!(words(changed(56, 0)), "it has no segments");
        assert_eq!(words(changed(54, 3)), "its segments have an unknown form");
        let foreign = if own_machine() == Some(183) { 62 } else { 183 };
        assert_eq!(
            changed(18, foreign),
            Problem::Platform(machine_words(foreign))
        );
        assert_eq!(words(changed(18, 7777)), "machine number 7777");
        let mut small = header();
        small[4] = 1;
        assert_eq!(words(check_header(&small).unwrap_err()), "a 32-bit machine");
        let mut swapped = header();
        swapped[5] = 3 - own_order();
        assert!(words(check_header(&swapped).unwrap_err()).ends_with("endian machine"));
    }

    #[test]
    fn a_segment_that_the_file_does_not_have() {
        let mut segment = vec![0; SEGMENT];
        segment[8..16].copy_from_slice(&100_u64.to_ne_bytes());
        segment[32..40].copy_from_slice(&50_u64.to_ne_bytes());
        assert_eq!(check_segments(&segment, 150), Ok(()));
        assert!(check_segments(&segment, 149).is_err());
        segment[32..40].copy_from_slice(&u64::MAX.to_ne_bytes());
        assert!(check_segments(&segment, 150).is_err());
    }
}
