//! The system's time: exact, which takes two readings, or as of its last tick, which takes one that is cheaper.
//!
//! # Invariants
//! - **TICKS-1** `clock_gettime` writes the time to its caller's place, and nothing else.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use super::passage::{Passage, Reading};

/// The first reading is at zero.
static PASSAGE: LazyLock<Passage> = LazyLock::new(|| Passage::begin(read));

/// The exact time at a tick of the wall clock, in a cache line of its own: it is read very often.
#[repr(align(128))]
struct Tick {
    /// What the wall clock says until its next tick.
    wall: AtomicI64,
    time: AtomicU64,
}

static TICK: Tick = Tick {
    wall: AtomicI64::new(i64::MIN),
    time: AtomicU64::new(0),
};

pub(super) fn now() -> Duration {
    Duration::from_nanos(PASSAGE.now(read))
}

/// One reading of one clock: as long as the wall clock says the same as when the exact time was taken, no
/// tick has passed. It says something else after each tick, a suspend, a pause, or when it was set.
#[inline]
pub(super) fn coarse() -> Duration {
    let wall = wall();
    // Acquire: the time is that tick's, or a later one.
    if TICK.wall.load(Ordering::Acquire) == wall {
        return Duration::from_nanos(TICK.time.load(Ordering::Relaxed));
    }
    next_tick(wall)
}

#[cold]
fn next_tick(wall: i64) -> Duration {
    let now = PASSAGE.now(read);
    let before = TICK.time.fetch_max(now, Ordering::Relaxed);
    TICK.wall.store(wall, Ordering::Release);
    Duration::from_nanos(now.max(before))
}

fn read() -> Reading {
    let wall = wall();
    let boot = boot();
    Reading { wall, boot }
}

#[cfg(target_os = "linux")]
#[inline]
fn wall() -> i64 {
    time_of(libc::CLOCK_REALTIME_COARSE)
}

#[cfg(target_os = "linux")]
fn boot() -> i64 {
    time_of(libc::CLOCK_BOOTTIME)
}

/// 64 bits reach to the year 2262.
#[cfg(target_os = "linux")]
#[inline]
fn time_of(clock: libc::clockid_t) -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: TICKS-1. Both clocks are there on every Linux that Rust runs on.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.tv_nsec)
}

#[cfg(not(target_os = "linux"))]
fn wall() -> i64 {
    use std::time::{SystemTime, UNIX_EPOCH};

    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    super::nanoseconds(since_epoch.unwrap_or_default()) as i64
}

#[cfg(not(target_os = "linux"))]
fn boot() -> i64 {
    use std::time::Instant;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    super::nanoseconds(START.elapsed()) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarse_time_is_never_ahead_and_follows() {
        // There is a tick: the time is to go on from it.
        let mut last = coarse();
        let begun = now();
        loop {
            let (coarse, exact) = (coarse(), now());
            assert!(exact < begun + Duration::from_secs(60), "it stands still");
            assert!(coarse <= exact);
            assert!(coarse >= last, "it goes back");
            if coarse > begun {
                break;
            }
            last = coarse;
            std::hint::spin_loop();
        }
    }

    /// A suspend can't be tried out here; so this is about which clock is read. On a machine that was never suspended,
    /// others say the same, so it is looked at once more in a namespace in which this one is ahead of them.
    #[cfg(target_os = "linux")]
    #[test]
    fn time_goes_on_as_the_clock_does_that_counts_suspends() {
        boot_is_uptime();
        let name = "clock::ticks::tests::in_a_namespace_with_a_boot_clock_of_its_own";
        let tried = std::process::Command::new("unshare")
            .args(["--user", "--time", "--boottime", "1000000", "--fork"])
            .arg(std::env::current_exe().expect("this program has a file"))
            .args(["--exact", name, "--ignored", "--nocapture"])
            .output();
        let (succeeded, said) = match &tried {
            Ok(output) => (output.status.success(), format!("{output:?}")),
            Err(error) => (false, error.to_string()),
        };
        if said.contains("running 1 test") {
            assert!(succeeded, "{said}");
        } else {
            use std::io::Write as _;
            // Past the test harness, which keeps what tests that pass print.
            let _ = writeln!(
                std::io::stderr(),
                "not tried: a boot clock that is ahead, for want of time namespaces: {said}"
            );
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    #[ignore = "run by the test above, in a namespace"]
    fn in_a_namespace_with_a_boot_clock_of_its_own() {
        assert!(boot() > 1_000_000 * 1_000_000_000);
        boot_is_uptime();
    }

    #[cfg(target_os = "linux")]
    #[track_caller]
    fn boot_is_uptime() {
        let uptime = std::fs::read_to_string("/proc/uptime").expect("Linux has it");
        let seconds: f64 = uptime
            .split_whitespace()
            .next()
            .and_then(|word| word.parse().ok())
            .expect("a number");
        // The file is about the same clock.
        let difference = boot() as f64 / 1e9 - seconds;
        assert!((-1.0..60.0).contains(&difference), "{difference} s");
    }
}
