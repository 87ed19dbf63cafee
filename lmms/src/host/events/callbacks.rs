//! What a loaded module reports to its host: panics, events and lines of its log.
//!
//! # Invariants
//! - **CALLBACK-1** The `module` pointer in each call is the [`HostSide`] that the module was started with.
//!   It is never freed before the module is proven unmapped, and these functions only read it.

use std::cell::RefCell;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::thread;

use tracing_core::span::Id;
use tracing_core::{Level, LevelFilter, dispatcher};

use crate::boundary::abi::{
    Host, LogKind, LogLevel, LogRecord, NO_SPAN, PanicReport, SpanAct, Text,
};
use crate::boundary::hooks::Hooks;
use crate::host::events::{self, Lent, Spans};
use crate::host::reentrance::contained::{TARGET, callback, tell};
use crate::host::reentrance::inside::{self, Inside};

/// The host's side of one loaded library. Boxed: its address is in the module's hands.
#[derive(Debug)]
pub(crate) struct HostSide {
    name: &'static str,
    spans: Spans,
    table: Host,
}

impl HostSide {
    /// The host's side for module `name`. `hooks` must outlive it.
    pub(crate) fn new(name: &'static str, hooks: *const Hooks) -> Box<Self> {
        let mut side = Box::new(Self {
            name,
            spans: Spans::default(),
            table: Host {
                module: std::ptr::null(),
                hooks,
                panicked,
                caught,
                log_enabled,
                log,
                span_open,
                span_record,
                span_follows,
                span_act,
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

/// What a panic said, and where.
pub(crate) type PanicText = (String, Option<String>);

/// What is known of panics on this thread.
#[derive(Debug, Default)]
struct Panics {
    /// Reported by a module's hook and not yet caught, oldest first.
    reported: Vec<PanicText>,
    /// Caught by a thunk and not yet asked for.
    caught: PanicText,
}

/// A module whose panics are caught inside it, so that no thunk tells, must not fill memory.
const MOST_REPORTED: usize = 16;

thread_local! {
    /// Never destroyed, so that it can be used until the very end of the thread. Borrowed for moments only, in which no
    /// other code runs.
    static PANICS: ManuallyDrop<RefCell<Panics>> = const {
        ManuallyDrop::new(RefCell::new(Panics {
            reported: Vec::new(),
            caught: (String::new(), None),
        }))
    };
    /// Empties `PANICS` when the thread ends.
    static EMPTIES: Empties = const { Empties };
}

struct Empties;

impl Drop for Empties {
    fn drop(&mut self) {
        let rest = with_panics(std::mem::take);
        drop(rest);
    }
}

fn with_panics<R>(look: impl FnOnce(&mut Panics) -> R) -> R {
    PANICS.with(|panics| look(&mut panics.borrow_mut()))
}

/// The message and place of the panic that a thunk on this thread caught just now.
pub(crate) fn take_panic() -> PanicText {
    with_panics(|panics| std::mem::take(&mut panics.caught))
}

/// # Safety
/// CALLBACK-1.
unsafe fn side<'s>(module: *const ()) -> &'s HostSide {
    // SAFETY: CALLBACK-1.
    unsafe { &*module.cast::<HostSide>() }
}

unsafe extern "C" fn panicked(module: *const (), report: *const PanicReport) {
    // SAFETY: CALLBACK-1.
    let side = unsafe { side(module) };
    callback(Inside::Module(side.name), || {
        // SAFETY: the module lends a valid report for this call.
        let report = unsafe { &*report };
        // SAFETY: as above, for each text.
        let text = |text: Text| unsafe { text.as_str() };
        let message = text(report.message);
        let file = text(report.file);
        let thread = text(report.thread);
        let location = format!("{file}:{}:{}", report.line, report.column);
        let (module, place, said) = (side.name, location.clone(), message.clone().into_owned());
        let (thread, hint) = (thread.into_owned(), hint(&message));
        tell_elsewhere(module, move |parent| {
            tracing::error!(
                target: TARGET,
                parent: parent,
                module,
                location = place,
                thread,
                "panic in a module: {said}{hint}"
            );
        });
        let location = (!file.is_empty()).then_some(location);
        let message = message.into_owned();
        let _ = EMPTIES.try_with(|_| ());
        with_panics(|panics| {
            if panics.reported.len() == MOST_REPORTED {
                panics.reported.remove(0);
            }
            panics.reported.push((message, location));
        });
    });
}

/// Tells the subscriber of a panic, on another thread: on this one the module is inside its panic hook, where a panic
/// of an operation that the subscriber calls would abort the process. `event` gets the span that this thread is in.
fn tell_elsewhere(module: &'static str, event: impl FnOnce(Option<Id>) + Send + 'static) {
    let told = inside::any(|inside| inside == Inside::Subscriber);
    if told || LevelFilter::current() < Level::ERROR {
        return;
    }
    let looked = tell(|| {
        dispatcher::get_default(|subscriber| {
            let span = subscriber.current_span().id().cloned();
            (subscriber.clone(), span)
        })
    });
    let Some((subscriber, span)) = looked else {
        return;
    };
    let report = move || {
        // As much inside the module as the thread that waits.
        inside::belongs_to(module);
        tell(|| dispatcher::with_default(&subscriber, || event(span)));
    };
    let thread = thread::Builder::new().name("lmms-report".to_owned());
    // Where there is no thread to be had, standard error has to do.
    match thread.spawn(report) {
        Ok(reporter) => drop(reporter.join()),
        Err(error) => drop(writeln!(
            std::io::stderr(),
            "lmms: a panic in module `{module}` could not be reported: {error}"
        )),
    }
}

unsafe extern "C" fn caught(module: *const (), message: Text) {
    // SAFETY: CALLBACK-1.
    let side = unsafe { side(module) };
    callback(Inside::Module(side.name), || {
        // SAFETY: the module lends the text for this call.
        let message = unsafe { message.as_str() };
        // The payload's own destructor may have panicked after it: look for the one that was caught.
        let reported = with_panics(|panics| {
            let mut reported = std::mem::take(&mut panics.reported);
            let index = reported.iter().rposition(|(text, _)| *text == message);
            index.map(|index| reported.swap_remove(index).1)
        });
        let hint = hint(&message);
        if reported.is_none() {
            // Thrown on without the hook (`resume_unwind`): nothing was logged.
            tell(
                || tracing::error!(target: TARGET, module = side.name, "panic in a module: {message}{hint}"),
            );
        }
        // Last, since whoever was told may have called an operation that panicked.
        let text = format!("{message}{hint}");
        with_panics(|panics| panics.caught = (text, reported.flatten()));
    });
}

/// What to write instead, where a module wants to be what its host is already.
fn hint(message: &str) -> &'static str {
    let first = message.contains("SetGlobalDefaultError")
        || message.contains("SetLoggerError")
        || message.contains("global default trace dispatcher has already been set");
    if first {
        " (a module needs no subscriber or logger: its events, spans and log lines go to its host's; leave the call out, or use `try_init`)"
    } else {
        ""
    }
}

unsafe extern "C" fn log_enabled(
    module: *const (),
    kind: LogKind,
    level: LogLevel,
    target: Text,
) -> bool {
    // SAFETY: CALLBACK-1.
    let side = unsafe { side(module) };
    let enabled = callback(Inside::Module(side.name), || {
        // SAFETY: the module lends the text for this call.
        events::enabled(kind, level, &unsafe { target.as_str() })
    });
    enabled.unwrap_or_default()
}

unsafe extern "C" fn log(module: *const (), record: *const LogRecord) {
    // SAFETY: CALLBACK-1.
    let side = unsafe { side(module) };
    callback(Inside::Module(side.name), || {
        // SAFETY: the module lends a valid record for this call.
        let record = unsafe { Lent::new(record) };
        events::forward(side.name, &record, &side.spans);
    });
}

unsafe extern "C" fn span_open(module: *const (), record: *const LogRecord) -> u64 {
    // SAFETY: CALLBACK-1.
    let side = unsafe { side(module) };
    let opened = callback(Inside::Module(side.name), || {
        // SAFETY: the module lends a valid record for this call.
        let record = unsafe { Lent::new(record) };
        side.spans.open(side.name, &record)
    });
    opened.unwrap_or(NO_SPAN)
}

unsafe extern "C" fn span_record(module: *const (), span: u64, record: *const LogRecord) {
    // SAFETY: CALLBACK-1.
    let side = unsafe { side(module) };
    callback(Inside::Module(side.name), || {
        // SAFETY: the module lends a valid record for this call.
        let record = unsafe { Lent::new(record) };
        side.spans.record(span, &record);
    });
}

unsafe extern "C" fn span_follows(module: *const (), span: u64, from: u64) {
    // SAFETY: CALLBACK-1.
    let side = unsafe { side(module) };
    callback(Inside::Module(side.name), || side.spans.follows(span, from));
}

unsafe extern "C" fn span_act(module: *const (), span: u64, act: SpanAct) {
    // SAFETY: CALLBACK-1.
    let side = unsafe { side(module) };
    callback(Inside::Module(side.name), || side.spans.act(span, act));
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::span::{Attributes, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    /// The thread on which an event was heard, and its parent.
    type Heard = Arc<Mutex<Vec<(Option<String>, Option<u64>)>>>;

    struct Listener(Heard);

    impl Subscriber for Listener {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn event(&self, event: &Event<'_>) {
            let thread = thread::current().name().map(str::to_owned);
            let parent = event.parent().map(Id::into_u64);
            self.0
                .lock()
                .expect("nothing panics with it")
                .push((thread, parent));
            // As a subscriber may: the report is on another thread, so this ends there.
            panic!("a bug in a layer");
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(7)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn a_panic_is_told_on_another_thread_and_remembered_on_this_one() {
        let side = HostSide::new("tested", std::ptr::null());
        let report = PanicReport {
            message: Text::new("a message: SetLoggerError(())"),
            file: Text::new("file.rs"),
            line: 1,
            column: 2,
            thread: Text::new("main"),
        };
        let heard = Heard::default();
        tracing::subscriber::with_default(Listener(heard.clone()), || {
            // SAFETY: CALLBACK-1, and the report lives through the call.
            unsafe { panicked(side.table.module, &raw const report) };
            // SAFETY: CALLBACK-1; a literal.
            unsafe { caught(side.table.module, report.message) };
        });
        let heard = heard.lock().expect("nothing panics with it");
        assert_eq!(*heard, [(Some("lmms-report".to_owned()), None)]);
        let (message, location) = take_panic();
        assert!(
            message.starts_with("a message: ") && message.contains("try_init"),
            "{message}"
        );
        assert_eq!(location.as_deref(), Some("file.rs:1:2"));
        assert_eq!(inside::innermost(), None);
    }

    #[test]
    fn a_caught_panic_is_the_last_one_of_its_text() {
        let side = HostSide::new("tested", std::ptr::null());
        let panics = |message, line| {
            let report = PanicReport {
                message: Text::new(message),
                file: Text::new("file.rs"),
                line,
                column: 1,
                thread: Text::new("main"),
            };
            // SAFETY: CALLBACK-1, and the report lives through the call.
            unsafe { panicked(side.table.module, &raw const report) };
        };
        let told = |message| {
            // SAFETY: CALLBACK-1; a literal.
            unsafe { caught(side.table.module, Text::new(message)) };
            let (text, location) = take_panic();
            assert_eq!(text, message);
            location
        };
        // The module itself catches the first one; the last one is its payload's destructor's.
        panics("first", 1);
        panics("first", 2);
        panics("in its destructor", 3);
        assert_eq!(told("first").as_deref(), Some("file.rs:2:1"));
        panics("another", 4);
        assert_eq!(told("thrown on without the hook"), None);
        assert_eq!(told("another"), None, "it is over");
    }
}
