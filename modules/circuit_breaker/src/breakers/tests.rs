use super::*;

const NOON: Duration = Duration::from_secs(1_750_000_000);

fn after(seconds: u64) -> Duration {
    NOON + Duration::from_secs(seconds)
}

fn fail(breakers: &mut Breakers, now: Duration, times: u32) -> BreakerState {
    (0..times)
        .map(|_| {
            breakers
                .record(now, "home", Err(Some("timed out")))
                .unwrap()
        })
        .last()
        .unwrap()
}

fn allow(breakers: &mut Breakers, now: Duration) -> Permission {
    breakers.allow(now, "home", None, None).unwrap()
}

#[test]
fn five_failures_in_a_row_open_it() {
    let breakers = &mut Breakers::new();
    assert_eq!(fail(breakers, NOON, 4), BreakerState::Closed);
    assert_eq!(
        breakers.record(NOON, "home", Ok(())),
        Ok(BreakerState::Closed)
    );
    assert_eq!(
        fail(breakers, NOON, 4),
        BreakerState::Closed,
        "the success began a new row"
    );
    assert_eq!(allow(breakers, NOON), Permission::Allowed);
    assert_eq!(breakers.reason_to_stay(), None);
    assert_eq!(fail(breakers, NOON, 1), BreakerState::Open);
    let refused = Permission::Refused {
        retry_after: 60,
        reason: "open after: timed out".into(),
    };
    assert_eq!(allow(breakers, NOON), refused);
    assert!(breakers.reason_to_stay().unwrap().contains("home"));
}

#[test]
fn after_a_minute_one_call_may_try() {
    let breakers = &mut Breakers::new();
    fail(breakers, NOON, 5);
    let almost = after(60) - Duration::from_millis(1);
    assert!(matches!(
        allow(breakers, almost),
        Permission::Refused { retry_after: 1, .. }
    ));
    assert_eq!(allow(breakers, after(60)), Permission::Trial);
    assert!(matches!(
        allow(breakers, after(61)),
        Permission::Refused {
            retry_after: 59,
            ..
        }
    ));
    assert_eq!(
        breakers.record(after(62), "home", Ok(())),
        Ok(BreakerState::Closed)
    );
    assert_eq!(allow(breakers, after(62)), Permission::Allowed);
    assert_eq!(breakers.reason_to_stay(), None);
}

#[test]
fn a_failed_trial_opens_it_again() {
    let breakers = &mut Breakers::new();
    fail(breakers, NOON, 5);
    assert_eq!(allow(breakers, after(60)), Permission::Trial);
    assert_eq!(fail(breakers, after(65), 1), BreakerState::Open);
    assert!(matches!(
        allow(breakers, after(124)),
        Permission::Refused { retry_after: 1, .. }
    ));
    assert_eq!(allow(breakers, after(125)), Permission::Trial);
    let breaker = breakers.get(after(125), "home", None, None).unwrap();
    assert_eq!(
        (breaker.opened, breaker.failures, breaker.refused),
        (2, 6, 1)
    );
}

#[test]
fn a_lost_trial_does_not_block_for_ever() {
    let breakers = &mut Breakers::new();
    fail(breakers, NOON, 5);
    assert_eq!(allow(breakers, after(60)), Permission::Trial);
    assert_eq!(allow(breakers, after(120)), Permission::Trial);
}

#[test]
fn late_answers_neither_close_nor_prolong() {
    let breakers = &mut Breakers::new();
    fail(breakers, NOON, 5);
    assert_eq!(
        breakers.record(after(30), "home", Ok(())),
        Ok(BreakerState::Open)
    );
    assert_eq!(fail(breakers, after(59), 1), BreakerState::Open);
    assert_eq!(allow(breakers, after(60)), Permission::Trial);
}

#[test]
fn a_clock_that_was_set_back_is_survived() {
    let breakers = &mut Breakers::new();
    fail(breakers, after(3600), 5);
    assert!(matches!(
        allow(breakers, NOON),
        Permission::Refused {
            retry_after: 60,
            ..
        }
    ));
    assert_eq!(
        breakers.record(NOON, "home", Ok(())),
        Ok(BreakerState::Open)
    );
    assert_eq!(allow(breakers, after(60)), Permission::Trial);
}

#[test]
fn only_a_granted_trial_closes_it() {
    let breakers = &mut Breakers::new();
    fail(breakers, NOON, 5);
    assert_eq!(
        breakers.record(after(60), "home", Ok(())),
        Ok(BreakerState::HalfOpen),
        "a late answer, after the timeout"
    );
    assert_eq!(allow(breakers, after(60)), Permission::Trial);
    assert_eq!(
        breakers.record(after(61), "home", Ok(())),
        Ok(BreakerState::Closed)
    );
    // A trial that nobody reported on is over as well.
    fail(breakers, NOON, 5);
    assert_eq!(allow(breakers, after(60)), Permission::Trial);
    assert_eq!(
        breakers.record(after(120), "home", Ok(())),
        Ok(BreakerState::HalfOpen)
    );
}

#[test]
fn settings_can_be_given_and_changed() {
    let breakers = &mut Breakers::new();
    let breaker = breakers.get(NOON, "home", Some(1), Some(5)).unwrap();
    assert_eq!((breaker.failure_threshold, breaker.timeout), (1, 5));
    assert_eq!(fail(breakers, NOON, 1), BreakerState::Open);
    assert_eq!(
        breakers
            .get(after(2), "home", None, None)
            .unwrap()
            .retry_after,
        Some(3)
    );
    assert_eq!(
        breakers.get(after(5), "home", None, None).unwrap().state,
        BreakerState::HalfOpen
    );
    let default = breakers.get(NOON, "other", None, None).unwrap();
    assert_eq!((default.failure_threshold, default.timeout), (5, 60));
    for (threshold, timeout) in [
        (Some(0), None),
        (None, Some(0)),
        (None, Some(7 * 24 * 3600 + 1)),
        (None, Some(u64::MAX)),
        (Some(1_000_001), None),
        (Some(u32::MAX), None),
    ] {
        assert!(breakers.get(NOON, "home", threshold, timeout).is_err());
    }
}

#[test]
fn breakers_can_be_tripped_reset_and_removed() {
    let breakers = &mut Breakers::new();
    breakers.trip(NOON, "home", "maintenance").unwrap();
    breakers.trip(NOON, "other", "x").unwrap();
    assert!(
        matches!(allow(breakers, NOON), Permission::Refused { reason, .. } if reason == "open after: maintenance")
    );
    assert_eq!(breakers.stats(NOON).open, 2);
    assert_eq!(breakers.reset("home"), Ok(true));
    assert_eq!(breakers.reset("home"), Ok(false));
    assert!(breakers.reset("none").is_err());
    assert_eq!(breakers.reset_all(), 1);
    assert_eq!(breakers.stats(NOON).closed, 2);
    assert!(breakers.remove("home") && !breakers.remove("home"));
    assert_eq!(breakers.all(NOON).len(), 1);
}

#[test]
fn names_and_their_number_are_bounded() {
    let breakers = &mut Breakers::new();
    for name in ["", "a\nb", &"n".repeat(101), &"\u{0}".repeat(100_000)] {
        assert!(matches!(
            breakers.allow(NOON, name, None, None),
            Err(BreakerError::InvalidName { .. })
        ));
    }
    for n in 0..1000 {
        breakers.allow(NOON, &n.to_string(), None, None).unwrap();
    }
    assert!(matches!(
        breakers.allow(NOON, "one more", None, None),
        Err(BreakerError::TooMany { .. })
    ));
    assert!(breakers.allow(NOON, "7", None, None).is_ok());
    breakers
        .record(NOON, "7", Err(Some(&"ü".repeat(10_000))))
        .unwrap();
    assert_eq!(
        breakers
            .get(NOON, "7", None, None)
            .unwrap()
            .last_error
            .unwrap()
            .chars()
            .count(),
        500
    );
}
