//! The filter, and the newest lines in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use home_types::logging::{LogError, LogField, LogLevel, LogLine, LogStats};
use home_types::redaction::{redact_field, redact_text};

/// The lines of this process.
pub(crate) fn lock() -> MutexGuard<'static, Tail> {
    static TAIL: Mutex<Tail> = Mutex::new(Tail::new());
    TAIL.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) const DEFAULT_CAPACITY: u32 = 1000;
pub(crate) const MAX_CAPACITY: u32 = 100_000;
pub(crate) const DEFAULT_LEVEL: LogLevel = LogLevel::Info;
const LONGEST_MESSAGE: usize = 8192;
const LONGEST_VALUE: usize = 1024;
const MOST_FIELDS: usize = 32;
/// How far behind the limit a text is read, so that no secret is cut where it can still be told.
const LOOKAHEAD: usize = 64 << 10;
/// However long lines are, all in memory together are no longer than this.
const MOST_BYTES: u64 = 4 << 20;

/// The filter and the newest lines.
pub(crate) struct Tail {
    pub(crate) level: LogLevel,
    pub(crate) capacity: u32,
    lines: VecDeque<LogLine>,
    bytes: u64,
    next: u64,
    logged: [u64; 4],
    suppressed: u64,
    redacted: u64,
}

impl Tail {
    pub(crate) const fn new() -> Tail {
        Tail {
            level: DEFAULT_LEVEL,
            capacity: DEFAULT_CAPACITY,
            lines: VecDeque::new(),
            bytes: 0,
            next: 1,
            logged: [0; 4],
            suppressed: 0,
            redacted: 0,
        }
    }

    /// Cleans a line, counts and keeps it; gives it back to be sent on, unless the filter holds it back.
    pub(crate) fn push(
        &mut self,
        now: Duration,
        level: LogLevel,
        source: &str,
        message: &str,
        fields: &[LogField],
    ) -> Option<LogLine> {
        if level < self.level {
            self.suppressed += 1;
            return None;
        }
        let mut secrets = false;
        let mut clean = |name: Option<&str>, text: &str, limit| {
            let (text, redacted) = cleaned(name, text, limit);
            secrets |= redacted;
            text
        };
        let line = LogLine {
            number: self.next,
            unix_ms: now.as_millis() as u64,
            level,
            source: clean(None, source, 64),
            message: clean(None, message, LONGEST_MESSAGE),
            fields: fields
                .iter()
                .take(MOST_FIELDS)
                .map(|field| LogField {
                    name: clean(None, &field.name, 64),
                    value: clean(Some(&field.name), &field.value, LONGEST_VALUE),
                })
                .collect(),
        };
        self.next += 1;
        self.logged[level as usize] += 1;
        self.redacted += u64::from(secrets);
        if self.capacity > 0 {
            self.bytes += size(&line);
            self.lines.push_back(line.clone());
            self.trim();
        }
        Some(line)
    }

    /// The newest lines that fit, at most `limit`, the oldest of them first.
    pub(crate) fn newest(&self, limit: usize, fits: impl Fn(&LogLine) -> bool) -> Vec<LogLine> {
        let mut found: Vec<LogLine> = self
            .lines
            .iter()
            .rev()
            .filter(|line| fits(line))
            .take(limit)
            .cloned()
            .collect();
        found.reverse();
        found
    }

    /// Forgets the lines in memory; gives how many there were.
    pub(crate) fn clear(&mut self) -> u32 {
        let lines = self.lines.len() as u32;
        self.lines = VecDeque::new();
        self.bytes = 0;
        lines
    }

    /// Sets how many lines are kept; gives how many were before.
    pub(crate) fn set_capacity(&mut self, capacity: u32) -> Result<u32, LogError> {
        if capacity > MAX_CAPACITY {
            return Err(LogError::CapacityTooLarge {
                capacity,
                maximum: MAX_CAPACITY,
            });
        }
        let previous = std::mem::replace(&mut self.capacity, capacity);
        self.trim();
        Ok(previous)
    }

    pub(crate) fn stats(&self) -> LogStats {
        let levels = [
            LogLevel::Debug,
            LogLevel::Info,
            LogLevel::Warning,
            LogLevel::Error,
        ];
        LogStats {
            level: self.level,
            logged: levels.into_iter().zip(self.logged).collect(),
            suppressed: self.suppressed,
            kept: self.lines.len() as u32,
            capacity: self.capacity,
            bytes: self.bytes,
            redacted: self.redacted,
        }
    }

    pub(crate) fn reason_to_stay(&self) -> Option<String> {
        let changed = self.level != DEFAULT_LEVEL || self.capacity != DEFAULT_CAPACITY;
        changed.then(|| {
            format!(
                "its level is set to {} and its capacity to {} lines; `logging.reset_settings` takes both back",
                self.level, self.capacity
            )
        })
    }

    fn trim(&mut self) {
        while self.lines.len() > self.capacity as usize || self.bytes > MOST_BYTES {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= size(&oldest);
        }
    }
}

fn size(line: &LogLine) -> u64 {
    let fields: usize = line
        .fields
        .iter()
        .map(|field| field.name.len() + field.value.len())
        .sum();
    (line.source.len() + line.message.len() + fields) as u64
}

/// One line of text without secrets and control characters, and whether there was a secret in it.
fn cleaned(name: Option<&str>, text: &str, limit: usize) -> (String, bool) {
    let text = &text[..text.floor_char_boundary(limit + LOOKAHEAD)];
    let redacted = match name {
        Some(name) => redact_field(name, text),
        None => redact_text(text).into(),
    };
    let secret = redacted != text;
    let mut line = String::with_capacity(redacted.len().min(limit));
    for c in redacted.chars() {
        if line.len() >= limit {
            line.push('…');
            break;
        }
        match c {
            c if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}') =>
            {
                line.extend(c.escape_default());
            }
            c => line.push(c),
        }
    }
    (line, secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(tail: &mut Tail, level: LogLevel, message: &str) -> Option<LogLine> {
        tail.push(Duration::from_millis(1500), level, "test", message, &[])
    }

    #[test]
    fn lines_are_numbered_and_filtered() {
        let mut tail = Tail::new();
        assert!(push(&mut tail, LogLevel::Debug, "x").is_none());
        let line = push(&mut tail, LogLevel::Info, "y").unwrap();
        assert_eq!((line.number, line.unix_ms), (1, 1500));
        assert_eq!(push(&mut tail, LogLevel::Error, "z").unwrap().number, 2);
        let stats = tail.stats();
        assert_eq!((stats.suppressed, stats.kept, stats.bytes), (1, 2, 10));
        assert_eq!(stats.logged[3], (LogLevel::Error, 1));
        assert_eq!(tail.newest(1, |_| true)[0].message, "z");
        assert_eq!(
            tail.newest(9, |line| line.level == LogLevel::Info)[0].message,
            "y"
        );
    }

    #[test]
    fn a_line_can_not_forge_another() {
        let mut tail = Tail::new();
        let line = push(
            &mut tail,
            LogLevel::Info,
            "a\n2025 ERROR forged\u{1b}[2J\u{202e}",
        )
        .unwrap();
        assert_eq!(line.message, "a\\n2025 ERROR forged\\u{1b}[2J\\u{202e}");
    }

    #[test]
    fn secrets_are_not_kept() {
        let mut tail = Tail::new();
        let fields = [
            LogField::new("token", "abc"),
            LogField::new("url", "http://a:pw@h/"),
            LogField::new("n", "1"),
        ];
        let line = tail
            .push(
                Duration::ZERO,
                LogLevel::Info,
                "s",
                "password=hunter2",
                &fields,
            )
            .unwrap();
        assert_eq!(line.message, "password=[redacted]");
        let values: Vec<_> = line
            .fields
            .iter()
            .map(|field| field.value.as_str())
            .collect();
        assert_eq!(values, ["[redacted]", "http://a:[redacted]@h/", "1"]);
        assert_eq!(tail.stats().redacted, 1);
    }

    #[test]
    fn memory_is_bounded() {
        let mut tail = Tail::new();
        for _ in 0..2000 {
            push(&mut tail, LogLevel::Info, &"ü".repeat(20_000));
        }
        let stats = tail.stats();
        assert!(stats.bytes <= 4 << 20 && stats.kept > 400, "{stats:?}");
        assert!(tail.newest(1, |_| true)[0].message.len() <= 8_196);
        assert_eq!(tail.newest(1, |_| true)[0].number, 2000);
        let field = LogField::new("n", "ü".repeat(20_000));
        let line = tail.push(Duration::ZERO, LogLevel::Info, "s", "x", &vec![field; 100]);
        let fields = line.unwrap().fields;
        assert_eq!(fields.len(), 32);
        assert!(fields[0].value.len() <= 1_028);
        assert_eq!(tail.set_capacity(10), Ok(1000));
        assert_eq!(tail.clear(), 10);
        assert_eq!(tail.stats().bytes, 0);
        tail.set_capacity(0).unwrap();
        assert!(
            push(&mut tail, LogLevel::Info, "x").is_some(),
            "still sent on"
        );
        assert_eq!(tail.stats().kept, 0);
        assert!(tail.set_capacity(100_001).is_err());
    }

    #[test]
    fn changed_settings_keep_the_module() {
        let mut tail = Tail::new();
        push(&mut tail, LogLevel::Info, "x");
        assert_eq!(tail.reason_to_stay(), None);
        tail.level = LogLevel::Debug;
        assert!(tail.reason_to_stay().unwrap().contains("DEBUG"));
    }
}
