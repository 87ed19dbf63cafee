//! What CONTRIBUTING.md says of imports, comments and the names of operations, where `cargo fmt` leaves the choice.
//!
//! Imports stand in three blocks: `std`, other crates, this crate. Re-exports stand in blocks of their own.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use super::Problem;
use crate::common::sources::Word;

/// A wider comment is hard to read beside another file.
const WIDEST_COMMENT: usize = 120;

/// Whose names a declaration imports, in the order of the blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Std,
    OtherCrate,
    ThisCrate,
}

/// A `use` declaration.
#[derive(Debug)]
struct Import {
    origin: Origin,
    re_exports: bool,
    /// The lines it begins and ends on, with its attributes.
    lines: (usize, usize),
    /// Whether the declaration before it is one too, with nothing but comments between them.
    continues: bool,
}

impl Origin {
    fn name(self) -> &'static str {
        match self {
            Self::Std => "`std`",
            Self::OtherCrate => "other crates",
            Self::ThisCrate => "this crate",
        }
    }
}

/// Imports out of order, and blank lines between them that lack or are too many.
pub(super) fn imports(file: &str, text: &str, words: &[Word]) -> Vec<Problem> {
    let lines: Vec<&str> = text.lines().collect();
    let imports = imports_of(words);
    let mut problems = Vec::new();
    // The latest block of the declarations that follow one another.
    let mut latest = None;
    for (at, import) in imports.iter().enumerate() {
        let before = at
            .checked_sub(1)
            .filter(|_| import.continues)
            .map(|before| &imports[before]);
        if before.is_none() {
            latest = None;
        }
        let what = match (before, latest) {
            (_, Some(latest)) if !import.re_exports && import.origin < latest => Some(format!(
                "it imports from {} after {}",
                import.origin.name(),
                latest.name()
            )),
            (Some(before), _) => wrong_gap(before, import, &lines).map(str::to_owned),
            (None, _) => None,
        };
        if !import.re_exports {
            latest = latest.max(Some(import.origin));
        }
        problems.extend(what.map(|what| Problem {
            code: "import-order",
            place: format!("{file}:{}", import.lines.0),
            what,
            advice:
                "write imports in three blocks with a blank line between them: `std`, other crates, this \
                     crate; and re-exports in blocks of their own"
                    .to_owned(),
        }));
    }
    problems
}

fn wrong_gap(before: &Import, import: &Import, lines: &[&str]) -> Option<&'static str> {
    let between = lines.get(before.lines.1..import.lines.0.saturating_sub(1));
    let is_apart = between.is_some_and(|lines| lines.iter().any(|line| line.trim().is_empty()));
    match (before.re_exports, import.re_exports) {
        (true, true) => None,
        (false, false) if before.origin == import.origin => {
            is_apart.then_some("a blank line divides imports of one block")
        }
        (false, false) => (!is_apart).then_some("no blank line stands between two blocks"),
        _ => (!is_apart).then_some("no blank line stands between an import and a re-export"),
    }
}

fn imports_of(words: &[Word]) -> Vec<Import> {
    let modules = modules_of(words);
    let (mut imports, mut at, mut continues) = (Vec::new(), 0, false);
    while at < words.len() {
        let start = at;
        let mut next = at;
        while text(words, next) == "#" && text(words, next + 1) == "[" {
            next = after_group(words, next + 1);
        }
        let visible = text(words, next) == "pub";
        if visible {
            next += 1;
            if text(words, next) == "(" {
                next = after_group(words, next);
            }
        }
        // `use<'a>` is a bound.
        if text(words, next) != "use" || text(words, next + 1) == "<" {
            continues = false;
            at = start + 1;
            continue;
        }
        let path = words.get(next + 1..).unwrap_or_default();
        let Some(length) = path.iter().position(|word| word.text == ";") else {
            break;
        };
        if let Some(origin) = origin(path, &modules) {
            imports.push(Import {
                origin,
                re_exports: visible,
                lines: (words[start].line, path[length].line),
                continues,
            });
        }
        continues = true;
        at = next + 1 + length + 1;
    }
    imports
}

/// `None` for a path of a macro, such as `$crate::a`.
fn origin(path: &[Word], modules: &BTreeSet<&str>) -> Option<Origin> {
    // `{{crate}}` in a template is the project's own.
    if [text(path, 0), text(path, 1)] == ["{", "{"] {
        return Some(Origin::ThisCrate);
    }
    let names_a_crate = text(path, 0) == ":";
    let first = path.iter().find(|word| word.text != ":")?.text.as_str();
    let is_type = first.starts_with(char::is_uppercase);
    match first {
        "$" => None,
        "std" | "core" | "alloc" => Some(Origin::Std),
        "crate" | "super" | "self" => Some(Origin::ThisCrate),
        name if !names_a_crate && (is_type || modules.contains(name)) => Some(Origin::ThisCrate),
        _ => Some(Origin::OtherCrate),
    }
}

/// The modules that the file declares.
fn modules_of(words: &[Word]) -> BTreeSet<&str> {
    let declared = words
        .windows(3)
        .filter(|three| three[0].text == "mod" && [";", "{"].contains(&three[2].text.as_str()));
    declared.map(|three| three[1].text.as_str()).collect()
}

/// What follows the group that opens at `at`.
fn after_group(words: &[Word], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, word) in words.iter().enumerate().skip(at) {
        match word.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    words.len()
}

fn text(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.text.as_str())
}

/// Lines of comments that are too wide; tables, code and single long words can't be narrower.
pub(super) fn comments(file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut in_code = false;
    for (number, line) in text.lines().enumerate() {
        let Some(comment) = line.trim_start().strip_prefix("//") else {
            in_code = false;
            continue;
        };
        let said = comment.trim_start_matches(['/', '!']).trim();
        if said.starts_with("```") {
            in_code = !in_code;
        }
        let width = line.chars().count();
        let indent = width - line.trim_start().chars().count();
        let fits = said
            .split_whitespace()
            .all(|word| indent + "/// ".len() + word.chars().count() <= WIDEST_COMMENT);
        if width > WIDEST_COMMENT && !in_code && !said.starts_with('|') && fits {
            problems.push(Problem {
                code: "wide-comment",
                place: format!("{file}:{}", number + 1),
                what: format!("the comment has {width} columns, more than {WIDEST_COMMENT}"),
                advice: "break the line".to_owned(),
            });
        }
    }
    problems
}

/// Operations whose attribute repeats the function's name.
pub(super) fn needless_names(file: &str, text: &str) -> Vec<Problem> {
    let attributes = text.match_indices("operation(").filter(|(at, _)| {
        let line = text[..*at].rsplit('\n').next().unwrap_or_default();
        ["#[", "#[lmms::"].contains(&line.trim_start())
    });
    let repeated = attributes.filter_map(|(at, _)| {
        let (attribute, rest) = text[at..].split_once(")]")?;
        let (_, name) = attribute.split_once("name = \"")?;
        let (name, _) = name.split_once('"')?;
        let (_, function) = rest.split_once("fn ")?;
        let is_it = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        function
            .strip_prefix(name)
            .is_some_and(is_it)
            .then_some((at, name))
    });
    let problem = |(at, name): (usize, &str)| Problem {
        code: "needless-name",
        place: format!("{file}:{}", text[..at].lines().count()),
        what: format!("the operation is named `{name}`, as its function is"),
        advice: "remove `name` from the attribute".to_owned(),
    };
    repeated.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::sources;

    fn found(text: &str) -> Vec<(usize, String)> {
        let words = sources::words(text).expect("it is Rust");
        let problems = imports("a.rs", text, &words).into_iter();
        problems
            .map(|problem| {
                let line = problem.place.rsplit(':').next().unwrap().parse().unwrap();
                (line, problem.what)
            })
            .collect()
    }

    #[track_caller]
    fn assert_one(text: &str, line: usize, what: &str) {
        let found = found(text);
        assert!(
            matches!(&found[..], [(at, said)] if *at == line && said.contains(what)),
            "{found:?}"
        );
    }

    #[test]
    fn three_blocks_are_in_order() {
        let good = "\
//! A file.

mod child;

pub use child::A;
pub(crate) use child::B;

use std::fmt;
// For one system only.
#[cfg(unix)]
use std::io;

use ::child::Crate;
use serde::{
    Deserialize,
};

use Kind::C;
use child::D;
use crate::e;

fn f() -> impl Sized + use<> {
    use std::fs;
    use_it(fs::read)
}

mod tests {
    use std::env;

    use super::*;
}
";
        assert_eq!(found(good), []);
    }

    #[test]
    fn each_later_block_stays_later() {
        let wrong = "use crate::a;\n\nuse std::b;\n";
        assert_one(wrong, 3, "from `std` after this crate");
        assert_one("use serde::a;\n\nuse std::b;\n", 3, "after other crates");
        assert_one("use super::*;\n\nuse serde::b;\n", 3, "from other crates");
        let wrong = "use serde::a;\n\npub use b::c;\n\n#[cfg(unix)]\nuse std::d;\n";
        assert_one(wrong, 5, "from `std` after other crates");
        assert_eq!(found("use crate::a;\nfn f() {}\nuse std::b;\n"), []);
    }

    #[test]
    fn blank_lines_divide_blocks_and_nothing_else() {
        assert_one("use std::a;\nuse crate::b;\n", 2, "no blank line");
        assert_one("use std::a;\n\nuse std::b;\n", 3, "a blank line divides");
        assert_one("pub use a::b;\nuse std::c;\n", 2, "a re-export");
        assert_one("use a::{\n    b,\n};\nuse crate::c;\n", 4, "no blank line");
        assert_eq!(found("pub use a::b;\n\npub use std::c;\n"), []);
        assert_eq!(
            found("macro_rules! m { () => { use $crate::a; use std::b; } }"),
            []
        );
    }

    #[test]
    fn a_wide_comment_is_found_at_its_limit() {
        let line = |columns: usize| format!("    // {}b", "a ".repeat((columns - 8) / 2));
        let count = |text: &str| comments("a.rs", text).len();
        assert_eq!((line(120).len(), count(&line(120))), (120, 0));
        assert_eq!((line(122).len(), count(&line(122))), (122, 1));
        let long = "a ".repeat(70);
        assert_eq!(count(&format!("/// {long}\n//! {long}")), 2);
        assert_eq!(
            count(&format!("/// | {long} |\n// https://{}", "a".repeat(120))),
            0
        );
        assert_eq!(
            count(&format!("/// ```text\n/// {long}\n/// ```\n/// {long}")),
            1
        );
        assert_eq!(count(&format!("let a = 1; // {long}")), 0);
    }

    #[test]
    fn a_name_that_repeats_the_functions_is_needless() {
        let count = |text: &str| needless_names("a.rs", text).len();
        let needless = "\n#[operation(\n    interface = \"i\",\n    name = \"f\"\n)]\n/// Says.\npub fn f() {}";
        let found = needless_names("a.rs", needless);
        assert_eq!((found.len(), found[0].place.as_str()), (1, "a.rs:2"));
        assert_eq!(count("#[lmms::operation(name = \"f\")]\nfn f<T>() {}"), 1);
        assert_eq!(count("#[operation(name = \"f\")]\nfn f_of() {}"), 0);
        assert_eq!(count("#[operation(interface = \"f\")]\nfn f() {}"), 0);
        assert_eq!(count("//! #[operation(name = \"f\")]\n//! fn f() {}"), 0);
    }
}
