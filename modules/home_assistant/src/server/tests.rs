use super::*;
use crate::testing::FakeWire;

#[test]
fn addresses_are_taken_as_people_write_them() {
    let wire = FakeWire::default();
    let server =
        |url: &str| Server::new(&wire, url, "token", Duration::ZERO).map(|server| server.base);
    for url in [
        "http://ha:8123",
        "http://ha:8123/",
        " http://ha:8123/api ",
        "http://ha:8123/api/",
    ] {
        assert_eq!(server(url).as_deref(), Ok("http://ha:8123"));
    }
    assert_eq!(
        server("https://example.org/ha/").as_deref(),
        Ok("https://example.org/ha")
    );
    for url in ["", "ha:8123", "ftp://ha", "http://", "http://ha/?x=1"] {
        assert!(server(url).is_err(), "{url}");
    }
}

#[test]
fn a_tokens_newline_is_no_part_of_it() {
    let wire = FakeWire::default();
    let token = |token| Server::new(&wire, "http://ha", token, Duration::ZERO).map(|s| s.token);
    assert_eq!(token(" secret\r\n"), Ok("secret"));
    for unusable in ["", " \n", "a\nb", "a b", "ä"] {
        assert!(
            matches!(token(unusable), Err(HomeError::Unauthorized { .. })),
            "{unusable:?}"
        );
    }
}

#[test]
fn each_status_has_its_error() {
    let error = |status: u16, body: &str| {
        let wire = FakeWire::default();
        wire.answer("GET", "/api/", status, body);
        // {"exp":1000}
        let token = "e30.eyJleHAiOjEwMDB9.c2ln";
        let server = Server::new(&wire, "http://ha", token, Duration::from_secs(2000)).unwrap();
        server.get_json("/api/").unwrap_err()
    };
    assert!(matches!(
        error(401, ""),
        HomeError::Unauthorized { expired: true, .. }
    ));
    assert!(matches!(error(503, ""), HomeError::Unreachable { .. }));
    assert!(matches!(error(500, ""), HomeError::InvalidAnswer { .. }));
    assert!(matches!(
        error(200, "<html>"),
        HomeError::InvalidAnswer { .. }
    ));
    assert!(matches!(error(429, ""), HomeError::Busy { .. }));
    let refused = error(400, r#"{"message":"Entity not found"}"#);
    assert!(matches!(refused, HomeError::Refused { .. }));
    assert!(
        refused.to_string().contains("Entity not found"),
        "{refused}"
    );
    let quoted = r#"{"message":"no template with token=hunter2 in http://ann:swordfish@x"}"#;
    let refused = error(400, quoted).to_string();
    assert!(refused.contains("no template"), "{refused}");
    for secret in ["hunter2", "swordfish"] {
        assert!(!refused.contains(secret), "{refused}");
    }
    let long = format!(r#"{{"message":"{}"}}"#, "é ".repeat(1_000));
    assert!(error(400, &long).to_string().chars().count() < 700);
    let wire = FakeWire::default();
    wire.answer("GET", "/api/", 403, "");
    let server = Server::new(&wire, "http://ha", "opaque", Duration::ZERO).unwrap();
    assert!(matches!(
        server.get("/api/"),
        Err(HomeError::Unauthorized { expired: false, .. })
    ));
}

#[test]
fn a_server_that_starts_is_not_reached_yet() {
    let wire = FakeWire::default();
    wire.answer("GET", "/api/config", 200, r#"{"state":"STARTING"}"#);
    let server = Server::new(&wire, "http://starting", "t", Duration::ZERO).unwrap();
    for answer in [
        server.config().map(drop),
        server.entity("light.x").map(drop),
    ] {
        assert!(
            matches!(answer, Err(HomeError::Unreachable { .. })),
            "{answer:?}"
        );
    }
    wire.answer("GET", "/api/config", 200, r#"{"state":"RUNNING"}"#);
    assert!(server.config().is_ok());
    assert!(matches!(
        server.entity("light.x"),
        Err(HomeError::NoSuchDevice { .. })
    ));
}

#[test]
fn nothing_is_asked_once_the_time_is_over() {
    let wire = FakeWire::default();
    wire.answer("GET", "/api/", 200, "{}");
    wire.slow(Duration::from_millis(2_500));
    let server = Server::new(&wire, "http://slow", "t", Duration::ZERO).unwrap();
    assert!(server.get("/api/").is_ok() && server.get("/api/").is_ok());
    let late = server.get("/api/");
    assert!(
        matches!(late, Err(HomeError::Unreachable { .. })),
        "{late:?}"
    );
    assert_eq!(
        wire.elapsed(),
        DEADLINE,
        "the third is waited for until the end only"
    );
    assert!(server.get("/api/").is_err());
    assert_eq!(wire.sent(), 3);
}

#[test]
fn ids_cannot_lead_elsewhere() {
    for id in [
        "",
        "light",
        "light.",
        "../config",
        "light.a/../../config",
        "light.a?x",
        "Light.a",
        "light.ä",
    ] {
        assert!(check_entity_id(id).is_err(), "{id}");
    }
    assert!(check_entity_id("light.floor_lamp_2").is_ok());
}
