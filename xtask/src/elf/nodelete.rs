//! Takes the mark out of a library that keeps the system from ever unmapping it.
//!
//! A toolchain may mark every shared object, because unloading one whose threads, keys and destructors nobody watches
//! crashes. A carrier's go through the wraps, so for it the mark has no reason.

#![forbid(unsafe_code)]

use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};

/// The bytes of one entry of the dynamic section: a tag and a value.
const ENTRY: usize = 16;

/// Clears `DF_1_NODELETE` in a library; whether it was set.
pub(crate) fn clear(bytes: &mut [u8]) -> bool {
    let Some(value) = flags_1(bytes) else {
        return false;
    };
    let nodelete = elf::DF_1_NODELETE.0;
    let Some(place) = bytes.get_mut(value..value + 8) else {
        return false;
    };
    let mut long = [0; 8];
    long.copy_from_slice(place);
    let flags = u64::from_ne_bytes(long);
    place.copy_from_slice(&(flags & !nodelete).to_ne_bytes());
    flags & nodelete != 0
}

/// Where the value of `DT_FLAGS_1` stands, in a library of this machine's byte order.
fn flags_1(bytes: &[u8]) -> Option<usize> {
    let header = FileHeader64::<Endianness>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let own = if cfg!(target_endian = "big") {
        Endianness::Big
    } else {
        Endianness::Little
    };
    if endian != own {
        return None;
    }
    let dynamic = header
        .program_headers(endian, bytes)
        .ok()?
        .iter()
        .find(|program| program.p_type(endian) == elf::PT_DYNAMIC)?;
    let start = usize::try_from(dynamic.p_offset(endian)).ok()?;
    let size = usize::try_from(dynamic.p_filesz(endian)).ok()?;
    let entries = bytes.get(start..start.checked_add(size)?)?;
    let wanted = (elf::DT_FLAGS_1.0 as u64).to_ne_bytes();
    let index = entries
        .chunks_exact(ENTRY)
        .position(|entry| entry[..8] == wanted)?;
    Some(start + index * ENTRY + 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::Elf;

    #[test]
    fn only_that_mark_is_taken_out() {
        let program = std::env::current_exe().expect("a test has a program");
        let plain = std::fs::read(program).unwrap();
        let place = flags_1(&plain).expect("position-independent programs have these flags");
        let mut marked = plain.clone();
        marked[place] |= elf::DF_1_NODELETE.0 as u8;
        assert!(Elf::read(&marked).unwrap().flags.contains("NODELETE"));
        assert!(clear(&mut marked));
        assert!(marked == plain, "everything else is as it was");
        assert!(!clear(&mut marked));
    }

    #[test]
    fn what_is_no_library_has_no_mark() {
        assert!(!clear(&mut []));
        assert!(!clear(&mut b"\x7fELF".to_vec()));
    }
}
