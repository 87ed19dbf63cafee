//! What cameras send.
//!
//! The REST API gives no stream's address; the server's own Alexa integration does, at `/api/alexa/smart_home`. So
//! streams need that integration (`alexa:` with `smart_home:` in its configuration), `stream:`, and an `external_url`
//! that Alexa fetches from.
use home_types::{CameraStream, HomeError};
use lmms::{Context, operation};
use serde_json::{Value, json};

use crate::devices::{find, server};
use crate::hidden::unless_hidden;
use crate::peers::PeerWire;
use crate::server::{Server, check_entity_id, is_for_alexa, said};

/// The picture a camera shows now, in the camera's format.
#[operation(interface = "home_assistant")]
pub fn camera_picture(
    cx: &Context,
    url: &str,
    token: &str,
    entity_id: &str,
) -> Result<Vec<u8>, HomeError> {
    let wire = PeerWire::new(cx);
    picture_on(&server(&wire, cx, url, token)?, entity_id)
}

/// Where a camera's stream is, for whoever has the address. The server's own Alexa integration is asked for it.
#[operation(interface = "home_assistant")]
pub fn camera_stream(
    cx: &Context,
    url: &str,
    token: &str,
    entity_id: &str,
) -> Result<CameraStream, HomeError> {
    let wire = PeerWire::new(cx);
    stream_on(&server(&wire, cx, url, token)?, entity_id)
}

pub(crate) fn picture_on(server: &Server<'_>, id: &str) -> Result<Vec<u8>, HomeError> {
    check_camera(id, "take pictures")?;
    unless_hidden(server, id, || {
        server.get(&format!("/api/camera_proxy/{id}"))
    })
}

pub(crate) fn stream_on(server: &Server<'_>, id: &str) -> Result<CameraStream, HomeError> {
    check_camera(id, "be streamed")?;
    let found = find(server, id)?;
    if !found.state.online {
        return Err(HomeError::DeviceUnreachable { id: id.to_owned() });
    }
    if !found.device.can("camera_stream") {
        return Err(no_stream(
            id,
            "either the camera has no stream, or the server lacks `alexa:` with `smart_home:`, `stream:`, or an \
             `external_url` with https at port 443 and a public name",
        ));
    }
    let answer = server.post_any("/api/alexa/smart_home", &directive(id))?;
    if answer.status == 404 {
        return Err(no_stream(
            id,
            "the server's Alexa integration, which gives the address, is off; add `alexa:` with `smart_home:` to its \
             configuration",
        ));
    }
    let answer = server.json(&server.checked(answer)?)?;
    let payload = &answer["event"]["payload"];
    if answer["event"]["header"]["name"] == "ErrorResponse" {
        return Err(refused(server, id, payload));
    }
    read(payload).ok_or_else(|| {
        server.not_understood("the stream has no address that Alexa can fetch from, or no size")
    })
}

/// The stream in an answer. Addresses are not quoted in errors: they let see whoever has them.
fn read(payload: &Value) -> Option<CameraStream> {
    let stream = payload["cameraStreams"].as_array()?.first()?;
    if stream["protocol"] != "HLS" {
        return None;
    }
    let address = |value: &Value| {
        let text = value.as_str()?;
        is_for_alexa(text).then(|| text.to_owned())
    };
    let pixels = |side: &str| u32::try_from(stream["resolution"][side].as_u64()?).ok();
    Some(CameraStream {
        uri: address(&stream["uri"])?,
        image_uri: address(&payload["imageUri"]),
        width: pixels("width")?,
        height: pixels("height")?,
    })
}

fn refused(server: &Server<'_>, id: &str, payload: &Value) -> HomeError {
    match payload["type"].as_str() {
        Some("NO_SUCH_ENDPOINT") => no_stream(
            id,
            "the server's Alexa integration leaves it out; include it in its `filter`",
        ),
        Some("ENDPOINT_UNREACHABLE") => HomeError::DeviceUnreachable { id: id.to_owned() },
        kind => HomeError::Refused {
            home: server.name(),
            reason: format!(
                "its Alexa integration gives no stream of {id}: {} {}",
                said(kind.unwrap_or("no error type")),
                said(payload["message"].as_str().unwrap_or_default())
            ),
        },
    }
}

fn no_stream(id: &str, why: &str) -> HomeError {
    HomeError::Unsupported {
        subject: id.to_owned(),
        action: format!("be streamed: {why}"),
    }
}

fn check_camera(id: &str, action: &str) -> Result<(), HomeError> {
    check_entity_id(id)?;
    if id.starts_with("camera.") {
        return Ok(());
    }
    Err(HomeError::Unsupported {
        subject: id.to_owned(),
        action: action.to_owned(),
    })
}

fn directive(id: &str) -> Value {
    let wanted = json!({
        "protocol": "HLS", "resolution": { "width": 1280, "height": 720 },
        "authorizationType": "NONE", "videoCodec": "H264", "audioCodec": "AAC",
    });
    json!({ "directive": {
        "header": {
            "namespace": "Alexa.CameraStreamController", "name": "InitializeCameraStreams",
            "messageId": "camera-stream", "correlationToken": "camera-stream", "payloadVersion": "3",
        },
        "endpoint": { "endpointId": id.replacen('.', "#", 1), "cookie": {} },
        "payload": { "cameraStreams": [wanted] },
    }})
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::FakeWire;

    const ALEXA: &str = "/api/alexa/smart_home";

    fn on<'a>(wire: &'a FakeWire, host: &str) -> Server<'a> {
        Server::new(wire, &format!("http://{host}"), "token", Duration::ZERO).unwrap()
    }

    /// A server with a camera that streams.
    fn wire() -> FakeWire {
        let wire = FakeWire::default();
        configure(&wire, "https://home.example", &["alexa", "stream"]);
        camera(&wire, "idle", 3);
        wire
    }

    fn configure(wire: &FakeWire, external_url: &str, components: &[&str]) {
        let config = json!({
            "state": "RUNNING", "external_url": external_url, "components": components,
        });
        wire.answer("GET", "/api/config", 200, config);
    }

    fn camera(wire: &FakeWire, state: &str, features: u32) {
        let attributes = json!({ "supported_features": features });
        let camera = json!({ "entity_id": "camera.x", "state": state, "attributes": attributes });
        wire.answer("GET", "/api/states/camera.x", 200, camera);
    }

    fn answer(payload: Value) -> Value {
        let name = match payload.get("type") {
            Some(_) => "ErrorResponse",
            None => "Response",
        };
        json!({ "event": { "header": { "name": name }, "payload": payload } })
    }

    fn stream(uri: &str) -> Value {
        json!({
            "cameraStreams": [{
                "uri": uri, "protocol": "HLS", "resolution": { "width": 1280, "height": 720 },
            }],
            "imageUri": "https://home.example/api/camera_proxy/camera.x?token=picture",
        })
    }

    #[test]
    fn the_servers_own_integration_gives_the_address() {
        let wire = wire();
        let uri = "https://home.example/api/hls/secret/master_playlist.m3u8";
        wire.answer("POST", ALEXA, 200, answer(stream(uri)));
        let found = stream_on(&on(&wire, "camera-1"), "camera.x").unwrap();
        assert_eq!((found.uri.as_str(), found.width), (uri, 1280));
        let picture = "https://home.example/api/camera_proxy/camera.x?token=picture";
        assert_eq!(found.image_uri.as_deref(), Some(picture));
        let (_, asked) = wire.posted().remove(0);
        let asked = &asked["directive"];
        assert_eq!(asked["endpoint"]["endpointId"], "camera#x");
        assert_eq!(asked["header"]["name"], "InitializeCameraStreams");
    }

    #[test]
    fn a_picture_that_alexa_can_not_fetch_is_left_out() {
        let wire = wire();
        for picture in [
            "http://home.example/api/camera_proxy/camera.x?token=picture",
            "https://home.example:8123/api/camera_proxy/camera.x?token=picture",
            "https://homeassistant.local/api/camera_proxy/camera.x?token=picture",
            "/api/camera_proxy/camera.x?token=picture",
            "",
        ] {
            let mut payload = stream("https://home.example/api/hls/secret/master_playlist.m3u8");
            payload["imageUri"] = json!(picture);
            wire.answer("POST", ALEXA, 200, answer(payload));
            let found = stream_on(&on(&wire, "camera-7"), "camera.x").unwrap();
            assert_eq!(found.image_uri, None, "{picture}");
        }
    }

    #[test]
    fn what_has_no_stream_is_refused_with_what_is_missing() {
        let refused = |wire: &FakeWire, host: &str| {
            let error = stream_on(&on(wire, host), "camera.x").unwrap_err();
            assert!(matches!(error, HomeError::Unsupported { .. }), "{error}");
            error.to_string()
        };
        let without = wire();
        camera(&without, "idle", 1);
        assert!(refused(&without, "camera-2").contains("external_url"));
        for (at, (address, components)) in [
            ("http://home.example", &["alexa", "stream"][..]),
            ("https://home.example:8123", &["alexa", "stream"]),
            ("https://192.168.1.5", &["alexa", "stream"]),
            ("https://[2001:db8::1]", &["alexa", "stream"]),
            ("https://homeassistant.local", &["alexa", "stream"]),
            ("https://localhost", &["alexa", "stream"]),
            ("https://ann@home.example", &["alexa", "stream"]),
            ("https://home.example", &["alexa"]),
            ("https://home.example", &["stream"]),
        ]
        .into_iter()
        .enumerate()
        {
            let wire = wire();
            configure(&wire, address, components);
            let message = refused(&wire, &format!("camera-3-{at}"));
            assert!(message.contains("`stream:`"), "{address}: {message}");
            assert!(wire.posted().is_empty(), "{address}");
        }
        let off = wire();
        off.answer("POST", ALEXA, 404, "404: Not Found");
        assert!(refused(&off, "camera-4").contains("`smart_home:`"));
        let hidden = wire();
        let payload = json!({ "type": "NO_SUCH_ENDPOINT", "message": "no" });
        hidden.answer("POST", ALEXA, 200, answer(payload));
        assert!(refused(&hidden, "camera-5").contains("`filter`"));
        assert!(matches!(
            stream_on(&on(&off, "camera-4"), "light.x"),
            Err(HomeError::Unsupported { .. })
        ));
    }

    #[test]
    fn what_the_server_says_is_told_without_its_secrets() {
        let wire = wire();
        let error = || stream_on(&on(&wire, "camera-6"), "camera.x").unwrap_err();
        let message = "rtsp://ann:hunter2@camera refuses";
        let payload = json!({ "type": "INTERNAL_ERROR", "message": message });
        wire.answer("POST", ALEXA, 200, answer(payload));
        let text = error().to_string();
        assert!(
            text.contains("refuses") && !text.contains("hunter2"),
            "{text}"
        );
        for uri in [
            "http://home.example/secret",
            "https://home.example:8123/secret",
            "https://192.168.1.5/secret",
            "/api/hls/secret",
            "",
        ] {
            wire.answer("POST", ALEXA, 200, answer(stream(uri)));
            let error = error();
            assert!(matches!(error, HomeError::InvalidAnswer { .. }), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        wire.answer("POST", ALEXA, 401, "");
        assert!(matches!(error(), HomeError::Unauthorized { .. }));
        camera(&wire, "unavailable", 3);
        assert!(matches!(error(), HomeError::DeviceUnreachable { .. }));
    }
}
