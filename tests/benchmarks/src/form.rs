//! Of which code a family's figures are.

#![forbid(unsafe_code)]

/// What every family rests on.
const SHARED: &[&str] = &[
    include_str!("measure.rs"),
    include_str!("../work/src/lib.rs"),
    include_str!("../modules/probe/src/lib.rs"),
];

/// A hash of these sources without comments, imports, spaces and tests, and of what all families rest on: figures that
/// were measured by other code are of another form.
pub fn of(sources: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for source in SHARED.iter().chain(sources) {
        for word in words(source) {
            hasher.update(word.as_bytes());
        }
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// The words of a source that decide what it does.
fn words(source: &str) -> impl Iterator<Item = &str> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = source.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with("//"));
    // Imports come and go with the order that they are kept in; the code tells what they are for.
    let mut imports = false;
    let lines = lines.filter(move |line| {
        let is_import = imports || line.starts_with("use ");
        imports = is_import && !line.ends_with(';');
        !is_import
    });
    // A comma that a line ends with comes and goes with how code is broken into lines.
    let words = lines.flat_map(str::split_whitespace);
    words.map(|word| word.trim_end_matches(','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_changes_with_code_and_not_with_comments_imports_spaces_and_tests() {
        let first = of(&["fn f() { g(1, 2) }"]);
        let same = "// why\nfn f() {\n    g(\n        1,\n        2,\n    )\n}\n#[cfg(test)]\nmod tests {}";
        assert_eq!(of(&[same]), first);
        let imports = "use std::fs;\n\nuse a::{\n    b,\n    c,\n};\nfn f() { g(1, 2) }";
        assert_eq!(of(&[imports]), first);
        assert_ne!(of(&["use a::{\n    b,\n};\nfn f() { g(1, 3) }"]), first);
        assert_ne!(of(&["fn f() { g(1, 3) }"]), first);
        assert_ne!(of(&["fn f() { g(1, 2) }", "fn g() {}"]), first);
    }
}
