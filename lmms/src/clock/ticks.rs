//! The system's monotonic time, exact (22 ns a reading) or as of its last tick (4 ns).
//!
//! | tag | invariant |
//! |---|---|
//! | T1 | `clock_gettime` writes the time to its caller's place, and nothing else. |

use std::time::Duration;

#[cfg(target_os = "linux")]
pub(super) fn now() -> Duration {
    read(libc::CLOCK_MONOTONIC)
}

#[cfg(target_os = "linux")]
pub(super) fn coarse() -> Duration {
    read(libc::CLOCK_MONOTONIC_COARSE)
}

#[cfg(target_os = "linux")]
#[inline]
fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: T1. Both clocks are there on every Linux that Rust runs on.
    unsafe { libc::clock_gettime(clock, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn now() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn coarse() -> Duration {
    now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarse_time_is_never_ahead_and_follows() {
        let begun = now();
        loop {
            let (coarse, exact) = (coarse(), now());
            assert!(coarse <= exact);
            if coarse > begun {
                break;
            }
            std::hint::spin_loop();
        }
    }
}
