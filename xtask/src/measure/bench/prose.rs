//! Prose with figures in it that come from the tables, so that neither can say anything else than the other.
//!
//! `{{family | case | threads | figure}}` stands for a row's median with its unit, `… | ratio}}` for its ratio. Where a
//! row is compared with several things, `… | ratio | against}}` says which of them is meant.
//!
//! A document that people edit keeps its places: in `<!-- {{…}} -->1.16×<!-- -->` the figure between the comments is
//! renewed.

#![forbid(unsafe_code)]

use super::{Report, Row, figure};

/// Stands for a figure of a family whose code has changed since it was measured.
const UNKNOWN: &str = "(not measured)";

/// Before and after a place that stays in the text.
const OPEN: &str = "<!-- {{";
const SHUT: &str = "}} -->";

/// After the figure of such a place.
const END: &str = "<!-- -->";

/// `text` with the figures, or what is wrong with a place for one.
pub(super) fn filled(text: &str, report: &Report) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (place, after) = after
            .split_once("}}")
            .ok_or_else(|| "`{{` has no `}}`".to_owned())?;
        filled += before;
        filled += &value(place, report)?;
        rest = after;
    }
    Ok(known_items(&(filled + rest)))
}

/// `text` with the figures of its places renewed, or what is wrong with a place.
pub(super) fn renewed(text: &str, report: &Report) -> Result<String, String> {
    let mut renewed = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let parts = after.split_once(SHUT);
        let (place, after) = parts.ok_or_else(|| format!("`{OPEN}` has no `{SHUT}`"))?;
        let (_, after) = after
            .split_once(END)
            .ok_or_else(|| format!("a figure has no `{END}` after it: {place}"))?;
        let value = value(place, report)?;
        renewed += &format!("{before}{OPEN}{place}{SHUT}{value}{END}");
        rest = after;
    }
    Ok(renewed + rest)
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

/// The value for a place, or what is wrong with it.
fn value(place: &str, report: &Report) -> Result<String, String> {
    look_up(place, report).map_err(|problem| format!("{problem}: {place}"))
}

fn look_up(place: &str, report: &Report) -> Result<String, &'static str> {
    let fields: Vec<&str> = place.split(" | ").map(str::trim).collect();
    let (family, case, threads, what, against) = match fields[..] {
        [family, case, threads, what] => (family, case, threads, what, None),
        [family, case, threads, what, against] => (family, case, threads, what, Some(against)),
        _ => return Err("not `family | case | threads | figure or ratio`"),
    };
    let mut known = report.described.iter();
    if !known.any(|known| known.name == family) {
        return Err("there is no such family");
    }
    let Some(measured) = report.current().find(|measured| measured.family == family) else {
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

#[cfg(test)]
mod tests {
    use super::super::report::tests::{family, known};
    use super::*;

    fn report(form: &str) -> Report {
        let mut calls = family("calls", None);
        calls.rows[0].case = "adds: LMMS".to_owned();
        Report {
            families: vec![calls],
            described: vec![known("calls", form)],
            ..Report::default()
        }
    }

    fn fill(text: &str, form: &str) -> Result<String, String> {
        filled(text, &report(form))
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

    #[test]
    fn figures_that_stand_in_a_document_are_renewed_and_keep_their_places() {
        let text = |value| {
            format!(
                "It takes <!-- {{{{calls | adds: LMMS | 2 | ratio}}}} -->{value}<!-- -->, often."
            )
        };
        let old = text("9.99×");
        assert_eq!(renewed(&old, &report("as it is")).unwrap(), text("1.10×"));
        let open = old.replace("<!-- -->", "");
        let problem = renewed(&open, &report("as it is")).unwrap_err();
        assert!(problem.contains("a figure has no"), "{problem}");
    }
}
