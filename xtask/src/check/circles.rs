//! Imports between rooms: the modules of a folder that `.ci/tidy.toml` names use one another without a circle.
//!
//! A circle means that none of its rooms can be read, tested or changed without all the others.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

use super::Problem;
use crate::common::error::Error;
use crate::common::sources::{self, Word};

/// A path in the source: `crate::host::clock` is `["host", "clock"]`.
type ModulePath = Vec<String>;

/// What one room uses of another: by the names of both, where the first import stands.
type Imports = BTreeMap<String, BTreeMap<String, String>>;

/// An import, from the crate's root on.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    to: ModulePath,
    line: usize,
}

/// The circles among the rooms of `folder`, such as `lmms/src/host`, below `root`.
///
/// # Errors
/// The folder can't be read.
pub(super) fn check(root: &Path, folder: &str) -> Result<Vec<Problem>, Error> {
    let house = root.join(folder);
    let Some(source) = house.ancestors().find(|above| is_crate_root(above)) else {
        return Ok(vec![Problem {
            code: "no-rooms",
            place: folder.to_owned(),
            what: "it lies in no folder with a `lib.rs` or `main.rs`".to_owned(),
            advice: "correct `rooms` in .ci/tidy.toml".to_owned(),
        }]);
    };
    let files = sources::rust_files(source).map_err(Error::io("list", source))?;
    let mut modules = BTreeMap::new();
    for file in &files {
        let module = module_of(file.strip_prefix(source).unwrap_or(file));
        modules.insert(module, file);
    }
    let rooms_in = module_of(house.strip_prefix(source).unwrap_or(&house));
    let (mut problems, mut imports) = (Vec::new(), Imports::new());
    for (module, file) in &modules {
        let Some(room) = below(module, &rooms_in) else {
            continue;
        };
        let text = fs::read_to_string(file).map_err(Error::io("read", file))?;
        let shown = file.strip_prefix(root).unwrap_or(file).display();
        for import in imports_of(&sources::words(&text).unwrap_or_default(), module) {
            let place = format!("{shown}:{}", import.line);
            let Some(to) = existing(&modules, &import.to) else {
                problems.push(hidden(place, &import.to));
                continue;
            };
            if let Some(other) = below(to, &rooms_in)
                && other != room
            {
                let of_room = imports.entry(room.to_owned()).or_default();
                of_room.entry(other.to_owned()).or_insert(place);
            }
        }
    }
    problems.extend(circles(&imports).iter().map(|circle| {
        Problem {
            code: "import-circle",
            place: folder.to_owned(),
            what: format!("rooms import one another: {}", spelled(circle, &imports)),
            advice:
                "move what both need into a room that neither imports, or pass it as an argument"
                    .to_owned(),
        }
    }));
    Ok(problems)
}

fn is_crate_root(folder: &Path) -> bool {
    ["lib.rs", "main.rs"]
        .iter()
        .any(|name| folder.join(name).is_file())
}

/// The path of the module in a file, or below a folder, from the crate's root.
fn module_of(file: &Path) -> ModulePath {
    let names = file.with_extension("");
    let names = names.iter().map(|name| name.to_string_lossy().into_owned());
    let mut names: ModulePath = names.collect();
    if names
        .last()
        .is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str()))
    {
        names.pop();
    }
    names
}

/// The room of `module`, if it lies in one of those in `rooms_in`.
fn below<'m>(module: &'m [String], rooms_in: &[String]) -> Option<&'m str> {
    let rest = module.strip_prefix(rooms_in)?;
    rest.first().map(String::as_str)
}

/// The innermost module of `path`. `None`: it names something of the crate's root, which says nothing of where that is.
fn existing<'p, V>(modules: &BTreeMap<ModulePath, V>, path: &'p [String]) -> Option<&'p [String]> {
    let longest = (1..=path.len()).rev();
    let mut known = longest.filter(|length| modules.contains_key(&path[..*length]));
    known.next().map(|length| &path[..length])
}

fn hidden(place: String, to: &[String]) -> Problem {
    Problem {
        code: "hidden-import",
        place,
        what: format!(
            "`crate::{}` is a re-export, which hides the room it comes from",
            to.join("::")
        ),
        advice: "import it from its room".to_owned(),
    }
}

/// The paths that `module`'s words name from the crate's root, from a module above, or from itself.
fn imports_of(words: &[Word], module: &[String]) -> Vec<Import> {
    let (mut found, mut inline, mut depth) = (Vec::new(), Vec::<usize>::new(), 0);
    let mut here: ModulePath = module.to_vec();
    let mut at = 0;
    while at < words.len() {
        match words[at].text.as_str() {
            "mod" if text(words, at + 2) == "{" => {
                here.push(words[at + 1].text.clone());
                inline.push(depth);
            }
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inline.last() == Some(&depth) {
                    inline.pop();
                    here.pop();
                }
            }
            first @ ("crate" | "super" | "self")
                if [text(words, at + 1), text(words, at + 2)] == [":", ":"]
                    && !["$", ":"].contains(&before(words, at)) =>
            {
                let base = match first {
                    "crate" => Vec::new(),
                    "super" => here[..here.len().saturating_sub(1)].to_vec(),
                    _ => here.clone(),
                };
                at = paths(words, at + 3, base, words[at].line, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    // What a module names of itself or of those above it is no import of another room.
    found.retain(|import| !module.starts_with(&import.to));
    found
}

/// Reads the path, or the tree of paths, at `at`; returns where it ends.
fn paths(
    words: &[Word],
    mut at: usize,
    mut base: ModulePath,
    line: usize,
    found: &mut Vec<Import>,
) -> usize {
    loop {
        let line = words.get(at).map_or(line, |word| word.line);
        match text(words, at) {
            "super" => {
                base.pop();
                at += 1;
            }
            "{" => {
                at += 1;
                while !["}", ""].contains(&text(words, at)) {
                    let before = at;
                    at = paths(words, at, base.clone(), line, found);
                    if text(words, at) == "," || at == before {
                        at += 1;
                    }
                }
                return at + 1;
            }
            "self" | "*" => {
                found.push(Import { to: base, line });
                return after_alias(words, at + 1);
            }
            name if name.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                base.push(name.to_owned());
                at += 1;
            }
            _ => {
                found.push(Import { to: base, line });
                return at;
            }
        }
        if text(words, at) != ":" || text(words, at + 1) != ":" {
            found.push(Import { to: base, line });
            return after_alias(words, at);
        }
        at += 2;
    }
}

fn after_alias(words: &[Word], at: usize) -> usize {
    if text(words, at) == "as" { at + 2 } else { at }
}

fn text(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.text.as_str())
}

fn before(words: &[Word], at: usize) -> &str {
    at.checked_sub(1).map_or("", |before| text(words, before))
}

/// The shortest circle through each room that lies on one, each circle once.
fn circles(imports: &Imports) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    let mut on_one = BTreeSet::new();
    for room in imports.keys() {
        if on_one.contains(room.as_str()) {
            continue;
        }
        if let Some(circle) = shortest_back(imports, room) {
            on_one.extend(circle.iter().copied());
            found.push(circle);
        }
    }
    found
}

/// The shortest way from `room` back to it: its rooms in order.
fn shortest_back<'i>(imports: &'i Imports, room: &'i str) -> Option<Vec<&'i str>> {
    let mut ways = VecDeque::from([vec![room]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = way.last()?;
        for next in imports.get(*last).into_iter().flat_map(BTreeMap::keys) {
            if next == room {
                return Some(way);
            }
            if seen.insert(next) {
                let mut longer = way.clone();
                longer.push(next);
                ways.push_back(longer);
            }
        }
    }
    None
}

/// `a → b (src/a.rs:1), b → a (src/b.rs:2)`.
fn spelled(circle: &[&str], imports: &Imports) -> String {
    let next = circle.iter().cycle().skip(1);
    let steps = circle.iter().zip(next).map(|(from, to)| {
        let place = imports.get(*from).and_then(|imports| imports.get(*to));
        format!("{from} → {to} ({})", place.map_or("", String::as_str))
    });
    steps.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(module: &str, source: &str) -> Vec<(String, usize)> {
        let module: ModulePath = module.split("::").map(str::to_owned).collect();
        let words = sources::words(source).expect("it is Rust");
        let found = imports_of(&words, &module).into_iter();
        found
            .map(|import| (import.to.join("::"), import.line))
            .collect()
    }

    fn problems(files: &[(&str, &str)]) -> Vec<Problem> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join("src").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        check(folder.path(), "src").unwrap()
    }

    #[test]
    fn trees_aliases_and_paths_in_the_middle_of_code_are_imports() {
        let source = "use crate::a::{self, b::{C, D as E}, *};\npub(crate) fn f() { crate::x::y(); }\nuse super::z::W;";
        let found = imports("room::file", source);
        let expected = [
            ("a", 1),
            ("a::b::C", 1),
            ("a::b::D", 1),
            ("a", 1),
            ("x::y", 2),
            ("room::z::W", 3),
        ];
        assert_eq!(found, expected.map(|(to, line)| (to.to_owned(), line)));
    }

    #[test]
    fn what_is_above_or_in_an_inline_module_is_no_other_room() {
        let source =
            "mod tests { use super::*; use super::other::X; fn f() { if a {} } } use super::y::Z;";
        assert_eq!(
            imports("a::b", source),
            [("a::b::other::X".to_owned(), 1), ("a::y::Z".to_owned(), 1)]
        );
    }

    #[test]
    fn macros_paths_and_visibilities_are_no_imports() {
        let source = "macro_rules! m { () => { $crate::a::b() } } pub(in crate::a) fn f() { other::crate_::x() }";
        assert_eq!(imports("a::c", source), []);
    }

    #[test]
    fn a_circle_is_found_with_its_lines() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B;\nmod deep;"),
            ("a/deep.rs", "pub struct Deep;"),
            ("b/mod.rs", "mod far;"),
            ("b/far.rs", "\nuse crate::c::{D, C};"),
            ("c.rs", "fn f() {\n  crate::a::deep::Deep;\n}"),
        ];
        let found = problems(&files);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].code, "import-circle");
        assert_eq!(
            found[0].what,
            "rooms import one another: a → b (src/a.rs:1), b → c (src/b/far.rs:2), c → a (src/c.rs:2)"
        );
    }

    #[test]
    fn rooms_in_layers_are_no_circle() {
        let files = [
            ("lib.rs", "pub use a::A;"),
            (
                "a.rs",
                "use crate::b::B; use crate::c::C; fn f() { self::g() }",
            ),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use super::c::deep; mod deep;"),
            ("c/deep.rs", "use crate::c::C;"),
        ];
        assert_eq!(problems(&files), []);
    }

    #[test]
    fn a_re_export_of_the_root_hides_a_room() {
        let files = [("lib.rs", "pub use a::A;"), ("b.rs", "\nuse crate::A;")];
        let found = problems(&files);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].code, found[0].place.as_str()),
            ("hidden-import", "src/b.rs:2")
        );
    }

    #[test]
    fn a_folder_outside_of_all_crates_has_no_rooms() {
        let folder = tempfile::tempdir().unwrap();
        let found = check(folder.path(), "src").unwrap();
        assert_eq!(found[0].code, "no-rooms");
    }
}
