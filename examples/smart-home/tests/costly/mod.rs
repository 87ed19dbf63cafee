//! Inputs that cost as much as possible, for each type that an operation can take.
#![forbid(unsafe_code)]

mod named;

use std::collections::BTreeMap;
use std::time::Duration;

use home_types::charts::{Bar, ChartOptions, Series};
use home_types::config::{ConfigFormat, ConfigValue, ParameterDeclaration, ParameterKind};
use home_types::http_client::RequestOptions;
use home_types::images::{FlipAxis, ImageFormat};
use home_types::logging::{LogField, LogLevel};
use home_types::metrics::Label;
use home_types::security::{Cipher, HashAlgorithm};
use home_types::sun::{SunEventKind, Twilight};
use home_types::templates::Escaping;
use home_types::{
    Command, Device, DeviceKind, EntitySettings, Exposure, HomeTarget, SceneAction,
    TemperatureScale,
};
use lmms::{OperationInfo, Portable};
use serde_json::{Map, Value, json};

/// How long texts are.
const LONG: usize = 1 << 20;
/// How many elements lists have.
const MANY: usize = 20_000;

/// Calls with everything that an operation is to be called with, one after the other, and what to call that.
pub fn for_each(info: &OperationInfo, mut call: impl FnMut(&str, Map<String, Value>)) {
    let parameters: Vec<(&str, &str)> = info
        .parameters()
        .map(|parameter| (parameter.name, parameter.type_name))
        .collect();
    let plain = |name: &str, type_name: &str| plain(info.interface(), name, type_name);
    // Each parameter in turn, with harmless values for the others.
    for (name, type_name) in &parameters {
        for (what, value) in costly(type_name) {
            let mut kwargs = Map::new();
            for (other, other_type) in &parameters {
                kwargs.insert((*other).to_owned(), plain(other, other_type));
            }
            kwargs.insert((*name).to_owned(), value);
            call(&format!("{name}: {what}"), kwargs);
        }
    }
    // All of them at once: the n-th costly value of each.
    for round in 0..6 {
        let kwargs = parameters.iter().map(|(name, type_name)| {
            let mut values = costly(type_name);
            let value = match values.len() {
                0 => plain(name, type_name),
                count => values.swap_remove(round % count).1,
            };
            ((*name).to_owned(), value)
        });
        call(&format!("all costly, {round}"), kwargs.collect());
    }
    for (what, kwargs) in named::inputs(&info.full_name()) {
        call(&what, kwargs);
    }
}

/// The type without references and `Option`.
fn bare(type_name: &str) -> &str {
    let type_name = type_name.trim().trim_start_matches('&');
    match type_name.strip_prefix("Option<") {
        Some(inner) => bare(inner.trim_end().strip_suffix('>').unwrap_or(inner)),
        None => type_name,
    }
}

/// The last segment of a type's path, without what it is generic over.
fn short(type_name: &str) -> &str {
    let plain = bare(type_name);
    plain.rsplit("::").next().unwrap_or(plain)
}

/// Values that are possible and cheap.
fn plain(interface: &str, name: &str, type_name: &str) -> Value {
    match (short(type_name), name) {
        ("str" | "String", "url" | "base") => json!("http://127.0.0.1:1"),
        ("str" | "String", "path" | "filepath") if interface == "virtual_home" => json!(":memory:"),
        ("str" | "String", "method") => json!("GET"),
        ("str" | "String", "document" | "data" | "event" | "json" | "context" | "patch") => {
            json!("{}")
        }
        ("str" | "String", _) => json!("light.hallway"),
        ("bool", _) => json!(true),
        ("f64" | "u8" | "u16" | "u32" | "u64" | "i32" | "i64", _) => json!(20),
        ("Duration", _) => Duration::from_secs(1_700_000_000).to_json(),
        ("HomeTarget", _) => target().to_json(),
        (other, _) => sample(other).unwrap_or(Value::Null),
    }
}

fn target() -> HomeTarget {
    HomeTarget::Virtual {
        path: ":memory:".into(),
    }
}

fn text(part: &str) -> Value {
    Value::String(part.repeat(LONG / part.len()))
}

/// Values of a type that cost as much as possible.
fn costly(type_name: &str) -> Vec<(&'static str, Value)> {
    let type_name = bare(type_name);
    if let Some(element) = type_name.strip_prefix('[') {
        return lists(element.trim_end_matches(']'));
    }
    match short(type_name) {
        "str" | "String" => vec![
            ("a long word", text("x")),
            ("a long text", text("é a ")),
            ("many brackets", text("[")),
            ("many objects", text("{\"a\":")),
            (
                "a long array",
                Value::String(format!("[{}0]", "0,".repeat(LONG / 2))),
            ),
            (
                "a long object",
                Value::String(format!("{{{}\"\":0}}", "\"a\":[],".repeat(LONG / 8))),
            ),
            ("many digits", text("9")),
            ("many parentheses", text("(")),
            ("many dots", text("a.")),
            ("many lines", text("a: b\n")),
            ("many secrets", text("token=\"")),
            ("many control characters", text("\u{0}")),
            ("many slashes", text("/..")),
            ("many templates", text("{{ a }}")),
            ("many blocks", text("{% if a %}")),
        ],
        "f64" => [1e308, -1e308, 0.0, 5e-324, 1e15, -1.0]
            .map(|n| ("an extreme number", json!(n)))
            .to_vec(),
        "u8" => vec![
            ("the greatest number", json!(u8::MAX)),
            ("nothing", json!(0)),
        ],
        "u16" => vec![
            ("the greatest number", json!(u16::MAX)),
            ("nothing", json!(0)),
        ],
        "u32" => [u32::MAX, 0, 1, 100_000_000, 8_192]
            .map(|n| ("an extreme number", json!(n)))
            .to_vec(),
        "u64" => [u64::MAX, 0, 1, 1 << 40, 60_000]
            .map(|n| ("an extreme number", json!(n)))
            .to_vec(),
        "i32" => [i32::MAX, i32::MIN, 0]
            .map(|n| ("an extreme number", json!(n)))
            .to_vec(),
        "i64" => [i64::MAX, i64::MIN, 0, 1 << 40]
            .map(|n| ("an extreme number", json!(n)))
            .to_vec(),
        "Duration" => [Duration::MAX, Duration::ZERO, Duration::from_secs(1 << 40)]
            .map(|duration| ("an extreme time", duration.to_json()))
            .to_vec(),
        other if other.starts_with("BTreeMap") || type_name.contains("BTreeMap") => {
            let map: BTreeMap<String, String> = (0..MANY)
                .map(|n| (format!("x-{n}"), "x".repeat(20)))
                .collect();
            vec![("a large map", map.to_json())]
        }
        "ConfigValue" => vec![
            ("a long text", ConfigValue::Text("x".repeat(LONG)).to_json()),
            ("an extreme number", ConfigValue::Number(f64::MAX).to_json()),
        ],
        "RequestOptions" => {
            let headers = (0..MANY).map(|n| (format!("x-{n}"), "x".into())).collect();
            let options = RequestOptions {
                headers: Some(headers),
                ..RequestOptions::default()
            };
            let extreme = RequestOptions {
                token: Some("x".repeat(LONG)),
                timeout_ms: Some(u64::MAX),
                retries: Some(u32::MAX),
                max_response_bytes: Some(u64::MAX),
                max_redirects: Some(u32::MAX),
                headers: None,
            };
            vec![
                ("many headers", options.to_json()),
                ("extreme limits", extreme.to_json()),
            ]
        }
        "ChartOptions" => {
            let options = |width, height| ChartOptions {
                title: Some("x".repeat(LONG)),
                unit: Some("x".repeat(LONG)),
                width: Some(width),
                height: Some(height),
                utc_offset_seconds: Some(i32::MAX),
            };
            let large = ChartOptions {
                width: Some(4_000),
                height: Some(4_000),
                ..ChartOptions::default()
            };
            vec![
                ("extreme sizes", options(u32::MAX, u32::MAX).to_json()),
                ("large sizes", large.to_json()),
                ("long titles", options(800, 400).to_json()),
            ]
        }
        "ParameterDeclaration" => {
            let declaration = |kind| ParameterDeclaration {
                key: "costly.value".into(),
                kind,
                default: ConfigValue::Text("x".repeat(LONG)),
                secret: false,
                description: "x".repeat(LONG),
            };
            let options = (0..MANY).map(|n| n.to_string()).collect();
            vec![
                (
                    "a long default",
                    declaration(ParameterKind::Text {
                        max_length: u32::MAX,
                    })
                    .to_json(),
                ),
                (
                    "many choices",
                    declaration(ParameterKind::Choice { options }).to_json(),
                ),
            ]
        }
        "Device" => vec![("a large device", device(LONG, 1_000).to_json())],
        "HomeTarget" => {
            // Nearly as many as may be.
            let globs = |count: usize| (0..count).map(|n| format!("*a{n}*")).collect();
            let entity = |n| EntitySettings {
                id: format!("light.n{n}"),
                name: Some("x".repeat(20)),
                ..EntitySettings::default()
            };
            let exposure = |count| Exposure {
                exclude_entity_globs: globs(count),
                entities: (0..count).map(entity).collect(),
                ..Exposure::default()
            };
            let stars = Exposure {
                exclude_entity_globs: vec!["*a".repeat(1_000)],
                ..Exposure::default()
            };
            let deep = (0..4).fold(target(), |home, _| home.exposed(stars.clone()));
            vec![
                ("many patterns", target().exposed(exposure(1_500)).to_json()),
                (
                    "too many patterns",
                    target().exposed(exposure(MANY / 10)).to_json(),
                ),
                ("long patterns", target().exposed(stars).to_json()),
                ("many views", deep.to_json()),
            ]
        }
        "Command" => [
            Command::AdjustBrightness { delta: i64::MIN },
            Command::SetColorTemperature { kelvin: i64::MAX },
            Command::SetTargetTemperature { celsius: f64::MAX },
            Command::SetPreset {
                mode: "x".repeat(LONG),
            },
        ]
        .map(|command| ("an extreme command", command.to_json()))
        .to_vec(),
        _ => Vec::new(),
    }
}

fn device(length: usize, capabilities: usize) -> Device {
    Device {
        id: "light.costly".into(),
        name: "x".repeat(length),
        kind: DeviceKind::Light,
        room: "y".repeat(length),
        manufacturer: String::new(),
        model: String::new(),
        rated_watts: f64::MAX,
        capabilities: vec![home_types::Capability::Power; capabilities],
        description: None,
        display_category: None,
    }
}

/// Long lists, and lists of long elements.
fn lists(element: &str) -> Vec<(&'static str, Value)> {
    let many = |value: Value| ("a long list", Value::Array(vec![value; MANY]));
    match element.rsplit("::").next().unwrap_or(element).trim() {
        "u8" => vec![
            ("many bytes", Value::Array(vec![json!(65); 200_000])),
            ("many zeros", Value::Array(vec![json!(0); 200_000])),
        ],
        "f64" => vec![many(json!(1e308)), ("a long list", (0..MANY).collect())],
        "String" => vec![
            many(json!("x".repeat(40))),
            ("a long text", json!(["x".repeat(LONG)])),
        ],
        "Label" => vec![
            many(Label::new("a", "b").to_json()),
            (
                "a long label",
                json!([Label::new("a", "x".repeat(LONG)).to_json()]),
            ),
        ],
        "LogField" => vec![
            many(LogField::new("a", "b").to_json()),
            (
                "a long field",
                json!([LogField::new("a", "x".repeat(LONG)).to_json()]),
            ),
        ],
        "Bar" => {
            let bar = |label: String| {
                Bar {
                    label,
                    value: f64::MAX,
                }
                .to_json()
            };
            vec![
                many(bar("x".into())),
                ("a long label", json!([bar("x".repeat(LONG))])),
            ]
        }
        "Series" => {
            let series = |name: String, points| Series { name, points }.to_json();
            let points: Vec<(f64, f64)> = (0..MANY).map(|n| (n as f64 * 1e300, 1e308)).collect();
            vec![
                ("many points", json!([series("x".into(), points)])),
                many(series("x".into(), vec![(0.0, 0.0)])),
                (
                    "a long name",
                    json!([series("x".repeat(LONG), vec![(0.0, 0.0), (1e308, 1e308)])]),
                ),
            ]
        }
        "Device" => vec![(
            "many devices",
            Value::Array(vec![device(20, 2).to_json(); 5_000]),
        )],
        "SceneAction" => {
            let action = SceneAction {
                device_id: "light.hallway".into(),
                command: Command::TurnOn,
            };
            vec![many(action.to_json())]
        }
        pair if pair.starts_with("(f64") => {
            let points = (0..MANY)
                .map(|n| json!([n as f64 * 1e300, 1e308]))
                .collect();
            let close = (0..MANY).map(|n| json!([n, n])).collect();
            vec![
                ("extreme points", Value::Array(points)),
                ("many points", Value::Array(close)),
            ]
        }
        pair if pair.starts_with("(String") => vec![many(json!(["é".repeat(20), "é"]))],
        _ => Vec::new(),
    }
}

/// A value of one of the types that have nothing costly, or an element.
fn sample(type_name: &str) -> Option<Value> {
    Some(match type_name {
        "HashAlgorithm" => HashAlgorithm::Blake3.to_json(),
        "Cipher" => Cipher::Aes256Gcm.to_json(),
        "ImageFormat" => ImageFormat::Png.to_json(),
        "FlipAxis" => FlipAxis::Horizontal.to_json(),
        "LogLevel" => LogLevel::Error.to_json(),
        "ConfigFormat" => ConfigFormat::Json.to_json(),
        "DeviceKind" => DeviceKind::Light.to_json(),
        "TemperatureScale" => TemperatureScale::Celsius.to_json(),
        "Twilight" => Twilight::Civil.to_json(),
        "SunEventKind" => SunEventKind::Sunrise.to_json(),
        "Escaping" => Escaping::Html.to_json(),
        "Command" => Command::TurnOn.to_json(),
        "Device" => device(10, 2).to_json(),
        "DeviceState" => {
            json!({"device_id": "light.costly", "online": true, "changed_at": Duration::ZERO.to_json()})
        }
        "ConfigValue" => ConfigValue::Integer(1).to_json(),
        _ => return None,
    })
}
