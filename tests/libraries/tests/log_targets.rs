//! Lines whose targets are made as the module runs. In a process of its own: its memory is measured.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use lmms_library_tests::{Fixtures, modules};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[derive(Default)]
struct Counter {
    wanted: AtomicBool,
    events: AtomicU64,
    /// Where the metadata of events lies.
    places: Mutex<HashSet<usize>>,
    last: Mutex<Vec<(String, String)>>,
}

struct Listener(Arc<Counter>);

struct Fields(Vec<(String, String)>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name().to_owned(), format!("{value:?}")));
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.wanted.load(Ordering::Relaxed)
            && metadata.target().starts_with("teller::connection-")
    }
    fn event(&self, event: &Event<'_>) {
        self.0.events.fetch_add(1, Ordering::Relaxed);
        let place = std::ptr::from_ref(event.metadata()).addr();
        self.0.places.lock().unwrap().insert(place);
        let mut fields = Fields(Vec::new());
        event.record(&mut fields);
        *self.0.last.lock().unwrap() = fields.0;
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[test]
fn targets_without_end_take_memory_with_an_end_and_unwanted_ones_none() {
    let counter = Arc::new(Counter::default());
    tracing::subscriber::set_global_default(Listener(counter.clone())).unwrap();
    let builder = Fixtures::builder().modules(modules());
    let fixtures = builder.background_sweeps(false).open().unwrap();
    let mut from = 0;
    let mut lines = |count: u64| {
        fixtures.teller().many_targets(from, count).unwrap();
        from += count;
        fixtures.unload("teller").unwrap();
    };
    lines(1000);
    let before = resident();
    lines(20_000);
    let grown = resident().saturating_sub(before);
    assert!(grown < 1 << 20, "{grown} bytes for lines that nobody wants");

    counter.wanted.store(true, Ordering::Relaxed);
    lines(3000);
    let places = counter.places.lock().unwrap().len();
    assert_eq!(
        counter.events.load(Ordering::Relaxed),
        3000,
        "each is heard of"
    );
    assert!((100..3000).contains(&places), "{places} places are kept");
    let before = resident();
    lines(20_000);
    assert_eq!(
        counter.places.lock().unwrap().len(),
        places,
        "no more than that"
    );
    let grown = resident().saturating_sub(before);
    assert!(grown < 1 << 20, "{grown} bytes for lines beyond the bound");
    assert_eq!(counter.events.load(Ordering::Relaxed), 23_000);
    let last = counter.last.lock().unwrap();
    let expected = [
        ("message", "opened 43999"),
        ("target", "\"teller::connection-43999\""),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(*last, expected, "what it said and where is still there");
}
