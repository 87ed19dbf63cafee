//! The habits of the repository that no compiler knows.
//!
//! What is exempt stands in one place, `.ci/tidy.toml`:
//!
//! ```toml
//! # Files that may contain unsafe code. All others must forbid it.
//! unsafe_islands = ["lmms/src/host/image.rs"]
//! # Files that may be longer than the limit.
//! long_files = ["lmms/src/host/image.rs"]
//! # Folders whose modules import one another without a circle.
//! rooms = ["lmms/src", "lmms/src/host"]
//! # Folders whose comments define and cite invariants.
//! invariants = ["lmms"]
//! # Folders with Rust that is not ours to keep tidy, such as cases that must not compile.
//! skip = ["tests/ui"]
//! ```

#![forbid(unsafe_code)]

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::invariants::Invariants;
use super::{Part, PartReport, Problem, circles, style};
use crate::common::error::Error;
use crate::common::sources::{self, Word};
use crate::common::workspace::Workspace;

/// More lines than this, and a file is more than one thing.
const MOST_LINES: usize = 500;

/// Where the exemptions stand, from the workspace's root.
const CONFIG: &str = ".ci/tidy.toml";

/// Macros that mark unfinished work.
const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];

/// Words in comments that mark unfinished work; split, so that this file is tidy itself.
const MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// Beginnings of paths that exist on one machine only; split, so that this file is tidy itself.
const PRIVATE_PATHS: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
];

/// Files that are looked through for private paths.
const TEXT: &[&str] = &[
    "rs", "toml", "md", "sh", "yml", "yaml", "json", "jsonl", "stderr", "txt", "snap", "run",
];

/// Whether the workspace wants its files to be tidy.
pub(super) fn is_configured(workspace: &Workspace) -> bool {
    workspace.root().join(CONFIG).is_file()
}

pub(super) fn check(workspace: &Workspace) -> Result<PartReport, Error> {
    let root = workspace.root();
    let exempt = Exemptions::read(&root.join(CONFIG))?;
    let files = sources::all_files(root).map_err(Error::io("list", root))?;
    let mut inheritance = Inheritance::default();
    let mut report = PartReport::new(Part::Tidy, String::new());
    let mut islands: BTreeSet<&String> = exempt.unsafe_islands.iter().collect();
    let mut long_files: BTreeSet<&String> = exempt.long_files.iter().collect();
    let mut invariants = Invariants::default();
    let (mut rust, mut other) = (0, 0);
    for file in &files {
        let shown = workspace.relative(file).display().to_string();
        let Some(extension) = kind(file) else {
            continue;
        };
        if exempt
            .skip
            .iter()
            .any(|folder| shown.starts_with(&format!("{folder}/")))
        {
            continue;
        }
        let Ok(text) = fs::read_to_string(file) else {
            continue;
        };
        report.problems.extend(private_paths(&shown, &text));
        if extension != "rs" {
            other += 1;
            continue;
        }
        rust += 1;
        if exempt.has_invariants(&shown) {
            invariants.read(&shown, &text);
        }
        match length_problem(&shown, &text) {
            Some(_) if long_files.remove(&shown) => {}
            problem => report.problems.extend(problem),
        }
        let island = islands.remove(&shown) || exempt.unsafe_islands.contains(&shown);
        report
            .problems
            .extend(rust_problems(&shown, &text, island, || {
                leads_to(&shown, &exempt.unsafe_islands) || inheritance.covers(file)
            }));
    }
    for island in islands {
        report.problems.push(Problem {
            code: "stale-island",
            place: CONFIG.to_owned(),
            what: format!("`unsafe_islands` names {island}, which does not exist"),
            advice: "remove it from the list".to_owned(),
        });
    }
    for file in long_files {
        report.problems.push(Problem {
            code: "stale-long-file",
            place: CONFIG.to_owned(),
            what: format!("`long_files` names {file}, which is no longer than others may be"),
            advice: "remove it from the list".to_owned(),
        });
    }
    report.problems.extend(invariants.problems());
    for folder in &exempt.rooms {
        for problem in circles::check(root, folder)? {
            // Nested folders are read more than once.
            if !report.problems.contains(&problem) {
                report.problems.push(problem);
            }
        }
    }
    report.scope = format!("{rust} Rust files and {other} others");
    Ok(report)
}

/// What `.ci/tidy.toml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Exemptions {
    unsafe_islands: Vec<String>,
    long_files: Vec<String>,
    rooms: Vec<String>,
    invariants: Vec<String>,
    skip: Vec<String>,
}

impl Exemptions {
    /// Whether `file` lies in a folder with invariants.
    fn has_invariants(&self, file: &str) -> bool {
        let file = Path::new(file);
        self.invariants
            .iter()
            .any(|folder| file.starts_with(folder))
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(Error::io("read", path)(error)),
        };
        toml::from_str(&text).map_err(|error| Error::Config {
            path: path.to_owned(),
            problem: error.to_string().trim_end().to_owned(),
        })
    }
}

/// The extension of a file that is looked at; scripts without one count by their name.
fn kind(file: &Path) -> Option<&str> {
    let name = file.extension().or(file.file_name())?.to_str()?;
    TEXT.contains(&name).then_some(name)
}

fn rust_problems(
    file: &str,
    text: &str,
    island: bool,
    covered: impl FnOnce() -> bool,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for mark in MARKS.iter().filter(|mark| has_word(line, mark)) {
            problems.push(Problem {
                code: "unfinished",
                place: format!("{file}:{}", number + 1),
                what: format!("it says {mark}"),
                advice: "do it, or open an issue and remove the mark".to_owned(),
            });
        }
    }
    let Some(words) = sources::words(text) else {
        problems.push(Problem {
            code: "unreadable",
            place: file.to_owned(),
            what: "it is no Rust: a bracket or a string is not closed".to_owned(),
            advice: format!("correct it, or list its folder under `skip` in {CONFIG}"),
        });
        return problems;
    };
    for name in UNFINISHED {
        for line in sources::invocations(&words, name) {
            problems.push(Problem {
                code: "unfinished",
                place: format!("{file}:{line}"),
                what: format!("it invokes `{name}!`"),
                advice: "finish it, or return an error".to_owned(),
            });
        }
    }
    problems.extend(unsafe_problem(file, &words, island, covered));
    problems.extend(style::imports(file, text, &words));
    problems.extend(style::comments(file, text));
    problems.extend(style::needless_names(file, text));
    problems
}

fn length_problem(file: &str, text: &str) -> Option<Problem> {
    let lines = text.lines().count();
    (lines > MOST_LINES).then(|| Problem {
        code: "long-file",
        place: file.to_owned(),
        what: format!("it has {lines} lines, more than {MOST_LINES}"),
        advice: "split it by what its parts are for".to_owned(),
    })
}

fn unsafe_problem(
    file: &str,
    words: &[Word],
    island: bool,
    covered: impl FnOnce() -> bool,
) -> Option<Problem> {
    let uses = words.iter().find(|word| word.text == "unsafe");
    let problem = |what: String, advice: String| {
        Some(Problem {
            code: "unsafe-island",
            place: file.to_owned(),
            what,
            advice,
        })
    };
    match (island, uses) {
        (true, Some(_)) => None,
        (true, None) => problem(
            format!("{CONFIG} lists it as unsafe, but it has no unsafe code"),
            "remove it from `unsafe_islands` and begin it with `#![forbid(unsafe_code)]`"
                .to_owned(),
        ),
        (false, _) if sources::forbids_unsafe(words) || covered() => None,
        (false, Some(word)) => problem(
            format!(
                "it has unsafe code (line {}) but is no unsafe island",
                word.line
            ),
            format!("move that code into a file of `unsafe_islands` in {CONFIG}, or add this one"),
        ),
        (false, None) => problem(
            "nothing forbids unsafe code in it".to_owned(),
            "begin it, or a module above it, with `#![forbid(unsafe_code)]`".to_owned(),
        ),
    }
}

/// What module files say about the files below them: `forbid` holds for child modules too.
#[derive(Default)]
struct Inheritance {
    forbids: HashMap<PathBuf, bool>,
}

impl Inheritance {
    /// Whether a module above this one forbids unsafe code for it.
    fn covers(&mut self, file: &Path) -> bool {
        for folder in file.ancestors().skip(1) {
            let named = self.forbids(file, &folder.with_extension("rs")) == Some(true)
                || self.forbids(file, &folder.join("mod.rs")) == Some(true);
            // A folder with both is two crates, and who belongs to which is not to be seen here.
            let roots = ["lib.rs", "main.rs"].map(|root| self.forbids(file, &folder.join(root)));
            let rooted = roots.contains(&Some(true)) && !roots.contains(&Some(false));
            if named || rooted {
                return true;
            }
            if folder.join("Cargo.toml").exists() {
                return false;
            }
        }
        false
    }

    /// Whether the module file forbids unsafe code; `None` if there is no such file above `file`.
    fn forbids(&mut self, file: &Path, module: &Path) -> Option<bool> {
        if module == file {
            return None;
        }
        if let Some(known) = self.forbids.get(module) {
            return Some(*known);
        }
        let text = fs::read_to_string(module).ok()?;
        let forbids = sources::words(&text).is_some_and(|words| sources::forbids_unsafe(&words));
        self.forbids.insert(module.to_owned(), forbids);
        Some(forbids)
    }
}

/// Whether one of `islands` is a module below `file`, which then can't forbid anything.
fn leads_to(file: &str, islands: &[String]) -> bool {
    let path = Path::new(file);
    let folder = match path.file_name().and_then(|name| name.to_str()) {
        Some("lib.rs" | "main.rs" | "mod.rs") => path.parent().map(Path::to_owned),
        _ => Some(path.with_extension("")),
    };
    folder.is_some_and(|folder| {
        islands
            .iter()
            .any(|island| Path::new(island).starts_with(&folder))
    })
}

fn private_paths(file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(path) = PRIVATE_PATHS.iter().find(|path| has_path(line, path)) {
            problems.push(Problem {
                code: "private-path",
                place: format!("{file}:{}", number + 1),
                what: format!("it names a path below `{path}`, which exists on one machine only"),
                advice: "write it from the workspace's root, or take it from an argument"
                    .to_owned(),
            });
        }
    }
    problems
}

/// Whether an absolute path that starts with `path` stands in the line.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        // In `a/home/` and `https://host/home/` it is only the middle of something.
        let before = line[..at].chars().next_back();
        before.is_none_or(|letter| !letter.is_alphanumeric() && !"._-~}>)*/".contains(letter))
    })
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let inside = |letter: Option<char>| letter.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !inside(line[..at].chars().next_back()) && !inside(line[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str, island: bool) -> Vec<&'static str> {
        let problems = rust_problems("a.rs", text, island, || false);
        problems.into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_tidy_file_has_no_problem() {
        assert!(codes("#![forbid(unsafe_code)]\nfn a() {}\n", false).is_empty());
        assert!(codes("fn a() { unsafe { b() } }\n", true).is_empty());
    }

    #[test]
    fn unsafe_code_lives_on_islands() {
        assert_eq!(codes("fn a() {}", false), ["unsafe-island"]);
        assert_eq!(codes("fn a() { unsafe { b() } }", false), ["unsafe-island"]);
        assert_eq!(codes("fn a() {}", true), ["unsafe-island"]);
        assert!(rust_problems("a.rs", "fn a() {}", false, || true).is_empty());
    }

    #[test]
    fn a_module_above_forbids_for_those_below() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let forbids = "#![forbid(unsafe_code)]";
        write("Cargo.toml", "");
        write("src/lib.rs", "mod a; mod b;");
        let a = write("src/a.rs", forbids);
        let below_a = write("src/a/deep/er.rs", "");
        let below_b = write("src/b/deep.rs", "");
        let mut inheritance = Inheritance::default();
        assert!(inheritance.covers(&below_a));
        assert!(!inheritance.covers(&below_b));
        // A file's own word is not its parent's.
        assert!(!inheritance.covers(&a));
        write("src/lib.rs", forbids);
        assert!(Inheritance::default().covers(&below_b));
        write("src/main.rs", "");
        assert!(!Inheritance::default().covers(&below_b));
    }

    #[test]
    fn modules_above_an_island_need_not_forbid() {
        let islands = ["lmms/src/heap/lock.rs".to_owned()];
        for above in [
            "lmms/src/heap.rs",
            "lmms/src/lib.rs",
            "lmms/src/heap/mod.rs",
        ] {
            assert!(leads_to(above, &islands), "{above}");
        }
        for beside in [
            "lmms/src/heap/runs.rs",
            "lmms/src/module.rs",
            "lmms/src/he.rs",
        ] {
            assert!(!leads_to(beside, &islands), "{beside}");
        }
    }

    #[test]
    fn long_files_are_found_at_the_limit() {
        let found = |count| length_problem("a.rs", &"\n".repeat(count));
        assert_eq!(found(MOST_LINES), None);
        assert!(found(MOST_LINES + 1).is_some());
    }

    #[test]
    fn unfinished_work_is_found_with_its_line() {
        let text = format!(
            "#![forbid(unsafe_code)]\n// {}: later\nfn a() {{ {}!() }}",
            MARKS[0], UNFINISHED[0]
        );
        let problems = rust_problems("a.rs", &text, false, || false);
        let places: Vec<&str> = problems
            .iter()
            .map(|problem| problem.place.as_str())
            .collect();
        assert_eq!(places, ["a.rs:2", "a.rs:3"]);
        // A mark inside a word, or a macro's name in a string, is none.
        let text = format!(
            "#![forbid(unsafe_code)]\n// X{}X\nconst A: &str = \"dbg!()\";",
            MARKS[0]
        );
        assert!(codes(&text, false).is_empty());
    }

    #[test]
    fn broken_rust_is_said_to_be_broken() {
        assert_eq!(codes("fn a( {", false), ["unreadable"]);
    }

    #[test]
    fn only_absolute_private_paths_are_found() {
        let home = PRIVATE_PATHS[0];
        for line in [
            format!("cd {home}me"),
            format!("\"{home}me\""),
            format!("{home}me"),
        ] {
            assert_eq!(private_paths("a.md", &line).len(), 1, "{line}");
        }
        for line in [
            format!("src{home}page"),
            format!("https://example.org{home}page"),
        ] {
            assert!(private_paths("a.md", &line).is_empty(), "{line}");
        }
    }

    #[test]
    fn a_config_with_an_unknown_key_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidy.toml");
        fs::write(&path, "unsafe_island = []").unwrap();
        let error = Exemptions::read(&path).unwrap_err().to_string();
        assert!(error.contains("unsafe_island"), "{error}");
        assert!(
            Exemptions::read(&folder.path().join("none.toml"))
                .unwrap()
                .skip
                .is_empty()
        );
    }
}
