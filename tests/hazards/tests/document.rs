//! docs/hazards.md names every hazard of the table, and no test that doesn't exist.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lmms_hazard_tests::table::HAZARDS;

/// The folders with the tests that the document may name.
const TESTS: [&str; 5] = [
    "lmms/src",
    "lmms/tests",
    "tests/hazards",
    "tests/libraries/tests",
    "xtask/src",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the last column of the document's tables quotes.
fn named() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/hazards.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// All words in the Rust files below `folder`: macros make some of the tests.
fn words(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            words(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let is_boundary = |letter: char| !letter.is_alphanumeric() && letter != '_';
            found.extend(text.split(is_boundary).map(str::to_owned));
        }
    }
}

#[test]
fn every_row_of_the_table_is_in_the_document() {
    let named = named();
    let missing: Vec<String> = HAZARDS
        .iter()
        .map(|hazard| hazard.name.replace('-', "_"))
        .filter(|name| !named.contains(name))
        .collect();
    assert!(missing.is_empty(), "docs/hazards.md lacks {missing:?}");
}

#[test]
fn every_test_that_the_document_names_exists() {
    let mut known: BTreeSet<String> = HAZARDS
        .iter()
        .map(|hazard| hazard.name.replace('-', "_"))
        .collect();
    for folder in TESTS {
        words(&root().join(folder), &mut known);
    }
    let unknown: Vec<String> = named()
        .into_iter()
        .filter(|name| !name.starts_with("cargo xtask "))
        .filter(|name| match name.contains('/') {
            true => !root().join(name).exists(),
            false => !known.contains(name),
        })
        .collect();
    assert!(unknown.is_empty(), "no test is called {unknown:?}");
}
