//! Statistics: what a gateway has done, and where each module stands.

#![forbid(unsafe_code)]

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use crate::host::cache::CacheStatistics;
use crate::host::decision::decide::Layer;
use crate::host::decision::heat::Heat;
use crate::host::life::library::Memory;
use crate::host::life::lifecycle::State;
use crate::host::life::outcome::Refusal;
use crate::host::loader::platform::support;
use crate::host::reentrance::inside::{self, Inside};
use crate::host::runtime::Runtime;

pub use crate::host::loader::platform::Support;

/// A gateway's statistics at one moment. Its `Display` is a table.
///
/// Byte counts are bytes, durations serialize as seconds.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Statistics {
    /// Modules in the registry.
    pub modules_known: usize,
    /// Modules loaded now.
    pub modules_resident: usize,
    /// Operations in the registry.
    pub operations: usize,
    /// Loads that succeeded.
    pub loads: u64,
    /// Loads that failed.
    pub failed_loads: u64,
    /// Calls that the cache answered while their module was not loaded.
    pub loads_avoided: u64,
    /// Unloads, each proven.
    pub unloads: u64,
    /// Attempts to unload that were refused.
    pub refusals: u64,
    /// The same by reason, as [`Refusal::kind`](crate::outcome::Refusal::kind) names it.
    pub refusals_by_reason: Vec<Refusals>,
    /// Copies of modules that were sealed but could not go at once: they had to wait for threads,
    /// or stay for good.
    pub retirements: u64,
    /// Loads that came right after an unload.
    pub ping_pongs: u64,
    /// Bytes given back by unloads.
    pub bytes_reclaimed: u64,
    /// Descriptors that modules had open when they were gone.
    pub left_descriptors: u64,
    /// Bytes that modules had mapped when they were gone, and that may be somebody else's.
    pub left_bytes: u64,
    /// Address space of resident modules' files.
    pub mapped_bytes: u64,
    /// Live blocks in resident modules' heaps.
    pub heap_bytes: u64,
    /// Memory of copies that had to stay.
    pub retired_bytes: u64,
    /// Calls that have ended.
    pub calls: u64,
    /// Sweeps.
    pub sweeps: u64,
    /// How often each layer kept a module in a sweep.
    pub protections: Vec<Protections>,
    /// The cache.
    pub cache: CacheStatistics,
    /// Each module, in the registry's order.
    pub modules: Vec<ModuleStatistics>,
    /// What this system can do, see [`Support`].
    pub unloading: Support,
}

/// How often unloads were refused for one reason.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Refusals {
    /// The reason.
    pub reason: &'static str,
    /// How often.
    pub count: u64,
}

/// How often one layer kept a module in a sweep.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Protections {
    /// The layer.
    pub layer: &'static str,
    /// How often.
    pub count: u64,
}

/// One module's statistics.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ModuleStatistics {
    /// Its name.
    pub module: &'static str,
    /// Where it stands.
    pub state: State,
    /// How often it was called within [`Policy::heat_window`](crate::Policy::heat_window).
    pub heat: Heat,
    /// Calls that ended within the window.
    pub recent_calls: u64,
    /// All calls that have ended; a guard counts as one, when it does.
    pub calls: u64,
    /// Calls running and guards held.
    pub references: u64,
    /// Its results in the cache.
    pub cached_entries: u64,
    /// Calls that the cache answered while it was not loaded.
    pub loads_avoided: u64,
    /// Loads.
    pub loads: u64,
    /// Failed loads.
    pub failed_loads: u64,
    /// Unloads.
    pub unloads: u64,
    /// Refused attempts.
    pub refusals: u64,
    /// Copies that had to stay.
    pub retirements: u64,
    /// Their memory.
    pub retired_bytes: u64,
    /// Loads right after an unload.
    pub ping_pongs: u64,
    /// Bytes its unloads gave back.
    pub bytes_reclaimed: u64,
    /// Descriptors that it had open when it was gone.
    pub left_descriptors: u64,
    /// Bytes that it had mapped when it was gone, and that may be somebody else's.
    pub left_bytes: u64,
    /// What it holds now.
    pub memory: Memory,
    /// How long its last load took.
    #[serde(serialize_with = "crate::host::clock::as_seconds")]
    pub load_time: Duration,
    /// How long all its loads took together.
    #[serde(serialize_with = "crate::host::clock::as_seconds")]
    pub load_time_total: Duration,
}

impl Runtime {
    /// The statistics now. Asked from inside a method of a [`Library`](crate::library::Library), they say
    /// nothing of modules.
    pub fn statistics(&self) -> Statistics {
        let now = self.now();
        let asked = if inside::any(|inside| inside == Inside::Library) {
            0
        } else {
            self.modules.len()
        };
        let modules: Vec<_> = (0..asked)
            .map(|index| self.module_statistics(index, now))
            .collect();
        let sum = |part: fn(&ModuleStatistics) -> u64| modules.iter().map(part).sum();
        Statistics {
            modules_known: self.modules.len(),
            modules_resident: modules
                .iter()
                .filter(|module| module.state == State::Resident)
                .count(),
            operations: self.registry.operations().len(),
            loads: sum(|module| module.loads),
            failed_loads: sum(|module| module.failed_loads),
            loads_avoided: sum(|module| module.loads_avoided),
            unloads: sum(|module| module.unloads),
            refusals: sum(|module| module.refusals),
            refusals_by_reason: Refusal::KINDS
                .iter()
                .zip(&self.refusals_by_reason)
                .map(|(reason, count)| Refusals {
                    reason,
                    count: count.load(Ordering::Relaxed),
                })
                .filter(|refusals| refusals.count > 0)
                .collect(),
            retirements: sum(|module| module.retirements),
            ping_pongs: sum(|module| module.ping_pongs),
            bytes_reclaimed: sum(|module| module.bytes_reclaimed),
            left_descriptors: sum(|module| module.left_descriptors),
            left_bytes: sum(|module| module.left_bytes),
            mapped_bytes: sum(|module| module.memory.mapped),
            heap_bytes: sum(|module| module.memory.heap),
            retired_bytes: sum(|module| module.retired_bytes),
            calls: sum(|module| module.calls),
            sweeps: self.sweeps.load(Ordering::Relaxed),
            protections: Layer::ALL
                .iter()
                .zip(&self.protections_by_layer)
                .map(|(layer, count)| Protections {
                    layer: layer.name(),
                    count: count.load(Ordering::Relaxed),
                })
                .collect(),
            cache: self.cache.statistics(),
            modules,
            unloading: support(),
        }
    }

    fn module_statistics(&self, index: usize, now: Duration) -> ModuleStatistics {
        let module = &self.modules[index];
        let used = self.look(index, now);
        // Before the lock: what has expired is dropped, and a destructor may ask the gateway.
        let cached_entries = self.cache.live_entries(index as u32, now).count;
        let life = module.life();
        let history = &life.history;
        ModuleStatistics {
            module: module.info.name,
            state: life.state(),
            heat: self.policy.heat.heat(used.recent_calls),
            recent_calls: used.recent_calls,
            calls: used.calls,
            references: module.references(&self.protection),
            cached_entries,
            loads_avoided: module.loads_avoided.load(Ordering::Relaxed),
            loads: history.loads,
            failed_loads: history.failed_loads,
            unloads: history.unloads,
            refusals: history.refusals,
            retirements: history.retirements,
            retired_bytes: life.retired_bytes(),
            ping_pongs: history.ping_pongs_total,
            bytes_reclaimed: history.bytes_reclaimed,
            left_descriptors: history.left_descriptors,
            left_bytes: history.left_bytes,
            memory: life.memory(),
            load_time: history.load_time,
            load_time_total: history.load_time_total,
        }
    }
}

/// Bytes for people: `1.5 MiB`.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 1024.0 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        let digits = usize::from(unit > 0);
        f.pad(&format!("{value:.digits$} {}", UNITS[unit]))
    }
}

/// Bytes for a narrow column: `1.5M`.
struct Short(u64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Bytes(self.0).to_string();
        let short: String = text
            .chars()
            .filter(|character| !matches!(character, ' ' | 'i' | 'B'))
            .collect();
        f.pad(&short)
    }
}

/// ` (2 veto, 1 threads)`, or nothing.
struct Reasons<'a>(&'a [Refusals]);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, refusals) in self.0.iter().enumerate() {
            let before = if place == 0 { " (" } else { ", " };
            write!(f, "{before}{} {}", refusals.count, refusals.reason)?;
        }
        f.write_str(if self.0.is_empty() { "" } else { ")" })
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<16} {:<8} {:<8} {:>6} {:>6} {:>5} {:>7} {:>7} {:>6} {:>6} {:>6} {:>8}",
            "module",
            "state",
            "heat",
            "calls",
            "cached",
            "loads",
            "avoided",
            "unloads",
            "mapped",
            "heap",
            "back",
            "load"
        )?;
        for module in &self.modules {
            // What was never needed says nothing.
            if module.loads + module.failed_loads + module.loads_avoided == 0 {
                continue;
            }
            writeln!(
                f,
                "{:<16} {:<8} {:<8} {:>6} {:>6} {:>5} {:>7} {:>7} {:>6} {:>6} {:>6} {:>5.2} ms",
                module.module,
                module.state,
                module.heat,
                module.calls,
                module.cached_entries,
                module.loads,
                module.loads_avoided,
                module.unloads,
                Short(module.memory.mapped),
                Short(module.memory.heap),
                Short(module.bytes_reclaimed),
                module.load_time.as_secs_f64() * 1e3
            )?;
        }
        writeln!(
            f,
            "{} of {} modules resident ({} mapped, {} heap), {} operations known, {} calls",
            self.modules_resident,
            self.modules_known,
            Bytes(self.mapped_bytes),
            Bytes(self.heap_bytes),
            self.operations,
            self.calls
        )?;
        writeln!(
            f,
            "{} loads ({} failed), {} avoided by the cache; {} unloads gave {} back;\n{} refusals{}, {} retired, {} came right back",
            self.loads,
            self.failed_loads,
            self.loads_avoided,
            self.unloads,
            Bytes(self.bytes_reclaimed),
            self.refusals,
            Reasons(&self.refusals_by_reason),
            self.retirements,
            self.ping_pongs
        )?;
        if self.left_descriptors + self.left_bytes > 0 {
            writeln!(
                f,
                "left by modules that are gone: {} descriptors, {} mapped",
                self.left_descriptors,
                Bytes(self.left_bytes)
            )?;
        }
        write!(f, "{} sweeps; modules kept by", self.sweeps)?;
        let mut kept = self
            .protections
            .iter()
            .filter(|layer| layer.count > 0)
            .peekable();
        if kept.peek().is_none() {
            f.write_str(" no layer so far")?;
        }
        for (position, layer) in kept.enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma} {} {}×", layer.layer, layer.count)?;
        }
        writeln!(f)?;
        write!(
            f,
            "cache: {} results, {} of {}, {} hits, {} misses, {} joined",
            self.cache.entries,
            Bytes(self.cache.bytes),
            Bytes(self.cache.budget),
            self.cache.hits,
            self.cache.misses,
            self.cache.joined
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_the_unit_that_fits() {
        let text = |bytes| Bytes(bytes).to_string();
        assert_eq!(text(0), "0 B");
        assert_eq!(text(1023), "1023 B");
        assert_eq!(text(1536), "1.5 KiB");
        assert_eq!(text(5 << 30), "5.0 GiB");
        assert_eq!(Short(1536).to_string(), "1.5K");
        assert_eq!(Short(12).to_string(), "12");
    }
}
