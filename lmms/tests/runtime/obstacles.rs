//! What people are told of a module that something of its own keeps loaded.

#![forbid(unsafe_code)]

use lmms::library::{Busy, BusyKind};
use lmms::policy::Policy;

use crate::fake::Stage;

#[test]
fn an_explanation_names_what_would_refuse_first_and_what_to_do() {
    let stage = Stage::new(Policy::default());
    for _ in 0..30 {
        stage.fakes.double_of(0, 1).unwrap();
    }
    let busy = |kind, name: &str| Some(Busy::new(kind, vec![name.to_owned()]));
    for (kind, name) in [
        (BusyKind::Threads, "thread 7 (pool)"),
        (BusyKind::SignalHandlers, "SIGINT"),
        (BusyKind::Pointers, "the system log"),
    ] {
        stage.script(0, |script| script.busy = busy(kind, name));
        let text = stage.fakes.explain("m00").unwrap().to_string();
        let first = text.lines().nth(1).unwrap();
        assert!(first.starts_with("stays loaded: "), "{text}");
        assert!(first.contains(name), "{text}");
        assert!(first.contains("lmms::module!(shutdown = stop);"), "{text}");
        assert!(!first.contains("could change in"), "{text}");
    }
    // What the shutdown function ends stands against nothing.
    stage.script(0, |script| {
        script.busy = busy(BusyKind::Threads, "thread 7 (pool)").map(|busy| busy.ending(true));
    });
    let text = stage.fakes.explain("m00").unwrap().to_string();
    assert!(text.contains("> 2 heat"), "{text}");
}
