//! Damaged manifests. Whether one is still a good manifest for a module is decided here once more,
//! by what it says.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;

use lmms::Error;
use lmms::manifest::{FORMAT, UnloadGrade};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::random::Random;
use crate::stage::{MODULES, Stage};

/// What a gateway reads of a manifest: all but the operations, which it knows and the library tells.
#[derive(Deserialize)]
struct Manifest {
    format: u32,
    toolchain: String,
    modules: Vec<ModuleFile>,
}

#[derive(Deserialize)]
#[expect(
    dead_code,
    reason = "these only have to be there, some of them in their form"
)]
struct ModuleFile {
    name: String,
    version: String,
    file: String,
    size: u64,
    blake3: String,
    operations: IgnoredAny,
    unload: UnloadGrade,
}

/// Takes each damaged manifest to the modules in turn.
pub struct Manifests<'a> {
    stage: &'a mut Stage,
    good: Vec<u8>,
    turn: usize,
    /// How many were harmless.
    pub loaded: usize,
}

impl<'a> Manifests<'a> {
    pub fn new(stage: &'a mut Stage) -> Self {
        let good = fs::read(stage.manifest()).unwrap();
        Self {
            stage,
            good,
            turn: 0,
            loaded: 0,
        }
    }

    fn case(&mut self, what: &str, changed: &[u8]) {
        let module = MODULES[self.turn % MODULES.len()];
        self.turn += 1;
        let what = format!("manifest: {what}, {module}");
        let path = self.stage.manifest();
        if self.is_good(changed, module) {
            self.loaded += 1;
            self.stage.loaded(module, &what, &path, changed);
        } else {
            self.stage
                .refused(module, &what, &[(&path, changed)], is_clear);
        }
    }

    /// Whether `module` may be loaded by this manifest: it is one, and what it says of the module
    /// names the same file.
    fn is_good(&self, changed: &[u8], module: &str) -> bool {
        let Ok(manifest) = serde_json::from_slice::<Manifest>(changed) else {
            return false;
        };
        let names: BTreeSet<_> = manifest.modules.iter().map(|entry| &entry.name).collect();
        if names.len() != manifest.modules.len() || manifest.format != FORMAT {
            return false;
        }
        let makes_sense = |entry: &ModuleFile| {
            let is_hex = entry.blake3.bytes().all(|digit| digit.is_ascii_hexdigit());
            let is_name = !["", ".", ".."].contains(&&*entry.file);
            let has_path = entry.file.contains(['/', '\0']);
            is_hex && entry.blake3.len() == 64 && is_name && !has_path && !entry.name.is_empty()
        };
        if !manifest.modules.iter().all(makes_sense) {
            return false;
        }
        let good: Manifest = serde_json::from_slice(&self.good).unwrap();
        let essence = |manifest: &Manifest| {
            let mut entries = manifest.modules.iter();
            let entry = entries.find(|entry| entry.name == module)?;
            let hash = entry.blake3.to_lowercase();
            let toolchain = manifest.toolchain.clone();
            Some((entry.file.clone(), entry.size, hash, toolchain))
        };
        essence(&manifest) == essence(&good)
    }

    pub fn bytes(&mut self, random: &mut Random) {
        let good = self.good.clone();
        for round in 0..60 {
            let keep = random.below(good.len());
            self.case(&format!("cut to {keep}, {round}"), &good[..keep]);
        }
        for round in 0..500 {
            let (what, damaged) = random.damage(&good, 40);
            self.case(&format!("{what}, {round}"), &damaged);
        }
        // Among the JSON, not in its spaces.
        let compact = serde_json::from_slice::<Value>(&good).unwrap().to_string();
        for round in 0..400 {
            let (what, damaged) = random.damage(compact.as_bytes(), 12);
            self.case(&format!("compact, {what}, {round}"), &damaged);
        }
    }

    pub fn lines(&mut self) {
        let good = String::from_utf8(self.good.clone()).unwrap();
        let lines: Vec<_> = good.lines().collect();
        for at in 0..lines.len() {
            let mut fewer = lines.clone();
            let line = fewer.remove(at);
            self.case(&format!("without line {at}"), fewer.join("\n").as_bytes());
            let mut twice = lines.clone();
            let first = format!("{},", line.trim_end_matches(','));
            twice.insert(at, &first);
            self.case(&format!("line {at} twice"), twice.join("\n").as_bytes());
        }
    }

    /// Each value replaced by others, and left out.
    pub fn values(&mut self, random: &mut Random) {
        let good: Value = serde_json::from_slice(&self.good).unwrap();
        let mut places = Vec::new();
        collect(&good, String::new(), &mut places);
        let others = [
            json!(null),
            json!(true),
            json!(-1),
            json!(u64::MAX),
            json!(1e300),
            json!(""),
            json!("../../etc/passwd"),
            json!("keeper"),
            json!([]),
            json!({}),
        ];
        for place in &places {
            // All of them for what matters, one of them for each of the many operations.
            let few = place.contains("/operations/");
            let chosen = random.below(others.len());
            for (index, other) in others.iter().enumerate() {
                if few && index != chosen {
                    continue;
                }
                let mut changed = good.clone();
                *changed.pointer_mut(place).unwrap() = other.clone();
                self.case(
                    &format!("{place} = {other}"),
                    changed.to_string().as_bytes(),
                );
            }
            if let Some((parent, key)) = place.rsplit_once('/')
                && !few
            {
                let mut changed = good.clone();
                match changed.pointer_mut(parent).unwrap() {
                    Value::Object(map) => drop(map.remove(key)),
                    Value::Array(list) => drop(list.remove(key.parse().unwrap())),
                    _ => unreachable!("a parent is one of the two"),
                }
                self.case(&format!("without {place}"), changed.to_string().as_bytes());
            }
        }
    }

    /// Entries that say of one module what belongs to another.
    pub fn exchanged(&mut self) {
        let good: Value = serde_json::from_slice(&self.good).unwrap();
        let keys = ["name", "file", "blake3", "size", "operations", "version"];
        for one in 0..MODULES.len() {
            for other in (0..MODULES.len()).filter(|other| *other != one) {
                for key in keys {
                    let mut changed = good.clone();
                    let theirs = changed["modules"][other][key].take();
                    let ours = std::mem::replace(&mut changed["modules"][one][key], theirs);
                    changed["modules"][other][key] = ours;
                    self.all(&format!("{key} of {one} and {other}"), &changed);
                }
                let mut changed = good.clone();
                for key in ["file", "blake3", "size"] {
                    changed["modules"][one][key] = good["modules"][other][key].clone();
                }
                self.all(&format!("{one} is {other}"), &changed);
                let mut changed = good.clone();
                changed["modules"][one] = good["modules"][other].clone();
                self.all(&format!("{other} again for {one}"), &changed);
            }
        }
    }

    fn all(&mut self, what: &str, changed: &Value) {
        for _ in MODULES {
            self.case(what, changed.to_string().as_bytes());
        }
    }

    pub fn paths_and_hashes(&mut self, random: &mut Random) {
        let good: Value = serde_json::from_slice(&self.good).unwrap();
        let folder = self.stage.path("keeper.so").display().to_string();
        let paths = [
            "../keeper.so",
            "./keeper.so",
            "/etc/passwd",
            &folder,
            "..",
            ".",
            "keeper.so/",
            "keeper.so\0",
            "\0",
            " keeper.so",
            "keeper.so ",
            "KEEPER.SO",
            "keeper",
            "~",
            "-",
            "manifest.json",
            "/proc/self/exe",
            "//",
            "keeper\u{2024}so",
            "\\keeper.so",
        ];
        for path in paths {
            for index in 0..MODULES.len() {
                let mut changed = good.clone();
                changed["modules"][index]["file"] = path.into();
                self.all(&format!("file {path:?}"), &changed);
            }
        }
        for round in 0..40 {
            let mut changed = good.clone();
            let index = self.turn % MODULES.len();
            let hash = &mut changed["modules"][index]["blake3"];
            let mut digits = hash.as_str().unwrap().to_owned().into_bytes();
            let place = random.below(64);
            digits[place] = if digits[place] == b'0' { b'1' } else { b'0' };
            *hash = String::from_utf8(digits).unwrap().into();
            self.case(&format!("hash, {round}"), changed.to_string().as_bytes());
        }
        let shouted = String::from_utf8(self.good.clone()).unwrap();
        for (from, to) in [("0.1.0", "9.9.9"), ("\n", " "), ("    ", "\t\t")] {
            assert!(shouted.contains(from));
            self.case("harmless", shouted.replace(from, to).as_bytes());
        }
        let mut shouted = good;
        for index in 0..MODULES.len() {
            let hash = &mut shouted["modules"][index]["blake3"];
            *hash = hash.as_str().unwrap().to_uppercase().into();
        }
        shouted["comment"] = json!({"unknown": ["to", "this", "version"]});
        self.all("hashes in upper case, and a comment", &shouted);
    }

    /// Far too much, or far too deep.
    pub fn monsters(&mut self, random: &mut Random) {
        const TEN: usize = 10_000_000;
        let good = String::from_utf8(self.good.clone()).unwrap();
        let noise: Vec<u8> = (0..TEN).map(|_| random.next() as u8).collect();
        self.case("10 MB of noise", &noise);
        self.case("10 MB of zeroes", &vec![0; TEN]);
        for open in ["[", "{\"a\":", "\"", "[[],", "1"] {
            let deep = open.repeat(TEN / open.len());
            self.case(&format!("10 MB of {open}"), deep.as_bytes());
            let value = format!("{{\"format\": {FORMAT}, \"modules\": {deep}");
            self.case(&format!("10 MB of {open} inside"), value.as_bytes());
        }
        self.case(
            "10 MB of spaces before it",
            format!("{}{good}", " ".repeat(TEN)).as_bytes(),
        );
        let mut long: Value = serde_json::from_str(&good).unwrap();
        long["modules"][0]["version"] = "v".repeat(TEN).into();
        self.case("a version of 10 MB", long.to_string().as_bytes());
        for depth in [100, 127, 128, 129, 10_000] {
            let deep = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
            let with = good.replacen('{', &format!("{{\"deep\": {deep},"), 1);
            // What is skipped may be as deep as the parser goes; so the parser decides.
            self.case(&format!("{depth} deep"), with.as_bytes());
        }
        for number in [
            "1e400",
            "-0",
            "1.0",
            "01",
            "0x1",
            "99999999999999999999",
            "NaN",
        ] {
            let from = format!("\"format\": {FORMAT}");
            let with = good.replacen(&from, &format!("\"format\": {number}"), 1);
            assert_ne!(with, good);
            self.case(&format!("format {number}"), with.as_bytes());
        }
    }
}

/// What a manifest or its entry may be refused with.
fn is_clear(error: &Error) -> bool {
    matches!(
        error,
        Error::Manifest(_)
            | Error::NotBuilt { .. }
            | Error::File { action: "open", .. }
            | Error::SizeMismatch { .. }
            | Error::HashMismatch { .. }
            | Error::NotAModule { .. }
            | Error::ToolchainMismatch { .. }
    )
}

/// The JSON pointers of all values below this one.
fn collect(value: &Value, place: String, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                collect(value, format!("{place}/{key}"), into);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                collect(value, format!("{place}/{index}"), into);
            }
        }
        _ => {}
    }
    if !place.is_empty() {
        into.push(place);
    }
}
