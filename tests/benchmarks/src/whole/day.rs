//! A generated day: the recorded weekday of the smart home, and some thousand events more of the
//! same kinds, skewed and in bursts, always the same for the same seed.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashSet};
use std::fs;

use serde_json::Value;
use whole_system::Event;

use crate::fixture::repository;

/// The seed of the published figures.
const SEED: u64 = 20_260_318;

/// How often the kinds of events occur, by interface; `""` stands for events of Alexa.
const WEIGHTS: &[(&str, u64)] = &[
    ("", 620),
    ("sun", 120),
    ("devices", 80),
    ("templates", 50),
    ("metrics", 40),
    ("cache", 30),
    ("security", 20),
    ("images", 15),
    ("config", 10),
    ("circuit_breaker", 8),
    ("charts", 4),
    ("debug", 3),
];

/// Bursts in each hour of the day.
const BURSTS: [u64; 24] = [
    1, 0, 0, 0, 0, 0, 6, 9, 4, 1, 0, 1, 3, 1, 0, 1, 3, 6, 9, 9, 7, 5, 3, 1,
];

/// Operations that must not be repeated: they move the home's time on, or forget what was counted.
const ONCE: &[&str] = &["simulate", "reset", "cleanup_expired", "set_parameter"];

/// After so long without an event, the environment is gone and the next event starts another.
pub const ENVIRONMENT_LIVES: f64 = 600.0;

/// A day.
#[derive(Debug)]
pub struct Day {
    /// When it begins, in seconds since the Unix epoch: midnight.
    pub start: f64,
    /// Its events.
    pub events: Vec<Event>,
}

/// The day with about `wanted` events.
pub fn day(wanted: usize) -> Result<Day, String> {
    let path = repository().join("examples/smart-home/days/weekday.jsonl");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    // 2026-03-18T00:00:00+01:00, the recording's own midnight.
    let start = 1_773_788_400.0;
    let mut recorded = Vec::new();
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut producers: BTreeMap<String, String> = BTreeMap::new();
    for line in text.lines() {
        let mut value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let Some(fields) = value.as_object_mut() else {
            continue;
        };
        let at = fields
            .remove("at")
            .and_then(|at| seconds(at.as_str()?))
            .ok_or_else(|| format!("no time: {line}"))?;
        fields.remove("note");
        fields.remove("save");
        if fields.is_empty() {
            continue;
        }
        let keep = fields
            .get("keep")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let call = fields.get("call");
        let of = |name: &str| call.and_then(|call| call.get(name)?.as_str().map(str::to_owned));
        let (interface, operation) = (of("interface"), of("operation"));
        let text = Value::Object(fields.clone()).to_string();
        recorded.push((at, text.clone()));
        if let Some(name) = keep {
            producers.insert(name, text);
        } else if operation.is_none_or(|name| !ONCE.contains(&name.as_str())) {
            kinds
                .entry(interface.unwrap_or_default())
                .or_default()
                .push(text);
        }
    }
    let mut moments: Vec<(f64, Option<String>)> = recorded
        .into_iter()
        .map(|(at, text)| (at, Some(text)))
        .collect();
    let mut random = Random(SEED);
    let bursts: u64 = BURSTS.iter().sum();
    let each = wanted.saturating_sub(moments.len()) / bursts as usize;
    for (hour, count) in BURSTS.iter().enumerate() {
        for _ in 0..*count {
            let mut at = hour as f64 * 3600.0 + random.below(3500) as f64;
            for _ in 0..each / 2 + random.below(each as u64 + 1) as usize {
                at += random.below(6000) as f64 / 1000.0;
                moments.push((at, None));
            }
        }
    }
    moments.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut events: Vec<Event> = Vec::new();
    let mut kept = HashSet::new();
    let mut last = f64::MIN;
    for (after, text) in moments {
        if after - last > ENVIRONMENT_LIVES {
            // Another environment: what was kept is gone.
            kept.clear();
        }
        last = after;
        let line = match text {
            Some(line) => line,
            None => match pick(&kinds, &mut random) {
                Some(line) => line.clone(),
                None => return Err("the recording has nothing to repeat".to_owned()),
            },
        };
        let value: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        for name in needs(&value) {
            if kept.insert(name.clone())
                && let Some(producer) = producers.get(&name)
            {
                let line = producer.clone();
                events.push(Event { after, line });
            }
        }
        if let Some(name) = value.get("keep").and_then(Value::as_str) {
            kept.insert(name.to_owned());
        }
        events.push(Event { after, line });
    }
    Ok(Day { start, events })
}

/// The lives that environments have in this day: ranges of its events.
pub fn lives(day: &Day) -> Vec<std::ops::Range<usize>> {
    let mut lives = Vec::new();
    let mut begin = 0;
    for index in 1..=day.events.len() {
        let ends = day
            .events
            .get(index)
            .is_none_or(|next| next.after - day.events[index - 1].after > ENVIRONMENT_LIVES);
        if ends {
            lives.push(begin..index);
            begin = index;
        }
    }
    lives
}

/// A kind by its weight; in it the first lines are asked for most.
fn pick<'k>(kinds: &'k BTreeMap<String, Vec<String>>, random: &mut Random) -> Option<&'k String> {
    let total: u64 = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut chosen = random.below(total);
    let (kind, _) = WEIGHTS.iter().find(|(_, weight)| {
        let here = chosen < *weight;
        chosen = chosen.saturating_sub(*weight);
        here
    })?;
    let lines = kinds.get(*kind)?;
    // The smaller of two draws favours the first lines.
    let place = random
        .below(lines.len() as u64)
        .min(random.below(lines.len() as u64));
    lines.get(place as usize)
}

/// The names of kept answers in a line.
fn needs(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$").and_then(Value::as_str).map(str::to_owned);
            own.into_iter()
                .chain(fields.values().flat_map(needs))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(needs).collect(),
        _ => Vec::new(),
    }
}

/// Seconds since midnight of `2026-03-18T06:20:30+01:00`.
fn seconds(time: &str) -> Option<f64> {
    let clock = time.get(11..19)?;
    let mut parts = clock.split(':').map(str::parse::<u32>);
    let mut next = || parts.next()?.ok();
    Some(f64::from(next()? * 3600 + next()? * 60 + next()?))
}

/// xorshift: the same day everywhere.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_always_the_same_and_in_order() {
        let (one, other) = (day(2000).unwrap(), day(2000).unwrap());
        assert!(one.events.len() > 1500, "{}", one.events.len());
        assert_eq!(one.events.len(), other.events.len());
        for (one, other) in one.events.iter().zip(&other.events) {
            assert_eq!((one.after, &one.line), (other.after, &other.line));
        }
        assert!(one.events.is_sorted_by(|a, b| a.after <= b.after));
    }

    #[test]
    fn lives_cover_the_day_and_are_apart() {
        let day = day(500).unwrap();
        let lives = lives(&day);
        assert!(lives.len() > 3, "{lives:?}");
        assert_eq!(lives.first().unwrap().start, 0);
        assert_eq!(lives.last().unwrap().end, day.events.len());
        for pair in lives.windows(2) {
            assert_eq!(pair[0].end, pair[1].start);
            let gap = day.events[pair[1].start].after - day.events[pair[0].end - 1].after;
            assert!(gap > ENVIRONMENT_LIVES);
        }
    }
}
