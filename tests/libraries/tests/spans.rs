//! Spans of modules in the host's subscriber.

#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use lmms::outcome::UnloadOutcome;
use lmms_library_tests::{Fixtures, modules};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[derive(Debug, Default)]
struct Seen {
    /// Open spans: name, fields, parent.
    open: HashMap<u64, (String, String, Option<u64>)>,
    last: u64,
    /// Texts with the names of the spans around them, outermost first.
    events: Vec<(String, String)>,
    closed: Vec<String>,
}

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Seen>>);

thread_local!(static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) });

fn current() -> Option<u64> {
    ENTERED.with_borrow(|entered| entered.last().copied())
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?};", field.name()).expect("text takes all");
    }
}

impl Seen {
    fn around(&self, span: Option<u64>) -> String {
        let mut names = Vec::new();
        let mut next = span;
        while let Some((name, _, parent)) = next.and_then(|id| self.open.get(&id)) {
            names.insert(0, name.clone());
            next = *parent;
        }
        names.join("/")
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("teller") || metadata.target() == "lmms"
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let parent = match event.parent() {
            Some(parent) => Some(parent.into_u64()),
            None if event.is_root() => None,
            None => current(),
        };
        let mut seen = self.0.lock().unwrap();
        let around = seen.around(parent);
        seen.events.push((text.0, around));
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = Text(String::new());
        span.record(&mut text);
        let parent = match span.parent() {
            Some(parent) => Some(parent.into_u64()),
            None if span.is_root() => None,
            None => current(),
        };
        let mut seen = self.0.lock().unwrap();
        seen.last += 1;
        let id = seen.last;
        let name = span.metadata().name().to_owned();
        seen.open.insert(id, (name, text.0, parent));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        let mut seen = self.0.lock().unwrap();
        seen.open.get_mut(&span.into_u64()).expect("it is open").1 += &text.0;
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        let left = ENTERED.with_borrow_mut(Vec::pop);
        assert_eq!(left, Some(span.into_u64()), "spans are left in order");
    }

    fn try_close(&self, span: Id) -> bool {
        let mut seen = self.0.lock().unwrap();
        let closed = seen.open.remove(&span.into_u64());
        let (name, fields, _) = closed.expect("it was open until now");
        seen.closed.push(format!("{name} {fields}"));
        true
    }
}

fn listen() -> (Collector, Fixtures) {
    static COLLECTOR: std::sync::OnceLock<Collector> = std::sync::OnceLock::new();
    let collector = COLLECTOR.get_or_init(|| {
        let collector = Collector::default();
        tracing::subscriber::set_global_default(collector.clone()).expect("the first one");
        collector
    });
    let builder = Fixtures::builder().modules(modules());
    (
        collector.clone(),
        builder.background_sweeps(false).open().unwrap(),
    )
}

/// The tests share one subscriber.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn spans_of_a_module_are_around_its_events_and_those_of_the_caller_around_them() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (collector, fixtures) = listen();
    *collector.0.lock().unwrap() = Seen::default();
    for _ in 0..2 {
        tracing::info_span!(target: "teller::host", "host").in_scope(|| {
            fixtures.teller().nested_spans().unwrap();
            assert!(fixtures.teller().told(5).unwrap());
        });
        let outcome = fixtures.unload("teller").unwrap();
        assert!(
            matches!(outcome, UnloadOutcome::Unloaded { .. }),
            "{outcome}"
        );
    }
    let seen = collector.0.lock().unwrap();
    let around = |text: &str| {
        let mut events = seen.events.iter().filter(|(event, _)| event.contains(text));
        events
            .next()
            .unwrap_or_else(|| panic!("{text} not in {seen:#?}"))
            .1
            .clone()
    };
    assert_eq!(around("message=inside;"), "host/outer/inner");
    assert_eq!(around("below the outer one"), "host/outer");
    assert_eq!(around("alone"), "");
    assert_eq!(around("outside"), "host");
    assert_eq!(around("in the child"), "host/outer/child");
    assert_eq!(around("by itself"), "root");
    assert_eq!(around("message=told;"), "host/telling");
    assert_eq!(around("a line"), "host/telling", "lines of `log`, too");
    let closed = |text: &str| {
        seen.closed
            .iter()
            .filter(|span| span.contains(text))
            .count()
    };
    assert_eq!(closed("telling number=5;late=7;"), 2, "{:?}", seen.closed);
    assert_eq!((closed("outer answer=42;"), closed("inner")), (2, 2));
    assert_eq!((closed("child"), closed("root")), (2, 2));
}

#[test]
fn spans_that_are_open_when_a_module_goes_are_closed_and_there_are_not_too_many() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (collector, fixtures) = listen();
    let open = || {
        let seen = collector.0.lock().unwrap();
        let forgotten = seen.open.values().filter(|(name, ..)| name == "forgotten");
        forgotten.count()
    };
    *collector.0.lock().unwrap_or_else(PoisonError::into_inner) = Seen::default();
    collector.0.clear_poison();
    fixtures.teller().leave_spans_open(10).unwrap();
    assert_eq!(open(), 10);
    fixtures.teller().leave_spans_open(10_000).unwrap();
    assert!((1000..10_000).contains(&open()), "{}", open());
    let outcome = fixtures.unload("teller").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Unloaded { .. }),
        "{outcome}"
    );
    assert_eq!(open(), 0);
}

#[test]
fn a_module_that_wants_to_be_the_subscriber_or_the_logger_is_told_what_to_do() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, fixtures) = listen();
    let errors = [
        fixtures.teller().subscribe().unwrap_err(),
        fixtures.teller().log_alone().unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(
            text.contains("go to its host's") && text.contains("try_init"),
            "{text}"
        );
    }
    assert!(fixtures.teller().told(1).unwrap(), "it goes on");
}
