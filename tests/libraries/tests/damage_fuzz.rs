//! The fuzz targets' short form: the same checks, with inputs that are the same in every run and
//! need no instrumented build. `cargo xtask fuzz` is the long one.

#![forbid(unsafe_code)]

#[path = "../../fuzz/src/by_name.rs"]
mod by_name;
#[path = "../../fuzz/src/manifest.rs"]
mod manifest;
#[path = "damage/random.rs"]
mod random;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::{Value, json};

use random::Random;

const INPUTS: usize = 20_000;

/// The committed inputs that the fuzzer begins with.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let mut files: Vec<_> = fs::read_dir(folder.join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Runs `check` on all seeds and on changed ones; a panic names its input.
fn short(target: &str, mut check: impl FnMut(&[u8])) {
    let seeds = seeds(target);
    let random = &mut Random::new(7);
    for round in 0..INPUTS {
        let seed = &seeds[round % seeds.len()];
        let input = match round / seeds.len() {
            0 => seed.clone(),
            1.. if random.below(2) == 0 => changed_bytes(seed, random),
            _ => changed_value(seed, random),
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&input)));
        assert!(
            outcome.is_ok(),
            "{target}, input {round}: {}",
            String::from_utf8_lossy(&input)
        );
    }
}

fn changed_bytes(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(3) {
        bytes = random.damage(&bytes, 8).1;
    }
    let keep = bytes.len() - random.below(bytes.len().min(4));
    bytes.truncate(keep);
    bytes
}

/// The seed with some of the values in its last, or only, JSON changed.
fn changed_value(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let text = std::str::from_utf8(seed).unwrap();
    let start = text.find('{').unwrap();
    let mut value: Value = serde_json::from_str(&text[start..]).unwrap();
    for _ in 0..=random.below(3) {
        change(&mut value, random);
    }
    format!("{}{value}", &text[..start]).into_bytes()
}

fn change(value: &mut Value, random: &mut Random) {
    let stop = random.below(4) == 0;
    match value {
        Value::Object(map) if !map.is_empty() && !stop => {
            let place = random.below(map.len());
            change(map.values_mut().nth(place).unwrap(), random);
        }
        Value::Array(list) if !list.is_empty() && !stop => {
            let place = random.below(list.len());
            change(&mut list[place], random);
        }
        _ if random.below(5) == 0 => *value = other_value(random),
        _ => *value = like_value(value.take(), random),
    }
}

/// Another value of the same kind.
fn like_value(value: Value, random: &mut Random) -> Value {
    let bits = random.next();
    match value {
        Value::Bool(old) => json!(!old),
        Value::Number(_) => match random.below(4) {
            0 => json!(bits as i64 >> (bits % 64)),
            1 => json!(f64::from_bits(bits)),
            2 => json!(bits as f64 / -1e9),
            _ => json!(bits >> (bits % 64)),
        },
        Value::String(old) => match random.below(3) {
            0 => json!(String::from_utf8_lossy(&bits.to_le_bytes())),
            1 => json!(old + ["\0", "ß", "-1", "NaN", " "][bits as usize % 5]),
            _ => json!(bits.to_string()),
        },
        Value::Array(mut list) => {
            let more = list.first().cloned();
            list.extend(more);
            Value::Array(list)
        }
        Value::Object(mut map) => {
            let key = map.keys().next().cloned();
            key.and_then(|key| map.remove(&key));
            Value::Object(map)
        }
        Value::Null => Value::Null,
    }
}

fn other_value(random: &mut Random) -> Value {
    let bits = random.next();
    match random.below(14) {
        0 => Value::Null,
        1 => json!(bits < u64::MAX / 2),
        2 => json!(bits),
        3 => json!(bits as i64),
        4 => json!(bits % 300),
        5 => json!(-((bits % 300) as i64)),
        6 => json!(f64::from_bits(bits)),
        7 => json!(f64::MAX),
        8 => json!(-1e-310),
        9 => json!(String::from_utf8_lossy(&bits.to_le_bytes())),
        10 => json!("ß".repeat(bits as usize % 5)),
        11 => json!([bits % 7, null, {"a": []}]),
        12 => json!({"left": bits, "right": "", "Ok": 1}),
        _ => json!([]),
    }
}

#[test]
fn manifests() {
    short("manifest", manifest::run);
}

#[test]
fn calls_by_name() {
    for seed in seeds("by-name") {
        let text = String::from_utf8_lossy(&seed);
        // Else changing it shows little.
        assert_eq!(by_name::run(&seed), !text.contains("addd"), "{text}");
    }
    let mut fitted = 0;
    short("by-name", |input| {
        fitted += usize::from(by_name::run(input))
    });
    assert!(fitted > INPUTS / 20, "{fitted} calls had right arguments");
    assert!(fitted < INPUTS, "all had");
}
