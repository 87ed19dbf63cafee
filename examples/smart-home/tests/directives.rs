//! Alexa directives against the virtual home, through the program.
#![forbid(unsafe_code)]

mod support;

use serde_json::{Value, json};

use support::{Program, directive, error_type, property, scope};

#[test]
fn discovery_lists_every_device_as_the_api_wants_it() {
    let response = Program::new().invoke(&directive("Discovery", "Discover", None, scope()));
    let header = &response["event"]["header"];
    assert_eq!(header["namespace"], "Alexa.Discovery");
    assert_eq!(header["name"], "Discover.Response");
    let endpoints = response["event"]["payload"]["endpoints"]
        .as_array()
        .unwrap();
    assert!(endpoints.len() >= 20, "{}", endpoints.len());
    for endpoint in endpoints {
        let id = endpoint["endpointId"].as_str().unwrap();
        assert!(!id.contains('.'), "{id}");
        for field in ["manufacturerName", "friendlyName", "description"] {
            assert!(
                endpoint[field]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{endpoint}"
            );
        }
        assert!(!endpoint["displayCategories"].as_array().unwrap().is_empty());
        let capabilities = endpoint["capabilities"].as_array().unwrap();
        assert!(
            capabilities
                .iter()
                .any(|capability| capability["interface"] == "Alexa"),
            "{endpoint}"
        );
        assert!(
            capabilities
                .iter()
                .all(|capability| capability["type"] == "AlexaInterface")
        );
    }
}

#[test]
fn what_is_set_is_answered_and_reported_by_the_next_process() {
    let home = Program::new();
    let on = home.invoke(&directive(
        "PowerController",
        "TurnOn",
        Some("light.hallway"),
        json!({}),
    ));
    assert_eq!(on["event"]["header"]["name"], "Response");
    assert_eq!(
        on["event"]["header"]["correlationToken"],
        "dFMb0z+PgpgdDmluhJ1LddFvSqZ/jCc8ptlAKulUj90jSqg=="
    );
    assert_eq!(on["event"]["endpoint"]["endpointId"], "light#hallway");
    assert_eq!(property(&on, "Alexa.PowerController", "powerState"), "ON");
    let dimmed = directive(
        "BrightnessController",
        "SetBrightness",
        Some("light.hallway"),
        json!({"brightness": 35}),
    );
    home.invoke(&dimmed);
    let report = home.invoke(&directive(
        "Alexa",
        "ReportState",
        Some("light.hallway"),
        json!({}),
    ));
    assert_eq!(report["event"]["header"]["name"], "StateReport");
    assert_eq!(
        property(&report, "Alexa.BrightnessController", "brightness"),
        35
    );
    assert_eq!(
        property(&report, "Alexa.PowerController", "powerState"),
        "ON"
    );
}

#[test]
fn every_kind_of_device_takes_its_directives() {
    let home = Program::new();
    let color = json!({"color": {"hue": 120.0, "saturation": 0.5, "brightness": 0.5}});
    let cases = [
        (
            "ColorController",
            "SetColor",
            "light.floor_lamp",
            color.clone(),
            "color",
            color["color"].clone(),
        ),
        (
            "ColorTemperatureController",
            "SetColorTemperature",
            "light.office_desk",
            json!({"colorTemperatureInKelvin": 4000}),
            "colorTemperatureInKelvin",
            json!(4000),
        ),
        (
            "ThermostatController",
            "SetTargetTemperature",
            "climate.living_room",
            json!({"targetSetpoint": {"value": 68.0, "scale": "FAHRENHEIT"}}),
            "targetSetpoint",
            json!({"value": 68.0, "scale": "FAHRENHEIT"}),
        ),
        (
            "ThermostatController",
            "SetThermostatMode",
            "climate.bedroom",
            json!({"thermostatMode": {"value": "ECO"}}),
            "thermostatMode",
            json!("ECO"),
        ),
        (
            "LockController",
            "Unlock",
            "lock.front_door",
            json!({}),
            "lockState",
            json!("UNLOCKED"),
        ),
        (
            "PercentageController",
            "SetPercentage",
            "fan.bedroom",
            json!({"percentage": 40}),
            "percentage",
            json!(40),
        ),
    ];
    for (namespace, name, device, payload, wanted, value) in cases {
        let response = home.invoke(&directive(namespace, name, Some(device), payload));
        let full = format!("Alexa.{namespace}");
        assert_eq!(property(&response, &full, wanted), &value, "{response}");
    }
    let fan = |namespace: &str, name: &str, instance: &str, payload: Value| {
        let mut event = directive(namespace, name, Some("fan.bedroom"), payload);
        event["directive"]["header"]["instance"] = json!(instance);
        home.invoke(&event)
    };
    let swings = fan("ToggleController", "TurnOn", "fan.oscillating", json!({}));
    assert_eq!(
        property(&swings, "Alexa.ToggleController", "toggleState"),
        "ON"
    );
    for (instance, mode) in [
        ("fan.direction", "direction.reverse"),
        ("fan.preset_mode", "preset_mode.sleep"),
    ] {
        let response = fan("ModeController", "SetMode", instance, json!({"mode": mode}));
        let properties = response["context"]["properties"].as_array().unwrap();
        let told = properties
            .iter()
            .find(|property| property["instance"] == instance);
        assert_eq!(told.unwrap()["value"], mode, "{response}");
    }
    let stream = directive(
        "CameraStreamController",
        "InitializeCameraStreams",
        Some("camera.front_door"),
        json!({"cameraStreams": [{"protocol": "HLS"}]}),
    );
    let refused = home.invoke(&stream);
    assert_eq!(error_type(&refused), "INVALID_DIRECTIVE", "{refused}");
    let scene = directive(
        "SceneController",
        "Activate",
        Some("scene.movie_time"),
        json!({}),
    );
    let response = home.invoke(&scene);
    assert_eq!(response["event"]["header"]["name"], "ActivationStarted");
    assert!(response["event"]["payload"]["timestamp"].is_string());
}

#[test]
fn each_mistake_gets_the_error_that_the_api_has_for_it() {
    let home = Program::new();
    let set_temperature = |celsius: f64| {
        let payload = json!({"targetSetpoint": {"value": celsius, "scale": "CELSIUS"}});
        directive(
            "ThermostatController",
            "SetTargetTemperature",
            Some("climate.bedroom"),
            payload,
        )
    };
    let mode = |mode: &str| {
        let payload = json!({"thermostatMode": {"value": mode}});
        directive(
            "ThermostatController",
            "SetThermostatMode",
            Some("climate.bedroom"),
            payload,
        )
    };
    let brightness = |payload: Value| {
        directive(
            "BrightnessController",
            "SetBrightness",
            Some("light.hallway"),
            payload,
        )
    };
    let on = |device: &str| directive("PowerController", "TurnOn", Some(device), json!({}));
    let mut expired = on("light.hallway");
    // A token that says it ended in 1970: {"exp":1}.
    expired["directive"]["endpoint"]["scope"]["token"] = json!("e30.eyJleHAiOjF9.x");
    let mut no_token = on("light.hallway");
    no_token["directive"]["endpoint"]["scope"]["token"] = json!("");
    let mut version = on("light.hallway");
    version["directive"]["header"]["payloadVersion"] = json!("2");
    let cases = [
        (on("light.no_such_lamp"), "NO_SUCH_ENDPOINT"),
        (brightness(json!({"brightness": 101})), "VALUE_OUT_OF_RANGE"),
        (brightness(json!({"brightness": -1})), "VALUE_OUT_OF_RANGE"),
        (
            brightness(json!({"brightness": 1e300})),
            "VALUE_OUT_OF_RANGE",
        ),
        (brightness(json!({"brightness": 1.5})), "INVALID_VALUE"),
        (
            brightness(json!({"brightness": "bright"})),
            "INVALID_DIRECTIVE",
        ),
        (brightness(json!({})), "INVALID_DIRECTIVE"),
        (set_temperature(55.0), "TEMPERATURE_VALUE_OUT_OF_RANGE"),
        (mode("COOL"), "UNSUPPORTED_THERMOSTAT_MODE"),
        (on("lock.front_door"), "INVALID_DIRECTIVE"),
        (expired, "EXPIRED_AUTHORIZATION_CREDENTIAL"),
        (no_token, "INVALID_AUTHORIZATION_CREDENTIAL"),
        (version, "INVALID_DIRECTIVE"),
        (
            directive(
                "PowerController",
                "Explode",
                Some("light.hallway"),
                json!({}),
            ),
            "INVALID_DIRECTIVE",
        ),
        (
            directive(
                "TimeHoldController",
                "Hold",
                Some("light.hallway"),
                json!({}),
            ),
            "INVALID_DIRECTIVE",
        ),
        (
            directive("PowerController", "TurnOn", None, json!({})),
            "INVALID_DIRECTIVE",
        ),
    ];
    for (event, expected) in cases {
        let response = home.invoke(&event);
        assert_eq!(error_type(&response), expected, "{event}\n{response}");
    }
    home.invoke(&mode("OFF"));
    let response = home.invoke(&set_temperature(20.0));
    assert_eq!(error_type(&response), "THERMOSTAT_IS_OFF");
    assert_eq!(
        response["event"]["header"]["namespace"],
        "Alexa.ThermostatController"
    );
}

#[test]
fn ranges_are_told_with_the_error() {
    let payload = json!({"targetSetpoint": {"value": 100.0, "scale": "FAHRENHEIT"}});
    let event = directive(
        "ThermostatController",
        "SetTargetTemperature",
        Some("climate.bedroom"),
        payload,
    );
    let response = Program::new().invoke(&event);
    let range = &response["event"]["payload"]["validRange"];
    assert_eq!(
        range["maximumValue"],
        json!({"value": 86.0, "scale": "FAHRENHEIT"}),
        "{response}"
    );
}

#[test]
fn a_device_that_does_not_answer_and_a_home_that_can_not_be_opened_are_told_apart() {
    let home = Program::new();
    let online = json!({"id": "light.hallway", "online": false}).to_string();
    let run = home.run(&["call", "virtual_home", "set_online", &online], b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let on = directive(
        "PowerController",
        "TurnOn",
        Some("light.hallway"),
        json!({}),
    );
    assert_eq!(error_type(&home.invoke(&on)), "ENDPOINT_UNREACHABLE");

    std::fs::write(
        home.path("broken.db"),
        "this is not a database, whatever its name says",
    )
    .unwrap();
    let broken = format!("virtual:{}", home.path("broken.db"));
    let plain = Program::plain();
    let run = plain.run(&["--home", &broken, "invoke"], on.to_string().as_bytes());
    assert_eq!(error_type(&run.json()), "BRIDGE_UNREACHABLE");
}

#[test]
fn a_grant_is_accepted_and_diagnostics_are_answered() {
    let home = Program::new();
    let grant = json!({
        "grant": {"type": "OAuth2.AuthorizationCode", "code": "VGhpcyBpcyBhbiBhdXRob3JpemF0aW9uIGNvZGUuIDotKQ=="},
        "grantee": {"type": "BearerToken", "token": "access-token-from-skill"},
    });
    let response = home.invoke(&directive("Authorization", "AcceptGrant", None, grant));
    assert_eq!(response["event"]["header"]["name"], "AcceptGrant.Response");
    assert_eq!(
        home.invoke(&json!({"health_check": true}))["statusCode"],
        200
    );
    assert_eq!(home.invoke(&json!({"what": "ever"}))["statusCode"], 400);
}
