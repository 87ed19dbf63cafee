//! The cache compared with a plain map, over random sequences of everything that can be done to it.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use proptest::prelude::*;

use super::tests::{OVERHEAD, number, seconds};
use super::*;

#[derive(Clone, Debug)]
enum Step {
    Get(u32, u8),
    /// With a time to live and a size.
    Insert(u32, u8, u64, usize),
    InvalidateOperation(u32),
    InvalidateModule(u32),
    Clear,
    RemoveExpired,
    Live(u32),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let operation = prop_oneof![10..13u32, 20..22u32];
    let step = prop_oneof![
        8 => (operation.clone(), 0..12u8).prop_map(|(operation, key)| Step::Get(operation, key)),
        8 => (operation.clone(), 0..12u8, 0..40u64, 0..3_000usize)
            .prop_map(|(operation, key, ttl, bytes)| Step::Insert(operation, key, ttl, bytes)),
        1 => operation.prop_map(Step::InvalidateOperation),
        1 => (0..3u32).prop_map(Step::InvalidateModule),
        1 => Just(Step::RemoveExpired),
        2 => (0..3u32).prop_map(Step::Live),
        3 => (0..15u64).prop_map(Step::Wait),
    ];
    let rarely_clear = prop_oneof![60 => step, 1 => Just(Step::Clear)];
    proptest::collection::vec(rarely_clear, 1..200)
}

/// What would be in a cache without limits: value, size, expiry.
#[derive(Default)]
struct Model(HashMap<(u32, Vec<u8>), (u64, u64, u64)>);

impl Model {
    fn live(&self, now: u64) -> impl Iterator<Item = (&(u32, Vec<u8>), &(u64, u64, u64))> {
        self.0
            .iter()
            .filter(move |(_, (_, _, expires))| now < *expires)
    }
}

/// Keys of different lengths, all the way through the hash.
fn arguments(key: u8) -> Vec<u8> {
    vec![key; usize::from(key) * 9]
}

fn compare_with_model(budget: u64, shards: usize, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let unlimited = budget == u64::MAX;
    let cache = ResultCache::with_shards(budget, shards);
    let mut model = Model::default();
    let (mut now, mut serial) = (0, 0);
    for step in steps {
        match step {
            Step::Get(operation, key) => {
                let arguments = arguments(key);
                let found = number(&cache, operation, &arguments, now);
                let wanted = model
                    .live(now)
                    .find(|(of, _)| **of == (operation, arguments.clone()))
                    .map(|(_, value)| value.0);
                prop_assert!(
                    found == wanted || (!unlimited && found.is_none()),
                    "found {found:?}, wanted {wanted:?}"
                );
            }
            Step::Insert(operation, key, ttl, bytes) => {
                serial += 1;
                let arguments = arguments(key);
                let size = (arguments.len() + bytes) as u64 + OVERHEAD;
                let generation = cache.generation(operation);
                let new = NewResult {
                    operation,
                    module: operation / 10,
                    arguments: &arguments,
                    value: Arc::new(serial),
                    bytes,
                    expires: seconds(now + ttl),
                    generation,
                };
                let stored = cache.insert(new, seconds(now));
                if ttl == 0 {
                    prop_assert_eq!(stored, Insertion::Expired);
                } else if size > budget {
                    prop_assert_eq!(stored, Insertion::NoRoom);
                } else {
                    prop_assert_eq!(stored, Insertion::Stored);
                    prop_assert_eq!(number(&cache, operation, &arguments, now), Some(serial));
                    model
                        .0
                        .insert((operation, arguments), (serial, size, now + ttl));
                }
            }
            Step::InvalidateOperation(operation) => {
                cache.invalidate_operation(operation);
                model.0.retain(|(of, _), _| *of != operation);
            }
            Step::InvalidateModule(module) => {
                cache.invalidate_module(module);
                model.0.retain(|(of, _), _| *of / 10 != module);
            }
            Step::Clear => {
                cache.clear();
                model.0.clear();
            }
            Step::RemoveExpired => {
                cache.remove_expired(seconds(now));
            }
            Step::Live(module) => {
                let live = cache.live_entries(module, seconds(now));
                let expiries: Vec<u64> = model
                    .live(now)
                    .filter(|((of, _), _)| *of / 10 == module)
                    .map(|(_, value)| value.2)
                    .collect();
                if unlimited {
                    let first = expiries.iter().min().copied().unwrap_or(0);
                    let last = expiries.iter().max().copied().unwrap_or(0);
                    let count = expiries.len() as u64;
                    prop_assert_eq!(
                        live,
                        LiveEntries {
                            count,
                            first_expiry: seconds(first),
                            last_expiry: seconds(last)
                        }
                    );
                } else {
                    prop_assert!(live.count <= expiries.len() as u64);
                }
            }
            Step::Wait(time) => now += time,
        }
        prop_assert!(cache.bytes() <= budget);
    }
    // What is left is what can be found, and is charged for exactly.
    cache.remove_expired(seconds(now));
    let found: Vec<u64> = model
        .live(now)
        .filter(|((operation, arguments), _)| number(&cache, *operation, arguments, now).is_some())
        .map(|(_, value)| value.1)
        .collect();
    let counted = cache.statistics();
    prop_assert_eq!(
        (counted.entries, counted.bytes),
        (found.len() as u64, found.iter().sum::<u64>())
    );
    prop_assert!(!unlimited || found.len() == model.live(now).count());
    prop_assert!(!unlimited || counted.evictions == 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_limit_it_is_a_map_with_expiry(steps in steps()) {
        compare_with_model(u64::MAX, 4, steps)?;
    }

    #[test]
    fn with_a_limit_it_may_forget_but_never_lies(budget in 0..12_000u64, shards in 1..4usize, steps in steps()) {
        compare_with_model(budget, shards, steps)?;
    }
}
