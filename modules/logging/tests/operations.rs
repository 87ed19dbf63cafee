//! The operations one after the other, with a subscriber as the host has one.

#![forbid(unsafe_code)]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use home_types::logging::{LogField, LogLevel};
use lmms::Context;
use logging::lines::{
    log_debug, log_error, log_info, log_operation_failure, log_operation_start,
    log_operation_success, log_warning,
};
use logging::recent::{
    clear, export_json, get_stats, is_logged, recent, reset_settings, search, set_capacity,
    set_level,
};
use tracing::field::{Field, Visit};
use tracing::span;

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" {field}={value:?}");
    }
}

impl tracing::Subscriber for Seen {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(format!(
            "{} {}",
            event.metadata().level(),
            event.metadata().target()
        ));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[test]
fn lines_reach_the_subscriber_and_the_tail() {
    let seen = Seen::default();
    let _guard = tracing::subscriber::set_default(seen.clone());
    let cx = &Context::detached();

    log_debug(cx, "not logged", None, None);
    log_info(cx, "hello", None, None);
    log_warning(
        cx,
        "token=abc",
        Some("alexa"),
        Some(&[LogField::new("room", "hall \"x\"")]),
    );
    log_error(cx, "broken", Some("devices"), None);
    log_operation_start(cx, "turn_on", Some("req-1"));
    log_operation_success(cx, "turn_on", 12.0, Some("req-1"), None);
    log_operation_success(cx, "turn_on", 12.0, None, Some(10.0));
    log_operation_failure(cx, "turn_on", "Authorization: Bearer xyz", None, None);

    let events = seen.0.lock().unwrap().clone();
    assert_eq!(events.len(), 7);
    assert!(events[0].starts_with("INFO smart_home ") && events[0].contains("message=hello"));
    assert!(events[1].starts_with("WARN ") && events[1].contains("token=[redacted]"));
    assert!(
        events[1].contains("source=\"alexa\"") && events[1].contains("room="),
        "{}",
        events[1]
    );
    assert!(events[2].starts_with("ERROR "));
    assert!(events[4].starts_with("INFO ") && events[4].contains("12.000"));
    assert!(events[5].starts_with("WARN "));
    assert!(
        events
            .iter()
            .all(|event| !event.contains("abc") && !event.contains("xyz"))
    );

    assert_eq!(recent(None, None, None).len(), 7);
    assert_eq!(recent(None, Some(LogLevel::Error), None).len(), 2);
    assert_eq!(
        recent(Some(1), None, Some("alexa"))[0].message,
        "token=[redacted]"
    );
    assert_eq!(search("TURN_on", None).len(), 4);
    assert_eq!(search("abc", None), []);
    let json = export_json(Some(6));
    assert_eq!(json.lines().count(), 2);
    let last: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!(last["fields"]["error"], "Authorization: [redacted]");

    assert_eq!(logging::veto(), None);
    assert_eq!(set_level(LogLevel::Error), LogLevel::Info);
    assert!(!is_logged(LogLevel::Warning) && is_logged(LogLevel::Error));
    log_warning(cx, "held back", None, None);
    assert_eq!(set_capacity(2), Ok(1000));
    assert!(logging::veto().is_some());
    let stats = get_stats();
    assert_eq!((stats.suppressed, stats.kept, stats.capacity), (2, 2, 2));
    assert!(reset_settings() && !reset_settings());
    assert_eq!((logging::veto(), clear(), clear()), (None, 2, 0));
}
