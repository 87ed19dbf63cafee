//! Modules that are no files: functions of this test behind the loader's seam.

mod gateway;
mod library;

pub use gateway::{ARMED_BY, Fakes, MODULES, PINNED, TTL, arm, find_runs, was_armed};
pub use library::{FakeLoader, Meanwhile, Script, Scripts};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lmms::clock::ManualClock;
use lmms::decision::Pressure;
use lmms::pressure::PressureSource;
use lmms::{Builder, Policy};

use gateway::INTERFACES;

/// A source of pressure that a test turns on.
#[derive(Clone, Debug, Default)]
pub struct ManualPressure(pub Arc<AtomicBool>);

impl PressureSource for ManualPressure {
    fn pressure(&self) -> Pressure {
        if self.0.load(Ordering::Relaxed) {
            Pressure::High
        } else {
            Pressure::None
        }
    }
}

/// A gateway on fakes, with all that moves it.
pub struct Stage {
    pub fakes: Fakes,
    pub clock: ManualClock,
    pub scripts: Scripts,
    pub pressure: ManualPressure,
    pub left: std::sync::mpsc::Receiver<&'static str>,
}

impl Stage {
    pub fn new(policy: Policy) -> Self {
        Self::build(policy, |builder, clock| builder.clock(clock.clone()))
    }

    pub fn build(
        policy: Policy,
        configure: impl FnOnce(Builder<Fakes>, &ManualClock) -> Builder<Fakes>,
    ) -> Self {
        let clock = ManualClock::new();
        let scripts = Scripts::default();
        let pressure = ManualPressure::default();
        let (sender, left) = std::sync::mpsc::channel();
        let builder = Builder::<Fakes>::new()
            .loader(FakeLoader {
                scripts: scripts.clone(),
                left: sender,
            })
            .pressure(pressure.clone())
            .policy(policy);
        let fakes = configure(builder, &clock)
            .open()
            .expect("no file is needed");
        Self {
            fakes,
            clock,
            scripts,
            pressure,
            left,
        }
    }

    pub fn script(&self, module: usize, write: impl FnOnce(&mut Script)) {
        let mut scripts = self.scripts.lock().expect("no test panics with it");
        write(scripts.entry(INTERFACES[module]).or_default());
    }

    pub fn loads(&self, module: usize) -> u64 {
        let scripts = self.scripts.lock().expect("no test panics with it");
        scripts
            .get(INTERFACES[module])
            .map_or(0, |script| script.loads)
    }

    pub fn trims(&self, module: usize) -> u64 {
        let scripts = self.scripts.lock().expect("no test panics with it");
        scripts
            .get(INTERFACES[module])
            .map_or(0, |script| script.trims)
    }

    pub fn resident(&self, module: usize) -> bool {
        self.fakes
            .is_resident(INTERFACES[module])
            .expect("the module exists")
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}
