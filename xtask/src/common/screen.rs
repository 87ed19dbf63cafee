//! How facts and progress look: tables, sizes, durations, and colour where it is wanted.

#![forbid(unsafe_code)]

use std::fmt::Display;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::AnsiColor;
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};

/// A colour or weight of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Good news.
    Good,
    /// Something to look at.
    Warning,
    /// A problem.
    Bad,
    /// A heading.
    Strong,
    /// Something to skip over.
    Faint,
}

/// Where a stream's text goes, and what that place can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    colour: bool,
    terminal: bool,
    width: u16,
}

impl Screen {
    /// The standard output.
    pub fn stdout() -> Self {
        Self::of(&std::io::stdout())
    }

    /// The standard error stream.
    pub fn stderr() -> Self {
        Self::of(&std::io::stderr())
    }

    /// A place that shows only plain text.
    pub const fn plain() -> Self {
        Self {
            colour: false,
            terminal: false,
            width: 160,
        }
    }

    fn of(stream: &impl RawStream) -> Self {
        let terminal = stream.is_terminal();
        Self {
            colour: AutoStream::choice(stream) != ColorChoice::Never,
            terminal,
            width: if terminal { terminal_width() } else { 160 },
        }
    }

    /// Whether somebody watches.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether it shows colours.
    pub fn has_colour(&self) -> bool {
        self.colour
    }

    /// Columns of text in a line.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// `text` in `style`, where the screen shows colours.
    pub fn paint(&self, style: Style, text: impl Display) -> String {
        if !self.colour {
            return text.to_string();
        }
        let style = match style {
            Style::Good => AnsiColor::Green.on_default(),
            Style::Warning => AnsiColor::Yellow.on_default(),
            Style::Bad => AnsiColor::Red.on_default().bold(),
            Style::Strong => anstyle::Style::new().bold(),
            Style::Faint => anstyle::Style::new().dimmed(),
        };
        format!("{style}{text}{style:#}")
    }

    /// A table, on a terminal as wide as that at most.
    pub fn table<const COLUMNS: usize>(
        &self,
        head: [&str; COLUMNS],
        rows: impl IntoIterator<Item = [String; COLUMNS]>,
    ) -> String {
        let mut table = Table::new();
        table
            .load_style(TABLE)
            .set_content_arrangement(if self.terminal {
                ContentArrangement::Dynamic
            } else {
                // One line per row, so that other programs can search it.
                ContentArrangement::Disabled
            })
            .set_width(self.width)
            .set_header(head)
            .add_rows(rows);
        table.trim_fmt()
    }
}

/// Prints text for a person to stdout; a reader that went away is no error.
pub fn say(text: impl Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a line of progress to stderr.
pub fn report(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// `facts` as JSON for another program, to stdout.
pub fn say_json(facts: &impl serde::Serialize) {
    match serde_json::to_string_pretty(facts) {
        Ok(text) => say(text),
        // Only maps with keys that are no text fail, and none of the facts has one.
        Err(error) => report(format_args!(
            "error: can't write the facts as JSON: {error}"
        )),
    }
}

/// A size for people: `1.8 MB`.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB"] {
        if value < 999.95 {
            return if unit == "B" {
                format!("{bytes} B")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    format!("{value:.1} GB")
}

/// A duration for people: `840 ms`, `12.3 s`, `2 min 03 s`.
pub fn duration(time: Duration) -> String {
    let milliseconds = time.as_millis();
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else if milliseconds < 59_950 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        let seconds = (time.as_secs_f64().round()) as u64;
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// A line below the head, and nothing else that a person would have to read past.
const TABLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

fn terminal_width() -> u16 {
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    told.or_else(asked_width).unwrap_or(100).clamp(40, 400)
}

/// The standard library can't ask a terminal for its size; `stty` can.
fn asked_width() -> Option<u16> {
    let output = Command::new("stty")
        .arg("size")
        .stdin(Stdio::inherit())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace()
        .nth(1)?
        .parse()
        .ok()
        .filter(|width| *width > 0)
}

/// A number for people: thousands apart, at least three digits that mean something.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        big if big >= 1000.0 => 0,
        middle if middle >= 100.0 => 1,
        small if small >= 1.0 => 2,
        0.0 => 0,
        tiny => (3 - tiny.log10().floor() as i32).max(0) as usize,
    };
    let text = format!("{value:.digits$}");
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
        None => (text.as_str(), ""),
    };
    let (sign, whole) = whole
        .strip_prefix('-')
        .map_or(("", whole), |whole| ("-", whole));
    let mut grouped = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well_at_the_edges() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_000), "1.0 kB");
        assert_eq!(size(999_940), "999.9 kB");
        assert_eq!(size(999_960), "1.0 MB");
        assert_eq!(size(1_842_000), "1.8 MB");
        assert_eq!(size(3_000_000_000), "3.0 GB");
    }

    #[test]
    fn durations_read_well_at_the_edges() {
        assert_eq!(duration(Duration::ZERO), "0 ms");
        assert_eq!(duration(Duration::from_millis(1_500)), "1.5 s");
        assert_eq!(duration(Duration::from_millis(59_990)), "1 min 00 s");
        assert_eq!(duration(Duration::from_secs(123)), "2 min 03 s");
    }

    #[test]
    fn styles_are_escape_codes_where_colours_are_shown() {
        let screen = Screen {
            colour: true,
            ..Screen::plain()
        };
        assert_eq!(screen.paint(Style::Good, "yes"), "\x1b[32myes\x1b[0m");
        assert_eq!(screen.paint(Style::Faint, "so"), "\x1b[2mso\x1b[0m");
    }

    #[test]
    fn plain_screens_get_no_escape_codes() {
        assert_eq!(Screen::plain().paint(Style::Bad, "no"), "no");
        let table = Screen::plain().table(["a", "b"], [["1".to_owned(), "2".to_owned()]]);
        assert!(!table.contains('\x1b'), "{table}");
        assert!(table.contains('1') && table.contains('b'), "{table}");
    }
}
