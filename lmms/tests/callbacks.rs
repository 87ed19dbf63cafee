//! Every function of the host's that C or a module calls keeps its panics in: read from the sources.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

/// Functions that need not, with the reason.
const EXEMPT: &[(&str, &str, &str)] = &[
    (
        "host/image.rs",
        "look",
        "runs no code of the application's; an answer after a panic would be a guess at what is mapped, so it aborts",
    ),
    (
        "host/threads/census/entries.rs",
        "trampoline",
        "`pthread_exit` unwinds through it, and it owns nothing; what it calls of the host's is contained",
    ),
    (
        "host/threads/hidden/signals.rs",
        "nothing",
        "a signal handler of a test, which does nothing",
    ),
    ("boundary/context.rs", "detached::begin", "writes one field"),
    ("boundary/context.rs", "detached::run", "does nothing"),
    ("boundary/context.rs", "detached::finish", "does nothing"),
    (
        "boundary/context.rs",
        "detached::monotonic",
        "reads the system's clock",
    ),
    (
        "boundary/context.rs",
        "detached::unix_time",
        "reads the system's clock",
    ),
    (
        "boundary/context.rs",
        "detached::statistics",
        "hands on a literal",
    ),
    ("boundary/context.rs", "detached::explain", "does nothing"),
];

/// Folders whose functions are compiled into modules, which have a boundary of their own (`module/operation.rs`), or
/// are tests.
const OTHERS: &[&str] = &["module/", "host/threads/census/tests", "heap/tests"];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Names and bodies of the functions with C's calling convention that have a body.
fn callbacks(text: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for convention in ["extern \"C\" fn ", "extern \"C-unwind\" fn "] {
        for (at, _) in text.match_indices(convention) {
            let rest = &text[at + convention.len()..];
            let length = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(0);
            let (name, rest) = rest.split_at(length);
            // A type has no name; a declaration ends before there is a body.
            let Some(open) = rest.find('{').filter(|_| !name.is_empty()) else {
                continue;
            };
            let head = &rest[..open];
            if head.contains(';') || head.contains('=') {
                continue;
            }
            let mut depth = 0;
            let end = rest[open..].char_indices().find(|(_, c)| {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            let (length, _) = end.expect("a body ends");
            let inner = text[..at].rfind("\nmod detached {").is_some();
            let prefix = if inner { "detached::" } else { "" };
            found.push((format!("{prefix}{name}"), &rest[open..open + length]));
        }
    }
    found
}

fn keeps_panics_in(body: &str) -> bool {
    body.contains("callback(") || body.contains("contain(")
}

#[test]
fn panics_end_in_every_function_that_c_or_a_module_calls() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&sources, &mut files);
    let (mut checked, mut open, mut exempt) = (0, Vec::new(), Vec::new());
    for file in files {
        let shown = file
            .strip_prefix(&sources)
            .expect("below it")
            .display()
            .to_string();
        if OTHERS.iter().any(|other| shown.starts_with(other)) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a readable file");
        for (name, body) in callbacks(&text) {
            checked += 1;
            let known = EXEMPT
                .iter()
                .find(|(of, function, _)| *of == shown && *function == name);
            match known {
                Some(known) => exempt.push(known),
                None if keeps_panics_in(body) => {}
                None => open.push(format!("{shown}: {name}")),
            }
        }
    }
    assert!(checked > 20, "only {checked} were found");
    assert!(
        open.is_empty(),
        "give these a body of `callback` or `contain`: {open:#?}"
    );
    let stale = EXEMPT.iter().filter(|known| !exempt.contains(known));
    assert_eq!(stale.count(), 0, "an exemption is for nothing");
}

#[test]
fn a_function_that_lets_panics_out_is_found() {
    let text = r#"
        unsafe extern "C" fn kept(a: u32) -> u32 { contain("it", || { a }).unwrap_or(0) }
        unsafe extern "C" fn open(a: fn() -> u32) -> u32 { if true { a() } else { 0 } }
        type Shape = unsafe extern "C" fn(u32) -> u32;
        unsafe extern "C" { fn declared(a: u32); }
    "#;
    let found = callbacks(text);
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["kept", "open"]);
    assert!(keeps_panics_in(found[0].1) && !keeps_panics_in(found[1].1));
}
