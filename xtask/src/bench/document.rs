//! BENCHMARKS.md: what is missed first, then every figure with machine, versions, date, commit and command.

#![forbid(unsafe_code)]

use std::fmt::Write as _;

use super::prose::is_present;
use super::report::HEADINGS;
use super::{Family, FamilyReport, Report, Row, Texts, figure};
use crate::error::Error;

const HEAD: &str = "\
# Benchmarks

Written by `cargo xtask bench --write`; change `tests/benchmarks` instead, where also the remarks below the
tables stand (`tests/benchmarks/notes`). All ways to do one thing run in turn, in one process, in n rounds:
figures are medians with the tenth and the ninetieth percentile (with n below 10 the lowest and the highest), ratios the
median of the ratios within a round. Times of calls are CPU time of the calling threads. Targets are ratios, shares or that
there is none of something: other machines give other times, the ratios should hold. Where LMMS is compared with what others
would use in its place, the others are *rivals*: nobody aims at them, and they are counted apart.
";

/// The whole document. `texts` gives what stands around a family's table.
///
/// # Errors
/// Those of `texts`.
pub(super) fn document(
    report: &Report,
    known: &[Family],
    texts: impl Fn(&str) -> Result<Texts, Error>,
) -> Result<String, Error> {
    let mut text = HEAD.to_owned();
    let present: Vec<&FamilyReport> = report
        .families
        .iter()
        .filter(|family| known.iter().any(|known| is_present(family, known)))
        .collect();
    missed(&mut text, &present, known.len());
    measured(&mut text, report, known);
    if let Some(intro) = texts("intro")?.notes {
        let _ = write!(text, "\n{}\n", intro.trim());
    }
    for family in &report.families {
        let present = present
            .iter()
            .any(|present| present.family == family.family);
        section(&mut text, family, present, &texts(&family.family)?);
    }
    Ok(text)
}

/// The targets that are missed.
fn missed(text: &mut String, present: &[&FamilyReport], families: usize) {
    let rows = || present.iter().flat_map(|family| &family.rows);
    let all = rows().filter(|row| row.met.is_some()).count();
    let missed: Vec<&Row> = rows().filter(|row| row.met == Some(false)).collect();
    let rivals = rows().filter(|row| row.beaten.is_some()).count();
    let ahead = rows().filter(|row| row.beaten == Some(false)).count();
    let _ = write!(
        text,
        "\n## What is missed\n\n**{} of {all} targets are missed**, {} are met. Of {rivals} rows of rivals {ahead} are ahead of LMMS.\n",
        missed.len(),
        all - missed.len(),
    );
    if present.len() < families {
        let _ = write!(
            text,
            "\nThat counts {} of {families} families: of the others there are no figures of the form that they have.\n",
            present.len()
        );
    }
    if missed.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n| family | | threads | found | target |\n|---|---|---|---|---|\n"
    );
    for row in missed {
        let found = row
            .ratio
            .map_or_else(|| row.figure(), |ratio| format!("{}×", figure(ratio)));
        let target = row.target.as_deref().unwrap_or_default();
        let cells = [
            &row.family,
            &row.case,
            &row.threads.to_string(),
            &found,
            target,
        ];
        line(text, &cells);
    }
}

/// Of when and of what each family's figures are.
fn measured(text: &mut String, report: &Report, known: &[Family]) {
    let _ = write!(
        text,
        "\n## Of when the figures are\n\n| family | measured | commit | rounds | targets met | rivals behind |\n\
         |---|---|---|---|---|---|\n"
    );
    for known in known {
        let mut families = report.families.iter();
        let Some(family) = families.find(|family| family.family == known.name) else {
            line(text, &[&known.name, "never", "", "", "", ""]);
            continue;
        };
        let mut rounds = match family.rounds() {
            None => String::new(),
            Some((least, most)) if least == most => least.to_string(),
            Some((least, most)) => format!("{least} to {most}"),
        };
        if family.quick {
            rounds = format!("**few**: {rounds}");
        }
        let counts = match is_present(family, known) {
            true => [family.targets().to_string(), family.rivals().to_string()],
            false => ["of an earlier form".to_owned(), String::new()],
        };
        let [targets, rivals] = &counts;
        let cells = [
            &known.name,
            &family.date,
            &family.commit,
            &rounds,
            targets,
            rivals,
        ];
        line(text, &cells.map(String::as_str));
    }
}

fn section(text: &mut String, family: &FamilyReport, present: bool, texts: &Texts) {
    let _ = write!(
        text,
        "\n## {}\n\n{}: `{}`, {}, commit {}.\n",
        family.family,
        capital(&family.about),
        family.command,
        family.date,
        match family.commit.as_str() {
            "" => "unknown",
            commit => commit,
        }
    );
    let _ = writeln!(text, "{}.", family.machine.text());
    if family.quick {
        let _ = write!(
            text,
            "\n**Only a look, with few rounds, on a machine that may have been busy: not figures to rely on.**\n"
        );
    }
    if !present {
        let _ = write!(
            text,
            "\n**Of an earlier form of this family: its code has changed since, so rows, their meaning or targets may differ. \
             None of them is counted above. `cargo xtask bench {} --write` renews them.**\n",
            family.family
        );
    }
    for chart in &texts.charts {
        let _ = write!(text, "\n![{}]({chart})\n", family.about);
    }
    text.push('\n');
    line(text, &HEADINGS);
    line(text, &HEADINGS.map(|_| "---"));
    for row in &family.rows {
        let verdict = match row.verdict() {
            _ if !present => "",
            "missed" => "**missed**",
            "rival ahead" => "**rival ahead**",
            verdict => verdict,
        };
        let cells = row.cells();
        let cells: Vec<&str> = cells.iter().map(String::as_str).chain([verdict]).collect();
        line(text, &cells);
    }
    if present {
        ahead(text, family);
    }
    let notes: Vec<String> = family
        .rows
        .iter()
        .filter_map(|row| {
            let note = row.note.as_ref()?;
            Some(format!("- {}: {note}", row.case))
        })
        .fold(Vec::new(), |mut notes, note| {
            if !notes.contains(&note) {
                notes.push(note);
            }
            notes
        });
    if !notes.is_empty() {
        let _ = write!(text, "\n{}\n", notes.join("\n"));
    }
    if matches!(family.family.as_str(), "calls" | "cache" | "by-name") {
        let peers: Vec<String> = family
            .machine
            .peers
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        let _ = write!(text, "\nPeers: {}.\n", peers.join(", "));
    }
    if let Some(notes) = &texts.notes {
        let _ = write!(text, "\n{}\n", notes.trim());
    }
}

/// Which rivals are ahead of LMMS, in a sentence.
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
    let _ = write!(text, "\nLMMS is ahead of {count} rows of rivals.");
    if !ahead.is_empty() {
        let _ = write!(text, " Ahead of LMMS: {}.", ahead.join("; "));
    }
    text.push('\n');
}

/// A line of a table.
fn line(text: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
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
    use super::super::report::tests::{family, known};
    use super::*;

    fn written(report: &Report, known: &[Family]) -> String {
        let texts = |family: &str| {
            Ok(Texts {
                notes: (family == "heap").then(|| "We tried harder.".to_owned()),
                charts: vec![format!("docs/{family}.svg")],
            })
        };
        document(report, known, texts).unwrap()
    }

    fn both() -> Report {
        Report {
            families: vec![family("calls", Some(true)), family("heap", Some(false))],
            failed: Vec::new(),
        }
    }

    #[test]
    fn every_section_names_its_command_date_commit_chart_and_remarks() {
        let known = [known("calls", "as it is"), known("heap", "as it is")];
        let text = written(&both(), &known);
        for part in [
            "## calls",
            "`cargo xtask bench heap`, 2026-11-23, commit 0123456789",
            "docs/calls.svg",
            "We tried harder.",
            "adds \\| LMMS | 2 | 41 | 1.50 ns | 1.40 – 1.75 | 1.10× bare | ≤ 1.2× bare | **missed** |",
            "| calls | 2026-11-23 | 0123456789 | 41 | 1 of 1 | 0 of 0 |",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn what_is_missed_stands_first() {
        let known = [known("calls", "as it is"), known("heap", "as it is")];
        let text = written(&both(), &known);
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
        let missed = place("**1 of 2 targets are missed**");
        let row = place("| heap | adds \\| LMMS | 2 | 1.10× | ≤ 1.2× bare |");
        assert!(missed < row && row < place("## Of when") && row < place("## calls"));
    }

    #[test]
    fn figures_of_an_earlier_form_are_neither_counted_nor_passed_off_as_present() {
        let known = [
            known("calls", "as it is"),
            known("heap", "another"),
            known("sweep", "as it is"),
        ];
        let text = written(&both(), &known);
        for part in [
            "**0 of 1 targets are missed**",
            "| heap | 2026-11-23 | 0123456789 | 41 | of an earlier form |  |",
            "| sweep | never |",
            "That counts 1 of 3 families",
            "1.10× bare | ≤ 1.2× bare |  |",
            "Of an earlier form of this family",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(text.matches("Of an earlier form of this").count(), 1);
    }

    #[test]
    fn rivals_that_are_ahead_are_named_and_a_look_is_called_one() {
        let mut report = both();
        report.families[0].quick = true;
        let mut rival = report.families[0].rows[0].clone();
        (rival.met, rival.target, rival.beaten) = (None, None, Some(false));
        rival.case = "adds: a rival".to_owned();
        report.families[0].rows.push(rival);
        let known = [known("calls", "as it is"), known("heap", "as it is")];
        let text = written(&report, &known);
        for part in [
            "LMMS is ahead of 0 of 1 rows of rivals. Ahead of LMMS: adds: a rival (1.50 ns, 2 threads).",
            "**Only a look",
            "**few**: 41",
            "Of 1 rows of rivals 1 are ahead",
            "of 2 targets",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
