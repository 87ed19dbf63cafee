//! Costly inputs that no type tells of: small templates, pictures and expressions that ask for much.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// What an operation is called with beside what its types suggest.
pub fn inputs(operation: &str) -> Vec<(String, Map<String, Value>)> {
    let inputs = match operation {
        "templates.render" => templates()
            .map(|template| json!({"template": template}))
            .to_vec(),
        "templates.set_value" => {
            vec![json!({"document": "{}", "key_path": "/a".repeat(100), "value": nested(127)})]
        }
        "templates.pretty_json" => vec![
            json!({"data": nested(127)}),
            json!({"data": format!("[{}0]", "[],".repeat(600_000))}),
            json!({"data": format!("{}[{}0]{}", "[".repeat(120), "0,".repeat(900_000), "]".repeat(120))}),
        ],
        "templates.merge_json" => {
            let fields = |from: u32| {
                (from..from + 100_000)
                    .map(|n| format!("\"{n}\":0,"))
                    .collect::<String>()
            };
            let object = |from| format!("{{{}\"\":0}}", fields(from));
            vec![json!({"document": object(0), "patch": object(100_000)})]
        }
        "security.redact" => [
            "://a:",
            "-----BEGIN PRIVATE KEY-----",
            "password: |\n",
            "eyJ-",
            "token=[",
            "token value ",
        ]
        .map(|part| json!({"text": part.repeat(100_000)}))
        .to_vec(),
        "security.redact_json" => vec![
            json!({"document": nested(127)}),
            json!({"document": nested(100_000)}),
        ],
        "security.hash_password" => vec![json!({"password": "x".repeat(1 << 20)})],
        "devices.similarity" => {
            vec![json!({"one": "a ".repeat(40_000), "other": "b ".repeat(40_000)})]
        }
        "images.info"
        | "images.thumbnail"
        | "images.rotate"
        | "images.blur"
        | "images.convert"
        | "images.measure"
        | "images.fingerprint"
        | "images.grayscale"
        | "images.flip"
        | "images.adjust"
        | "images.annotate"
        | "images.dominant_colour"
        | "images.crop" => PICTURES
            .iter()
            .map(|picture| {
                let mut kwargs = json!({"image": picture});
                let others = match operation {
                    "images.thumbnail" => json!({"width": 100}),
                    "images.rotate" => json!({"degrees": 90}),
                    "images.blur" => json!({"sigma": 100.0}),
                    "images.convert" => json!({"format": "Png"}),
                    "images.flip" => json!({"axis": "Vertical"}),
                    "images.adjust" => json!({"brightness": 10.0, "contrast": 10.0}),
                    "images.annotate" => json!({"text": "x"}),
                    "images.crop" => json!({"x": 0, "y": 0, "width": 4000, "height": 4000}),
                    _ => json!({}),
                };
                for (name, value) in others.as_object().into_iter().flatten() {
                    kwargs[name] = value.clone();
                }
                kwargs
            })
            .collect(),
        "images.snapshot_pattern" => [(8_192, 8_192), (4_096, 4_096), (8_192, 16)]
            .map(|(width, height)| json!({"seed": 1, "width": width, "height": height}))
            .to_vec(),
        _ => Vec::new(),
    };
    let object = |value: Value| match value {
        Value::Object(kwargs) => kwargs,
        _ => Map::new(),
    };
    let name = |at: usize| format!("made for it, {at}");
    inputs
        .into_iter()
        .enumerate()
        .map(|(at, value)| (name(at), object(value)))
        .collect()
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn templates() -> [&'static str; 16] {
    [
        "{{ [1]|tojson(indent=60000000000) }}",
        "{{ 'a\nb'|indent(60000000000) }}",
        "{{ '%60000000000s'|format('x') }}",
        "{{ 'x' * 60000000000 }}",
        "{{ ([[1] * 100000] * 100000)|join }}",
        "{{ ([['x' * 1000] * 1000] * 1000) ~ '' }}",
        "{{ [1]|batch(60000000000, 2) }}",
        "{{ [1]|slice(60000000000, 2) }}",
        "{{ range(60000000000) }}",
        "{{ (['a'] * 1000)|join('y' * 1000000) }}",
        "{% set n = namespace(a=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% endfor %}{{ n.a|tojson }}",
        "{% set n = namespace(a=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% endfor %}{{ n.a ~ '' }}",
        "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}{{ n.a == n.b }}",
        "{% set n = namespace(a=[1]) %}{% for i in range(90000) %}{% set n.a = [n.a] %}{% endfor %}{{ n.a|pprint }}",
        "{% set n = namespace(a=1) %}{% set n.a = n %}{{ n ~ n }}",
        "{% for a in range(90000) %}{% for b in range(90000) %}{{ a ~ b }}{% endfor %}{% endfor %}",
    ]
}

/// Small files of large pictures: within the limits, just over them, and far over them.
static PICTURES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    // Width, height, bits of a channel, PNG's number for the kind of pixels, and how many channels those have.
    [
        (3_000, 2_000, 8, 2, 3),
        (6_000, 4_000, 16, 2, 3),
        (8_192, 6_200, 8, 0, 1),
    ]
    .map(|(width, height, depth, colour, channels)| black(width, height, depth, colour, channels))
    .into()
});

/// A PNG without a single bit set in its rows.
fn black(width: u32, height: u32, depth: u8, colour: u8, channels: u32) -> Vec<u8> {
    let row = 1 + u64::from(width * channels * u32::from(depth) / 8);
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([depth, colour, 0, 0, 0]);
    png([
        ("IHDR", header),
        ("IDAT", zeros(row * u64::from(height))),
        ("IEND", vec![]),
    ])
}

fn png<const N: usize>(chunks: [(&str, Vec<u8>); N]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in chunks {
        let chunk = [name.as_bytes(), &data].concat();
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(&chunk);
        file.extend(checksum(&chunk).to_be_bytes());
    }
    file
}

/// So many zero bytes in zlib's format: one block with fixed codes, a zero, and matches of 258 and then of 3 bytes with
/// it.
fn zeros(count: u64) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let (mut bits, mut filled) = (0_u32, 0);
    let mut push = |out: &mut Vec<u8>, code: &str| {
        for bit in code.bytes() {
            bits |= u32::from(bit == b'1') << filled;
            filled += 1;
            if filled == 8 {
                out.push(bits as u8);
                (bits, filled) = (0, 0);
            }
        }
    };
    push(&mut out, "110");
    let matched = count - 1;
    push(&mut out, "00110000");
    for _ in 0..matched / 258 {
        push(&mut out, "1100010100000");
    }
    for _ in 0..matched % 258 {
        push(&mut out, "00110000");
    }
    // The end of the block, and zeros up to the next byte.
    push(&mut out, "00000000000000");
    let sums = ((count % 65_521) as u32) << 16 | 1;
    out.extend(sums.to_be_bytes());
    out
}

/// PNG's CRC-32.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
            1 => (crc >> 1) ^ 0xEDB8_8320,
            _ => crc >> 1,
        })
    })
}
