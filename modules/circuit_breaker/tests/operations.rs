//! The operations one after the other on the breakers of the process.

#![forbid(unsafe_code)]

use circuit_breaker::operations::{
    allow, get, get_all_states, get_stats, record_failure, record_success, remove, reset,
    reset_all, trip,
};
use home_types::circuit_breaker::{BreakerState, Permission};
use lmms::Context;

#[test]
fn a_service_fails_and_comes_back() {
    let cx = &Context::detached();
    assert_eq!(
        allow(cx, "home", Some(2), Some(3600)),
        Ok(Permission::Allowed)
    );
    assert_eq!(record_failure(cx, "home", None), Ok(BreakerState::Closed));
    assert_eq!(circuit_breaker::veto(), None);
    assert_eq!(
        record_failure(cx, "home", Some("refused")),
        Ok(BreakerState::Open)
    );
    assert!(circuit_breaker::veto().is_some());
    assert!(matches!(
        allow(cx, "home", None, None),
        Ok(Permission::Refused { .. })
    ));
    assert_eq!(record_success(cx, "weather"), Ok(BreakerState::Closed));
    let states: Vec<_> = get_all_states(cx)
        .into_iter()
        .map(|breaker| breaker.state)
        .collect();
    assert_eq!(states, [BreakerState::Open, BreakerState::Closed]);
    let breaker = get(cx, "home", None, None).unwrap();
    assert_eq!(
        (breaker.refused, breaker.last_error.as_deref()),
        (1, Some("refused"))
    );
    assert_eq!(reset("home"), Ok(true));
    trip(cx, "weather", "maintenance").unwrap();
    assert_eq!(get_stats(cx).open, 1);
    assert_eq!((reset_all(), circuit_breaker::veto()), (1, None));
    assert!(remove("weather") && !remove("weather"));
}
