//! BENCHMARKS.md: every figure with machine, versions, date and command.

#![forbid(unsafe_code)]

use std::fmt::Write as _;

use super::{FamilyReport, Report, Texts};

const HEAD: &str = "\
# Benchmarks

Written by `cargo xtask bench --write`; change `tests/benchmarks` instead, where also the remarks below the
tables stand (`tests/benchmarks/notes`). All ways to do one thing run in turn, in one process, in many rounds:
figures are medians with the tenth and the ninetieth percentile, ratios the median of the ratios within a round.
Times of calls are CPU time of the calling thread. Other machines give other figures; the ratios should hold.
";

/// The whole document. `texts` gives what stands around a family's table.
pub(super) fn document(report: &Report, texts: impl Fn(&str) -> Texts) -> String {
    let mut text = HEAD.to_owned();
    let (met, all) = report.targets();
    let _ = writeln!(text, "\n{met} of {all} targets are met.");
    if let Some(intro) = texts("intro").notes {
        let _ = write!(text, "\n{}\n", intro.trim());
    }
    for family in &report.families {
        section(&mut text, family, &texts(&family.family));
    }
    text
}

fn section(text: &mut String, family: &FamilyReport, texts: &Texts) {
    let _ = write!(
        text,
        "\n## {}\n\n{}: `{}`, {}.\n",
        family.family,
        capital(&family.about),
        family.command,
        family.date
    );
    let _ = writeln!(text, "{}.", family.machine.text());
    if family.quick {
        let _ = writeln!(text, "**Only a look, with few rounds.**");
    }
    for chart in &texts.charts {
        let _ = write!(text, "\n![{}]({chart})\n", family.about);
    }
    let _ = write!(
        text,
        "\n| | threads | median | p10 – p90 | ratio | target | |\n|---|---|---|---|---|---|---|\n"
    );
    for row in &family.rows {
        let met = match row.met {
            None => "",
            Some(true) => "met",
            Some(false) => "**missed**",
        };
        let cells = row.cells().map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| {} | {met} |", cells.join(" | "));
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

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::family;
    use super::*;

    #[test]
    fn every_section_names_its_command_date_chart_and_remarks() {
        let report = Report {
            families: vec![family("calls", Some(true)), family("heap", Some(false))],
            failed: Vec::new(),
        };
        let text = document(&report, |family| Texts {
            notes: (family == "heap").then(|| "We tried harder.".to_owned()),
            charts: vec![format!("docs/{family}.svg")],
        });
        for part in [
            "1 of 2 targets",
            "## calls",
            "`cargo xtask bench heap`, 2026-11-23",
            "docs/calls.svg",
            "We tried harder.",
            "adds \\| LMMS | 2 | 1.50 ns | 1.40 – 1.75 | 1.10× | ≤ 1.2× bare | **missed** |",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
