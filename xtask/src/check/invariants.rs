//! Invariants and their citations: each tag is defined once, at the head of a file, and cited where code relies on it.
//!
//! ```text
//! //! - **TABLE-1** Only the holder of the lock writes.      the definition
//! // SAFETY: TABLE-1.                                        a citation
//! ```

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use super::Problem;

/// What looks like a tag and is none.
const NO_TAGS: &[&str] = &["UTF-8", "UTF-16"];

/// Definitions and citations of a crate's files.
#[derive(Debug, Default)]
pub(super) struct Invariants {
    defined: BTreeMap<String, Vec<String>>,
    cited: BTreeMap<String, Vec<String>>,
    /// Single letters with a number, which say nothing of whose invariant they mean.
    short: Vec<(String, String)>,
}

impl Invariants {
    /// Reads the comments of `file`.
    pub(super) fn read(&mut self, file: &str, text: &str) {
        for (number, line) in text.lines().enumerate() {
            let Some((_, comment)) = line.split_once("//") else {
                continue;
            };
            let place = || format!("{file}:{}", number + 1);
            let definition = comment.strip_prefix("! - **").and_then(|rest| {
                let (tag, _) = rest.split_once("**")?;
                is_tag(tag).then_some(tag)
            });
            if let Some(tag) = definition {
                let places = self.defined.entry(tag.to_owned()).or_default();
                places.push(place());
            }
            for word in words(comment) {
                if is_tag(word) && Some(word) != definition {
                    let places = self.cited.entry(word.to_owned()).or_default();
                    places.push(place());
                } else if is_short(word) && comment.contains("SAFETY:") {
                    self.short.push((word.to_owned(), place()));
                }
            }
        }
    }

    /// Tags that are defined twice or never, and those that nothing cites.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (tag, places) in &self.defined {
            if let [first, second, ..] = places.as_slice() {
                problems.push(Problem {
                    code: "two-invariants",
                    place: second.clone(),
                    what: format!("it defines {tag}, as does {first}"),
                    advice: "give one of them another tag".to_owned(),
                });
            }
            if !self.cited.contains_key(tag) {
                problems.push(Problem {
                    code: "idle-invariant",
                    place: places[0].clone(),
                    what: format!("nothing cites {tag}"),
                    advice: "cite it where code relies on it, or remove it".to_owned(),
                });
            }
        }
        let known = |tag: &String| self.defined.contains_key(tag);
        for (tag, places) in self.cited.iter().filter(|(tag, _)| !known(tag)) {
            problems.push(undefined(tag, &places[0]));
        }
        let short = self.short.iter();
        problems.extend(short.map(|(tag, place)| undefined(tag, place)));
        problems
    }
}

fn undefined(tag: &str, place: &str) -> Problem {
    Problem {
        code: "unknown-invariant",
        place: place.to_owned(),
        what: format!("it cites {tag}, which no file defines"),
        advice: format!("define it at the head of a file: `//! - **{tag}** …`, or correct the tag"),
    }
}

/// The words of a comment; a tag is one.
fn words(comment: &str) -> impl Iterator<Item = &str> {
    let parts = comment.split(|c: char| !c.is_alphanumeric() && !"-_".contains(c));
    parts.map(|word| word.trim_matches('-'))
}

/// Whether it reads `TABLE-1`.
fn is_tag(word: &str) -> bool {
    let Some((name, number)) = word.split_once('-') else {
        return false;
    };
    let is = name.len() > 1
        && name.chars().all(|c| c.is_ascii_uppercase())
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit());
    is && !NO_TAGS.contains(&word)
}

/// Whether it reads `T1`.
fn is_short(word: &str) -> bool {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    (1..3).contains(&letters.len())
        && letters.len() < word.len()
        && letters.chars().all(|c| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(files: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let mut invariants = Invariants::default();
        for (file, text) in files {
            invariants.read(file, text);
        }
        let problems = invariants.problems().into_iter();
        problems
            .map(|problem| (problem.code, problem.place))
            .collect()
    }

    const TABLE: (&str, &str) = (
        "a.rs",
        "//! # Invariants\n//! - **TABLE-1** Only the holder writes.\n",
    );

    #[test]
    fn an_invariant_that_is_cited_is_fine_wherever_that_is() {
        let cited = "fn f() {\n    // SAFETY: TABLE-1, and UTF-8 is checked.\n}";
        assert_eq!(problems(&[TABLE, ("b.rs", cited)]), []);
    }

    #[test]
    fn an_invariant_that_nothing_cites_is_found() {
        let found = problems(&[TABLE, ("b.rs", "const TABLE: &str = \"TABLE-1\";")]);
        assert_eq!(found, [("idle-invariant", "a.rs:2".to_owned())]);
    }

    #[test]
    fn a_citation_of_nothing_is_found() {
        let cited = "// SAFETY: TABLE-1 and TABLE-2.\n// SAFETY: T1.";
        let found = problems(&[TABLE, ("b.rs", cited)]);
        let expected = ["b.rs:1", "b.rs:2"].map(|place| ("unknown-invariant", place.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_tag_of_two_invariants_is_found() {
        let other = "//! - **TABLE-1** Readers wait. See TABLE-1.\n";
        let found = problems(&[TABLE, ("b.rs", other)]);
        assert_eq!(
            found,
            [
                ("two-invariants", "b.rs:1".to_owned()),
                ("idle-invariant", "a.rs:2".to_owned())
            ]
        );
    }
}
