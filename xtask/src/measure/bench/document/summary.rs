//! BENCHMARKS.md: missed targets first, then the families, then what people wrote.

#![forbid(unsafe_code)]

use std::fmt::Write as _;

use super::super::{FamilyReport, KEPT, Report, Row, figure};
use super::{head, line};

const HEAD: &str = "\
# Benchmarks

LMMS is measured against plain calls, against static builds, and against the libraries that others would use in its place
(*rivals*). `cargo xtask bench --write` writes this page and a page for each family; edit `tests/benchmarks` instead.
";

/// The document; `intro` is what people wrote.
pub(super) fn summary(report: &Report, intro: &str) -> String {
    let mut text = HEAD.to_owned();
    missed(&mut text, report);
    families(&mut text, report);
    if !intro.is_empty() {
        let _ = write!(text, "\n{}\n", intro.trim());
    }
    text
}

/// The targets that are missed.
fn missed(text: &mut String, report: &Report) {
    let current: Vec<&FamilyReport> = report.current().collect();
    let rows = || current.iter().flat_map(|family| &family.rows);
    let all = rows().filter(|row| row.met.is_some()).count();
    let missed: Vec<&Row> = rows().filter(|row| row.met == Some(false)).collect();
    let rivals = rows().filter(|row| row.beaten.is_some()).count();
    let ahead = rows().filter(|row| row.beaten == Some(false)).count();
    let _ = write!(
        text,
        "\n## Missed targets\n\n**{} of {all} targets are missed.** Rivals are ahead of LMMS in {ahead} of {rivals} comparisons, \
         which the families' pages name.\n",
        missed.len(),
    );
    let known = report.described.len();
    if current.len() < known {
        let _ = write!(
            text,
            "\nOnly {} of {known} families are counted: the code of the others has changed since they were measured.\n",
            current.len()
        );
    }
    if missed.is_empty() {
        return;
    }
    text.push('\n');
    head(text, &["family", "case", "threads", "measured", "target"]);
    for row in missed {
        let found = row
            .ratio
            .map_or_else(|| row.figure(), |ratio| format!("{}×", figure(ratio)));
        let target = row.target.as_deref().unwrap_or_default();
        let threads = row.threads.to_string();
        line(text, &[&row.family, &row.case, &threads, &found, target]);
    }
}

/// Each family with how it did, and when it was measured.
fn families(text: &mut String, report: &Report) {
    text.push_str("\n## Families\n\n");
    let titles = [
        "family",
        "measures",
        "targets met",
        "ahead of rivals",
        "date",
        "commit",
        "rounds",
    ];
    head(text, &titles);
    for known in &report.described {
        let mut measured = report.families.iter();
        let Some(family) = measured.find(|family| family.family == known.name) else {
            line(text, &[&known.name, &known.about, "", "", "never", "", ""]);
            continue;
        };
        let link = format!("[{0}]({KEPT}/{0}.md)", known.name);
        let [targets, rivals] = match report.is_current(family) {
            true => [family.targets(), family.rivals()].map(|count| match count.all {
                0 => "–".to_owned(),
                _ => count.to_string(),
            }),
            false => ["outdated".to_owned(), "outdated".to_owned()],
        };
        let (date, commit, rounds) = (&family.date, &family.commit, rounds(family));
        line(
            text,
            &[
                &link,
                &known.about,
                &targets,
                &rivals,
                date,
                commit,
                &rounds,
            ],
        );
    }
}

/// The number of rounds, or the fewest and the most.
fn rounds(family: &FamilyReport) -> String {
    let rounds = match family.rounds() {
        None => String::new(),
        Some((least, most)) if least == most => least.to_string(),
        Some((least, most)) => format!("{least} to {most}"),
    };
    match family.quick {
        true => format!("**few**: {rounds}"),
        false => rounds,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::report::tests::{both, known};
    use super::*;

    #[test]
    fn what_is_missed_stands_first() {
        let text = summary(&both(), "## Key figures\n\nWe tried harder.\n");
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
        let missed = place("**1 of 2 targets are missed.**");
        let row = place("| heap | adds \\| LMMS | 2 | 1.10× | ≤ 1.2× bare |");
        let families = place("## Families");
        assert!(missed < row && row < families && families < place("We tried harder."));
    }

    #[test]
    fn every_family_has_a_link_its_counts_its_date_and_its_commit() {
        let text = summary(&both(), "");
        let row = "| [calls](docs/benchmarks/calls.md) | about calls | 1 of 1 | – | 2026-11-23 | 0123456789 | 41 |";
        assert!(text.contains(row), "{text}");
    }

    #[test]
    fn figures_of_an_earlier_form_are_not_counted() {
        let mut report = both();
        report.described = vec![
            known("calls", "as it is"),
            known("heap", "another"),
            known("sweep", "as it is"),
        ];
        let text = summary(&report, "");
        for part in [
            "**0 of 1 targets are missed.**",
            "| about heap | outdated | outdated |",
            "| sweep | about sweep |  |  | never |",
            "Only 1 of 3 families are counted",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn rivals_are_counted_and_few_rounds_are_called_so() {
        let mut report = both();
        report.families[0].quick = true;
        let mut rival = report.families[0].rows[0].clone();
        (rival.met, rival.target, rival.beaten) = (None, None, Some(false));
        report.families[0].rows.push(rival);
        let text = summary(&report, "");
        for part in [
            "**few**: 41",
            "in 1 of 1 comparisons",
            "of 2 targets",
            "| 0 of 1 |",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
