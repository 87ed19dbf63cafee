//! When a request is sent again, and after how long: a pure decision.

use std::time::Duration;

use ureq::http::Method;

const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How an attempt ended, as far as retrying is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An answer with this status, and how long it asks to wait.
    Answered {
        status: u16,
        retry_after: Option<Duration>,
    },
    /// The connection could not be made, or broke.
    Broken,
    /// Any failure that the next attempt would meet again.
    Hopeless,
}

/// How long to wait before sending again, or `None` when this outcome is final.
///
/// `attempts` counts those made, `remaining` is the time the call has left, `jitter` is from 0 to 1.
pub(crate) fn wait_before_retry(
    method: &Method,
    outcome: Outcome,
    attempts: u32,
    retries: u32,
    remaining: Duration,
    jitter: f64,
) -> Option<Duration> {
    if attempts > retries {
        return None;
    }
    let repeatable = matches!(
        method.as_str(),
        "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE"
    );
    let asked = match outcome {
        Outcome::Hopeless => return None,
        Outcome::Broken if repeatable => None,
        Outcome::Broken => return None,
        Outcome::Answered {
            status: 429,
            retry_after,
        } => retry_after,
        Outcome::Answered {
            status: 503,
            retry_after: Some(wait),
        } => Some(wait),
        Outcome::Answered {
            status: 408 | 500 | 502 | 503 | 504,
            ..
        } if repeatable => None,
        Outcome::Answered { .. } => return None,
    };
    let wait = asked.unwrap_or_else(|| backoff(attempts, jitter));
    // A wait that leaves no time for the attempt itself would only turn an answer into a timeout.
    (wait < remaining).then_some(wait)
}

/// The wait that a `Retry-After` header asks for: seconds, or an HTTP date seen from `now` (since the Unix epoch).
pub(crate) fn parse_retry_after(value: &str, now: Duration) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(since_epoch.saturating_sub(now))
}

fn backoff(attempts: u32, jitter: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(10);
    let full = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    full.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn answered(status: u16) -> Outcome {
        Outcome::Answered {
            status,
            retry_after: None,
        }
    }

    #[test]
    fn only_repeatable_methods_are_sent_again_after_a_server_error() {
        for status in [408, 500, 502, 503, 504] {
            let get = wait_before_retry(&Method::GET, answered(status), 1, 2, LONG, 1.0);
            assert_eq!(get, Some(Duration::from_millis(200)), "{status}");
            assert_eq!(
                wait_before_retry(&Method::POST, answered(status), 1, 2, LONG, 1.0),
                None,
                "{status}"
            );
            assert_eq!(
                wait_before_retry(&Method::PATCH, answered(status), 1, 2, LONG, 1.0),
                None,
                "{status}"
            );
        }
        assert!(wait_before_retry(&Method::DELETE, Outcome::Broken, 1, 2, LONG, 0.0).is_some());
        assert!(wait_before_retry(&Method::POST, Outcome::Broken, 1, 2, LONG, 0.0).is_none());
    }

    #[test]
    fn answers_that_will_not_change_are_final() {
        for status in [200, 301, 400, 401, 404, 501] {
            assert_eq!(
                wait_before_retry(&Method::GET, answered(status), 1, 2, LONG, 0.0),
                None,
                "{status}"
            );
        }
        assert_eq!(
            wait_before_retry(&Method::GET, Outcome::Hopeless, 1, 2, LONG, 0.0),
            None
        );
    }

    #[test]
    fn any_method_obeys_retry_after_while_time_allows() {
        let wait = Duration::from_secs(7);
        for status in [429, 503] {
            let outcome = Outcome::Answered {
                status,
                retry_after: Some(wait),
            };
            assert_eq!(
                wait_before_retry(&Method::POST, outcome, 1, 2, LONG, 0.3),
                Some(wait)
            );
            assert_eq!(
                wait_before_retry(&Method::POST, outcome, 1, 2, wait, 0.3),
                None,
                "no time left"
            );
        }
        assert!(wait_before_retry(&Method::POST, answered(429), 1, 2, LONG, 0.0).is_some());
    }

    #[test]
    fn waits_double_up_to_a_limit_and_jitter_halves_at_most() {
        let wait = |attempts, jitter| {
            wait_before_retry(&Method::GET, Outcome::Broken, attempts, 99, LONG, jitter)
        };
        assert_eq!(wait(1, 0.0), Some(Duration::from_millis(100)));
        assert_eq!(wait(3, 1.0), Some(Duration::from_millis(800)));
        assert_eq!(wait(50, 1.0), Some(LONGEST_WAIT));
        assert_eq!(
            wait_before_retry(&Method::GET, Outcome::Broken, 3, 2, LONG, 0.0),
            None,
            "retries used up"
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Duration::from_secs(784_111_770);
        assert_eq!(
            parse_retry_after(" 12 ", now),
            Some(Duration::from_secs(12))
        );
        // The date of RFC 9110's example is 784,111,777 seconds after the epoch.
        assert_eq!(
            parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now),
            Some(Duration::from_secs(7))
        );
        let later = Duration::from_secs(784_111_800);
        assert_eq!(
            parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", later),
            Some(Duration::ZERO)
        );
        for bad in ["", "-3", "soon", "1e9", "99999999999999999999"] {
            assert_eq!(parse_retry_after(bad, now), None, "{bad}");
        }
    }
}
