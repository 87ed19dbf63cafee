//! The lines of a recording, in the order of their times.
#![forbid(unsafe_code)]

use std::time::Duration;

use crate::events::{self, Line, Moment};

/// The lines of a recording, read and put in their order.
#[derive(Clone, Debug)]
pub struct Recording {
    /// When the first line happens: since the Unix epoch.
    pub start: Duration,
    pub(crate) entries: Vec<Entry>,
}

/// A moment of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Since the Unix epoch.
    pub unix: Duration,
    /// Seconds that the recording's clocks are ahead of UTC.
    pub offset: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The line's number, from 1.
    pub(crate) line: usize,
    /// How long after the begin, and what; or what is wrong with it.
    pub(crate) content: Result<(Duration, Line), String>,
}

impl Recording {
    /// Reads a recording. Lines that can't be replayed are kept as such. Without a time in the
    /// first line that has one, it starts at `start`.
    pub fn read(text: &str, start: Duration) -> Self {
        let mut begin = None;
        let mut last = Duration::ZERO;
        let mut entries = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let content = events::parse(line).and_then(|line| {
                let after = match line.at {
                    None => last,
                    Some(Moment::After(after)) => {
                        begin.get_or_insert(start);
                        after
                    }
                    Some(Moment::At { unix, .. }) => {
                        let begin = *begin.get_or_insert(unix.saturating_sub(last));
                        unix.checked_sub(begin).ok_or_else(before)?
                    }
                };
                if after < last {
                    return Err(before());
                }
                last = after;
                Ok((after, line))
            });
            entries.push(Entry {
                line: number + 1,
                content,
            });
        }
        Self {
            start: begin.unwrap_or(start),
            entries,
        }
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
    use super::*;

    const START: Duration = Duration::from_secs(1_000);

    fn times(text: &str) -> (Duration, Vec<Option<u64>>) {
        let recording = Recording::read(text, START);
        let after = |entry: Entry| entry.content.ok().map(|(after, _)| after.as_secs());
        (
            recording.start,
            recording.entries.into_iter().map(after).collect(),
        )
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
    fn a_line_back_in_time_is_malformed_and_the_next_one_is_not() {
        let text = "{\"at\": 9, \"note\": \"\"}\n{\"at\": 7, \"note\": \"\"}\nno\n{\"at\": 9, \"note\": \"\"}";
        assert_eq!(times(text).1, [Some(9), None, None, Some(9)]);
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
