//! When the heaps of modules that stay are trimmed.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering;
use std::time::Duration;

use lmms::Policy;

use crate::fake::Stage;

#[test]
fn what_an_idle_module_has_freed_is_given_back_once() {
    let stage = Stage::new(Policy::default().trim_after(Duration::from_secs(30)));
    let trims = |module| stage.trims(module);
    stage.fakes.double_of(0, 1).unwrap();
    assert_eq!(stage.fakes.sweep().next, Some(Duration::from_secs(30)));
    stage.advance(29);
    stage.fakes.double_of(1, 1).unwrap();
    assert_eq!(stage.fakes.sweep().next, Some(Duration::from_secs(30)));
    stage.advance(1);
    assert_eq!(stage.fakes.sweep().next, Some(Duration::from_secs(59)));
    assert_eq!((trims(0), trims(1)), (1, 0), "the other was used just now");
    stage.advance(29);
    assert_eq!(stage.fakes.sweep().next, None, "nothing is left to do");
    assert_eq!((trims(0), trims(1)), (1, 1));
    stage.advance(3600);
    stage.fakes.sweep();
    assert_eq!((trims(0), trims(1)), (1, 1), "once for each time of use");
    stage.fakes.double_of(0, 1).unwrap();
    stage.fakes.sweep();
    stage.advance(30);
    stage.fakes.sweep();
    assert_eq!((trims(0), trims(1)), (2, 1));
}

#[test]
fn under_pressure_what_was_freed_is_given_back_at_once() {
    let stage = Stage::new(Policy::default());
    // Hot, so that it stays.
    for _ in 0..20 {
        stage.fakes.double_of(0, 1).unwrap();
    }
    stage.pressure.0.store(true, Ordering::Relaxed);
    stage.fakes.sweep();
    assert!(stage.resident(0));
    assert_eq!(stage.trims(0), 1);
}
