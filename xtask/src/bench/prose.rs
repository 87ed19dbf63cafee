//! Prose with figures in it that come from the tables, so that neither can say anything else than the other.
//!
//! `{{family | case | threads | figure}}` stands for a row's median with its unit, `… | ratio}}` for its ratio. Where a row is
//! compared with several things, `… | ratio | against}}` says which of them is meant.

#![forbid(unsafe_code)]

use super::{Family, FamilyReport, Report, Row, figure};

/// What stands for a figure of a family that has not been measured in the form that it has.
const UNKNOWN: &str = "(not measured)";

/// `text` with the figures; else what is wrong with a place for one.
pub(super) fn filled(text: &str, report: &Report, known: &[Family]) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (place, after) = after
            .split_once("}}")
            .ok_or_else(|| "`{{` has no `}}`".to_owned())?;
        filled += before;
        filled += &value(place, report, known).map_err(|problem| format!("{problem}: {place}"))?;
        rest = after;
    }
    Ok(known_items(&(filled + rest)))
}

/// `text` without the items of lists in which a figure is unknown.
fn known_items(text: &str) -> String {
    let mut items: Vec<String> = vec![String::new()];
    for line in text.split_inclusive('\n') {
        let item_ends = line.starts_with("- ") || line.trim().is_empty();
        match items.last_mut() {
            Some(item) if !item_ends => item.push_str(line),
            _ => items.push(line.to_owned()),
        }
    }
    let is_known = |item: &String| !(item.starts_with("- ") && item.contains(UNKNOWN));
    items.into_iter().filter(is_known).collect()
}

fn value(place: &str, report: &Report, known: &[Family]) -> Result<String, &'static str> {
    let fields: Vec<&str> = place.split(" | ").map(str::trim).collect();
    let (family, case, threads, what, against) = match fields[..] {
        [family, case, threads, what] => (family, case, threads, what, None),
        [family, case, threads, what, against] => (family, case, threads, what, Some(against)),
        _ => return Err("not `family | case | threads | figure or ratio`"),
    };
    let known = known.iter().find(|known| known.name == family);
    let known = known.ok_or("there is no such family")?;
    let mut measured = report.families.iter();
    let Some(measured) = measured.find(|measured| is_present(measured, known)) else {
        return Ok(UNKNOWN.to_owned());
    };
    let fits = |row: &&Row| {
        row.case == case
            && row.threads.to_string() == threads
            && against.is_none_or(|name| row.against.as_deref() == Some(name))
    };
    let row = measured.rows.iter().find(fits).ok_or("no such row")?;
    match what {
        "figure" => Ok(row.figure()),
        "ratio" => row
            .ratio
            .map(|ratio| format!("{}×", figure(ratio)))
            .ok_or("the row has no ratio"),
        _ => Err("neither `figure` nor `ratio`"),
    }
}

/// Whether its figures are of the form that the family has.
pub(super) fn is_present(measured: &FamilyReport, known: &Family) -> bool {
    measured.family == known.name && measured.form == known.form
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::{family, known};
    use super::*;

    fn fill(text: &str, form: &str) -> Result<String, String> {
        let mut calls = family("calls", None);
        calls.rows[0].case = "adds: LMMS".to_owned();
        let report = Report {
            families: vec![calls],
            failed: Vec::new(),
        };
        filled(text, &report, &[known("calls", form)])
    }

    #[test]
    fn figures_come_from_the_rows() {
        let text = "takes {{calls | adds: LMMS | 2 | figure}}, {{calls | adds: LMMS | 2 | ratio}}.";
        assert_eq!(fill(text, "as it is").unwrap(), "takes 1.50 ns, 1.10×.");
        let text = "{{calls | adds: LMMS | 2 | ratio | bare}}";
        assert_eq!(fill(text, "as it is").unwrap(), "1.10×");
        let text = "{{calls | adds: LMMS | 2 | ratio | another}}";
        assert!(fill(text, "as it is").unwrap_err().contains("no such row"));
    }

    #[test]
    fn a_figure_of_an_earlier_form_is_none() {
        let text = "{{calls | a row that is new | 1 | figure}}";
        assert_eq!(fill(text, "another").unwrap(), UNKNOWN);
        let list = format!("Some:\n\n- that\n  it takes {text},\n  often\n- and this\n\nEnd.\n");
        let without = "Some:\n\n- and this\n\nEnd.\n";
        assert_eq!(fill(&list, "another").unwrap(), without);
    }

    #[test]
    fn places_that_mean_nothing_are_errors() {
        for (text, problem) in [
            ("{{calls | adds: LMMS | 2 | figure", "has no"),
            ("{{heap | adds: LMMS | 2 | figure}}", "no such family"),
            ("{{calls | adds: LMMS | 1 | figure}}", "no such row"),
            ("{{calls | adds: LMMS | 2 | p99}}", "neither"),
            ("{{calls}}", "not `family"),
        ] {
            let found = fill(text, "as it is").unwrap_err();
            assert!(found.contains(problem), "{problem}: {found}");
        }
    }
}
