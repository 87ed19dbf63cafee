//! The time that a replay goes by: the system's, or one that jumps from event to event.
#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

use lmms::clock::{Clock, ManualClock, SystemClock};
use lmms::{Builder, Gateway};

/// The time that a replay goes by.
#[derive(Clone)]
pub struct Timeline {
    clock: Kind,
    begun: Duration,
}

#[derive(Clone)]
enum Kind {
    Simulated(ManualClock),
    Real { speed: f64, sleep: fn(Duration) },
}

impl Timeline {
    /// A simulated clock that stands at `start`, a time since the Unix epoch.
    pub fn simulated(start: Duration) -> Self {
        let clock = ManualClock::new();
        clock.set_unix(start);
        Self {
            begun: clock.monotonic(),
            clock: Kind::Simulated(clock),
        }
    }

    /// The system's clock. Waits between events are divided by `speed`; everything else, such as
    /// how long modules stay, takes the time it takes.
    pub fn real(speed: f64) -> Self {
        Self {
            begun: SystemClock.monotonic(),
            clock: Kind::Real {
                speed,
                sleep: std::thread::sleep,
            },
        }
    }

    /// Sets a simulated clock's date so that the replay has begun at `start`, a time since the Unix epoch.
    pub fn set_start(&self, start: Duration) {
        if let Kind::Simulated(clock) = &self.clock {
            clock.set_unix(start.saturating_add(self.elapsed(self.now())));
        }
    }

    /// Whether time only passes where the replay lets it.
    pub fn is_simulated(&self) -> bool {
        matches!(self.clock, Kind::Simulated(_))
    }

    /// Lets a gateway go by this time, and leaves sweeping to the replay.
    pub fn set<G: Gateway>(&self, builder: Builder<G>) -> Builder<G> {
        match &self.clock {
            Kind::Simulated(clock) => builder.clock(clock.clone()),
            Kind::Real { .. } => builder.background_sweeps(false),
        }
    }

    /// The gateway's monotonic time.
    pub fn now(&self) -> Duration {
        match &self.clock {
            Kind::Simulated(clock) => clock.monotonic(),
            Kind::Real { .. } => SystemClock.monotonic(),
        }
    }

    /// The gateway's monotonic time at which something is due `after` the replay's begin.
    pub fn due(&self, after: Duration) -> Duration {
        let wait = match self.clock {
            Kind::Simulated(_) => after,
            // Too slow a speed waits for ever, which is what was asked for.
            Kind::Real { speed, .. } => {
                Duration::try_from_secs_f64(after.as_secs_f64() / speed).unwrap_or(Duration::MAX)
            }
        };
        self.begun.saturating_add(wait)
    }

    /// How long after the replay's begin the gateway's monotonic time `at` is: the reverse of
    /// [`due`](Self::due).
    pub fn elapsed(&self, at: Duration) -> Duration {
        let passed = at.saturating_sub(self.begun);
        match self.clock {
            Kind::Simulated(_) => passed,
            Kind::Real { speed, .. } => {
                Duration::try_from_secs_f64(passed.as_secs_f64() * speed).unwrap_or(Duration::MAX)
            }
        }
    }

    /// Lets time pass until the gateway's monotonic time is `at`.
    pub fn wait_until(&self, at: Duration) {
        let left = at.saturating_sub(self.now());
        match &self.clock {
            Kind::Simulated(clock) => clock.advance(left),
            Kind::Real { sleep, .. } if !left.is_zero() => sleep(left),
            Kind::Real { .. } => {}
        }
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = match &self.clock {
            Kind::Simulated(_) => "simulated".to_owned(),
            Kind::Real { speed, .. } => format!("real, {speed} times as fast"),
        };
        f.debug_struct("Timeline")
            .field("clock", &clock)
            .field("begun", &self.begun)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulated_clock_jumps_and_never_goes_back() {
        let timeline = Timeline::simulated(Duration::from_secs(1_000));
        let due = timeline.due(Duration::from_secs(90));
        timeline.wait_until(due);
        assert_eq!(timeline.now(), due);
        assert_eq!(timeline.elapsed(due), Duration::from_secs(90));
        timeline.wait_until(Duration::ZERO);
        assert_eq!(timeline.now(), due);
    }

    #[test]
    fn a_real_clock_waits_as_long_as_its_speed_says() {
        let timeline = Timeline {
            begun: Duration::from_secs(5),
            clock: Kind::Real {
                speed: 60.0,
                sleep: |_| (),
            },
        };
        let hour = Duration::from_secs(3_600);
        assert_eq!(timeline.due(hour), Duration::from_secs(65));
        assert_eq!(timeline.elapsed(Duration::from_secs(65)), hour);
    }

    #[test]
    fn waiting_for_what_is_past_does_not_sleep() {
        let timeline = Timeline {
            begun: Duration::ZERO,
            clock: Kind::Real {
                speed: 1.0,
                sleep: |_| panic!("slept"),
            },
        };
        timeline.wait_until(Duration::ZERO);
    }
}
