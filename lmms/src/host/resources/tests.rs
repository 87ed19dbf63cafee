use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::path::Path;
use std::ptr::null_mut;

use super::{Resources, file_descriptors, mappings};
use crate::heap::page_bytes;

const ANYWHERE: c_int = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

/// Maps as a module does, at `place` if that isn't null.
fn map(module: &Resources, place: *mut c_void, pages: usize, flags: c_int) -> usize {
    let bytes = pages * page_bytes();
    let start = map_bare(place, bytes, flags);
    mappings::mapped(module.owner, start, bytes, flags, 0);
    start
}

fn map_bare(place: *mut c_void, bytes: usize, flags: c_int) -> usize {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping, or one in the place of the test's own.
    let start = unsafe { libc::mmap(place, bytes, access, flags, -1, 0) };
    assert_ne!(start, libc::MAP_FAILED);
    start.expose_provenance()
}

fn at(address: usize) -> *mut c_void {
    std::ptr::with_exposed_provenance_mut(address)
}

fn unmap_bare(start: usize, pages: usize) {
    // SAFETY: the test's own mapping.
    assert_eq!(unsafe { libc::munmap(at(start), pages * page_bytes()) }, 0);
}

/// Whether a page is mapped.
fn is_mapped(address: usize) -> bool {
    let mut answer = 0;
    // SAFETY: only asks.
    unsafe { libc::mincore(at(address), page_bytes(), &mut answer) == 0 }
}

fn give_back(module: &Resources) -> super::GivenBack {
    // SAFETY: there is no such module, and nobody uses what these tests map.
    unsafe { module.give_back() }
}

fn touch(start: usize, pages: usize) {
    for page in 0..pages {
        let byte: *mut u8 = at(start + page * page_bytes()).cast();
        // SAFETY: the test's own mapping.
        unsafe { byte.write(1) };
    }
}

#[test]
fn what_is_mapped_and_not_unmapped_is_given_back() {
    let module = Resources::new();
    let start = map(&module, null_mut(), 8, ANYWHERE);
    touch(start, 8);
    mappings::unmapped(start + 2 * page_bytes(), page_bytes());
    unmap_bare(start + 2 * page_bytes(), 1);
    assert!(module.covers(start) && !module.covers(start + 2 * page_bytes()));
    let given = give_back(&module);
    assert_eq!((given.resident, given.left), (7 * page_bytes() as u64, 0));
    assert!((0..8).all(|page| !is_mapped(start + page * page_bytes())));
    assert_eq!(give_back(&module).resident, 0, "once");
}

#[test]
fn what_somebody_else_has_mapped_in_its_place_stays() {
    let module = Resources::new();
    let start = map(&module, null_mut(), 4, ANYWHERE);
    // Out of the books' sight.
    unmap_bare(start + page_bytes(), 2);
    let theirs = map_bare(
        at(start + page_bytes()),
        page_bytes(),
        ANYWHERE | libc::MAP_FIXED_NOREPLACE,
    );
    touch(theirs, 1);
    assert_eq!(give_back(&module).left, 0);
    assert!(is_mapped(theirs) && !is_mapped(start) && !is_mapped(start + 3 * page_bytes()));
    unmap_bare(theirs, 1);
}

#[test]
fn what_another_module_has_mapped_in_its_place_is_that_ones() {
    let (one, other) = (Resources::new(), Resources::new());
    let start = map(&one, null_mut(), 4, ANYWHERE);
    unmap_bare(start, 4);
    let theirs = map(&other, at(start), 4, ANYWHERE | libc::MAP_FIXED_NOREPLACE);
    assert_eq!(theirs, start);
    touch(theirs, 4);
    assert_eq!(give_back(&one).resident, 0);
    assert!(is_mapped(theirs));
    assert_eq!(give_back(&other).resident, 4 * page_bytes() as u64);
    assert!(!is_mapped(theirs));
}

#[test]
fn what_is_mapped_over_others_memory_is_theirs() {
    let module = Resources::new();
    let theirs = map_bare(null_mut(), 2 * page_bytes(), ANYWHERE);
    map(&module, at(theirs), 1, ANYWHERE | libc::MAP_FIXED);
    assert!(!module.covers(theirs));
    assert_eq!(give_back(&module), super::GivenBack::default());
    assert!(is_mapped(theirs));
    unmap_bare(theirs, 2);
    // Over its own it is its own.
    let own = map(&module, null_mut(), 4, ANYWHERE);
    map(
        &module,
        at(own + page_bytes()),
        1,
        ANYWHERE | libc::MAP_FIXED,
    );
    give_back(&module);
    assert!((0..4).all(|page| !is_mapped(own + page * page_bytes())));
}

#[test]
fn a_mapping_that_moves_is_followed() {
    let module = Resources::new();
    let start = map(&module, null_mut(), 2, ANYWHERE);
    let room = map_bare(null_mut(), 8 * page_bytes(), ANYWHERE);
    let moved = mappings::remapped(
        module.owner,
        start,
        2 * page_bytes(),
        4 * page_bytes(),
        false,
        || {
            let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
            let (old, new) = (2 * page_bytes(), 4 * page_bytes());
            // SAFETY: the test's own mappings.
            unsafe { libc::mremap(at(start), old, new, flags, at(room)) }
        },
    );
    assert_eq!(moved.addr(), room);
    touch(room, 4);
    assert!(!module.covers(start) && module.covers(room + 3 * page_bytes()));
    assert_eq!(give_back(&module).resident, 4 * page_bytes() as u64);
    assert!(!is_mapped(room) && is_mapped(room + 4 * page_bytes()));
    unmap_bare(room + 4 * page_bytes(), 4);
}

#[test]
fn a_file_that_is_mapped_is_given_back_from_where_it_begins() {
    let module = Resources::new();
    let file = File::open("/proc/self/exe").expect("this program");
    let (bytes, offset) = (4 * page_bytes(), page_bytes());
    let access = libc::PROT_READ;
    let flags = libc::MAP_PRIVATE;
    // SAFETY: a new mapping.
    let start = unsafe {
        libc::mmap(
            null_mut(),
            bytes,
            access,
            flags,
            file.as_raw_fd(),
            offset as libc::off_t,
        )
    };
    mappings::mapped(module.owner, start.addr(), bytes, flags, offset as u64);
    assert!(module.unprovable_mappings().is_empty());
    assert_eq!(give_back(&module).left, 0);
    assert!(!is_mapped(start.addr()));
}

#[test]
fn without_a_mark_nothing_is_unmapped() {
    let module = Resources::new();
    let start = map(&module, null_mut(), 2, ANYWHERE);
    // SAFETY: takes the mark away, as a bare system call of the module's would.
    unsafe { libc::madvise(at(start), page_bytes(), libc::MADV_NORMAL) };
    give_back(&module);
    assert!(is_mapped(start) && !is_mapped(start + page_bytes()));
    unmap_bare(start, 1);

    let start = map(&module, null_mut(), 2, ANYWHERE);
    // SAFETY: as above, through a wrap.
    unsafe { libc::madvise(at(start), page_bytes(), libc::MADV_NORMAL) };
    mappings::mark_again(module.owner, start, page_bytes());
    give_back(&module);
    assert!(!is_mapped(start));
}

#[test]
fn where_the_kernel_shows_no_marks_nothing_is_unmapped() {
    // As where `/proc` isn't mounted.
    let areas = Path::new("/none/smaps");
    let module = Resources::new();
    assert!(mappings::unprovable(module.owner, areas).is_empty());
    let start = map(&module, null_mut(), 2, ANYWHERE);
    assert!(module.unprovable_mappings().is_empty());
    let named = mappings::unprovable(module.owner, areas);
    let (kilobytes, left) = ((2 * page_bytes()) >> 10, 2 * page_bytes() as u64);
    assert_eq!(named, [format!("{kilobytes} KiB at {start:#x}")]);
    // SAFETY: as in `give_back`.
    let given = unsafe { mappings::give_back(module.owner, areas) };
    assert_eq!((given.resident, given.left), (0, left));
    assert!(is_mapped(start) && is_mapped(start + page_bytes()));
    unmap_bare(start, 2);
}

#[test]
fn a_descriptor_counts_as_long_as_it_is_the_one_that_was_made() {
    let module = Resources::new();
    let open = || File::open("/proc/self/status").expect("Linux");
    let file = open();
    let number = file.as_raw_fd();
    file_descriptors::made(module.owner, number);
    let told = module.open_descriptors();
    assert!(
        told.len() == 1 && told[0].starts_with(&format!("{number} (/proc/")),
        "{told:?}"
    );
    assert!(!file_descriptors::is_foreign(module.owner, number));
    assert!(file_descriptors::is_foreign(Resources::new().owner, number));

    // Another has the number, out of the books' sight.
    let other = File::open("/dev/null").expect("Linux");
    // SAFETY: both are this test's.
    unsafe { libc::dup2(other.as_raw_fd(), number) };
    assert!(module.open_descriptors().is_empty());
    assert!(file_descriptors::is_foreign(module.owner, number));

    // It is closed through a wrap.
    file_descriptors::made(module.owner, number);
    assert_eq!(module.open_descriptors().len(), 1);
    file_descriptors::end(number as u32, number as u32);
    assert!(module.open_descriptors().is_empty());
}

#[test]
fn all_descriptors_of_a_range_end_and_no_others() {
    let module = Resources::new();
    let mut file = File::open("/dev/null").expect("Linux");
    // Far apart, and beyond what a table of one block holds.
    let numbers = [1500, 1501, 3000].map(|least| {
        // SAFETY: takes numbers.
        let number = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, least) };
        assert!(number >= least);
        file_descriptors::made(module.owner, number);
        number
    });
    assert_eq!(module.open_descriptors().len(), 3);
    file_descriptors::end(numbers[1] as u32, numbers[1] as u32);
    assert_eq!(module.open_descriptors().len(), 2);
    file_descriptors::end(numbers[1] as u32, u32::MAX);
    assert_eq!(module.open_descriptors().len(), 1);
    file_descriptors::forget(module.owner);
    assert!(module.open_descriptors().is_empty());
    assert_eq!(file.read(&mut [0]).expect("it is open"), 0);
    for number in numbers {
        // SAFETY: made above.
        unsafe { libc::close(number) };
    }
    let _ = file.into_raw_fd();
}

#[test]
fn only_a_librarys_own_handles_keep_it() {
    let module = Resources::new();
    // SAFETY: this program's own handle, and the C library's, whose constructors have run.
    let open = |name: *const libc::c_char| unsafe { libc::dlopen(name, libc::RTLD_NOW) };
    let own = open(std::ptr::null());
    let image =
        crate::host::image::Image::containing(open_here as *const ()).expect("it is loaded");
    let other = open(c"libc.so.6".as_ptr());
    for handle in [own, own, other] {
        module.handles.opened(handle, libc::RTLD_NOW);
    }
    assert_eq!(
        module.own_handles(image.ranges()),
        ["2 times more than it has closed itself"]
    );
    module.handles.closes(own);
    assert_eq!(
        module.own_handles(image.ranges()),
        ["once more than it has closed itself"]
    );
    module.handles.closes(own);
    assert!(module.own_handles(image.ranges()).is_empty());
    module
        .handles
        .opened(own, libc::RTLD_NOW | libc::RTLD_NODELETE);
    module.handles.closes(own);
    assert_eq!(module.own_handles(image.ranges()).len(), 1);
}

fn open_here() {}
