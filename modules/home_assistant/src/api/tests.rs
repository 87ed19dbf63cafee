use super::*;
use crate::testing::FakeWire;

fn on(wire: &FakeWire) -> Server<'_> {
    Server::new(wire, "http://ha", "token", Duration::ZERO).unwrap()
}

#[test]
fn history_becomes_readings() {
    let wire = FakeWire::default();
    let path = "/api/history/period/1970-01-01T00:00:00.000Z?filter_entity_id=sensor.x\
                &end_time=1970-01-02T00:00:00.000Z&minimal_response";
    let states = json!([[
        { "state": "21.5", "last_changed": "1970-01-01T01:00:00+00:00", "attributes": { "device_class": "temperature" } },
        { "state": "unavailable", "last_changed": "1970-01-01T02:00:00+00:00" },
        { "state": "22", "last_changed": "1970-01-01T03:00:00+00:00" },
        { "state": "NaN", "last_changed": "1970-01-01T04:00:00+00:00" },
    ]]);
    wire.answer("GET", path, 200, states);
    let day = Duration::from_secs(86_400);
    let readings = history_on(&on(&wire), "sensor.x", Duration::ZERO, day).unwrap();
    let seen: Vec<_> = readings
        .iter()
        .map(|reading| (reading.at.as_secs(), reading.value))
        .collect();
    assert_eq!(seen, [(3600, 21.5), (10_800, 22.0)]);
    assert_eq!(readings[1].quantity, "temperature");
    assert!(matches!(
        history_on(&on(&wire), "../x", Duration::ZERO, day),
        Err(HomeError::NoSuchDevice { .. })
    ));
}

#[test]
fn the_assistant_is_spoken_to() {
    let wire = FakeWire::default();
    let answer = json!({
        "conversation_id": "7",
        "response": { "response_type": "action_done", "speech": { "plain": { "speech": "Turned on the lamp" } } },
    });
    wire.answer("POST", "/api/conversation/process", 200, answer);
    let answer = converse_on(&on(&wire), "turn on the lamp", Some("en"), None).unwrap();
    assert_eq!(
        (answer.speech.as_str(), answer.kind.as_str()),
        ("Turned on the lamp", "action_done")
    );
    assert_eq!(answer.conversation_id.as_deref(), Some("7"));
    assert_eq!(
        wire.posted()[0].1,
        json!({ "text": "turn on the lamp", "language": "en" })
    );
    assert!(converse_on(&on(&wire), " ", None, None).is_err());
    wire.answer("POST", "/api/conversation/process", 200, "{}");
    assert!(matches!(
        converse_on(&on(&wire), "hello", None, None),
        Err(HomeError::InvalidAnswer { .. })
    ));
}

#[test]
fn only_objects_are_data() {
    let text = |json| fields("data", json).unwrap().to_string();
    assert_eq!(text(None), "{}");
    assert_eq!(text(Some(r#"{"a":1}"#)), r#"{"a":1}"#);
    for bad in ["", "[]", "1", "{", r#"{"a":1,"a":2}"#] {
        assert!(
            matches!(
                fields("data", Some(bad)),
                Err(HomeError::InvalidInput { .. })
            ),
            "{bad}"
        );
    }
}

#[test]
fn each_digit_is_sent_and_told() {
    const LONG: &str = "12345678901234567890123";
    let wire = FakeWire::default();
    let state = format!(r#"{{"entity_id":"light.x","attributes":{{"id":{LONG}}}}}"#);
    let states = format!(r#"[{state},{{"entity_id":"sun.sun","n":9007199254740993.0}}]"#);
    wire.answer("GET", "/api/states", 200, &states);
    assert_eq!(states_on(&on(&wire), None), Ok(states));
    assert_eq!(
        states_on(&on(&wire), Some("light")),
        Ok(format!("[{state}]"))
    );
    wire.answer("POST", "/api/services/a/b", 200, format!("[{state}]"));
    let data = format!(r#"{{"n":{LONG},"entity_id":"light.y"}}"#);
    let call = |data: &str| call_on(&on(&wire), ("a", "b"), Some("light.x"), Some(data));
    assert_eq!(call(&data), Ok(format!("[{state}]")));
    let (_, sent) = wire.sent_texts().remove(0);
    assert_eq!(sent, format!(r#"{{"entity_id":"light.x","n":{LONG}}}"#));
    wire.answer("POST", "/api/services/a/b", 200, "<html>");
    assert!(matches!(call("{}"), Err(HomeError::InvalidAnswer { .. })));
}

#[test]
fn the_end_of_a_log_is_found() {
    let log = "one\ntwo\nthree\n";
    assert_eq!(last_lines(log, Some(2)), "two\nthree\n");
    assert_eq!(last_lines(log, Some(9)), log);
    assert_eq!(last_lines(log, Some(0)), "");
    assert_eq!(last_lines(log, None), log);
    assert_eq!(last_lines("", Some(1)), "");
}
