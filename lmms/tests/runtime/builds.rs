//! Cached results belong to one build of their module.

#![forbid(unsafe_code)]

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use lmms::UnloadOutcome;
use lmms::clock::{Clock, ManualClock};
use lmms::policy::Policy;

use crate::fake::{self, Stage};

const DEADLINE: Duration = Duration::from_secs(30);

fn stage_of_build(build: u8) -> Stage {
    let stage = Stage::new(Policy::default());
    stage.script(4, |script| script.build = Some([build; 32]));
    stage
}

/// Unloads the module, and loads that build of it.
fn reload(stage: &Stage, build: Option<[u8; 32]>) {
    let outcome = stage.fakes.unload("m04").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Unloaded { .. }),
        "{outcome}"
    );
    stage.script(4, |script| script.build = build);
    stage.fakes.load("m04").unwrap();
}

fn hits(stage: &Stage) -> u64 {
    stage.fakes.statistics().cache.hits
}

#[test]
fn results_of_another_build_are_not_served_once_it_is_loaded() {
    let stage = stage_of_build(1);
    stage.fakes.find_in(4, "a").unwrap();
    stage.fakes.find_in(5, "a").unwrap();
    reload(&stage, Some([2; 32]));
    let before = hits(&stage);
    stage.fakes.find_in(4, "a").unwrap();
    assert_eq!(hits(&stage), before, "computed anew");
    stage.fakes.find_in(4, "a").unwrap();
    stage.fakes.find_in(5, "a").unwrap();
    assert_eq!(
        hits(&stage),
        before + 2,
        "the new result, and another module's"
    );
}

#[test]
fn results_of_the_same_build_stay() {
    let stage = stage_of_build(1);
    stage.fakes.find_in(4, "a").unwrap();
    reload(&stage, Some([1; 32]));
    let before = hits(&stage);
    stage.fakes.find_in(4, "a").unwrap();
    assert_eq!(hits(&stage), before + 1);
}

#[test]
fn results_are_served_until_the_other_build_is_loaded() {
    let stage = stage_of_build(1);
    stage.fakes.find_in(4, "a").unwrap();
    let _ = stage.fakes.unload("m04").unwrap();
    stage.script(4, |script| script.build = Some([2; 32]));
    let before = hits(&stage);
    stage.fakes.find_in(4, "a").unwrap();
    assert_eq!(hits(&stage), before + 1, "nothing has looked at the file");
    assert!(!stage.resident(4));
}

#[test]
fn cached_results_of_the_old_build_protect_the_new_one_no_longer() {
    let stage = stage_of_build(1);
    stage.fakes.find_in(4, "a").unwrap();
    let cached = |stage: &Stage| stage.fakes.statistics().modules[4].cached_entries;
    assert_eq!(cached(&stage), 1);
    reload(&stage, Some([2; 32]));
    assert_eq!(cached(&stage), 0);
}

/// Lets another thread reload the module when the time is read after [`fake::ARMED_BY`] was asked for: while the result
/// is on its way into the cache.
#[derive(Debug)]
struct Hooked {
    clock: ManualClock,
    hook: mpsc::SyncSender<mpsc::Sender<bool>>,
}

impl Clock for Hooked {
    fn monotonic(&self) -> Duration {
        if fake::was_armed() {
            let (tell, told) = mpsc::channel();
            // Once the module is reloaded, nobody listens.
            let asked = self.hook.send(tell).is_ok();
            if asked && !told.recv_timeout(DEADLINE).unwrap_or(true) {
                // The call is still inside.
                fake::arm();
            }
        }
        self.clock.monotonic()
    }

    fn coarse(&self) -> Duration {
        self.clock.monotonic()
    }

    fn unix_time(&self) -> Duration {
        self.clock.unix_time()
    }
}

#[test]
fn a_result_that_the_old_build_was_still_computing_is_not_kept() {
    let (hook, asked) = mpsc::sync_channel::<mpsc::Sender<bool>>(0);
    let stage = Stage::build(Policy::default(), |builder, clock| {
        let clock = clock.clone();
        builder.clock(Hooked { clock, hook })
    });
    stage.script(4, |script| script.build = Some([1; 32]));
    stage.fakes.load("m04").unwrap();
    thread::scope(|scope| {
        let fakes = &stage.fakes;
        let other = scope.spawn(move || fakes.find_in(4, fake::ARMED_BY).unwrap());
        loop {
            let tell = asked.recv_timeout(DEADLINE).expect("the time is read");
            let outcome = fakes.unload("m04").unwrap();
            let gone = matches!(outcome, UnloadOutcome::Unloaded { .. });
            if gone {
                stage.script(4, |script| script.build = Some([2; 32]));
                fakes.load("m04").unwrap();
            }
            tell.send(gone).expect("it waits");
            if gone {
                break;
            }
        }
        drop(asked);
        other.join().unwrap();
    });
    let before = hits(&stage);
    stage.fakes.find_in(4, fake::ARMED_BY).unwrap();
    assert_eq!(hits(&stage), before, "the old build's result");
}
