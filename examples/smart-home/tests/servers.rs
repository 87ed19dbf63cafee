//! A Home Assistant server, well or not, through the program.
#![forbid(unsafe_code)]

mod support;

use std::time::Duration;

use lmms::Portable;
use serde_json::{Value, json};

use support::server::{HIDDEN, Mood, PICTURE, Server};
use support::{Program, directive, error_type, property, scope};

fn on(device: &str) -> Value {
    directive("PowerController", "TurnOn", Some(device), json!({}))
}

#[test]
fn its_entities_are_discovered_and_reported() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("good"));
    let response = home.invoke(&directive("Discovery", "Discover", None, scope()));
    let endpoints = response["event"]["payload"]["endpoints"]
        .as_array()
        .unwrap();
    let ids: Vec<&str> = endpoints
        .iter()
        .filter_map(|endpoint| endpoint["endpointId"].as_str())
        .collect();
    for id in ["light#cellar", "climate#hall", "lock#shed"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    let report = home.invoke(&directive(
        "Alexa",
        "ReportState",
        Some("climate.hall"),
        json!({}),
    ));
    let temperature = property(&report, "Alexa.TemperatureSensor", "temperature");
    assert_eq!(temperature["value"], 19.5, "{report}");
}

#[test]
fn directives_become_service_calls() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("good"));
    let response = home.invoke(&on("light.cellar"));
    assert_eq!(
        property(&response, "Alexa.PowerController", "powerState"),
        "ON"
    );
    let calls = server.asked();
    let call = calls
        .iter()
        .find(|call| call.starts_with("POST /api/services/light/turn_on"));
    assert!(
        call.is_some_and(|call| call.contains("light.cellar")),
        "{calls:?}"
    );
}

#[test]
fn what_people_hid_in_it_is_reached_in_no_way() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("good"));
    let discovered = home.invoke(&directive("Discovery", "Discover", None, scope()));
    assert!(!discovered.to_string().contains("closet"), "{discovered}");
    let report = directive("Alexa", "ReportState", Some(HIDDEN), json!({}));
    for event in [on(HIDDEN), report] {
        let response = home.invoke(&event);
        assert_eq!(error_type(&response), "NO_SUCH_ENDPOINT", "{response}");
    }
    let [from, to] = [1_700_000_000, 1_700_000_060].map(|at| Duration::from_secs(at).to_json());
    let now = json!({"id": HIDDEN, "quantity": "power", "value": 1.0});
    let history = json!({"id": HIDDEN, "quantity": "power", "from": from, "to": to});
    for (operation, kwargs) in [
        ("get_state", json!({"id": HIDDEN})),
        ("update_state", now),
        ("history", history),
    ] {
        let run = home.run(&["call", "devices", operation, &kwargs.to_string()], b"");
        assert!(
            run.stderr.contains("NoSuchDevice"),
            "{operation}: {}",
            run.stderr
        );
    }
    let asked = server.asked();
    let told = |path| asked.iter().any(|request| request.starts_with(path));
    assert!(
        !told("POST /api/services") && !told("POST /api/states"),
        "{asked:?}"
    );
}

#[test]
fn what_it_does_not_know_or_can_not_reach_is_told_apart() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("good"));
    assert_eq!(
        error_type(&home.invoke(&on("light.no_such_lamp"))),
        "NO_SUCH_ENDPOINT"
    );
    assert_eq!(
        error_type(&home.invoke(&on("light.attic"))),
        "ENDPOINT_UNREACHABLE"
    );
}

#[test]
fn a_refused_token_is_an_invalid_credential() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("bad"));
    assert_eq!(
        error_type(&home.invoke(&on("light.cellar"))),
        "INVALID_AUTHORIZATION_CREDENTIAL"
    );
    let server = Server::start(Mood::Unauthorized);
    let home = Program::with_server(&server.url, Some("good"));
    assert_eq!(
        error_type(&home.invoke(&on("light.cellar"))),
        "INVALID_AUTHORIZATION_CREDENTIAL"
    );
}

#[test]
fn a_server_in_trouble_gets_an_error_that_says_so() {
    for mood in [Mood::Broken, Mood::Babbling] {
        let server = Server::start(mood);
        let home = Program::with_server(&server.url, Some("good"));
        let response = home.invoke(&on("light.cellar"));
        let kind = error_type(&response);
        assert!(
            ["BRIDGE_UNREACHABLE", "INTERNAL_ERROR"].contains(&kind),
            "{mood:?}: {response}"
        );
    }
}

#[test]
fn a_server_that_starts_is_an_unreachable_bridge_not_an_empty_home() {
    let server = Server::start(Mood::Starting);
    let home = Program::with_server(&server.url, Some("good"));
    let discovery = directive("Discovery", "Discover", None, scope());
    for event in [discovery, on("light.cellar")] {
        let response = home.invoke(&event);
        assert_eq!(error_type(&response), "BRIDGE_UNREACHABLE", "{response}");
    }
}

#[test]
fn what_the_server_refuses_is_not_the_customers_mistake() {
    for (status, kind) in [(400, "INTERNAL_ERROR"), (429, "RATE_LIMIT_EXCEEDED")] {
        let server = Server::start(Mood::Refusing(status));
        let home = Program::with_server(&server.url, Some("good"));
        assert_eq!(error_type(&home.invoke(&on("light.cellar"))), kind);
    }
}

#[test]
fn a_tokens_newline_is_no_part_of_it() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("good\n"));
    let response = home.invoke(&on("light.cellar"));
    assert_eq!(
        response["event"]["header"]["name"], "Response",
        "{response}"
    );
    let two_lines = Program::with_server(&server.url, Some("go\nod"));
    let run = two_lines.run(&["invoke"], on("light.cellar").to_string().as_bytes());
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("copy it again"), "{}", run.stderr);
}

#[test]
fn a_server_that_is_not_there_is_an_unreachable_bridge() {
    let home = Program::with_server(&Server::nobody(), Some("good"));
    let response = home.invoke(&on("light.cellar"));
    assert_eq!(error_type(&response), "BRIDGE_UNREACHABLE", "{response}");
    assert_eq!(response["event"]["endpoint"]["endpointId"], "light#cellar");
    let health = home.invoke(&json!({"health_check": true}));
    assert_eq!(health["statusCode"], 503, "{health}");
}

#[test]
fn a_server_that_hangs_is_an_unreachable_bridge_before_alexa_gives_up() {
    let server = Server::start(Mood::Hanging);
    let home = Program::with_server(&server.url, Some("good"));
    let begun = std::time::Instant::now();
    let response = home.invoke(&on("light.cellar"));
    assert_eq!(error_type(&response), "BRIDGE_UNREACHABLE", "{response}");
    // Alexa waits for eight seconds.
    assert!(begun.elapsed().as_secs_f64() < 8.0, "{:?}", begun.elapsed());
}

#[test]
fn without_a_token_nothing_is_asked() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, None);
    let run = home.run(&["invoke"], on("light.cellar").to_string().as_bytes());
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("HOME_ASSISTANT_TOKEN"),
        "{}",
        run.stderr
    );
    assert!(server.asked().is_empty());
}

#[test]
fn a_cameras_stream_is_told_to_whoever_asks_and_not_to_the_log() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("good"));
    let wanted = |protocol: &str| {
        let stream = json!({
            "protocol": protocol, "resolution": {"width": 640, "height": 480},
            "authorizationType": "NONE", "videoCodec": "H264", "audioCodec": "AAC",
        });
        directive(
            "CameraStreamController",
            "InitializeCameraStreams",
            Some("camera.yard"),
            json!({"cameraStreams": [stream]}),
        )
    };
    let event = wanted("HLS").to_string();
    let run = home.run(&["invoke", "--log", "trace"], event.as_bytes());
    let payload = &run.json()["event"]["payload"];
    assert_eq!(
        payload["cameraStreams"][0]["uri"],
        "https://home.example/api/hls/hls-secret/master_playlist.m3u8"
    );
    assert_eq!(
        payload["imageUri"],
        "https://home.example/api/camera_proxy/camera.yard?token=picture-secret"
    );
    assert!(run.stderr.contains("loaded"), "the log is on");
    for secret in ["hls-secret", "picture-secret"] {
        assert!(!run.stderr.contains(secret), "{}", run.stderr);
    }
    assert_eq!(error_type(&home.invoke(&wanted("RTSP"))), "INVALID_VALUE");
}

#[test]
fn a_cameras_picture_is_saved_as_it_comes_and_scaled_within_limits() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("good"));
    let file = home.path("yard.png");
    let take = |home: &Program, kwargs: Value| {
        let kwargs = kwargs.to_string();
        home.run(
            &[
                "call",
                "devices",
                "camera_picture",
                &kwargs,
                "--save",
                &file,
            ],
            b"",
        )
    };
    let run = take(&home, json!({"id": "camera.yard"}));
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    assert_eq!(std::fs::read(&file).unwrap(), PICTURE);
    // Its header claims 60,000 pixels in each direction.
    let run = take(&home, json!({"id": "camera.yard", "width": 64}));
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("60000"), "{}", run.stderr);
    let own = Program::new();
    let run = take(&own, json!({"id": "camera.front_door", "width": 64}));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let picture = std::fs::read(&file).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    assert_eq!(
        picture[16..20],
        64_u32.to_be_bytes(),
        "the width in its header"
    );
    let run = take(&own, json!({"id": "camera.front_door", "width": 0}));
    assert!(run.stderr.contains("width"), "{}", run.stderr);
}

#[test]
fn the_token_is_told_nowhere() {
    let server = Server::start(Mood::Unauthorized);
    let secret = "good-but-secret-token";
    let home = Program::with_server(&server.url, Some(secret));
    let event = on("light.cellar").to_string();
    for arguments in [
        &["invoke", "--log", "trace", "--stats"][..],
        &["call", "devices", "list", "--log", "trace"],
    ] {
        let run = home.run(arguments, event.as_bytes());
        assert!(
            !run.stdout.contains(secret) && !run.stderr.contains(secret),
            "{}",
            run.stderr
        );
    }
}
