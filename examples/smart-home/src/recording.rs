//! The lines of a recording, one after the other, at their times.
#![forbid(unsafe_code)]

use std::io::{self, BufRead};
use std::time::Duration;

use crate::events::{self, Line, Moment};

/// A line further than this from the one before it is a mistake: it would leave none of those after it in time.
const LONGEST_PAUSE: Duration = Duration::from_secs(366 * 86_400);

/// No recording begins after the year 2199.
const LATEST: Duration = Duration::from_secs(7_258_118_400);

/// The lines of a recording, read when they are asked for: as an [`Iterator`]. What was replayed is forgotten.
pub struct Recording<'a> {
    lines: Box<dyn BufRead + 'a>,
    /// When the first line happens: since the Unix epoch.
    start: Duration,
    /// Whether a line has said when that is.
    is_dated: bool,
    last: Duration,
    number: usize,
    /// A line that was looked at to find the start.
    ahead: Option<Entry>,
}

/// A moment of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Since the Unix epoch.
    pub unix: Duration,
    /// Seconds that the recording's clocks are ahead of UTC.
    pub offset: i64,
}

/// A line of a recording.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line's number, from 1.
    pub line: usize,
    /// When the recording begins, as far as it is known with this line.
    pub start: Duration,
    /// How long after the begin, and what; or what is wrong with it.
    pub content: Result<(Duration, Line), String>,
}

impl<'a> Recording<'a> {
    /// The recording in `lines`, of which the first is read. It begins when the first line that has a time says, or at
    /// `start` if that doesn't say a date.
    ///
    /// # Errors
    /// The first line can't be read.
    pub fn new(lines: impl BufRead + 'a, start: Duration) -> io::Result<Self> {
        let mut recording = Self {
            lines: Box::new(lines),
            start,
            is_dated: false,
            last: Duration::ZERO,
            number: 0,
            ahead: None,
        };
        recording.ahead = recording.next().transpose()?;
        Ok(recording)
    }

    /// When it begins, as far as it is known by now: a line without a time may stand before the first that has one.
    pub fn start(&self) -> Duration {
        self.start
    }

    /// When the recording in `lines` begins, if a line says; reads up to that line.
    ///
    /// # Errors
    /// A line can't be read.
    pub fn find_start(lines: impl BufRead) -> io::Result<Option<Duration>> {
        let mut recording = Recording::new(lines, Duration::ZERO)?;
        while !recording.is_dated {
            if recording.next().transpose()?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(recording.start).filter(|start| !start.is_zero()))
    }

    fn read_line(&mut self) -> io::Result<Option<String>> {
        loop {
            let mut line = Vec::new();
            if self.lines.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            let text = String::from_utf8_lossy(&line);
            // Some editors begin files with a mark that is no part of the text.
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text).trim();
            if !text.is_empty() {
                return Ok(Some(text.to_owned()));
            }
        }
    }

    fn timed(&mut self, line: Line) -> Result<(Duration, Line), String> {
        let after = match line.at {
            None => self.last,
            Some(Moment::After(after)) => after,
            Some(Moment::At { unix, .. }) if self.is_dated => {
                unix.checked_sub(self.start).ok_or_else(before)?
            }
            Some(Moment::At { unix, .. }) if unix > LATEST => {
                return Err("its time is after the year 2199".to_owned());
            }
            Some(Moment::At { unix, .. }) => {
                self.start = unix.saturating_sub(self.last);
                self.last
            }
        };
        let pause = after.checked_sub(self.last).ok_or_else(before)?;
        if pause > LONGEST_PAUSE {
            return Err("its time is more than a year after that of the line above it".to_owned());
        }
        self.is_dated |= line.at.is_some();
        self.last = after;
        Ok((after, line))
    }
}

impl Iterator for Recording<'_> {
    type Item = io::Result<Entry>;

    /// The next line, once it is there.
    fn next(&mut self) -> Option<io::Result<Entry>> {
        if let Some(entry) = self.ahead.take() {
            return Some(Ok(entry));
        }
        let text = match self.read_line() {
            Ok(text) => text?,
            Err(error) => return Some(Err(error)),
        };
        let content = events::parse(&text).and_then(|line| self.timed(line));
        Some(Ok(Entry {
            line: self.number,
            start: self.start,
            content,
        }))
    }
}

impl std::fmt::Debug for Recording<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording")
            .field("start", &self.start)
            .field("lines_read", &self.number)
            .finish_non_exhaustive()
    }
}

impl At {
    /// The time of day as the recording's clocks show it: `07:15:00`.
    pub fn clock(self) -> String {
        let seconds = self.local_seconds().rem_euclid(86_400);
        let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
        format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
    }

    /// Seconds since the midnight before the Unix epoch, as the recording's clocks count.
    pub fn local_seconds(self) -> i64 {
        i64::try_from(self.unix.as_secs()).unwrap_or(i64::MAX - 86_400) + self.offset
    }
}

fn before() -> String {
    "its time is before that of a line above it".to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    const START: Duration = Duration::from_secs(1_000);

    fn times(text: &str) -> (Duration, Vec<Option<u64>>) {
        let mut recording = Recording::new(text.as_bytes(), START).unwrap();
        let after = |entry: io::Result<Entry>| {
            let content = entry.unwrap().content;
            content.ok().map(|(after, _)| after.as_secs())
        };
        let times = recording.by_ref().map(after).collect();
        (recording.start(), times)
    }

    #[test]
    fn absolute_times_count_from_the_first() {
        let (start, times) = times(
            "{\"at\": \"1970-01-01T01:00:00Z\", \"note\": \"\"}\n\n[]\n{\"at\": \"1970-01-01T01:00:05Z\", \"note\": \"\"}\n",
        );
        assert_eq!(start, Duration::from_secs(3_600));
        assert_eq!(times, [Some(0), Some(0), Some(5)]);
    }

    #[test]
    fn relative_times_count_from_the_given_start() {
        let text = "{\"at\": 1, \"note\": \"\"}\n{\"at\": 7, \"note\": \"\"}";
        assert_eq!(times(text), (START, vec![Some(1), Some(7)]));
    }

    #[test]
    fn a_line_without_a_time_may_come_first() {
        let text = "[]\n{\"at\": \"1970-01-01T01:00:00Z\", \"note\": \"\"}\n[]";
        let (start, after) = times(text);
        assert_eq!((start.as_secs(), after), (3_600, vec![Some(0); 3]));
        let found = Recording::find_start(text.as_bytes()).unwrap();
        assert_eq!(found, Some(Duration::from_secs(3_600)));
        for undated in ["", "[]", "no", "{\"at\": 7, \"note\": \"\"}"] {
            assert_eq!(Recording::find_start(undated.as_bytes()).unwrap(), None);
        }
    }

    #[test]
    fn a_line_back_in_time_is_malformed_and_the_next_one_is_not() {
        let text = "{\"at\": 9, \"note\": \"\"}\n{\"at\": 7, \"note\": \"\"}\nno\n{\"at\": 9, \"note\": \"\"}";
        assert_eq!(times(text).1, [Some(9), None, None, Some(9)]);
    }

    #[test]
    fn a_line_far_in_the_future_is_malformed_and_the_next_one_is_not() {
        let line = |at: &str| format!("{{\"at\": {at}, \"note\": \"\"}}\n");
        for far in [
            "\"9999-12-31T00:00:00Z\"",
            "\"2031-01-01T00:00:00Z\"",
            "1e18",
            "40000000",
        ] {
            let text = [
                line("\"2026-01-01T00:00:00Z\""),
                line(far),
                line("\"2026-01-01T00:00:09Z\""),
            ];
            assert_eq!(times(&text.concat()).1, [Some(0), None, Some(9)], "{far}");
        }
        let first = [
            line("\"9999-12-31T00:00:00Z\""),
            line("\"2026-01-01T00:00:09Z\""),
        ];
        assert_eq!(times(&first.concat()).1, [None, Some(0)]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_line() {
        assert_eq!(times("\u{feff}[]\n[]").1, [Some(0), Some(0)]);
    }

    #[test]
    fn no_line_is_read_before_it_is_asked_for() {
        /// Gives a line at a time, and remembers how many.
        struct Lines(std::rc::Rc<std::cell::Cell<usize>>);
        impl Read for Lines {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0.set(self.0.get() + 1);
                buffer[..3].copy_from_slice(b"[]\n");
                Ok(3)
            }
        }
        let given = std::rc::Rc::default();
        let lines = Lines(std::rc::Rc::clone(&given));
        let mut recording = Recording::new(io::BufReader::new(lines), START).unwrap();
        for expected in 1..=100 {
            assert_eq!(recording.next().unwrap().unwrap().line, expected);
            assert_eq!(given.get(), expected);
        }
    }

    #[test]
    fn clocks_show_the_recordings_time_of_day() {
        let at = |unix, offset| At {
            unix: Duration::from_secs(unix),
            offset,
        };
        assert_eq!(at(0, 0).clock(), "00:00:00");
        assert_eq!(at(86_399, 3_600).clock(), "00:59:59");
        assert_eq!(at(1_800, -3_600).clock(), "23:30:00");
    }
}
