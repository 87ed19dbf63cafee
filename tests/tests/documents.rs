//! The documents lead to files that exist.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

/// The folders whose documents are read.
const FOLDERS: [&str; 5] = ["", "docs", "docs/benchmarks", GUIDE, "tests/benchmarks"];

/// The pages of the guide.
const GUIDE: &str = "docs/guide/src";

/// The first folder of a path that a document quotes: from the root, or from the runtime's sources.
const PARTS: [&str; 12] = [
    "docs",
    "examples",
    "lmms",
    "lmms-macros",
    "modules",
    "tests",
    "xtask",
    "boundary",
    "heap",
    "host",
    "module",
    "sync",
];

/// The runtime's sources, from which ARCHITECTURE.md gives paths.
const RUNTIME: &str = "lmms/src";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every document with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let mut documents = Vec::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).unwrap();
                documents.push((path, text));
            }
        }
    }
    documents
}

/// The targets of links and pictures that are files.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

/// The paths that are quoted outside of code blocks, with `{a,b}` written out. Words in capitals stand for any name.
fn paths(text: &str) -> impl Iterator<Item = String> {
    let prose = text.split("```").step_by(2);
    let quoted = prose.flat_map(|prose| prose.split('`').skip(1).step_by(2));
    quoted
        .filter(|path| {
            path.split_once('/')
                .is_some_and(|(part, _)| PARTS.contains(&part))
        })
        .filter(|path| {
            !path.contains(|letter: char| {
                letter.is_whitespace() || letter.is_uppercase() || letter == '*'
            })
        })
        .flat_map(expanded)
}

fn expanded(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else {
        return vec![path.to_owned()];
    };
    let (names, after) = rest.split_once('}').unwrap_or((rest, ""));
    let names = names.split(',');
    names.map(|name| format!("{before}{name}{after}")).collect()
}

#[test]
fn every_link_of_a_document_leads_to_a_file() {
    let mut broken = Vec::new();
    for (document, text) in documents() {
        let folder = document.parent().unwrap();
        let missing = links(&text).filter(|target| !folder.join(target).exists());
        broken.extend(missing.map(|target| format!("{}: {target}", document.display())));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_path_that_a_document_quotes_exists() {
    let mut broken = Vec::new();
    for (document, text) in documents() {
        let folder = document.parent().unwrap();
        let places = [root(), folder, &root().join(RUNTIME)];
        let missing =
            paths(&text).filter(|path| !places.iter().any(|place| place.join(path).exists()));
        broken.extend(missing.map(|path| format!("{}: {path}", document.display())));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_page_of_the_guide_is_in_its_summary_once() {
    let folder = root().join(GUIDE);
    let summary = fs::read_to_string(folder.join("SUMMARY.md")).unwrap();
    let mut listed: Vec<String> = links(&summary).map(str::to_owned).collect();
    let entries = fs::read_dir(&folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut pages: Vec<String> = names.filter(|name| name != "SUMMARY.md").collect();
    listed.sort();
    pages.sort();
    assert_eq!(listed, pages);
}

/// As HTML, a page has only the other pages beside it. What else it names, it quotes.
#[test]
fn no_link_leads_out_of_the_guide() {
    let folder = root().join(GUIDE);
    let (pages, others): (Vec<_>, Vec<_>) = documents()
        .into_iter()
        .partition(|(document, _)| document.starts_with(&folder));
    assert!(!pages.is_empty() && !others.is_empty());
    let mut leaving = Vec::new();
    for (page, text) in pages {
        let outside = links(&text).filter(|target| target.contains('/'));
        leaving.extend(outside.map(|target| format!("{}: {target}", page.display())));
    }
    assert!(leaving.is_empty(), "{leaving:#?}");
}

/// A line that begins with a comment ends its paragraph, and the rest of it isn't read as Markdown.
#[test]
fn no_line_begins_with_a_comment() {
    let mut broken = Vec::new();
    for (document, text) in documents() {
        let lines = text.lines().enumerate();
        let comments = lines.filter(|(_, line)| line.trim_start().starts_with("<!--"));
        broken.extend(comments.map(|(line, _)| format!("{}:{}", document.display(), line + 1)));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn quoted_paths_are_found_in_prose() {
    let text = "See `tests/{a,b}`, `tests/NAME`, `cargo test`, `cfg/x`.\n```sh\n`tests/c`\n```\n`docs/d.md`\n";
    let found: Vec<String> = paths(text).collect();
    assert_eq!(found, ["tests/a", "tests/b", "docs/d.md"]);
    let found: Vec<&str> = links("[a](b.md#c) [d](https://e) [f](#g)").collect();
    assert_eq!(found, ["b.md"]);
}
