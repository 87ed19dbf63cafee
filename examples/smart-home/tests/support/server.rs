//! A Home Assistant server on the loopback interface that answers what a test tells it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As a server that is well.
    Well,
    /// Refuses every token.
    Unauthorized,
    /// Has an internal error.
    Broken,
    /// Takes requests and never answers.
    Hanging,
    /// Answers what is no JSON.
    Babbling,
    /// Is starting: it answers, and has no entities yet.
    Starting,
    /// Refuses what it is told with this status.
    Refusing(u16),
}

/// A running server. Its threads end with the test's process.
pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server on a free port.
    pub fn start(mood: Mood) -> Self {
        let home = match mood {
            Mood::Starting => Home { states: Vec::new() },
            _ => Home::new(),
        };
        Self::run(mood, home)
    }

    /// Starts a server that is well and has these entities.
    pub fn with(states: Vec<Value>) -> Self {
        Self::run(Mood::Well, Home { states })
    }

    fn run(mood: Mood, home: Home) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            let home = Arc::new(Mutex::new(home));
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                if mood == Mood::Hanging {
                    // Held open: closing it would be an answer of a kind.
                    silent.push(stream);
                    continue;
                }
                let (home, log) = (Arc::clone(&home), Arc::clone(&log));
                thread::spawn(move || serve(&stream, mood, &home, &log));
            }
        });
        Self {
            url: format!("http://{address}"),
            asked,
        }
    }

    /// A URL at which nobody listens.
    pub fn nobody() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        format!("http://{address}")
    }

    /// The requests so far: method, path and body.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The requests about a device: all but the question, beside the first one, what the server hides.
    pub fn asked_of_devices(&self) -> Vec<String> {
        let mut asked = self.asked();
        asked.retain(|request| !request.starts_with("POST /api/template"));
        asked
    }
}

/// A light that people have hidden.
pub const HIDDEN: &str = "light.closet";

/// The picture of the server's camera: the header of a PNG that claims 60,000 pixels in each direction.
pub const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\
    \0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0\x0f\xb0\xe2\x15\0\0\0\x09IDATx";

/// Three lights, one of them hidden, a thermostat, a lock and a camera.
struct Home {
    states: Vec<Value>,
}

impl Home {
    fn new() -> Self {
        let entity = |id: &str, state: &str, attributes: Value| {
            json!({
                "entity_id": id,
                "state": state,
                "attributes": attributes,
                "last_changed": "2026-03-18T06:00:00+00:00",
                "last_updated": "2026-03-18T06:00:00+00:00",
            })
        };
        let states = vec![
            entity(
                "light.cellar",
                "off",
                json!({"friendly_name": "Cellar", "supported_color_modes": ["brightness"]}),
            ),
            entity(
                HIDDEN,
                "off",
                json!({"friendly_name": "Closet", "supported_color_modes": ["onoff"]}),
            ),
            entity(
                "light.attic",
                "unavailable",
                json!({"friendly_name": "Attic", "supported_color_modes": ["onoff"]}),
            ),
            entity(
                "climate.hall",
                "heat",
                json!({
                    "friendly_name": "Hall", "hvac_modes": ["off", "heat"], "min_temp": 7, "max_temp": 30,
                    "temperature": 20.0, "current_temperature": 19.5,
                }),
            ),
            entity("lock.shed", "locked", json!({"friendly_name": "Shed"})),
            entity(
                "camera.yard",
                "idle",
                json!({"friendly_name": "Yard", "supported_features": 2}),
            ),
        ];
        Self { states }
    }

    fn answer(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        match (method, path) {
            ("GET", "/api/") => (200, json!({"message": "API running."})),
            ("GET", "/api/config") => (
                200,
                json!({
                    "state": "RUNNING", "unit_system": {"temperature": "°C"},
                    "external_url": "https://home.example", "components": ["alexa", "stream"],
                }),
            ),
            ("POST", "/api/alexa/smart_home") => (200, stream()),
            ("POST", "/api/template") => (200, json!(format!("{HIDDEN}\t\thidden\n"))),
            ("GET", "/api/states") => (200, json!(self.states)),
            ("GET", path) => match path.strip_prefix("/api/states/") {
                Some(id) => match self.states.iter().find(|state| state["entity_id"] == id) {
                    Some(state) => (200, state.clone()),
                    None => (404, json!({"message": "Entity not found."})),
                },
                None => (404, json!({"message": "Not found"})),
            },
            ("POST", path) if path.starts_with("/api/services/") => self.service(path, body),
            _ => (405, json!({"message": "Method not allowed"})),
        }
    }

    fn service(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let state = match path {
            "/api/services/light/turn_on" => "on",
            "/api/services/light/turn_off" => "off",
            "/api/services/lock/unlock" => "unlocked",
            "/api/services/lock/lock" => "locking",
            "/api/services/cover/open_cover" => "open",
            _ => return (200, json!([])),
        };
        let entities = self.states.iter_mut();
        let wanted = |entity: &&mut Value| entity["entity_id"] == body["entity_id"];
        let changed: Vec<Value> = entities
            .filter(wanted)
            .map(|entity| {
                entity["state"] = json!(state);
                if let Some(percent) = body["brightness_pct"].as_f64() {
                    entity["attributes"]["brightness"] = json!((percent * 2.55).round());
                }
                entity.clone()
            })
            .collect();
        (200, json!(changed))
    }
}

/// What the server's own Alexa integration says of a camera's stream.
fn stream() -> Value {
    json!({"event": {"header": {"name": "Response"}, "payload": {
        "cameraStreams": [{
            "uri": "https://home.example/api/hls/hls-secret/master_playlist.m3u8",
            "protocol": "HLS", "resolution": {"width": 1280, "height": 720},
        }],
        "imageUri": "https://home.example/api/camera_proxy/camera.yard?token=picture-secret",
    }}})
}

/// Serves the requests of one connection until the client closes it.
fn serve(
    stream: &TcpStream,
    mood: Mood,
    home: &Mutex<Home>,
    log: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut words = line.split(' ').map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let (mut length, mut authorized) = (0, false);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let header = header.trim_end();
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(": ")?;
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().ok()?;
            }
            authorized |= name.eq_ignore_ascii_case("authorization") && value == "Bearer good";
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        log.lock().unwrap().push(format!("{method} {path} {body}"));
        let text = |status, text: &str| (status, text.as_bytes().to_vec());
        let (status, answer) = match mood {
            Mood::Unauthorized => text(401, "401: Unauthorized"),
            Mood::Broken => text(500, "500 Internal Server Error"),
            Mood::Babbling => text(200, "<html>It works!</html>"),
            Mood::Starting if path == "/api/config" => text(200, r#"{"state": "STARTING"}"#),
            Mood::Refusing(status) if method == "POST" => text(status, "{}"),
            _ if !authorized => text(401, "401: Unauthorized"),
            _ if path == "/api/camera_proxy/camera.yard" => (200, PICTURE.to_vec()),
            _ => match home.lock().unwrap().answer(&method, &path, &body) {
                (status, Value::String(answer)) => text(status, &answer),
                (status, answer) => text(status, &answer.to_string()),
            },
        };
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        let whole = [head.as_bytes(), &answer].concat();
        (&*stream).write_all(&whole).ok()?;
    }
}
