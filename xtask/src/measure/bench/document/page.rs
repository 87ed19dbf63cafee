//! `docs/benchmarks/FAMILY.md`: every figure of a family with machine, versions, date, commit and command.

#![forbid(unsafe_code)]

use std::fmt::Write as _;

use super::super::FamilyReport;
use super::super::report::HEADINGS;
use super::{head, line};

/// What stands around a family's table.
pub(super) struct Texts {
    /// What people wrote about it.
    pub(super) notes: Option<String>,
    /// The names of its charts.
    pub(super) charts: Vec<String>,
}

/// The page of `family`. If it isn't `current`, its code has changed since it was measured, and nothing is judged.
pub(super) fn page(family: &FamilyReport, current: bool, texts: &Texts) -> String {
    let mut text = String::new();
    let commit = match family.commit.as_str() {
        "" => "unknown",
        commit => commit,
    };
    let _ = write!(
        text,
        "# Benchmarks: {}\n\n{}.\n\nMeasured with `{}` on {}, commit {commit}. {}. [All families](../../BENCHMARKS.md).\n",
        family.family,
        capital(&family.about),
        family.command,
        family.date,
        family.machine.text(),
    );
    if family.quick {
        text.push_str(
            "\n**Measured with few rounds, on a machine that may have been busy: don't rely on these figures.**\n",
        );
    }
    if !current {
        let _ = write!(
            text,
            "\n**Outdated: the code of this family has changed since, so rows, their meaning or targets may differ. \
             No target is judged. `cargo xtask bench {} --write` renews the figures.**\n",
            family.family
        );
    }
    for chart in &texts.charts {
        let _ = write!(text, "\n![{}]({chart})\n", family.about);
    }
    if let Some(notes) = &texts.notes {
        let _ = write!(text, "\n{}\n", notes.trim());
    }
    text.push_str("\n## Figures\n\n");
    table(&mut text, family, current);
    if current {
        ahead(&mut text, family);
    }
    remarks(&mut text, family);
    if matches!(family.family.as_str(), "calls" | "cache" | "by-name") {
        let versions: Vec<String> = family
            .machine
            .rivals
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        let _ = write!(text, "\nVersions: {}.\n", versions.join(", "));
    }
    text
}

fn table(text: &mut String, family: &FamilyReport, current: bool) {
    head(text, &HEADINGS);
    for row in &family.rows {
        let verdict = match row.verdict() {
            _ if !current => "",
            "missed" => "**missed**",
            "rival ahead" => "**rival ahead**",
            verdict => verdict,
        };
        let cells = row.cells();
        let cells: Vec<&str> = cells.iter().map(String::as_str).chain([verdict]).collect();
        line(text, &cells);
    }
}

/// Which rivals are ahead of LMMS.
fn ahead(text: &mut String, family: &FamilyReport) {
    let count = family.rivals();
    if count.all == 0 {
        return;
    }
    let rows = family.rows.iter();
    let ahead: Vec<String> = rows
        .filter(|row| row.beaten == Some(false))
        .map(|row| match row.threads {
            1 => format!("{} ({})", row.case, row.figure()),
            threads => format!("{} ({}, {threads} threads)", row.case, row.figure()),
        })
        .collect();
    let _ = write!(text, "\nLMMS is ahead of rivals in {count} rows.");
    if !ahead.is_empty() {
        let _ = write!(text, " Ahead of LMMS: {}.", ahead.join("; "));
    }
    text.push('\n');
}

/// The remarks that rows have, each once with its rows.
fn remarks(text: &mut String, family: &FamilyReport) {
    let mut remarks: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in &family.rows {
        let Some(note) = &row.note else {
            continue;
        };
        match remarks.iter_mut().find(|(known, _)| known == note) {
            Some((_, cases)) if cases.contains(&row.case.as_str()) => {}
            Some((_, cases)) => cases.push(&row.case),
            None => remarks.push((note, vec![&row.case])),
        }
    }
    if !remarks.is_empty() {
        text.push('\n');
    }
    for (note, cases) in remarks {
        let _ = writeln!(text, "- {}: {note}", cases.join("; "));
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::report::tests::family;
    use super::*;

    fn written(family: &FamilyReport, current: bool) -> String {
        let texts = Texts {
            notes: Some("We tried harder.".to_owned()),
            charts: vec!["heap.svg".to_owned()],
        };
        page(family, current, &texts)
    }

    #[test]
    fn a_page_names_its_command_date_commit_chart_notes_and_every_figure() {
        let text = written(&family("heap", Some(false)), true);
        for part in [
            "# Benchmarks: heap\n\nAbout heap.\n",
            "`cargo xtask bench heap` on 2026-11-23, commit 0123456789",
            "![about heap](heap.svg)",
            "We tried harder.",
            "adds \\| LMMS | 2 | 41 | 1.50 ns | 1.40 – 1.75 | 1.10× bare | ≤ 1.2× bare | **missed** |",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("Outdated"), "{text}");
    }

    #[test]
    fn figures_of_an_earlier_form_are_called_outdated_and_not_judged() {
        let mut outdated = family("heap", Some(false));
        outdated.rows[0].beaten = Some(false);
        let text = written(&outdated, false);
        assert!(
            text.contains("**Outdated: the code of this family"),
            "{text}"
        );
        assert!(text.contains("1.10× bare | ≤ 1.2× bare |  |"), "{text}");
        assert!(!text.contains("ahead of"), "{text}");
    }

    #[test]
    fn rivals_that_are_ahead_are_named_and_few_rounds_are_called_so() {
        let mut family = family("calls", Some(true));
        family.quick = true;
        let mut rival = family.rows[0].clone();
        (rival.met, rival.target, rival.beaten) = (None, None, Some(false));
        rival.case = "adds: a rival".to_owned();
        family.rows.push(rival);
        let text = written(&family, true);
        for part in [
            "ahead of rivals in 0 of 1 rows. Ahead of LMMS: adds: a rival (1.50 ns, 2 threads).",
            "**Measured with few rounds",
            "| **rival ahead** |",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_remark_of_several_rows_is_written_once() {
        let mut family = family("heap", None);
        family.rows[0].note = Some("guarded".to_owned());
        let mut other = family.rows[0].clone();
        other.case = "another".to_owned();
        family.rows.extend([other.clone(), other]);
        let text = written(&family, true);
        assert!(text.contains("- adds | LMMS; another: guarded\n"), "{text}");
        assert_eq!(text.matches("guarded").count(), 1, "{text}");
    }
}
