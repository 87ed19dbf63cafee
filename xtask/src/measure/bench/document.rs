//! The documents that show the kept figures: BENCHMARKS.md sums up, `docs/benchmarks/FAMILY.md` has a family's tables,
//! and README.md and pages of the guide quote some.
//!
//! They are a function of the kept figures, the notes that people wrote, and the names of the charts. A test compares
//! them with that.

#![forbid(unsafe_code)]

mod page;
mod summary;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{FOLDER, KEPT, Report, prose};
use crate::common::error::Error;

/// Documents that people write and that quote figures.
const QUOTING: [&str; 3] = [
    "README.md",
    "docs/guide/src/comparison.md",
    "docs/guide/src/lambda.md",
];

/// A document: its path from the repository's root, and its text.
type Document = (PathBuf, String);

/// Writes all documents, and removes the pages of families that no longer exist.
pub(super) fn write(root: &Path, report: &Report) -> Result<(), Error> {
    let documents = documents(root, report)?;
    for (path, text) in &documents {
        let path = root.join(path);
        fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    let kept: BTreeSet<PathBuf> = documents.into_iter().map(|(path, _)| path).collect();
    for page in pages(root).into_iter().filter(|page| !kept.contains(page)) {
        let page = root.join(page);
        fs::remove_file(&page).map_err(Error::io("remove", &page))?;
    }
    Ok(())
}

/// All documents as they should be.
fn documents(root: &Path, report: &Report) -> Result<Vec<Document>, Error> {
    let intro = notes(root, "intro", report)?.unwrap_or_default();
    let mut documents = vec![(
        PathBuf::from("BENCHMARKS.md"),
        summary::summary(report, &intro),
    )];
    for path in QUOTING {
        documents.push(quoting(root, path, report)?);
    }
    for family in &report.families {
        let texts = page::Texts {
            notes: notes(root, &family.family, report)?,
            charts: charts(&root.join(KEPT), &family.family),
        };
        let text = page::page(family, report.is_current(family), &texts);
        documents.push((page_of(&family.family), text));
    }
    Ok(documents)
}

/// The document at `path` with the figures that it quotes.
fn quoting(root: &Path, path: &str, report: &Report) -> Result<Document, Error> {
    let relative = PathBuf::from(path);
    let path = root.join(path);
    let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    match prose::renewed(&text, report) {
        Ok(text) => Ok((relative, text)),
        Err(problem) => Err(Error::Config { path, problem }),
    }
}

/// The page of a family, from the repository's root.
fn page_of(family: &str) -> PathBuf {
    Path::new(KEPT).join(format!("{family}.md"))
}

/// The pages that exist, from the repository's root.
fn pages(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join(KEPT))
        .into_iter()
        .flatten()
        .flatten();
    entries
        .map(|entry| Path::new(KEPT).join(entry.file_name()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect()
}

/// What people wrote about a family's figures, with the figures filled in.
fn notes(root: &Path, family: &str, report: &Report) -> Result<Option<String>, Error> {
    let path = root.join(FOLDER).join("notes").join(format!("{family}.md"));
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(None);
    };
    match prose::filled(&text, report) {
        Ok(text) => Ok(Some(text)),
        Err(problem) => Err(Error::Config { path, problem }),
    }
}

/// The names of a family's charts, which are in the same folder as its page.
fn charts(kept: &Path, family: &str) -> Vec<String> {
    let mut charts: Vec<String> = fs::read_dir(kept)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            name.strip_suffix(".svg").is_some_and(|name| {
                name == family
                    || name
                        .strip_prefix(family)
                        .is_some_and(|rest| rest.starts_with('.'))
            })
        })
        .collect();
    charts.sort();
    charts
}

/// Appends a line of a table.
fn line(text: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// Appends the head of a table.
fn head(text: &mut String, cells: &[&str]) {
    line(text, cells);
    let rule: Vec<&str> = cells.iter().map(|_| "---").collect();
    line(text, &rule);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn the_documents_are_what_the_kept_figures_and_the_notes_give() {
        let report = Report::read(&root().join(KEPT).join("results.json")).unwrap();
        assert!(!report.families.is_empty(), "no figures are kept");
        let documents = documents(root(), &report).unwrap();
        for (path, text) in &documents {
            let kept = fs::read_to_string(root().join(path)).unwrap_or_default();
            let place = kept.lines().zip(text.lines()).position(|(a, b)| a != b);
            assert!(
                kept == *text,
                "{} differs from line {}: run `cargo xtask bench --write --kept`",
                path.display(),
                place.map_or(0, |line| line + 1)
            );
        }
        let written: BTreeSet<PathBuf> = documents.into_iter().map(|(path, _)| path).collect();
        let stale: Vec<PathBuf> = pages(root())
            .into_iter()
            .filter(|page| !written.contains(page))
            .collect();
        assert!(stale.is_empty(), "no family has these pages: {stale:?}");
    }

    #[test]
    fn a_familys_charts_are_not_those_of_a_longer_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["calls.svg", "calls.two.svg", "callsign.svg", "calls.json"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(
            charts(folder.path(), "calls"),
            ["calls.svg".to_owned(), "calls.two.svg".to_owned()]
        );
    }

    #[test]
    fn pages_of_families_that_no_longer_exist_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join(KEPT)).unwrap();
        for path in QUOTING.map(|path| root.join(path)) {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "No figures.\n").unwrap();
        }
        fs::write(root.join(page_of("old")), "").unwrap();
        let report = Report {
            families: vec![super::super::report::tests::family("calls", None)],
            ..Report::default()
        };
        write(root, &report).unwrap();
        assert_eq!(pages(root), [page_of("calls")]);
    }
}
