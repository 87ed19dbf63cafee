//! Host code that does once what it is armed with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fixture_types as types;
use lmms::clock::Clock;
use lmms::decision::Pressure;
use lmms::pressure::PressureSource;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use crate::actions::Action;

/// A piece of the host's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    Enabled,
    Event,
    NewSpan,
    RecordSpan,
    Enter,
    Exit,
    Close,
    Monotonic,
    Coarse,
    UnixTime,
    PressureSource,
    Drop,
    Hash,
    Compare,
}

impl Hook {
    pub const ALL: [Self; 14] = [
        Self::Enabled,
        Self::Event,
        Self::NewSpan,
        Self::RecordSpan,
        Self::Enter,
        Self::Exit,
        Self::Close,
        Self::Monotonic,
        Self::Coarse,
        Self::UnixTime,
        Self::PressureSource,
        Self::Drop,
        Self::Hash,
        Self::Compare,
    ];
}

static ARMED: Mutex<Option<(Hook, Action)>> = Mutex::new(None);

fn armed() -> std::sync::MutexGuard<'static, Option<(Hook, Action)>> {
    ARMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets `hook` do `action` once, while `act` runs. Whether it did.
pub fn arm(hook: Hook, action: Action, act: impl FnOnce()) -> bool {
    *armed() = Some((hook, action));
    act();
    armed().take().is_none()
}

fn reached(hook: Hook) {
    let action = {
        let mut armed = armed();
        match *armed {
            Some((of, action)) if of == hook => {
                *armed = None;
                action
            }
            _ => return,
        }
    };
    (action.run)();
}

/// Hangs the hook up at a type.
pub fn hang(place: &types::Hook, hook: Hook) {
    place.hang(match hook {
        Hook::Drop => || reached(Hook::Drop),
        Hook::Hash => || reached(Hook::Hash),
        _ => || reached(Hook::Compare),
    });
}

/// A subscriber.
pub struct Talker;

impl Subscriber for Talker {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        reached(Hook::Enabled);
        true
    }

    fn event(&self, _: &Event<'_>) {
        reached(Hook::Event);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        static LAST: AtomicU64 = AtomicU64::new(1);
        reached(Hook::NewSpan);
        Id::from_u64(LAST.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        reached(Hook::RecordSpan);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {
        reached(Hook::Enter);
    }

    fn exit(&self, _: &Id) {
        reached(Hook::Exit);
    }

    fn try_close(&self, _: Id) -> bool {
        reached(Hook::Close);
        true
    }
}

/// A clock that moves with each look, and a source that knows no pressure.
#[derive(Debug)]
pub struct Stubborn;

fn tick() -> Duration {
    static NOW: AtomicU64 = AtomicU64::new(0);
    Duration::from_millis(NOW.fetch_add(1, Ordering::Relaxed))
}

impl Clock for Stubborn {
    fn monotonic(&self) -> Duration {
        reached(Hook::Monotonic);
        tick()
    }

    fn coarse(&self) -> Duration {
        reached(Hook::Coarse);
        tick()
    }

    fn unix_time(&self) -> Duration {
        reached(Hook::UnixTime);
        tick()
    }
}

impl PressureSource for Stubborn {
    fn pressure(&self) -> Pressure {
        reached(Hook::PressureSource);
        Pressure::None
    }
}
