//! What a question did to modules and cache: the difference between two statistics.
#![forbid(unsafe_code)]

use std::time::Duration;

use lmms::Statistics;
use serde_json::{Value, json};

/// What happened between two moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Results that came from the cache.
    pub cache_hits: u64,
    /// Those of them whose module was not loaded, by module.
    pub avoided: Vec<&'static str>,
    /// Modules that were loaded.
    pub loaded: Vec<Loaded>,
    /// Modules that were unloaded.
    pub unloaded: Vec<Unloaded>,
}

/// A module that was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its name.
    pub module: &'static str,
    /// What it holds now, mapped and heap.
    pub bytes: u64,
    /// How long loading took.
    pub took: Duration,
}

/// A module that was unloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unloaded {
    /// Its name.
    pub module: &'static str,
    /// What its unload gave back.
    pub bytes: u64,
}

impl Effects {
    /// What happened from `before` to `after`, two statistics of one gateway.
    pub fn between(before: &Statistics, after: &Statistics) -> Self {
        let mut effects = Self {
            cache_hits: after.cache.hits.saturating_sub(before.cache.hits),
            ..Self::default()
        };
        for (before, after) in before.modules.iter().zip(&after.modules) {
            let module = after.module;
            if after.loads > before.loads {
                effects.loaded.push(Loaded {
                    module,
                    bytes: after.memory.total(),
                    took: after.load_time,
                });
            }
            if after.unloads > before.unloads {
                effects.unloaded.push(Unloaded {
                    module,
                    bytes: after.bytes_reclaimed.saturating_sub(before.bytes_reclaimed),
                });
            }
            if after.loads_avoided > before.loads_avoided {
                effects.avoided.push(module);
            }
        }
        effects
    }

    /// As fields of a JSON document.
    pub fn to_json(&self) -> Value {
        let loaded = self.loaded.iter().map(|loaded| {
            json!({
                "module": loaded.module,
                "bytes": loaded.bytes,
                "microseconds": loaded.took.as_micros() as u64,
            })
        });
        json!({
            "cache_hits": self.cache_hits,
            "loads_avoided": self.avoided,
            "loaded": loaded.collect::<Vec<_>>(),
            "unloaded": unloaded_to_json(&self.unloaded),
        })
    }
}

/// Unloaded modules as JSON.
pub fn unloaded_to_json(unloaded: &[Unloaded]) -> Value {
    unloaded
        .iter()
        .map(|unloaded| json!({ "module": unloaded.module, "bytes": unloaded.bytes }))
        .collect()
}

/// What all resident modules hold: mapped files and heaps.
pub fn resident_bytes(statistics: &Statistics) -> u64 {
    statistics.mapped_bytes + statistics.heap_bytes
}

/// The physical memory of this process, in bytes; `None` where the system doesn't tell.
pub fn process_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    rss_of(&status)
}

fn rss_of(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn physical_memory_is_read_as_the_kernel_writes_it() {
        let status = "Name:\tsmart-home\nVmHWM:\t    9000 kB\nVmRSS:\t    8192 kB\n";
        assert_eq!(rss_of(status), Some(8 << 20));
        assert_eq!(rss_of("Name:\tx\n"), None);
        assert_eq!(rss_of("VmRSS:\tmany kB\n"), None);
    }
}
