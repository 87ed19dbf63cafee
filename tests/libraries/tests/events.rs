//! Events and lines of the log from inside a module, in the host's subscriber.

#![forbid(unsafe_code)]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use lmms_library_tests::{Fixtures, modules};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What a subscriber saw: level, target, fields.
type Seen = Arc<Mutex<Vec<(String, String, Vec<(String, String)>)>>>;

struct Collector(Seen);

struct Fields(Vec<(String, String)>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name().to_owned(), format!("{value:?}")));
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::INFO
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(Vec::new());
        event.record(&mut fields);
        let metadata = event.metadata();
        self.0.lock().unwrap().push((
            metadata.level().to_string(),
            metadata.target().to_owned(),
            fields.0,
        ));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn events_arrive_with_level_target_and_fields_and_survive_the_unload() {
    let seen = Seen::default();
    tracing::subscriber::set_global_default(Collector(seen.clone())).unwrap();
    let builder = Fixtures::builder()
        .modules(modules())
        .background_sweeps(false);
    let fixtures = builder.open().unwrap();
    for number in 0..2 {
        fixtures.probe().report(number).unwrap();
        fixtures.probe().hold_in_thread(7).unwrap();
        let _ = fixtures.probe().panic_with_text("told to the log");
        assert!(fixtures.probe().panic_on_thread().unwrap());
        fixtures.unload("probe").unwrap();
    }
    let seen = seen.lock().unwrap();
    let find = |target: &str, text: &str| {
        seen.iter()
            .find(|(_, of, fields)| {
                of == target && fields.iter().any(|(_, value)| value.contains(text))
            })
            .unwrap_or_else(|| panic!("{target}: {text} not in {seen:#?}"))
    };
    let (level, _, fields) = find("probe", "an event");
    assert_eq!(level, "INFO");
    for expected in [
        ("number", "0"),
        ("exact", "1.5"),
        ("yes", "true"),
        ("name", "\"probe\""),
    ] {
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert!(fields.contains(&expected), "{expected:?} not in {fields:?}");
    }
    let (level, _, fields) = find("custom::target", "another");
    assert_eq!(level, "WARN");
    assert!(
        fields.contains(&("kind".into(), "Some(0)".into())),
        "{fields:?}"
    );
    assert_eq!(find("probe", "a line with 1").0, "ERROR");
    find("probe::hazards", "a thread-local is destroyed");
    for panic in ["told to the log", "on a module's thread"] {
        let (level, _, fields) = find("lmms", panic);
        assert_eq!(level, "ERROR");
        let place = |(_, value): &(String, String)| value.contains("hazards.rs:");
        assert!(fields.iter().any(place), "file and line: {fields:?}");
    }
    let lifecycle = |text: &str| {
        let events = seen.iter().filter(|(_, of, fields)| {
            of == "lmms" && fields.iter().any(|(_, value)| value == text)
        });
        events.count()
    };
    assert_eq!((lifecycle("loaded"), lifecycle("unloaded")), (2, 2));
}
