//! The steps of a replay as lines: for people, in a hundred columns, or as JSON.
#![forbid(unsafe_code)]

use std::io::{self, Write};

use home_types::time::format_utc;
use serde_json::{Value, json};

use crate::effects::{Effects, Unloaded, unloaded_to_json};
use crate::output::{Screen, Style, duration, fit, size, wrap};
use crate::replay::{Asked, Step};

/// Columns of everything that people read.
pub const WIDTH: usize = 100;

const QUESTION: usize = 42;
const ANSWER: usize = 28;
const SOURCE: usize = 8;
const TIME: usize = 9;

/// How steps are written.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Lines for people.
    Text(Screen),
    /// A JSON document a line.
    Json {
        /// With the answers themselves.
        responses: bool,
    },
}

impl Form {
    /// Writes one step.
    ///
    /// # Errors
    /// The output can't be written.
    pub fn write(self, out: &mut dyn Write, step: &Step) -> io::Result<()> {
        match self {
            Self::Text(screen) => write_text(out, screen, step),
            Self::Json { responses } => match to_json(step, responses) {
                Value::Null => Ok(()),
                value => writeln!(out, "{value}"),
            },
        }
    }
}

/// The heads of the columns.
pub fn head(screen: Screen) -> String {
    let head = format!(
        "{} {} {} {} {:>TIME$}",
        fit("time", 8),
        fit("asked", QUESTION),
        fit("answered", ANSWER),
        fit("from", SOURCE),
        "took"
    );
    screen.paint(Style::Faint, head)
}

fn write_text(out: &mut dyn Write, screen: Screen, step: &Step) -> io::Result<()> {
    match step {
        Step::Note(note) => writeln!(out, "{}", screen.paint(Style::Strong, note)),
        Step::Asked(asked) => write_asked(out, screen, asked),
        Step::Swept { at, unloaded, .. } => write_unloaded(out, screen, &at.clock(), unloaded),
        Step::Malformed { line, problem } => {
            let mark = screen.paint(Style::Bad, "malformed");
            writeln!(out, "line {line} is {mark}: {problem}")
        }
    }
}

fn write_asked(out: &mut dyn Write, screen: Screen, asked: &Asked) -> io::Result<()> {
    let answer = fit(&asked.summary.text, ANSWER);
    let answer = match asked.summary.error {
        Some(_) => screen.paint(Style::Bad, answer),
        None => answer,
    };
    let source = source(&asked.effects);
    let style = if source == "cache" {
        Style::Notable
    } else {
        Style::Faint
    };
    let took = duration(asked.took);
    writeln!(
        out,
        "{} {} {answer} {} {took:>TIME$}",
        asked.at.clock(),
        fit(&asked.question, QUESTION),
        screen.paint(style, fit(source, SOURCE)),
    )?;
    if !asked.effects.avoided.is_empty() {
        let text = format!("= {} not loaded for it", asked.effects.avoided.join(", "));
        writeln!(out, "         {}", screen.paint(Style::Notable, text))?;
    }
    if !asked.effects.loaded.is_empty() {
        let loaded = asked.effects.loaded.iter().map(|loaded| {
            let (bytes, took) = (size(loaded.bytes), duration(loaded.took));
            format!("{} {bytes} in {took}", loaded.module)
        });
        list(out, screen, Style::Good, "+ ", loaded)?;
    }
    write_unloaded(out, screen, "        ", &asked.effects.unloaded)
}

fn write_unloaded(
    out: &mut dyn Write,
    screen: Screen,
    time: &str,
    unloaded: &[Unloaded],
) -> io::Result<()> {
    if unloaded.is_empty() {
        return Ok(());
    }
    let total: u64 = unloaded.iter().map(|module| module.bytes).sum();
    let names: Vec<&str> = unloaded.iter().map(|module| module.module).collect();
    let text = format!(
        "- {} unloaded, {} given back",
        names.join(", "),
        size(total)
    );
    writeln!(out, "{time} {}", screen.paint(Style::Notable, text))
}

/// Writes a list under an event, in as many lines as it takes.
fn list(
    out: &mut dyn Write,
    screen: Screen,
    style: Style,
    mark: &str,
    items: impl Iterator<Item = String>,
) -> io::Result<()> {
    // Spaces inside an item must not break it.
    let glued: Vec<String> = items.map(|item| item.replace(' ', "\u{a0}")).collect();
    let text = wrap(&glued.join(", "), "           ", WIDTH).replace('\u{a0}', " ");
    let text = text.replacen("           ", &format!("         {mark}"), 1);
    for line in text.lines() {
        writeln!(out, "{}", screen.paint(style, line))?;
    }
    Ok(())
}

/// Where an answer came from.
fn source(effects: &Effects) -> &'static str {
    if !effects.loaded.is_empty() {
        "loaded"
    } else if effects.cache_hits > 0 {
        "cache"
    } else {
        "resident"
    }
}

fn to_json(step: &Step, responses: bool) -> Value {
    match step {
        Step::Note(_) => Value::Null,
        Step::Asked(asked) => {
            let mut document = json!({
                "line": asked.line,
                "at": format_utc(asked.at.unix),
                "asked": asked.question,
                "answered": asked.summary.text,
                "error": asked.summary.error,
                "microseconds": asked.took.as_micros() as u64,
                "resident_bytes": asked.resident,
            });
            merge(&mut document, asked.effects.to_json());
            if responses {
                document["response"] = asked.answer.to_json();
            }
            document
        }
        Step::Swept {
            at,
            unloaded,
            resident,
        } => json!({
            "at": format_utc(at.unix),
            "sweep": true,
            "unloaded": unloaded_to_json(unloaded),
            "resident_bytes": resident,
        }),
        Step::Malformed { line, problem } => json!({ "line": line, "malformed": problem }),
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ask::Answer;
    use crate::effects::Loaded;
    use crate::recording::At;
    use crate::summary::Summary;

    fn asked() -> Asked {
        Asked {
            line: 3,
            at: At {
                unix: Duration::from_secs(3_600),
                offset: 3_600,
            },
            question: "TurnOn light.with_a_name_that_does_not_fit_into_the_column".into(),
            summary: Summary {
                text: "powerState ON".into(),
                error: None,
            },
            answer: Answer::Response(json!({"x": 1})),
            effects: Effects {
                loaded: ["alexa", "devices", "virtual_home", "home_assistant"]
                    .map(|module| Loaded {
                        module,
                        bytes: 1 << 20,
                        took: Duration::from_micros(321),
                    })
                    .to_vec(),
                unloaded: vec![Unloaded {
                    module: "images",
                    bytes: 3 << 20,
                }],
                ..Effects::default()
            },
            took: Duration::from_micros(4_200),
            resident: 4 << 20,
        }
    }

    #[test]
    fn lines_have_at_most_a_hundred_columns_and_no_escape_codes() {
        let mut out = Vec::new();
        let step = Step::Asked(Box::new(asked()));
        Form::Text(Screen::plain()).write(&mut out, &step).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains('\x1b'));
        let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert!(
            widths.iter().all(|width| *width <= WIDTH),
            "{widths:?}\n{text}"
        );
        assert!(text.starts_with("02:00:00 TurnOn light.with"), "{text}");
        assert!(text.contains("+ alexa 1.0 MiB in 321 µs,"), "{text}");
        assert!(
            text.contains("- images unloaded, 3.0 MiB given back"),
            "{text}"
        );
        assert_eq!(head(Screen::plain()).chars().count(), widths[0]);
    }

    #[test]
    fn json_has_all_facts_and_the_response_where_it_is_wanted() {
        let step = Step::Asked(Box::new(asked()));
        let document = to_json(&step, true);
        assert_eq!(document["at"], "1970-01-01T01:00:00.000Z");
        assert_eq!(document["loaded"][0]["microseconds"], 321);
        assert_eq!(document["unloaded"][0]["bytes"], 3 << 20);
        assert_eq!(document["response"], json!({"x": 1}));
        assert!(to_json(&step, false).get("response").is_none());
    }

    #[test]
    fn an_answer_without_a_load_is_from_the_cache_or_a_resident_module() {
        let cached = Effects {
            cache_hits: 1,
            ..Effects::default()
        };
        assert_eq!(source(&cached), "cache");
        assert_eq!(source(&Effects::default()), "resident");
        assert_eq!(source(&asked().effects), "loaded");
    }
}
