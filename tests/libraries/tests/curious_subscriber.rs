//! A subscriber of the host that asks the gateway. In a process of its own: other tests hear of its events.

#![forbid(unsafe_code)]

use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use lmms_library_tests::{Fixtures, modules};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Asks the gateway about a module whenever it hears of something.
struct Curious(Arc<OnceLock<Fixtures>>, mpsc::Sender<bool>);

impl Subscriber for Curious {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= tracing::Level::INFO
    }

    fn event(&self, _: &Event<'_>) {
        if let Some(fixtures) = self.0.get() {
            let _ = self.1.send(fixtures.is_resident("probe").unwrap());
        }
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
fn a_subscriber_that_hears_of_a_load_may_ask_the_gateway() {
    let builder = Fixtures::builder()
        .modules(modules())
        .background_sweeps(false);
    let fixtures = Arc::new(OnceLock::from(builder.open().unwrap()));
    let (sender, answers) = mpsc::channel();
    // On a thread of its own: a lock that is held meanwhile would never be free.
    thread::spawn(move || {
        let curious = Curious(fixtures.clone(), sender);
        tracing::subscriber::with_default(curious, || {
            let gateway = fixtures.get().expect("it was put there");
            gateway.probe().add(1, 2).unwrap();
        });
    });
    let resident = answers.recv_timeout(Duration::from_secs(60));
    assert_eq!(resident, Ok(true), "told when it is there, and answered");
}
