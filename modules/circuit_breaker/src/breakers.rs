//! The breakers and their rules. `now` is the time since the Unix epoch.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use home_types::circuit_breaker::{Breaker, BreakerError, BreakerState, BreakerStats, Permission};

/// The breakers of this process.
pub(crate) fn lock() -> MutexGuard<'static, Breakers> {
    static BREAKERS: Mutex<Breakers> = Mutex::new(Breakers(BTreeMap::new()));
    BREAKERS.lock().unwrap_or_else(PoisonError::into_inner)
}

const DEFAULT_THRESHOLD: u32 = 5;
const MAX_THRESHOLD: u32 = 1_000_000;
const DEFAULT_TIMEOUT: u64 = 60;
const MAX_TIMEOUT: u64 = 7 * 24 * 3600;
const MOST_BREAKERS: usize = 1000;
const LONGEST_ERROR: usize = 500;

/// The breakers by name.
pub(crate) struct Breakers(BTreeMap<String, Circuit>);

/// One breaker.
#[derive(Default)]
struct Circuit {
    phase: Phase,
    failure_threshold: u32,
    timeout: u64,
    consecutive_failures: u32,
    last_error: Option<String>,
    successes: u64,
    failures: u64,
    refused: u64,
    opened: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Closed,
    Open {
        since: Duration,
    },
    /// A call is on trial since then, if any.
    HalfOpen {
        trial: Option<Duration>,
    },
}

impl Breakers {
    #[cfg(test)]
    pub(crate) fn new() -> Breakers {
        Breakers(BTreeMap::new())
    }

    /// The breaker, made if there is none; settings that are given change those it has.
    pub(crate) fn get(
        &mut self,
        now: Duration,
        name: &str,
        failure_threshold: Option<u32>,
        timeout: Option<u64>,
    ) -> Result<Breaker, BreakerError> {
        let circuit = self.circuit(name, failure_threshold, timeout)?;
        circuit.advance(now);
        Ok(circuit.describe(now, name))
    }

    pub(crate) fn allow(
        &mut self,
        now: Duration,
        name: &str,
        failure_threshold: Option<u32>,
        timeout: Option<u64>,
    ) -> Result<Permission, BreakerError> {
        Ok(self.circuit(name, failure_threshold, timeout)?.allow(now))
    }

    pub(crate) fn record(
        &mut self,
        now: Duration,
        name: &str,
        outcome: Result<(), Option<&str>>,
    ) -> Result<BreakerState, BreakerError> {
        let circuit = self.circuit(name, None, None)?;
        circuit.advance(now);
        match outcome {
            Ok(()) => circuit.succeed(),
            Err(error) => circuit.fail(now, error),
        }
        Ok(circuit.state())
    }

    pub(crate) fn trip(
        &mut self,
        now: Duration,
        name: &str,
        reason: &str,
    ) -> Result<(), BreakerError> {
        let circuit = self.circuit(name, None, None)?;
        circuit.last_error = Some(reason.chars().take(LONGEST_ERROR).collect());
        circuit.open(now);
        Ok(())
    }

    /// Closes a breaker and forgets its failures in a row; says whether it was not closed.
    pub(crate) fn reset(&mut self, name: &str) -> Result<bool, BreakerError> {
        let circuit = self.0.get_mut(name).ok_or_else(|| BreakerError::Unknown {
            name: name.to_owned(),
        })?;
        Ok(circuit.close())
    }

    /// Closes all breakers; gives how many were not closed.
    pub(crate) fn reset_all(&mut self) -> u32 {
        self.0
            .values_mut()
            .map(|circuit| u32::from(circuit.close()))
            .sum()
    }

    /// Forgets a breaker; says whether there was one.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    pub(crate) fn all(&mut self, now: Duration) -> Vec<Breaker> {
        self.0
            .iter_mut()
            .map(|(name, circuit)| {
                circuit.advance(now);
                circuit.describe(now, name)
            })
            .collect()
    }

    pub(crate) fn stats(&mut self, now: Duration) -> BreakerStats {
        let mut stats = BreakerStats::default();
        for breaker in self.all(now) {
            match breaker.state {
                BreakerState::Closed => stats.closed += 1,
                BreakerState::Open => stats.open += 1,
                BreakerState::HalfOpen => stats.half_open += 1,
            }
            stats.successes += breaker.successes;
            stats.failures += breaker.failures;
            stats.refused += breaker.refused;
            stats.opened += breaker.opened;
        }
        stats
    }

    pub(crate) fn reason_to_stay(&self) -> Option<String> {
        let open = self
            .0
            .iter()
            .filter(|(_, circuit)| circuit.phase != Phase::Closed);
        let names: Vec<&str> = open.map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| {
            let shown = names[..names.len().min(5)].join(", ");
            format!("{} circuit breakers are not closed ({shown}): unloading would forget that their services fail", names.len())
        })
    }

    fn circuit(
        &mut self,
        name: &str,
        failure_threshold: Option<u32>,
        timeout: Option<u64>,
    ) -> Result<&mut Circuit, BreakerError> {
        if !(1..=100).contains(&name.chars().count()) || name.contains(char::is_control) {
            return Err(BreakerError::InvalidName {
                name: name.escape_debug().take(200).collect(),
            });
        }
        let threshold = failure_threshold.map(u64::from);
        check("failure_threshold", threshold, u64::from(MAX_THRESHOLD))?;
        check("timeout", timeout, MAX_TIMEOUT)?;
        if !self.0.contains_key(name) && self.0.len() >= MOST_BREAKERS {
            return Err(BreakerError::TooMany {
                limit: MOST_BREAKERS as u32,
            });
        }
        let circuit = self.0.entry(name.to_owned()).or_insert_with(|| Circuit {
            failure_threshold: DEFAULT_THRESHOLD,
            timeout: DEFAULT_TIMEOUT,
            ..Circuit::default()
        });
        circuit.failure_threshold = failure_threshold.unwrap_or(circuit.failure_threshold);
        circuit.timeout = timeout.unwrap_or(circuit.timeout);
        Ok(circuit)
    }
}

impl Circuit {
    /// Does what the passing of time does.
    fn advance(&mut self, now: Duration) {
        // The timeout starts anew when the clock is set back: nobody tries early, and nobody waits longer than the
        // timeout.
        if let Phase::Open { since } | Phase::HalfOpen { trial: Some(since) } = &mut self.phase {
            *since = now.min(*since);
        }
        match self.phase {
            Phase::Open { since } | Phase::HalfOpen { trial: Some(since) }
                if self.is_over(since, now) =>
            {
                self.phase = Phase::HalfOpen { trial: None };
            }
            _ => {}
        }
    }

    fn allow(&mut self, now: Duration) -> Permission {
        self.advance(now);
        match self.phase {
            Phase::Closed => Permission::Allowed,
            Phase::HalfOpen { trial: None } => {
                self.phase = Phase::HalfOpen { trial: Some(now) };
                Permission::Trial
            }
            Phase::HalfOpen { trial: Some(since) } => {
                self.refuse(since, now, "another call is on trial")
            }
            Phase::Open { since } => {
                let error = self.last_error.as_deref().unwrap_or("the service failed");
                self.refuse(since, now, &format!("open after: {error}"))
            }
        }
    }

    fn succeed(&mut self) {
        self.successes += 1;
        match self.phase {
            Phase::Closed | Phase::HalfOpen { trial: Some(_) } => {
                self.close();
            }
            // A late answer to a call that was allowed before the breaker opened: only a trial closes it.
            Phase::Open { .. } | Phase::HalfOpen { trial: None } => {}
        }
    }

    fn fail(&mut self, now: Duration, error: Option<&str>) {
        self.failures += 1;
        self.consecutive_failures = self.consecutive_failures.saturating_add(1);
        if let Some(error) = error {
            self.last_error = Some(error.chars().take(LONGEST_ERROR).collect());
        }
        match self.phase {
            Phase::Closed if self.consecutive_failures >= self.failure_threshold => self.open(now),
            Phase::HalfOpen { .. } => self.open(now),
            Phase::Closed | Phase::Open { .. } => {}
        }
    }

    fn open(&mut self, now: Duration) {
        self.phase = Phase::Open { since: now };
        self.opened += 1;
    }

    fn close(&mut self) -> bool {
        self.consecutive_failures = 0;
        std::mem::replace(&mut self.phase, Phase::Closed) != Phase::Closed
    }

    fn refuse(&mut self, since: Duration, now: Duration, reason: &str) -> Permission {
        self.refused += 1;
        Permission::Refused {
            retry_after: self.remaining(since, now),
            reason: reason.to_owned(),
        }
    }

    fn is_over(&self, since: Duration, now: Duration) -> bool {
        now.saturating_sub(since) >= Duration::from_secs(self.timeout)
    }

    /// Seconds until the timeout is over, rounded up.
    fn remaining(&self, since: Duration, now: Duration) -> u64 {
        let left = (since + Duration::from_secs(self.timeout)).saturating_sub(now);
        left.as_secs() + u64::from(left.subsec_nanos() > 0)
    }

    fn state(&self) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    fn describe(&self, now: Duration, name: &str) -> Breaker {
        let retry_after = match self.phase {
            Phase::Open { since } => Some(self.remaining(since, now)),
            _ => None,
        };
        Breaker {
            name: name.to_owned(),
            state: self.state(),
            consecutive_failures: self.consecutive_failures,
            failure_threshold: self.failure_threshold,
            timeout: self.timeout,
            retry_after,
            last_error: self.last_error.clone(),
            successes: self.successes,
            failures: self.failures,
            refused: self.refused,
            opened: self.opened,
        }
    }
}

fn check(setting: &str, value: Option<u64>, maximum: u64) -> Result<(), BreakerError> {
    match value {
        Some(value) if !(1..=maximum).contains(&value) => Err(BreakerError::InvalidSetting {
            setting: setting.to_owned(),
            value,
            maximum,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
