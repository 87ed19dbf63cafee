//! The README's tutorial: its code is this example's, and its output is what the program prints.
#![forbid(unsafe_code)]

#[path = "../../run.rs"]
mod run;

use std::fs;
use std::path::Path;

/// The files of the tutorial.
const FILES: [&str; 4] = [
    "greetings/Cargo.toml",
    "greetings/src/lib.rs",
    "Cargo.toml",
    "src/main.rs",
];

#[test]
fn the_program_prints_what_the_readme_shows() {
    let printed = run::output(env!("CARGO_BIN_EXE_hello"), &["greetings"]);
    let readme = read("../../README.md");
    let [shown] = blocks(&readme, "text")[..] else {
        panic!("README.md shows the output of one program");
    };
    // The compiler decides how large the module is.
    let size = bytes_given_back(&printed);
    assert!(
        size.parse::<u64>().is_ok_and(|bytes| bytes > 0),
        "{printed}"
    );
    assert_eq!(printed.replace(size, bytes_given_back(shown)), shown);
}

#[test]
fn the_readme_shows_these_files_and_no_other_code() {
    let readme = read("../../README.md");
    let mut shown = [blocks(&readme, "toml"), blocks(&readme, "rust")].concat();
    for file in FILES {
        let text = read(file);
        let place = shown.iter().position(|block| *block == text);
        let place = place.unwrap_or_else(|| panic!("README.md doesn't show examples/hello/{file}"));
        shown.remove(place);
    }
    assert!(
        shown.is_empty(),
        "no test compiles this code of README.md: {shown:?}"
    );
}

/// A file, by its path from this package.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The contents of all code blocks in `language`.
fn blocks<'a>(markdown: &'a str, language: &str) -> Vec<&'a str> {
    let code = markdown.split("```").skip(1).step_by(2);
    code.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
        .collect()
}

/// The number of bytes in the line `unloaded, N bytes given back`.
fn bytes_given_back(output: &str) -> &str {
    let rest = output
        .split_once("\nunloaded, ")
        .expect("a module is unloaded")
        .1;
    let end = rest.find(" bytes given back\n");
    &rest[..end.expect("how much is given back")]
}
