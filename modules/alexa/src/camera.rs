//! `Alexa.CameraStreamController`.
use std::time::Duration;

use home_types::CameraStream;
use serde_json::{Value, json};

use crate::directive::Directive;
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::message::Header;

/// What streams are, and what whoever fetches them is asked for.
const PROTOCOL: &str = "HLS";
const AUTHORIZATION: &str = "NONE";
const VIDEO: &str = "H264";
const AUDIO: &str = "AAC";

/// The streams that a camera offers, for discovery.
pub(crate) fn configurations() -> Value {
    json!([{
        "protocols": [PROTOCOL],
        "resolutions": [{ "width": 1280, "height": 720 }],
        "authorizationTypes": [AUTHORIZATION],
        "videoCodecs": [VIDEO],
        "audioCodecs": [AUDIO],
    }])
}

/// Answers `InitializeCameraStreams`. The addresses in the answer let see whoever has them: nothing of them is logged.
pub(crate) fn handle(
    home: &dyn Home,
    _now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    if directive.name != "InitializeCameraStreams" {
        return Err(directive.unknown());
    }
    let id = directive.device_id()?;
    check_wanted(directive)?;
    let CameraStream {
        uri,
        image_uri,
        width,
        height,
    } = home.camera_stream(&id)?;
    let mut payload = json!({ "cameraStreams": [{
        "uri": uri,
        "protocol": PROTOCOL,
        "resolution": { "width": width, "height": height },
        "authorizationType": AUTHORIZATION,
        "videoCodec": VIDEO,
        "audioCodec": AUDIO,
    }]});
    if let Some(image) = image_uri {
        payload["imageUri"] = json!(image);
    }
    let header = Header::new("Alexa.CameraStreamController", "Response");
    Ok(json!({ "event": {
        "header": header.with_token(&directive.reference),
        "endpoint": { "endpointId": directive.reference.endpoint_id },
        "payload": payload,
    }}))
}

/// Whether one of the streams that Alexa can show is such as there are.
fn check_wanted(directive: &Directive) -> Result<(), Failure> {
    let wanted = directive.payload.get("cameraStreams");
    let wanted = wanted
        .and_then(Value::as_array)
        .filter(|all| !all.is_empty());
    let Some(wanted) = wanted else {
        let message = "the payload's `cameraStreams` is missing, empty, or no list";
        return Err(Failure::invalid_directive(message));
    };
    let is = |stream: &Value, field: &str, value: &str| {
        let asked = stream.get(field).and_then(Value::as_str);
        asked.is_none_or(|asked| asked.eq_ignore_ascii_case(value))
    };
    let fits = |stream: &Value| {
        stream.is_object()
            && is(stream, "protocol", PROTOCOL)
            && is(stream, "authorizationType", AUTHORIZATION)
            && is(stream, "videoCodec", VIDEO)
    };
    if wanted.iter().any(fits) {
        return Ok(());
    }
    let message = format!(
        "none of the streams that are asked for is of protocol {PROTOCOL} with {VIDEO} and authorization {AUTHORIZATION}, \
         which is what there is"
    );
    Err(Failure::new(Kind::InvalidValue, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeHome, answer, error_type};

    fn ask(home: &FakeHome, endpoint: &str, streams: Value) -> Value {
        answer(
            home,
            "Alexa.CameraStreamController",
            "InitializeCameraStreams",
            Some(endpoint),
            json!({ "cameraStreams": streams }),
        )
    }

    fn wanted(protocol: &str) -> Value {
        json!({
            "protocol": protocol, "resolution": { "width": 640, "height": 480 },
            "authorizationType": "NONE", "videoCodec": "H264", "audioCodec": "AAC",
        })
    }

    #[test]
    fn a_stream_is_told_with_its_picture() {
        let home = FakeHome::new();
        let response = ask(
            &home,
            "camera#porch",
            json!([wanted("RTSP"), wanted("HLS")]),
        );
        let header = &response["event"]["header"];
        assert_eq!(header["namespace"], "Alexa.CameraStreamController");
        assert_eq!(
            (&header["name"], &header["correlationToken"]),
            (&json!("Response"), &json!("token"))
        );
        let payload = &response["event"]["payload"];
        assert_eq!(
            payload["imageUri"],
            "https://home.example/picture?token=secret"
        );
        assert_eq!(
            payload["cameraStreams"],
            json!([{
                "uri": "https://home.example/stream/secret.m3u8", "protocol": "HLS",
                "resolution": { "width": 1280, "height": 720 },
                "authorizationType": "NONE", "videoCodec": "H264", "audioCodec": "AAC",
            }])
        );
    }

    #[test]
    fn what_can_not_be_streamed_is_refused() {
        let home = FakeHome::new();
        let hls = json!([wanted("HLS")]);
        for (endpoint, streams, kind) in [
            ("camera#porch", json!([wanted("RTSP")]), "INVALID_VALUE"),
            ("camera#porch", json!(["HLS"]), "INVALID_VALUE"),
            ("camera#porch", json!([]), "INVALID_DIRECTIVE"),
            ("camera#porch", Value::Null, "INVALID_DIRECTIVE"),
            ("camera#still", hls.clone(), "INVALID_DIRECTIVE"),
            ("light#lamp", hls.clone(), "INVALID_DIRECTIVE"),
            ("camera#nowhere", hls.clone(), "NO_SUCH_ENDPOINT"),
        ] {
            let refused = ask(&home, endpoint, streams);
            assert_eq!(error_type(&refused), kind, "{refused}");
        }
        home.set_online("camera.porch", false);
        assert_eq!(
            error_type(&ask(&home, "camera#porch", hls)),
            "ENDPOINT_UNREACHABLE"
        );
    }

    #[test]
    fn only_a_camera_with_a_stream_offers_one() {
        let home = FakeHome::new();
        let described = |id: &str| {
            let device = home.report(id).unwrap().device;
            crate::discovery::describe_capabilities(&device)
        };
        let porch: Value = serde_json::from_str(&described("camera.porch")).unwrap();
        assert_eq!(
            porch[1]["cameraStreamConfigurations"][0]["protocols"],
            json!(["HLS"])
        );
        assert_eq!(porch[1].get("properties"), None);
        assert!(!described("camera.still").contains("Stream"));
    }
}
