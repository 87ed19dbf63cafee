use serde_json::json;

use super::*;
use crate::testing::FakeWire;

const LIGHT: &str = "/api/states/light.x";
const TURN_ON: &str = "/api/services/light/turn_on";

fn light(state: &str) -> Value {
    json!({ "entity_id": "light.x", "state": state, "attributes": {
        "friendly_name": "X", "supported_color_modes": ["brightness"], "brightness": 153,
    }})
}

fn lock(state: &str) -> Value {
    json!({ "entity_id": "lock.x", "state": state, "attributes": {} })
}

fn on<'a>(wire: &'a FakeWire, host: &str) -> Server<'a> {
    Server::new(wire, &format!("http://{host}"), "token", Duration::ZERO).unwrap()
}

/// Tells a server of this test's own.
fn turn_on(wire: &FakeWire) -> Result<DeviceState, HomeError> {
    let thread = std::thread::current();
    let host = thread.name().unwrap_or_default().replace(':', "-");
    control_on(&on(wire, &host), "light.x", &Command::TurnOn).map(|report| report.state)
}

fn texts(states: &[Value]) -> Vec<(u16, String)> {
    states
        .iter()
        .map(|state| (200, state.to_string()))
        .collect()
}

#[test]
fn a_command_takes_two_requests() {
    let wire = FakeWire::default();
    wire.answer("GET", LIGHT, 200, light("off"));
    wire.answer("POST", TURN_ON, 200, json!([light("on")]));
    let command = Command::SetBrightness { percent: 60 };
    let report = control_on(&on(&wire, "two"), "light.x", &command).unwrap();
    assert_eq!(
        (report.state.power, report.state.pending),
        (Some(true), false)
    );
    assert_eq!(wire.sent(), 3, "the entity, what is hidden, the service");
    control_on(&on(&wire, "two"), "light.x", &command).unwrap();
    assert_eq!(wire.sent(), 5, "the entity, the service");
    let (path, data) = wire.posted().remove(0);
    assert_eq!(path, TURN_ON);
    assert_eq!(
        data,
        json!({ "entity_id": "light.x", "brightness_pct": 60 })
    );
}

#[test]
fn what_the_answer_does_not_tell_is_asked_for() {
    let wire = FakeWire::default();
    wire.answers(
        "GET",
        LIGHT,
        &texts(&[light("off"), light("off"), light("on")]),
    );
    wire.answer("POST", TURN_ON, 200, json!([]));
    let state = turn_on(&wire).unwrap();
    assert_eq!((state.power, state.pending), (Some(true), false));
    assert_eq!(wire.sent(), 5);
}

#[test]
fn what_never_happens_is_no_success() {
    let wire = FakeWire::default();
    wire.answer("GET", LIGHT, 200, light("off"));
    wire.answer("POST", TURN_ON, 200, json!([]));
    let state = turn_on(&wire).unwrap();
    assert_eq!((state.power, state.pending), (Some(false), true));
    assert!(wire_time(&wire) < crate::server::DEADLINE);
}

#[test]
fn a_long_script_is_not_waited_for() {
    let wire = FakeWire::default();
    wire.answer("GET", LIGHT, 200, light("off"));
    wire.takes("POST", TURN_ON, Duration::from_secs(10));
    let state = turn_on(&wire).unwrap();
    assert!(state.pending);
    assert_eq!(wire.posted().len(), 1, "it is called once");
    assert_eq!(wire_time(&wire), Duration::from_secs(3));
    // A script that has done its work while it goes on.
    let wire = FakeWire::default();
    wire.takes("POST", TURN_ON, Duration::from_secs(10));
    wire.answers("GET", LIGHT, &texts(&[light("off"), light("on")]));
    assert!(!turn_on(&wire).unwrap().pending);
}

#[test]
fn a_slow_server_is_answered_for_in_time() {
    for (each, enough) in [(2_500, true), (3_500, false)] {
        let wire = FakeWire::default();
        wire.answer("GET", LIGHT, 200, light("off"));
        wire.answer("POST", TURN_ON, 200, json!([light("on")]));
        wire.slow(Duration::from_millis(each));
        let answer = turn_on(&wire).unwrap();
        assert_eq!(!answer.pending, enough, "{each}");
        assert!(wire_time(&wire) <= crate::server::DEADLINE);
    }
    let wire = FakeWire::default();
    wire.answer("GET", LIGHT, 200, light("off"));
    wire.slow(Duration::from_secs(7));
    assert!(matches!(turn_on(&wire), Err(HomeError::Unreachable { .. })));
    assert!(wire.posted().is_empty(), "nothing happens after an error");
}

#[test]
fn a_lock_is_locked_once_it_is() {
    let command = |wire: &FakeWire, command| {
        wire.answer(
            "POST",
            "/api/services/lock/lock",
            200,
            json!([lock("locking")]),
        );
        wire.answer(
            "POST",
            "/api/services/lock/unlock",
            200,
            json!([lock("unlocking")]),
        );
        control_on(&on(wire, "lock"), "lock.x", &command).map(|report| report.state)
    };
    let states = |wire: &FakeWire, states: &[&str]| {
        let states: Vec<Value> = states.iter().map(|state| lock(state)).collect();
        wire.answers("GET", "/api/states/lock.x", &texts(&states));
    };
    let wire = FakeWire::default();
    states(&wire, &["unlocked", "locking", "locking", "locked"]);
    let state = command(&wire, Command::Lock).unwrap();
    assert_eq!(
        (state.lock, state.pending),
        (Some(LockState::Locked), false)
    );
    states(&wire, &["unlocked", "locking"]);
    let slow = FakeWire::default();
    states(&slow, &["unlocked", "locking"]);
    let state = command(&slow, Command::Lock).unwrap();
    assert_eq!(
        (state.lock, state.pending),
        (Some(LockState::Unlocked), true)
    );
    let back = FakeWire::default();
    states(&back, &["locked", "unlocking"]);
    let state = command(&back, Command::Unlock).unwrap();
    assert_eq!((state.lock, state.pending), (Some(LockState::Locked), true));
    let stuck = FakeWire::default();
    states(&stuck, &["unlocked", "locking", "jammed"]);
    let error = command(&stuck, Command::Lock);
    assert!(
        matches!(error, Err(HomeError::DeviceFailed { .. })),
        "{error:?}"
    );
}

#[test]
fn a_garage_door_on_its_way_is_not_there_yet() {
    let door = |state: &str| {
        json!({ "entity_id": "cover.x", "state": state, "attributes": {
            "device_class": "garage", "supported_features": 3,
        }})
    };
    let wire = FakeWire::default();
    wire.answer("GET", "/api/states/cover.x", 200, door("closed"));
    wire.answer(
        "POST",
        "/api/services/cover/open_cover",
        200,
        json!([door("opening")]),
    );
    let state = control_on(&on(&wire, "garage"), "cover.x", &Command::Open)
        .unwrap()
        .state;
    assert!(state.pending);
    assert_eq!(wire.sent(), 3, "it is not watched: it takes long");
    for general in [Command::TurnOn, Command::TurnOff, Command::Toggle] {
        let error = control_on(&on(&wire, "garage"), "cover.x", &general);
        assert!(
            matches!(error, Err(HomeError::Unsupported { .. })),
            "{error:?}"
        );
    }
    assert_eq!(wire.posted().len(), 1);
}

#[test]
fn errors_tell_home_and_device_apart() {
    let wire = FakeWire::default();
    let lost = HomeError::NoSuchDevice {
        id: "light.x".into(),
    };
    wire.answer("GET", "/api/config", 200, json!({ "state": "RUNNING" }));
    assert_eq!(turn_on(&wire), Err(lost));
    wire.answer("GET", LIGHT, 200, light("unavailable"));
    let gone = HomeError::DeviceUnreachable {
        id: "light.x".into(),
    };
    assert_eq!(turn_on(&wire), Err(gone.clone()));
    wire.answer("GET", LIGHT, 200, light("off"));
    wire.answer("POST", TURN_ON, 200, json!([light("unavailable")]));
    assert_eq!(turn_on(&wire), Err(gone));
    wire.answer("POST", TURN_ON, 400, json!({ "message": "no" }));
    assert!(matches!(turn_on(&wire), Err(HomeError::Refused { .. })));
}

fn wire_time(wire: &FakeWire) -> Duration {
    use crate::server::Wire;
    wire.elapsed()
}
