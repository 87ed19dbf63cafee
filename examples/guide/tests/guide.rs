//! The guide's code is compiled, and its programs print what the guide shows.
#![forbid(unsafe_code)]

#[path = "../../run.rs"]
mod run;

use std::fs;
use std::path::{Path, PathBuf};

/// The folder with the pages, from the repository's root.
const PAGES: &str = "docs/guide/src";

/// Folders whose Rust files this repository's tests compile. Those of the templates are compiled by
/// `xtask/tests/newcomer`.
const COMPILED: [&str; 5] = [
    "examples",
    "tests/hazards/fixtures",
    "xtask/templates/cli",
    "xtask/templates/greetings",
    "xtask/templates/service",
];

/// The programs, by the page that shows what they print.
const PROGRAMS: [(&str, &str); 10] = [
    ("types", env!("CARGO_BIN_EXE_types")),
    ("errors", env!("CARGO_BIN_EXE_errors")),
    ("caching", env!("CARGO_BIN_EXE_caching")),
    ("policies", env!("CARGO_BIN_EXE_policies")),
    ("state", env!("CARGO_BIN_EXE_state")),
    ("threads", env!("CARGO_BIN_EXE_threads")),
    ("plugins", env!("CARGO_BIN_EXE_plugins")),
    ("cli", env!("CARGO_BIN_EXE_cli")),
    ("lambda", env!("CARGO_BIN_EXE_lambda")),
    ("agent", env!("CARGO_BIN_EXE_agent")),
];

const MODULES: [&str; 4] = ["places", "rates", "recorder", "words"];

/// Languages of blocks that are no Rust code.
const OTHER_LANGUAGES: [&str; 4] = ["console", "sh", "text", "toml"];

/// A fenced block of a page.
#[derive(Debug)]
struct Block {
    /// The line before its fence that isn't blank.
    label: String,
    language: String,
    text: String,
}

#[test]
fn the_programs_print_what_their_pages_show() {
    for (page, program) in PROGRAMS {
        let printed = run::output(program, &MODULES);
        let blocks = blocks(&read(&Path::new(PAGES).join(format!("{page}.md"))));
        let shown = blocks
            .iter()
            .any(|block| block.language == "text" && block.text == printed);
        assert!(
            shown,
            "{page}.md doesn't show what its program prints:\n{printed}"
        );
    }
}

#[test]
fn every_program_has_a_page() {
    let mut programs: Vec<String> = files(Path::new("examples/guide/src/bin"))
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    programs.sort();
    let mut known = PROGRAMS.map(|(page, _)| page.to_owned());
    known.sort();
    assert_eq!(programs, known);
}

#[test]
fn all_rust_code_of_the_guide_is_in_a_file_that_is_compiled() {
    let mut blocks_of_rust = 0;
    for page in files(Path::new(PAGES)) {
        for block in blocks(&read(&page)) {
            if OTHER_LANGUAGES.contains(&block.language.as_str()) {
                continue;
            }
            assert_eq!(block.language, "rust", "{}: {block:#?}", page.display());
            if let Err(problem) = compiled(&block) {
                panic!("{}: {problem}", page.display());
            }
            blocks_of_rust += 1;
        }
    }
    assert!(blocks_of_rust > 0, "no code was found");
}

/// Whether a block is part of the file that the line before it names, or what is wrong.
fn compiled(block: &Block) -> Result<(), String> {
    let path = block.label.split('`').skip(1).step_by(2).last();
    let path = path.ok_or_else(|| format!("no line says where this is from:\n{}", block.text))?;
    if !path.ends_with(".rs")
        || !COMPILED
            .iter()
            .any(|folder| Path::new(path).starts_with(folder))
    {
        return Err(format!("`{path}` is in no folder that a test compiles"));
    }
    let file = filled(&read(Path::new(path)));
    let lines = format!("\n{}", block.text);
    if format!("\n{file}").contains(&lines) {
        return Ok(());
    }
    Err(format!("`{path}` doesn't contain this:\n{}", block.text))
}

/// A template's text as in the project `my-app`.
fn filled(text: &str) -> String {
    text.replace("{{name}}", "my-app")
        .replace("{{crate}}", "my_app")
}

/// The blocks of a page.
fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut label = String::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        // A block in an item of a list is indented.
        let Some(language) = line.trim_start().strip_prefix("```") else {
            assert!(
                !line.trim_start().starts_with("~~~"),
                "fences are backticks"
            );
            if !line.trim().is_empty() {
                line.clone_into(&mut label);
            }
            continue;
        };
        let text: Vec<&str> = lines
            .by_ref()
            .take_while(|line| line.trim() != "```")
            .collect();
        blocks.push(Block {
            label: label.clone(),
            language: language.to_owned(),
            text: text.join("\n") + "\n",
        });
    }
    blocks
}

/// The files in a folder, both from the repository's root.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let paths = entries.map(|entry| folder.join(entry.unwrap().file_name()));
    paths.collect()
}

/// A file, by its path from the repository's root.
fn read(path: &Path) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
}
