//! Two copies of lmms in one process, which know nothing of each other, and a module that both want.

use std::ffi::{CString, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

use lmms::__private::{Descriptor, Host, StartState, Started};
use lmms::{Error, UnloadOutcome};
use lmms_library_tests::{Fixtures, copy_to};

/// The library with the other copy. The first caller builds it.
fn second_copy() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args(["build", "--package", "second-copy", "--message-format=json"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let messages = String::from_utf8_lossy(&output.stdout);
        let files = messages
            .split('"')
            .find(|text| text.ends_with("libsecond_copy.so"));
        files.expect("cargo says where it is").into()
    })
}

/// What the dynamic linker has under that name.
fn open(path: &Path) -> *mut c_void {
    let name = CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: a library that was built here, and a name that lives through the call.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    assert!(!handle.is_null(), "{} can't be opened", path.display());
    handle
}

fn symbol(handle: *mut c_void, name: &str) -> *mut c_void {
    let name = CString::new(name).unwrap();
    // SAFETY: an open library, and a name that lives through the call.
    let symbol = unsafe { libc::dlsym(handle, name.as_ptr()) };
    assert!(!symbol.is_null(), "there is no {name:?}");
    symbol
}

struct Second {
    remembered: extern "C" fn() -> u64,
    unload: extern "C" fn() -> bool,
}

fn open_second(folder: &Path) -> Second {
    let handle = open(second_copy());
    // SAFETY: the library declares it with this type.
    let open: unsafe extern "C" fn(*const u8, usize) -> bool =
        unsafe { std::mem::transmute(symbol(handle, "second_copy_open")) };
    // SAFETY: as above.
    let remembered = unsafe {
        std::mem::transmute::<*mut c_void, extern "C" fn() -> u64>(symbol(
            handle,
            "second_copy_remembered",
        ))
    };
    // SAFETY: as above.
    let unload = unsafe {
        std::mem::transmute::<*mut c_void, extern "C" fn() -> bool>(symbol(
            handle,
            "second_copy_unload",
        ))
    };
    let folder = folder.to_str().unwrap();
    // SAFETY: a name of that length.
    assert!(unsafe { open(folder.as_ptr(), folder.len()) });
    Second { remembered, unload }
}

fn open_first(folder: &Path) -> Fixtures {
    let builder = Fixtures::builder().modules(folder);
    builder.background_sweeps(false).open().unwrap()
}

fn unload(first: &Fixtures) {
    let outcome = first.unload("probe").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Unloaded { .. }),
        "{outcome}"
    );
}

/// One test at a time: what the process has mapped and open is counted.
static TURN: Mutex<()> = Mutex::new(());

/// How many mappings and descriptors the process has. Address space that is only reserved doesn't count: a heap's slot
/// stays so until its turn comes again.
fn held() -> (usize, usize) {
    let mappings = std::fs::read_to_string("/proc/self/maps").unwrap();
    let used = mappings.lines().filter(|line| !line.contains(" ---p "));
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap();
    (used.count(), descriptors.count())
}

#[test]
fn each_copy_has_an_image_of_its_own_and_gives_it_back() {
    const ROUNDS: usize = 16;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    copy_to(folder.path());
    let (first, second) = (open_first(folder.path()), open_second(folder.path()));
    let mut before = (0, 0);
    for round in 0..ROUNDS {
        if round == ROUNDS / 2 {
            before = held();
        }
        let remember = || {
            first.invalidate_module("probe").unwrap();
            first.probe().remembered("a name").unwrap()
        };
        // Who comes first, and who goes first, takes turns.
        if round % 2 == 0 {
            assert_eq!(remember(), Some(0));
            assert_eq!((second.remembered)(), 0, "its own statics");
        } else {
            assert_eq!((second.remembered)(), 0);
            assert_eq!(remember(), Some(0), "its own statics");
        }
        assert_eq!((remember(), (second.remembered)()), (Some(1), 1));
        if round % 4 < 2 {
            unload(&first);
            assert_eq!((second.remembered)(), 2);
            assert!((second.unload)());
        } else {
            assert!((second.unload)());
            assert_eq!(remember(), Some(2));
            unload(&first);
        }
    }
    // In each round one of them was refused the image of the other, and given one of its own.
    let after = held();
    let few = ROUNDS / 4;
    assert!(after.0 < before.0 + few, "mappings: {before:?}, {after:?}");
    assert!(after.1 < before.1 + few, "files: {before:?}, {after:?}");
}

#[test]
fn an_image_that_was_started_refuses_to_be_started_again() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    copy_to(folder.path());
    let first = open_first(folder.path());
    assert_eq!(first.probe().remembered("a name").unwrap(), Some(0));

    let path = folder.path().join("probe.so");
    let handle = open(&path);
    // SAFETY: what `module!` exports has this type.
    let entry = unsafe {
        std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> *const Descriptor>(symbol(
            handle,
            "lmms_module_probe",
        ))
    };
    // SAFETY: it only returns a pointer.
    let descriptor = unsafe { entry() };
    // SAFETY: the static of a library that is loaded, of this build.
    let start = unsafe { &*descriptor }.start;
    let mut started = Started {
        operations: std::ptr::null(),
        count: 0,
    };
    // SAFETY: an image that was started takes nothing of what it gets.
    let state = unsafe { start(std::ptr::null::<Host>(), &raw mut started) };
    assert_eq!(state, StartState::AlreadyStarted);
    assert!(started.operations.is_null());

    // SAFETY: a library that was built here.
    let error = unsafe { lmms::loader::describe("probe", &path) }.unwrap_err();
    assert!(matches!(error, Error::AlreadyStarted { .. }), "{error}");
    let text = error.to_string();
    for part in ["`probe`", "probe.so", "cargo tree -d"] {
        assert!(text.contains(part), "{text}");
    }

    first.invalidate_module("probe").unwrap();
    assert_eq!(first.probe().remembered("a name").unwrap(), Some(1));
    // SAFETY: opened above, and only used by its first owner any more.
    assert_eq!(unsafe { libc::dlclose(handle) }, 0);
    unload(&first);
}
