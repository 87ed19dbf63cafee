//! A copy of lmms beside the program's, as when two versions of it are linked in: they know nothing of each other.

use std::sync::{Mutex, MutexGuard, PoisonError};

lmms::gateway! {
    /// The probe.
    pub Second { modules: ["../fixtures/probe"] }
}

static OPEN: Mutex<Option<Second>> = Mutex::new(None);

fn open() -> MutexGuard<'static, Option<Second>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a gateway to the modules in the folder of this name; `false` if that fails.
///
/// # Safety
/// `folder` must be `length` bytes of UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn second_copy_open(folder: *const u8, length: usize) -> bool {
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(folder, length) };
    let folder = String::from_utf8_lossy(bytes).into_owned();
    let opened = Second::builder()
        .modules(folder)
        .background_sweeps(false)
        .open();
    *open() = opened.map_err(|error| eprintln!("{error}")).ok();
    open().is_some()
}

/// How often the probe was asked to remember before, or `u64::MAX` if it can't be called.
#[unsafe(no_mangle)]
pub extern "C" fn second_copy_remembered() -> u64 {
    let open = open();
    let answer = open.as_ref().map(|second| {
        second
            .invalidate_module("probe")
            .map_err(lmms::CallError::from)?;
        second.probe().remembered("a name")
    });
    match answer {
        Some(Ok(Some(runs))) => runs,
        other => {
            eprintln!("{other:?}");
            u64::MAX
        }
    }
}

/// Unloads the probe; whether it is gone, proven.
#[unsafe(no_mangle)]
pub extern "C" fn second_copy_unload() -> bool {
    let open = open();
    let outcome = open.as_ref().map(|second| second.unload("probe"));
    let gone = matches!(outcome, Some(Ok(lmms::UnloadOutcome::Unloaded { .. })));
    if !gone {
        eprintln!("{outcome:?}");
    }
    gone
}
