//! The model: it knows all that ever happened, and decides one module at a time.

use std::time::Duration;

use lmms::decision::{Cause, Layer, Pressure};
use lmms::heat::Heat;
use lmms::policy::{CacheDependencies, Policy};

/// Everything that ever happened to a module, as far as it matters.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) resident: bool,
    /// When a sweep noticed calls, and how many.
    pub(crate) calls: Vec<(Duration, u64)>,
    pub(crate) unnoticed: u64,
    pub(crate) guards: u64,
    pub(crate) last_used: Duration,
    /// When its cached results expire.
    pub(crate) cached: Vec<Duration>,
    pub(crate) was_critical: bool,
    pub(crate) unloaded_at: Option<Duration>,
    pub(crate) early_unloads: u32,
    pub(crate) pinned: bool,
    pub(crate) is_unsafe: bool,
    pub(crate) objects: bool,
    pub(crate) busy: bool,
    pub(crate) bytes: u64,
}

impl History {
    pub(crate) fn refuses(&self) -> bool {
        self.objects || self.busy
    }

    /// Calls in this minute and the 60 before it.
    pub(crate) fn recent_calls(&self, now: Duration) -> u64 {
        let minute = |time: Duration| time.as_secs() / 60;
        self.calls
            .iter()
            .filter(|(time, _)| minute(now) - minute(*time) <= 60)
            .map(|(_, calls)| calls)
            .sum()
    }

    pub(crate) fn heat(&self, now: Duration) -> Heat {
        match self.recent_calls(now) {
            0..5 => Heat::Cold,
            5..20 => Heat::Warm,
            20..100 => Heat::Hot,
            _ => Heat::Critical,
        }
    }

    /// The first full minute at which it is cooler than now.
    pub(crate) fn cools_at(&self, now: Duration) -> Option<Duration> {
        let this_minute = now.as_secs() / 60;
        (1..=62)
            .map(|minutes| Duration::from_secs(60 * (this_minute + minutes)))
            .find(|then| self.heat(*then) < self.heat(now))
    }

    pub(crate) fn grace(&self) -> Duration {
        (0..self.early_unloads).fold(Duration::from_secs(30), |grace, _| {
            (grace * 2).min(Duration::from_secs(600))
        })
    }

    pub(crate) fn live(&self, now: Duration) -> impl Iterator<Item = Duration> + '_ {
        self.cached
            .iter()
            .copied()
            .filter(move |expires| now < *expires)
    }
}

/// The deciding layer and its end, or the place in the order and the cause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decided {
    Keep(Layer, Option<Duration>),
    Unload(u32, Cause),
}

pub(crate) fn expected(
    now: Duration,
    policy: &Policy,
    pressure: Pressure,
    modules: &[History],
) -> Vec<(u32, Decided)> {
    let pressed = policy.heed_pressure && pressure == Pressure::High;
    let for_good = |m: &History| {
        policy.critical_is_forever && (m.was_critical || m.heat(now) == Heat::Critical)
    };
    let cache_protects = |m: &History| {
        policy.cache_dependencies == CacheDependencies::Protect && m.live(now).next().is_some()
    };
    let grace_protects = |m: &History| !pressed && now - m.last_used < m.grace();
    let idle = |m: &History| {
        m.resident
            && !m.pinned
            && !m.is_unsafe
            && m.guards == 0
            && m.heat(now) < Heat::Hot
            && !for_good(m)
            && !cache_protects(m)
            && !grace_protects(m)
    };

    let mut left: Vec<usize> = (0..modules.len())
        .filter(|m| modules[*m].resident)
        .collect();
    let mut asked = Vec::new();
    let mut unloaded = Vec::new();
    let room_wanted = |left: &[usize]| {
        let bytes: u64 = left.iter().map(|m| modules[*m].bytes).sum();
        let over_budget = policy.resident_bytes.is_some_and(|budget| bytes > budget);
        let over_count = left.len() > policy.max_resident;
        match (pressed, over_count, over_budget) {
            (true, _, _) => Some(Cause::Pressure),
            (_, true, _) => Some(Cause::TooManyResident),
            (_, _, true) => Some(Cause::TooManyBytes),
            _ => None,
        }
    };
    while let Some(cause) = room_wanted(&left) {
        let can = |m: &&usize| idle(&modules[**m]) && !asked.contains(*m);
        let of_heat = |heat| {
            left.iter()
                .filter(can)
                .filter(move |m| modules[**m].heat(now) == heat)
        };
        let oldest = |heat| {
            of_heat(heat)
                .copied()
                .min_by_key(|m| (modules[*m].last_used, *m))
        };
        let Some(next) = oldest(Heat::Cold).or_else(|| oldest(Heat::Warm)) else {
            break;
        };
        if modules[next].refuses() {
            asked.push(next);
        } else {
            left.retain(|m| *m != next);
            unloaded.push((next, cause));
        }
    }

    let cold_can = left.iter().any(|m| {
        idle(&modules[*m]) && !modules[*m].refuses() && modules[*m].heat(now) == Heat::Cold
    });
    let decided = |index: usize| {
        let m = &modules[index];
        if let Some(rank) = unloaded.iter().position(|(unloaded, _)| *unloaded == index) {
            return Decided::Unload(rank as u32, unloaded[rank].1);
        }
        let heat_protects = match m.heat(now) {
            Heat::Warm => cold_can,
            heat => heat >= Heat::Hot,
        };
        if m.pinned {
            Decided::Keep(Layer::Pinned, None)
        } else if m.is_unsafe {
            Decided::Keep(Layer::Unsafe, None)
        } else if m.guards > 0 {
            Decided::Keep(Layer::References, None)
        } else if for_good(m) {
            Decided::Keep(Layer::Heat, None)
        } else if heat_protects {
            Decided::Keep(Layer::Heat, m.cools_at(now))
        } else if cache_protects(m) {
            Decided::Keep(Layer::Cache, m.live(now).max())
        } else if grace_protects(m) {
            Decided::Keep(Layer::Grace, Some(m.last_used + m.grace()))
        } else if asked.contains(&index) {
            let layer = if m.objects { Layer::Veto } else { Layer::Busy };
            Decided::Keep(layer, None)
        } else {
            Decided::Keep(Layer::Threshold, None)
        }
    };
    (0..modules.len())
        .filter(|m| modules[*m].resident)
        .map(|m| (m as u32, decided(m)))
        .collect()
}
