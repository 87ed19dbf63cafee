use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;

use super::*;
use crate::host::cache::tests::seconds;
use crate::host::cache::{Insertion, Missed, NewResult, ResultCache};

const THREADS: usize = 8;

/// What a test waits for must come: else it fails instead of hanging.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        thread::yield_now();
    }
}

/// Runs a test on threads of its own, for so long at most.
fn in_time(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let tested = thread::spawn(move || {
        test();
        drop(done);
    });
    let ended = ended.recv_timeout(Duration::from_secs(60));
    assert_ne!(
        ended,
        Err::<(), _>(mpsc::RecvTimeoutError::Timeout),
        "hangs"
    );
    tested.join().expect("no assertion failed");
}

/// How many threads have found somebody else's flight.
fn joined(flights: &Flights) -> usize {
    let flights = flights.lock();
    // One is the list's, one the leader's.
    flights
        .iter()
        .map(|flight| Arc::strong_count(flight) - 2)
        .sum()
}

/// As a call of an operation does: `Err` is not kept.
fn get(
    cache: &ResultCache,
    key: &[u8],
    compute: impl FnOnce() -> Result<u64, &'static str>,
) -> Result<u64, &'static str> {
    let now = seconds(1);
    let as_number = |value: &CachedResult| *value.downcast_ref::<u64>().expect("a number");
    if let Some(hit) = cache.find(7, key, now) {
        return Ok(as_number(hit.value()));
    }
    match cache.miss(7, key, now, || true) {
        Missed::Found(value) => Ok(as_number(&value)),
        Missed::Compute(computation) => {
            let number = compute()?;
            computation.finish(0, Arc::new(number), number as usize, seconds(9), now);
            Ok(number)
        }
    }
}

fn flights_of<'c>(cache: &'c ResultCache, key: &[u8]) -> &'c Flights {
    &cache.shard(cache.hasher.hash(7, key)).flights
}

fn all_joined(cache: &ResultCache, but: usize) {
    until("the others join", || {
        joined(flights_of(cache, b"key")) == THREADS - 1 - but
    });
}

fn one_computes_for_all(budget: u64, number: u64) {
    let cache = ResultCache::new(budget);
    let runs = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let computed = get(&cache, b"key", || {
                    runs.fetch_add(1, Ordering::Relaxed);
                    all_joined(&cache, 0);
                    Ok(number)
                });
                assert_eq!(computed, Ok(number));
            });
        }
    });
    assert_eq!(runs.into_inner(), 1);
    let counted = cache.statistics();
    assert_eq!(
        (counted.misses, counted.hits, counted.joined),
        (1, 0, THREADS as u64 - 1)
    );
    assert!(flights_of(&cache, b"key").lock().is_empty());
}

#[test]
fn of_many_threads_that_miss_one_result_one_computes_it() {
    in_time(|| one_computes_for_all(1 << 20, 100));
}

#[test]
fn a_result_that_is_too_large_to_be_kept_is_still_computed_once() {
    in_time(|| one_computes_for_all(1000, 2000));
}

#[test]
fn a_cache_that_is_turned_off_has_nobody_wait() {
    in_time(|| {
        let cache = ResultCache::new(0);
        let together = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let computed = get(&cache, b"key", || {
                        together.wait();
                        // Who had waited in vain would have left a flight of its own there.
                        assert!(flights_of(&cache, b"key").lock().is_empty());
                        Ok(1)
                    });
                    assert_eq!(computed, Ok(1));
                });
            }
        });
        assert_eq!(cache.statistics().misses, THREADS as u64);
    });
}

/// The first computation comes to nothing, as `fail` has it.
fn another_one_goes_on(fail: fn() -> Result<u64, &'static str>) {
    let cache = ResultCache::new(1 << 20);
    let runs = AtomicUsize::new(0);
    let failures = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let compute = || match runs.fetch_add(1, Ordering::Relaxed) {
                    0 => {
                        all_joined(&cache, 0);
                        fail()
                    }
                    _ => {
                        all_joined(&cache, 1);
                        Ok(5)
                    }
                };
                match catch_unwind(AssertUnwindSafe(|| get(&cache, b"key", compute))) {
                    Ok(Ok(number)) => assert_eq!(number, 5),
                    _ => assert_eq!(failures.fetch_add(1, Ordering::Relaxed), 0),
                }
            });
        }
    });
    assert_eq!((runs.into_inner(), failures.into_inner()), (2, 1));
}

#[test]
fn after_an_error_another_one_computes_and_the_rest_wait_for_that() {
    in_time(|| another_one_goes_on(|| Err("on purpose")));
}

#[test]
fn after_a_panic_another_one_computes_and_the_rest_wait_for_that() {
    in_time(|| another_one_goes_on(|| panic!("on purpose")));
}

#[test]
fn what_always_fails_is_computed_side_by_side_in_the_end() {
    in_time(|| {
        // Nobody gives up: who waited once too often would wait for ever.
        let table = Table::new(Duration::MAX);
        let runs = AtomicUsize::new(0);
        let last = Barrier::new(THREADS - PATIENCE);
        let fails =
            || match (table.flights).board((1, b"key"), || Generation(0), table.longest, || true) {
                Boarding::Arrived(_) => panic!("there is no result"),
                Boarding::Leads(flight) => {
                    match runs.fetch_add(1, Ordering::Relaxed) {
                        earlier @ ..PATIENCE => until("the others join", || {
                            joined(&table.flights) == THREADS - 1 - earlier
                        }),
                        _ => drop(last.wait()),
                    }
                    table.flights.remove(&flight);
                    flight.land(None);
                }
            };
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(fails);
            }
        });
        assert_eq!(runs.into_inner(), THREADS);
    });
}

#[test]
fn who_comes_after_an_invalidation_does_not_get_what_was_begun_before() {
    in_time(|| {
        let cache = ResultCache::new(1 << 20);
        let early = || {
            get(&cache, b"key", || {
                until("one joins", || joined(flights_of(&cache, b"key")) == 1);
                cache.invalidate_operation(7);
                // In place of the outdated one, and joined by those who come later.
                let late =
                    || thread::scope(|scope| scope.spawn(|| get(&cache, b"key", || Ok(2))).join());
                assert_eq!(late().expect("it computes"), Ok(2));
                Ok(1)
            })
        };
        let both = thread::scope(|scope| {
            let one = scope.spawn(early);
            let other = scope.spawn(early);
            [one, other].map(|thread| thread.join().expect("it gets a number"))
        });
        assert_eq!(both, [Ok(1); 2], "these came before");
        assert_eq!(get(&cache, b"key", || Err("it is there")), Ok(2));
        assert_eq!(cache.statistics().insertions, 1);
    });
}

/// Flights without a cache, where nobody gives up.
struct Table {
    flights: Flights,
    longest: Duration,
}

impl Table {
    fn new(longest: Duration) -> Arc<Self> {
        Arc::new(Self {
            flights: Flights::default(),
            longest,
        })
    }

    fn get(&self, key: &[u8], compute: impl FnOnce() -> u64) -> u64 {
        match (self.flights).board((1, key), || Generation(0), self.longest, || true) {
            Boarding::Arrived(value) => *value.downcast_ref().expect("a number"),
            Boarding::Leads(flight) => {
                let number = compute();
                flight.land(Some(Arc::new(number)));
                self.flights.remove(&flight);
                number
            }
        }
    }
}

#[test]
fn a_computation_that_asks_for_its_own_result_computes_it_again() {
    in_time(|| {
        let table = Table::new(Duration::MAX);
        let nested = || table.get(b"key", || table.get(b"key", || 3) + 1) + 1;
        assert_eq!(table.get(b"key", nested), 5);
        assert!(table.flights.lock().is_empty());
    });
}

#[test]
fn threads_that_would_wait_in_a_circle_compute_again() {
    for count in [2, 3, 5_usize] {
        in_time(move || {
            let table = Table::new(Duration::MAX);
            let all_lead = Barrier::new(count);
            let runs = AtomicUsize::new(0);
            thread::scope(|scope| {
                for number in 0..count {
                    let (table, all_lead, runs) = (&table, &all_lead, &runs);
                    scope.spawn(move || {
                        let next = [((number + 1) % count) as u8];
                        let mine = table.get(&[number as u8], || {
                            runs.fetch_add(1, Ordering::Relaxed);
                            all_lead.wait();
                            table.get(&next, || {
                                runs.fetch_add(1, Ordering::Relaxed);
                                7
                            })
                        });
                        assert_eq!(mine, 7);
                    });
                }
            });
            let runs = runs.into_inner();
            assert!(runs > count && runs < 2 * count, "{runs} runs of {count}");
        });
    }
}

#[test]
fn nobody_waits_for_longer_than_allowed_and_newcomers_not_at_all() {
    in_time(|| {
        let table = Table::new(Duration::ZERO);
        let Boarding::Leads(stuck) =
            (table.flights).board((1, b"key"), || Generation(0), table.longest, || true)
        else {
            panic!("nobody else computes");
        };
        let there = || table.get(b"key", || 4);
        let waited = thread::scope(|scope| scope.spawn(there).join());
        assert_eq!(waited.expect("it computes"), 4);
        assert!(
            table.flights.lock().is_empty(),
            "the one that is stuck is gone"
        );
        table.flights.remove(&stuck);
    });
}

#[test]
fn who_may_not_wait_computes_and_takes_what_is_there() {
    in_time(|| {
        let table = Table::new(Duration::MAX);
        let board =
            || (table.flights).board((1, b"key"), || Generation(0), table.longest, || false);
        // Of another thread: for its own flight nobody waits anyway.
        let leads = thread::scope(|scope| scope.spawn(board).join());
        let Ok(Boarding::Leads(flight)) = leads else {
            panic!("nobody else computes");
        };
        assert!(matches!(board(), Boarding::Leads(_)));
        flight.land(Some(Arc::new(9_u64)));
        assert!(
            matches!(board(), Boarding::Arrived(_)),
            "nothing to wait for"
        );
    });
}

#[test]
fn an_outdated_flight_is_waited_for_by_nobody_who_comes_later() {
    in_time(|| {
        let table = Table::new(Duration::MAX);
        let board = |generation: u64| {
            let generation = || Generation(generation);
            (table.flights).board((1, b"key"), generation, table.longest, || true)
        };
        let there = |generation| {
            let boards = move || board(generation);
            thread::scope(|scope| scope.spawn(boards).join()).expect("it boards")
        };
        let Boarding::Leads(outdated) = board(1) else {
            panic!("nobody else computes");
        };
        let Boarding::Leads(fresh) = there(2) else {
            panic!("it got a result of before");
        };
        outdated.land(Some(Arc::new(1_u64)));
        table.flights.remove(&outdated);
        fresh.land(Some(Arc::new(2_u64)));
        let Boarding::Arrived(value) = board(2) else {
            panic!("the fresh one is there");
        };
        assert_eq!(value.downcast_ref(), Some(&2_u64));
    });
}

/// Many threads that ask for results which depend on each other in circles, are invalidated, fail and panic.
#[test]
fn threads_get_right_results_in_the_end_whatever_happens() {
    in_time(|| {
        let cache = ResultCache::with_shards(4000, 2);
        let (now, forgotten) = (AtomicU64::new(0), AtomicU64::new(0));
        let running = AtomicUsize::new(0);
        thread::scope(|scope| {
            for seed in 0..4_u64 {
                let (cache, now, forgotten, running) = (&cache, &now, &forgotten, &running);
                scope.spawn(move || {
                    let mut random = seed;
                    for _ in 0..3000 {
                        random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
                        let before = forgotten.load(Ordering::SeqCst);
                        let key = (random >> 40) as u8 % 6;
                        let got =
                            catch_unwind(AssertUnwindSafe(|| nested(cache, now, key, 3, random)));
                        if let Ok(Ok(number)) = got {
                            assert!(number >= before, "{number} is from before {before}");
                        }
                        if random >> 60 == 0 {
                            now.fetch_add(1, Ordering::SeqCst);
                            cache.invalidate_operation(7);
                            forgotten.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                    running.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        assert_eq!(running.into_inner(), 4);
        let flying: usize = (cache.shards.iter())
            .map(|shard| shard.flights.lock().len())
            .sum();
        assert_eq!(flying, 0);
    });
}

/// A result that rests on the next ones; the number of the invalidation it has seen.
fn nested(
    cache: &ResultCache,
    now: &AtomicU64,
    key: u8,
    depth: u8,
    random: u64,
) -> Result<u64, &'static str> {
    get(cache, &[key], || {
        let seen = now.load(Ordering::SeqCst);
        if depth > 0 {
            nested(cache, now, (key + 1) % 6, depth - 1, random >> 3)?;
        }
        match random % 16 {
            0 => Err("on purpose"),
            1 => std::panic::resume_unwind(Box::new("on purpose")),
            _ => Ok(seen),
        }
    })
}

#[test]
fn a_finished_computation_says_what_became_of_its_result() {
    let cache = ResultCache::new(1 << 20);
    let Missed::Compute(computation) = cache.miss(7, b"key", seconds(1), || true) else {
        panic!("nothing is there");
    };
    cache.clear();
    let insertion = computation.finish(0, Arc::new(1_u64), 8, seconds(9), seconds(1));
    assert_eq!(insertion, Insertion::Outdated);
    let new = NewResult {
        operation: 7,
        module: 0,
        arguments: b"key",
        value: Arc::new(2_u64),
        bytes: 8,
        expires: seconds(9),
        generation: cache.generation(7),
    };
    // Stored meanwhile, between the look without the lock and the one under it.
    assert_eq!(cache.insert(new, seconds(1)), Insertion::Stored);
    assert!(matches!(
        cache.miss(7, b"key", seconds(1), || true),
        Missed::Found(_)
    ));
}
