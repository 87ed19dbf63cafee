//! How answers look: colour where it is wanted, sizes and durations for people, JSON for programs.
#![forbid(unsafe_code)]

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::AnsiColor;
use lmms::Portable;
use serde_json::Value;

use crate::error::Error;

/// Writes an answer to a file: bytes, which JSON has as base64 text, as such; texts as they are, the rest as JSON.
///
/// # Errors
/// The file can't be written.
pub fn save(file: &Path, answer: &Value, is_bytes: bool) -> Result<(), Error> {
    let content = match answer {
        Value::String(_) if is_bytes => Vec::<u8>::from_json(answer.clone()).unwrap_or_default(),
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    };
    std::fs::write(file, content).map_err(|error| Error::file("write", file, error))
}

/// A colour or weight of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Good news.
    Good,
    /// Something to look at.
    Notable,
    /// A problem.
    Bad,
    /// A heading.
    Strong,
    /// Something to read past.
    Faint,
}

/// Where text goes, and what that place can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    terminal: bool,
    colour: bool,
}

impl Screen {
    /// The standard output.
    pub fn stdout() -> Self {
        Self::of(&io::stdout())
    }

    /// The standard error stream.
    pub fn stderr() -> Self {
        Self::of(&io::stderr())
    }

    /// A file, a pipe, or a terminal without colours.
    pub const fn plain() -> Self {
        Self {
            terminal: false,
            colour: false,
        }
    }

    fn of(stream: &impl RawStream) -> Self {
        Self {
            terminal: stream.is_terminal(),
            colour: AutoStream::choice(stream) != ColorChoice::Never,
        }
    }

    /// Whether somebody watches.
    pub fn is_terminal(self) -> bool {
        self.terminal
    }

    /// Whether it shows colours.
    pub fn has_colour(self) -> bool {
        self.colour
    }

    /// `text` in `style`, where colours are shown.
    pub fn paint(self, style: Style, text: impl Display) -> String {
        if !self.colour {
            return text.to_string();
        }
        let style = match style {
            Style::Good => AnsiColor::Green.on_default(),
            Style::Notable => AnsiColor::Cyan.on_default(),
            Style::Bad => AnsiColor::Red.on_default().bold(),
            Style::Strong => anstyle::Style::new().bold(),
            Style::Faint => anstyle::Style::new().dimmed(),
        };
        format!("{style}{text}{style:#}")
    }

    /// Writes a JSON value: indented where somebody watches, else on one line.
    ///
    /// # Errors
    /// The output can't be written.
    pub fn write_json(self, out: &mut dyn Write, value: &Value) -> io::Result<()> {
        if self.terminal {
            writeln!(out, "{value:#}")
        } else {
            writeln!(out, "{value}")
        }
    }
}

/// A size for people: `1.8 MiB`.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB"] {
        if value < 1023.95 {
            return if unit == "B" {
                format!("{bytes} B")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1024.0;
    }
    format!("{value:.1} GiB")
}

/// A duration for people: `840 µs`, `12.3 ms`, `4.06 s`.
pub fn duration(time: Duration) -> String {
    let microseconds = time.as_micros();
    if microseconds < 1_000 {
        format!("{microseconds} µs")
    } else if microseconds < 999_950 {
        format!("{:.1} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}

/// `text` in exactly `width` columns: filled up, or cut with an ellipsis.
pub fn fit(text: &str, width: usize) -> String {
    let cut = cut(text, width);
    let missing = width.saturating_sub(cut.chars().count());
    cut + &" ".repeat(missing)
}

/// `text` in at most `width` columns and on one line.
pub fn cut(text: &str, width: usize) -> String {
    let shown = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    if text.chars().count() <= width {
        return text.chars().map(shown).collect();
    }
    let mut short: String = text
        .chars()
        .take(width.saturating_sub(1))
        .map(shown)
        .collect();
    short.push('…');
    short
}

/// `text` in lines of at most `width` columns, each begun with `indent`.
pub fn wrap(text: &str, indent: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut line = indent.to_owned();
    for word in text.split_whitespace() {
        let begun = line.len() > indent.len();
        if begun && line.chars().count() + 1 + word.chars().count() > width {
            lines.push_str(&line);
            lines.push('\n');
            line = indent.to_owned();
        } else if begun {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines + &line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_read_well_at_the_edges() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1_023), "1023 B");
        assert_eq!(size(1_024), "1.0 KiB");
        assert_eq!(size((1 << 20) - 1), "1.0 MiB");
        assert_eq!(size(5 << 30), "5.0 GiB");
        assert_eq!(duration(Duration::ZERO), "0 µs");
        assert_eq!(duration(Duration::from_micros(999)), "999 µs");
        assert_eq!(duration(Duration::from_micros(12_340)), "12.3 ms");
        assert_eq!(duration(Duration::from_micros(999_960)), "1.00 s");
    }

    #[test]
    fn text_fits_its_columns_by_characters() {
        assert_eq!(fit("Küche", 7), "Küche  ");
        assert_eq!(fit("Küche", 4), "Küc…");
        assert_eq!(cut("a\nb\x1b[1m", 99), "a b [1m");
        assert_eq!(
            wrap("one two three four", "  ", 10),
            "  one two\n  three\n  four"
        );
    }

    #[test]
    fn styles_are_escape_codes_where_colours_are_shown() {
        let screen = Screen {
            colour: true,
            ..Screen::plain()
        };
        assert_eq!(screen.paint(Style::Good, "yes"), "\x1b[32myes\x1b[0m");
        assert_eq!(screen.paint(Style::Faint, "so"), "\x1b[2mso\x1b[0m");
        assert_eq!(Screen::plain().paint(Style::Bad, "no"), "no");
    }

    #[test]
    fn json_is_compact_for_programs() {
        let mut out = Vec::new();
        let value = serde_json::json!({"a": [1, 2]});
        Screen::plain().write_json(&mut out, &value).unwrap();
        assert_eq!(out, b"{\"a\":[1,2]}\n");
    }
}
