//! What a loaded module reports to its host: panics, events and lines of its log.
//!
//! # Invariant
//! **H1** The `module` pointer in each call is the [`HostSide`] that the module was started with.
//! It is never freed before the module is proven unmapped, and these functions only read it.

use crate::abi::{Host, LogRecord, PanicReport, Text};
use crate::events;
use crate::hooks::Hooks;

use std::cell::RefCell;

/// The host's side of one loaded library. Boxed: its address is in the module's hands.
#[derive(Debug)]
pub(crate) struct HostSide {
    name: &'static str,
    table: Host,
}

impl HostSide {
    /// The host's side for module `name`. `hooks` must outlive it.
    pub(crate) fn new(name: &'static str, hooks: *const Hooks) -> Box<Self> {
        let mut side = Box::new(Self {
            name,
            table: Host {
                module: std::ptr::null(),
                hooks,
                panicked,
                caught,
                log_enabled,
                log,
            },
        });
        side.table.module = std::ptr::from_ref(side.as_ref()).cast();
        side
    }

    /// What the module gets at its start.
    pub(crate) fn table(&self) -> *const Host {
        &raw const self.table
    }
}

/// What is known of panics on this thread.
#[derive(Debug, Default)]
struct Panics {
    /// Reported by a module's hook and not yet caught, oldest first: message and place.
    reported: Vec<(String, Option<String>)>,
    /// Caught by a thunk and not yet asked for.
    caught: (String, Option<String>),
}

/// A module whose panics are caught inside it, so that no thunk tells, must not fill memory.
const MOST_REPORTED: usize = 16;

thread_local! {
    static PANICS: RefCell<Panics> = RefCell::default();
}

/// The message and place of the panic that a thunk on this thread caught just now.
pub(crate) fn take_panic() -> (String, Option<String>) {
    PANICS
        .try_with(|panics| std::mem::take(&mut panics.borrow_mut().caught))
        .unwrap_or_default()
}

unsafe extern "C" fn panicked(module: *const (), report: *const PanicReport) {
    // SAFETY: H1.
    let side = unsafe { &*module.cast::<HostSide>() };
    // SAFETY: the module lends a valid report for this call.
    let report = unsafe { &*report };
    // SAFETY: as above, for each text.
    let text = |text: Text| unsafe { text.as_str() };
    let message = text(report.message);
    let file = text(report.file);
    let thread = text(report.thread);
    let location = format!("{file}:{}:{}", report.line, report.column);
    tracing::error!(
        module = side.name,
        location,
        thread = &*thread,
        "panic in a module: {message}"
    );
    let location = (!file.is_empty()).then_some(location);
    let message = message.into_owned();
    // At a thread's very end there is no place to remember it; it has been logged.
    let _ = PANICS.try_with(|panics| {
        let reported = &mut panics.borrow_mut().reported;
        if reported.len() == MOST_REPORTED {
            reported.remove(0);
        }
        reported.push((message, location));
    });
}

unsafe extern "C" fn caught(module: *const (), message: Text) {
    // SAFETY: H1.
    let side = unsafe { &*module.cast::<HostSide>() };
    // SAFETY: the module lends the text for this call.
    let message = unsafe { message.as_str() };
    let _ = PANICS.try_with(|panics| {
        let mut panics = panics.borrow_mut();
        // The payload's own destructor may have panicked after it: look for the one that was caught.
        let reported = panics
            .reported
            .iter()
            .rposition(|(text, _)| *text == message);
        let location = reported.and_then(|index| panics.reported[index].1.take());
        if reported.is_none() {
            // Thrown on without the hook (`resume_unwind`): nothing was logged.
            tracing::error!(module = side.name, "panic in a module: {message}");
        }
        panics.reported.clear();
        panics.caught = (message.into_owned(), location);
    });
}

unsafe extern "C" fn log_enabled(_: *const (), level: crate::abi::LogLevel, target: Text) -> bool {
    // SAFETY: the module lends the text for this call.
    events::enabled(level, &unsafe { target.as_str() })
}

unsafe extern "C" fn log(module: *const (), record: *const LogRecord) {
    // SAFETY: H1.
    let side = unsafe { &*module.cast::<HostSide>() };
    // SAFETY: the module lends a valid record for this call.
    let record = unsafe { &*record };
    // SAFETY: the record's fields are a slice of that length, lent for this call.
    let fields = unsafe { std::slice::from_raw_parts(record.fields, record.field_count) };
    events::forward(side.name, record, fields);
}
