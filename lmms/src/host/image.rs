//! What a loaded library occupies, and the proof that it is gone.
//!
//! `dlclose` answers 0 whether it unmaps a library or not. So its [`Image`] is taken while it is loaded, and asked
//! afterwards.
//!
//! # Invariants
//! - **IMAGE-1** While `dl_iterate_phdr` runs its callback, the entry, its name and its program headers are
//!   valid: the loader's lock is held.
//! - **IMAGE-2** `_dl_find_object` fills a structure of at most 128 bytes and may be called at any time with
//!   any address.
//! - **IMAGE-3** `mincore` only reports on a range of addresses; it may be asked about any.
//! - **IMAGE-4** Pages of a private mapping of a file that this process never wrote to are, once dropped, read
//!   from the file again when they are touched: the same bytes, as nobody writes to a loaded library's file.

use std::ffi::{CStr, CString, c_int, c_void};
use std::io;
use std::ops::Range;
use std::sync::OnceLock;

use crate::heap::{OF_FILE, PRESENT, Resident, SWAPPED, each_page, page_bytes, resident};

/// The addresses a loaded library occupies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    name: CString,
    base: usize,
    segments: Vec<Range<usize>>,
    /// Pages that nobody may write to: code and constants, as they are in the file.
    constant: Vec<Range<usize>>,
}

impl Image {
    /// The library that holds `address`, for example that of one of its functions.
    pub fn containing(address: *const ()) -> Option<Self> {
        find(Some(address.addr()), |_| true)
    }

    /// Where it is mapped.
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.segments
    }

    /// Bytes that are mapped.
    pub fn mapped_bytes(&self) -> usize {
        self.segments.iter().map(ExactSizeIterator::len).sum()
    }

    /// What of it is in memory now.
    ///
    /// # Errors
    /// When `/proc` can't be read.
    pub fn resident(&self) -> io::Result<Resident> {
        resident(&self.segments)
    }

    /// Takes its code and constants out of memory; what of them is used again comes back from the file, which the
    /// system still has. Not if anything was written there: relocations into code, or a debugger's breakpoints. Returns
    /// whether it was done.
    pub fn let_go_of_constants(&self) -> bool {
        let untouched = is_as_in_the_file(&self.constant).unwrap_or(false);
        for range in self.constant.iter().filter(|_| untouched) {
            let start = std::ptr::with_exposed_provenance_mut(range.start);
            // SAFETY: IMAGE-4. Where the pages are locked the kernel refuses, and they stay.
            unsafe { libc::madvise(start, range.len(), libc::MADV_DONTNEED) };
        }
        untouched
    }

    /// Whether the loader has unmapped it.
    ///
    /// True only if the loader knows no library at its address, or one of another name. Nobody may load the same file
    /// again between `dlclose` and this question.
    pub fn is_gone(&self) -> bool {
        let address = self
            .segments
            .first()
            .map_or(self.base, |segment| segment.start);
        if nothing_loaded_at(address) == Some(true) {
            return true;
        }
        let same = |found: &Self| found.base == self.base && found.name == self.name;
        find(Some(address), same).is_none()
    }

    /// Bytes of its ranges that are still mapped, by whomever. 0 after an unmapping, unless something else took the
    /// place.
    #[cfg(test)]
    fn still_mapped_bytes(&self) -> usize {
        let page = page_bytes();
        let pages = self
            .segments
            .iter()
            .flat_map(|segment| segment.clone().step_by(page));
        pages.filter(|&address| is_mapped(address, page)).count() * page
    }
}

/// Whether no page of these mappings of a file was ever written to.
fn is_as_in_the_file(ranges: &[Range<usize>]) -> io::Result<bool> {
    let mut is = true;
    each_page(ranges, |word| {
        is &= !is_written(word);
    })?;
    Ok(is)
}

/// Whether a page of a private mapping of a file is a copy of the process' own by now, be it in memory or in swap.
fn is_written(word: u64) -> bool {
    word & SWAPPED != 0 || word & (PRESENT | OF_FILE) == PRESENT
}

#[cfg(test)]
fn is_mapped(address: usize, page: usize) -> bool {
    let mut answer = 0;
    // SAFETY: IMAGE-3: one page needs one byte for the answer.
    unsafe { libc::mincore(std::ptr::without_provenance_mut(address), page, &mut answer) == 0 }
}

#[cfg(target_pointer_width = "64")]
type ProgramHeader = libc::Elf64_Phdr;
#[cfg(target_pointer_width = "32")]
type ProgramHeader = libc::Elf32_Phdr;

/// What a walk through the loader's list looks for, and what it found.
struct Search<'s> {
    /// Only objects that hold this address are described to `accept`.
    address: Option<usize>,
    accept: &'s mut dyn FnMut(&Image) -> bool,
    found: Option<Image>,
}

/// All loaded objects.
pub fn loaded() -> Vec<Image> {
    let mut all = Vec::new();
    find(None, |image| {
        all.push(image.clone());
        false
    });
    all
}

/// The first loaded object that holds `address`, if one is given, and that `accept` accepts.
fn find(address: Option<usize>, mut accept: impl FnMut(&Image) -> bool) -> Option<Image> {
    let mut search = Search {
        address,
        accept: &mut accept,
        found: None,
    };
    let argument: *mut Search<'_> = &mut search;
    // SAFETY: `look` gets back the search, which outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(look), argument.cast()) };
    search.found
}

unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _: usize, argument: *mut c_void) -> c_int {
    // SAFETY: the pointer that `find` passed; nobody else uses it meanwhile.
    let search = unsafe { &mut *argument.cast::<Search<'_>>() };
    // SAFETY: IMAGE-1.
    let info = unsafe { &*info };
    let base = info.dlpi_addr as usize;
    let headers = if info.dlpi_phdr.is_null() {
        &[]
    } else {
        // SAFETY: IMAGE-1.
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) }
    };
    let holds = |address| mapped(headers, base).any(|(_, pages)| pages.contains(&address));
    if search.address.is_none_or(holds) {
        // SAFETY: IMAGE-1.
        let image = unsafe { image(info, headers) };
        search.found = Some(image).filter(|image| (search.accept)(image));
    }
    c_int::from(search.found.is_some())
}

/// The parts of a loaded object, each with the pages that it lies on.
fn mapped(
    headers: &[ProgramHeader],
    base: usize,
) -> impl Iterator<Item = (&ProgramHeader, Range<usize>)> {
    let page = page_bytes();
    let parts = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD);
    parts.map(move |part| {
        let start = base + part.p_vaddr as usize;
        let end = start + part.p_memsz as usize;
        (part, start / page * page..end.next_multiple_of(page))
    })
}

/// # Safety
/// IMAGE-1: called from the callback with its entry, whose `headers` these are.
unsafe fn image(info: &libc::dl_phdr_info, headers: &[ProgramHeader]) -> Image {
    let base = info.dlpi_addr as usize;
    let mut segments: Vec<Range<usize>> = Vec::new();
    let mut constant = Vec::new();
    for (header, whole) in mapped(headers, base) {
        if header.p_flags & libc::PF_W == 0 {
            constant.push(whole.clone());
        }
        match segments.last_mut().filter(|last| last.end >= whole.start) {
            Some(last) => last.end = last.end.max(whole.end),
            None => segments.push(whole),
        }
    }
    let name = if info.dlpi_name.is_null() {
        CString::default()
    } else {
        // SAFETY: IMAGE-1.
        unsafe { CStr::from_ptr(info.dlpi_name) }.to_owned()
    };
    Image {
        name,
        base,
        segments,
        constant,
    }
}

/// Room for glibc's `struct dl_find_object`.
#[repr(C, align(16))]
struct FoundObject([u8; 128]);

type FindObject = unsafe extern "C" fn(*mut c_void, *mut FoundObject) -> c_int;

/// Asks glibc (2.35 and later) without taking the loader's lock. `None`: it can't be asked.
fn nothing_loaded_at(address: usize) -> Option<bool> {
    static FIND: OnceLock<Option<FindObject>> = OnceLock::new();
    let find = (*FIND.get_or_init(|| {
        // SAFETY: looks up a name.
        let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_dl_find_object".as_ptr()) };
        // SAFETY: null, or the function of that name; its type is part of glibc's interface.
        unsafe { std::mem::transmute::<*mut c_void, Option<FindObject>>(symbol) }
    }))?;
    let mut found = FoundObject([0; 128]);
    // SAFETY: IMAGE-2.
    let status = unsafe { find(std::ptr::without_provenance_mut(address), &mut found) };
    Some(status != 0)
}

#[cfg(test)]
mod tests {
    use std::ptr::null_mut;

    use super::*;

    #[test]
    fn this_program_is_not_gone() {
        let here = Image::containing(page_bytes as *const ()).expect("this function is loaded");
        assert!(!here.is_gone());
        assert!(here.mapped_bytes() > 0);
        assert_eq!(here.still_mapped_bytes(), here.mapped_bytes());
        let resident = here.resident().expect("/proc is there");
        assert!(resident.bytes > 0 && resident.bytes <= here.mapped_bytes());
    }

    #[test]
    fn a_page_that_was_written_counts_as_written_in_swap_too() {
        // The bits as the kernel's documentation of pagemap numbers them.
        let [present, swapped, of_file, number] = [1 << 63, 1 << 62, 1 << 61, 77];
        for untouched in [0, of_file, present | of_file, present | of_file | number] {
            assert!(!is_written(untouched), "{untouched:x}");
        }
        for written in [present, present | number, swapped, swapped | of_file] {
            assert!(is_written(written), "{written:x}");
        }
    }

    #[test]
    fn an_address_outside_of_all_libraries_has_no_image() {
        let heap = Box::new(0_u8);
        assert_eq!(Image::containing(std::ptr::from_ref(&*heap).cast()), None);
    }

    #[test]
    fn a_library_that_was_never_at_its_place_is_gone() {
        let here = Image::containing(page_bytes as *const ()).expect("this function is loaded");
        let other = Image {
            name: c"another.so".to_owned(),
            ..here
        };
        assert!(other.is_gone());
    }

    #[test]
    fn constants_come_back_from_the_file_unless_something_was_written_there() {
        use std::fs::File;
        use std::os::fd::AsRawFd;

        let bytes = 16 * page_bytes();
        let file = File::open("/proc/self/exe").expect("this program");
        // SAFETY: a new mapping, which nobody else sees.
        let start = unsafe {
            libc::mmap(
                null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE,
                file.as_raw_fd(),
                0,
            )
        };
        assert_ne!(start, libc::MAP_FAILED);
        let range = start.addr()..start.addr() + bytes;
        let image = Image {
            name: c"constants".to_owned(),
            base: range.start,
            segments: vec![range.clone()],
            constant: vec![range],
        };
        let read = |page: usize| {
            let at = start.cast::<u8>().wrapping_add(page * page_bytes() + 100);
            // SAFETY: within the mapping.
            unsafe { at.read_volatile() }
        };
        let in_memory = || image.resident().expect("/proc is there").bytes;
        let before: Vec<u8> = (0..16).map(read).collect();
        assert_eq!(in_memory(), bytes);
        assert!(image.let_go_of_constants());
        assert_eq!(in_memory(), 0);
        assert_eq!((0..16).map(read).collect::<Vec<u8>>(), before);

        let at = start.cast::<u8>().wrapping_add(5 * page_bytes() + 100);
        // SAFETY: within the mapping.
        unsafe { at.write_volatile(!before[5]) };
        assert!(!image.let_go_of_constants());
        assert_eq!((in_memory(), read(5)), (bytes, !before[5]));
        // SAFETY: the mapping made above.
        assert_eq!(unsafe { libc::munmap(start, bytes) }, 0);
    }
}
