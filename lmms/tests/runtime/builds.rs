//! Cached results belong to one build of their module.

#![forbid(unsafe_code)]

use crate::fake::{self, Stage};
use lmms::UnloadOutcome;
use lmms::clock::{Clock, ManualClock};
use lmms::policy::Policy;

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

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

/// Waits for another thread when the time is read for the first time after [`fake::ARMED_BY`] was asked for.
#[derive(Debug)]
struct Hooked {
    clock: ManualClock,
    hook: Arc<Mutex<Option<mpsc::Sender<mpsc::Sender<()>>>>>,
}

impl Clock for Hooked {
    fn monotonic(&self) -> Duration {
        if fake::was_armed()
            && let Some(hook) = self.hook.lock().expect("nothing panics with it").take()
        {
            let (done, finished) = mpsc::channel();
            hook.send(done).expect("the other thread waits");
            finished
                .recv_timeout(DEADLINE)
                .expect("the other thread is done");
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
    let (hook, asked) = mpsc::channel::<mpsc::Sender<()>>();
    let hook = Arc::new(Mutex::new(Some(hook)));
    let stage = Stage::build(Policy::default(), |builder, clock| {
        builder.clock(Hooked {
            clock: clock.clone(),
            hook: hook.clone(),
        })
    });
    stage.script(4, |script| script.build = Some([1; 32]));
    stage.fakes.load("m04").unwrap();
    thread::scope(|scope| {
        let fakes = &stage.fakes;
        let other = scope.spawn(move || fakes.find_in(4, fake::ARMED_BY).unwrap());
        // Asked when the old build's call has ended, and its result is on the way into the cache.
        let done = asked.recv_timeout(DEADLINE).expect("the time is read");
        reload(&stage, Some([2; 32]));
        done.send(()).expect("it waits");
        other.join().unwrap();
    });
    let before = hits(&stage);
    stage.fakes.find_in(4, fake::ARMED_BY).unwrap();
    assert_eq!(hits(&stage), before, "the old build's result");
}
