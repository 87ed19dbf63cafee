//! Finding secrets in text of any kind: JSON, headers, URLs, command lines, logs.

use super::shapes::{Word, private_key_end};
use super::{REDACTED, is_secret_name, names};

/// Replaces the secrets in `text` by [`REDACTED`]; takes time proportional to its length.
///
/// ```
/// use home_types::redaction::redact_text;
/// assert_eq!(redact_text("user=ann password=hunter2 ok"), "user=ann password=[redacted] ok");
/// ```
pub fn redact_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        word_before: None,
    };
    let mut copied = 0;
    while let Some((start, end)) = scanner.next_secret() {
        out.push_str(&text[copied..start]);
        out.push_str(REDACTED);
        copied = end;
    }
    out.push_str(&text[copied..]);
    out
}

type Span = (usize, usize);

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Where the word before this one starts, if only a blank is between them.
    word_before: Option<usize>,
}

impl Scanner<'_> {
    fn next_secret(&mut self) -> Option<Span> {
        while self.at < self.bytes.len() {
            let at = self.at;
            let (next, secret) = if is_name_byte(self.bytes[at]) {
                self.word(at)
            } else if self.bytes[at..].starts_with(b"//") {
                (at + 2, url_password(self.bytes, at + 2))
            } else {
                (at + char_length(self.bytes[at]), None)
            };
            let single_blank = self.bytes.get(next) == Some(&b' ') && is_name_byte(self.bytes[at]);
            if single_blank {
                self.word_before = Some(at);
            } else if self.bytes[at] != b' ' {
                self.word_before = None;
            }
            self.at = next;
            if let Some((start, end)) = secret {
                self.at = end;
                return Some((start, end));
            }
        }
        None
    }

    /// Reads the word that starts at `start`: where to go on, and the secret that it announces or is.
    fn word(&self, start: usize) -> (usize, Option<Span>) {
        let bytes = self.bytes;
        let end = run(bytes, start, is_name_byte);
        if let Some(span) = self.token_within(start, end) {
            return (span.1, Some(span));
        }
        let name = &self.text[start..end];
        if name.eq_ignore_ascii_case("bearer") || name.eq_ignore_ascii_case("basic") {
            let bearer = name.eq_ignore_ascii_case("bearer");
            if let Some(span) = credential(bytes, end, bearer) {
                return (end, Some(span));
            }
        }
        (end, self.announced(start, end))
    }

    /// A token or a key that begins in this word.
    fn token_within(&self, start: usize, end: usize) -> Option<Span> {
        let bytes = self.bytes;
        let word = Word::new(bytes, start, end);
        let mut inside = false;
        for at in start..end {
            let begins = !inside;
            inside = bytes[at].is_ascii_alphanumeric();
            if !begins {
                continue;
            }
            let found = match bytes[at] {
                b'-' if bytes[at..].starts_with(b"-----BEGIN ") => private_key_end(bytes, at),
                byte if byte.is_ascii_alphabetic() => word.token_end(at),
                _ => None,
            };
            if let Some(end) = found {
                return Some((at, end));
            }
        }
        None
    }

    /// The value that the name from `start` to `end` announces.
    fn announced(&self, start: usize, end: usize) -> Option<Span> {
        let bytes = self.bytes;
        let name = &self.text[start..end];
        let place = self.value_place(start, end)?;
        let phrase = || {
            let before = self.word_before?;
            Some(names::is_secret_phrase(&self.text[before..end]))
        };
        if !is_secret_name(name) && !phrase().unwrap_or(false) {
            return None;
        }
        let (from, to) = match place {
            Place::Value(at) => self.value(start, name, at),
            Place::Encoded(at) => (
                at,
                run(bytes, at, |b| {
                    b.is_ascii_alphanumeric() || b"-_.~+*/=".contains(&b)
                }),
            ),
            Place::Element(at) => (at, run(bytes, at, |b| b != b'<')),
            Place::Block(at) => block(bytes, start, at)?,
        };
        let value = &self.text[from..to];
        let nothing = value.trim().is_empty() || is_plain_literal(value);
        (!nothing && !names::is_working_directory(name, value)).then_some((from, to))
    }

    /// Where a value is, if the name from `start` to `end` is followed by one.
    fn value_place(&self, start: usize, end: usize) -> Option<Place> {
        let bytes = self.bytes;
        let is = |at: usize, text: &[u8]| bytes[at..].starts_with(text);
        let flag = is(start, b"--");
        let at = run(bytes, end, |b| b == b'\\');
        let quoted = matches!(bytes.get(at), Some(b'"' | b'\'' | b'`'));
        let mut at = if quoted { at + 1 } else { end };
        if !quoted && is(at, b"%") {
            return encoded_place(bytes, at);
        }
        if !quoted && is(at, b">") && start > 0 && bytes[start - 1] == b'<' {
            return Some(Place::Element(at + 1));
        }
        // A place in a map: `user[password]=x`.
        if is(at, b"]") {
            at += 1;
        }
        let blank = if quoted { is_space } else { is_blank };
        at = run(bytes, at, blank);
        let Some(assigned) = separator_end(bytes, at) else {
            return match bytes.get(at) {
                Some(b',') if quoted => self.value_of_pair(start, at + 1),
                Some(byte) if flag && at > end && *byte != b'-' => Some(Place::Value(at)),
                _ => value_field(bytes, at).map(Place::Value),
            };
        };
        let value = run(bytes, assigned, blank);
        let line_ends = |at: usize| matches!(bytes.get(at), Some(b'\r' | b'\n'));
        if line_ends(value) {
            let next = run(bytes, value, is_space);
            return match bytes.get(next) {
                Some(b'"' | b'\'' | b'[' | b'{') => Some(Place::Value(next)),
                _ => Some(Place::Block(value)),
            };
        }
        // A block of YAML: `password: |` and the lines below.
        let scalar = run(bytes, value, |b| matches!(b, b'|' | b'>' | b'-' | b'+'));
        if matches!(bytes.get(value), Some(b'|' | b'>')) && line_ends(scalar) {
            return Some(Place::Block(scalar));
        }
        Some(Place::Value(value))
    }

    /// The second part of `("password", "x")`, or of `"name": "password", "value": "x"`.
    fn value_of_pair(&self, name: usize, at: usize) -> Option<Place> {
        let bytes = self.bytes;
        if let Some(value) = value_field(bytes, at) {
            return Some(Place::Value(value));
        }
        let opening = bytes[..name]
            .iter()
            .rposition(|b| !matches!(b, b'"' | b'\'' | b'\\'))?;
        let second = run(bytes, at, is_space);
        let quote = run(bytes, second, |b| b == b'\\');
        let is_pair = bytes[opening] == b'(' && matches!(bytes.get(quote), Some(b'"' | b'\''));
        is_pair.then_some(Place::Value(second))
    }

    /// What of the value at `start` has to go.
    fn value(&self, name_start: usize, name: &str, start: usize) -> Span {
        let bytes = self.bytes;
        // Prefixes of strings (`b"x"`) and wrappers (`Some("x")`) are part of the value.
        let prefix = run(bytes, start, |b| b.is_ascii_alphanumeric() || b == b'_');
        let quote_at = run(bytes, start, |b| b == b'\\');
        match bytes.get(quote_at) {
            Some(&quote @ (b'"' | b'\'' | b'`')) => {
                quoted_value(bytes, quote_at, quote, quote_at - start)
            }
            Some(b'{' | b'[' | b'(') => {
                let closed = closing_bracket(bytes, quote_at);
                (start, run(bytes, closed, |b| !is_value_end(b)))
            }
            _ if bytes.get(prefix) == Some(&b'(') && prefix > start => {
                (start, closing_bracket(bytes, prefix))
            }
            _ if matches!(bytes.get(prefix), Some(b'"' | b'\''))
                && (1..=2).contains(&(prefix - start)) =>
            {
                quoted_value(bytes, prefix, bytes[prefix], 0)
            }
            _ if is_whole_line(name) => {
                let inside = name_start.checked_sub(1).map(|before| bytes[before]);
                let quote = inside.filter(|before| matches!(before, b'"' | b'\''));
                let ends = |b| matches!(b, b'\r' | b'\n') || Some(b) == quote;
                (start, run(bytes, start, |b| !ends(b)))
            }
            _ => (start, bare_value_end(bytes, start)),
        }
    }
}

/// What follows a name.
enum Place {
    /// A value in the text's own notation.
    Value(usize),
    /// A value in a percent-encoded text.
    Encoded(usize),
    /// The content of an XML element.
    Element(usize),
    /// The indented lines below.
    Block(usize),
}

/// Behind `=`, `:`, `=>` or `:=`; `::` separates the parts of a path.
fn separator_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    if rest.starts_with(b"::") {
        return None;
    }
    let two = rest.starts_with(b"=>") || rest.starts_with(b":=") || rest.starts_with(b"==");
    match rest.first() {
        Some(b'=' | b':') => Some(at + 1 + usize::from(two)),
        _ => None,
    }
}

/// The value in `, "value": "x"`, as environments are written in some documents.
fn value_field(bytes: &[u8], at: usize) -> Option<usize> {
    let at = run(bytes, at, |b| {
        is_space(b) || matches!(b, b'"' | b'\'' | b'\\' | b',')
    });
    let word = bytes.get(at..at + 5)?;
    if !word.eq_ignore_ascii_case(b"value") {
        return None;
    }
    let at = run(bytes, at + 5, |b| matches!(b, b'"' | b'\'' | b'\\'));
    let assigned = separator_end(bytes, run(bytes, at, is_space))?;
    Some(run(bytes, assigned, is_space))
}

/// The value in `%22password%22%3A%22x%22` or `user%5Bpassword%5D=x`.
fn encoded_place(bytes: &[u8], mut at: usize) -> Option<Place> {
    let skip = |at: usize, codes: &[&[u8]]| {
        let code = bytes.get(at..at + 3)?;
        codes
            .iter()
            .any(|wanted| code.eq_ignore_ascii_case(wanted))
            .then_some(at + 3)
    };
    while let Some(next) = skip(at, &[b"%22", b"%27", b"%5D", b"%20"]) {
        at = next;
    }
    let assigned = match skip(at, &[b"%3A", b"%3D"]) {
        Some(next) => next,
        None if bytes.get(at) == Some(&b'=') => at + 1,
        None => return None,
    };
    let mut at = assigned;
    while let Some(next) = skip(at, &[b"%22", b"%27", b"%20"]) {
        at = next;
    }
    Some(Place::Encoded(at))
}

/// The lines below `at` that are indented deeper than the line with the name, or are items of its list.
fn block(bytes: &[u8], name: usize, at: usize) -> Option<Span> {
    let line = bytes[..name]
        .iter()
        .rposition(|b| matches!(b, b'\r' | b'\n'))
        .map_or(0, |end| end + 1);
    // Only what stands first in its line can have lines of its own.
    let is_first = |b: &u8| is_blank(*b) || matches!(b, b'"' | b'\'' | b'-');
    if !bytes[line..name].iter().all(is_first) {
        return None;
    }
    let indent = run(bytes, line, is_blank) - line;
    let mut next = run(bytes, at, |b| matches!(b, b'\r' | b'\n'));
    let (mut start, mut end) = (None, at);
    while next < bytes.len() {
        let text = run(bytes, next, is_blank);
        let is_item = bytes[text..].starts_with(b"- ");
        let deep = text - next > indent || text - next == indent && is_item;
        if !deep || matches!(bytes.get(text), None | Some(b'\r' | b'\n')) {
            break;
        }
        start = start.or(Some(text));
        end = run(bytes, text, |b| !matches!(b, b'\r' | b'\n'));
        next = run(bytes, end, |b| matches!(b, b'\r' | b'\n'));
    }
    Some((start?, end))
}

/// The inside of a string, also of one in three quotes.
fn quoted_value(bytes: &[u8], quote_at: usize, quote: u8, escapes: usize) -> Span {
    let triple = [quote; 3];
    if escapes == 0 && bytes[quote_at..].starts_with(&triple) {
        let start = quote_at + 3;
        let end = bytes[start..]
            .windows(3)
            .position(|window| window == triple);
        return (start, end.map_or(bytes.len(), |end| start + end));
    }
    (
        quote_at + 1,
        closing_quote(bytes, quote_at + 1, quote, escapes),
    )
}

/// Where the string that began with `quote` behind `escapes` backslashes ends, less its closing escapes.
fn closing_quote(bytes: &[u8], start: usize, quote: u8, escapes: usize) -> usize {
    let mut slashes = 0;
    for (at, &byte) in bytes.iter().enumerate().skip(start) {
        if byte == quote {
            if escapes == 0 && slashes % 2 == 0 {
                return at;
            }
            if escapes > 0 && slashes <= escapes {
                return at - slashes;
            }
        }
        slashes = if byte == b'\\' { slashes + 1 } else { 0 };
    }
    bytes.len()
}

/// Just behind the bracket that closes the one at `start`; strings are skipped.
fn closing_bracket(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at, mut slashes) = (0, start, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth -= 1,
            b'"' | b'\'' => at = closing_quote(bytes, at + 1, byte, slashes) + slashes,
            _ => {}
        }
        slashes = if byte == b'\\' { slashes + 1 } else { 0 };
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// Where a value without quotes ends. A comma or semicolon ends it if another field or nothing follows.
fn bare_value_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        let ends = match byte {
            b',' | b';' => {
                let next = run(bytes, at + 1, is_name_byte);
                let field = next > at + 1 && matches!(bytes.get(next), Some(b'=' | b':'));
                field
                    || bytes
                        .get(at + 1)
                        .is_none_or(|b| is_value_end(*b) || matches!(b, b'{' | b'['))
            }
            byte => is_value_end(byte),
        };
        if ends {
            break;
        }
        at += 1;
    }
    let quoted = matches!(bytes.get(at), Some(b'"' | b'\''));
    let slashes = bytes[start..at]
        .iter()
        .rev()
        .take_while(|b| **b == b'\\')
        .count();
    if quoted { at - slashes } else { at }
}

/// The credential behind `Bearer` or `Basic`; plain words (`basic functions`) are none.
fn credential(bytes: &[u8], at: usize, bearer: bool) -> Option<Span> {
    let start = run(bytes, at, is_blank);
    let end = run(bytes, start, |b| {
        is_name_byte(b) || matches!(b, b'~' | b'+' | b'/' | b'=' | b'|')
    });
    let length = end - start;
    let token = &bytes[start..end];
    let mixed = token.iter().skip(1).any(u8::is_ascii_uppercase)
        && token.iter().any(u8::is_ascii_lowercase);
    let digits = token.iter().any(u8::is_ascii_digit);
    let random = mixed || digits || token.contains(&b'=');
    let letters = token.iter().any(u8::is_ascii_alphabetic);
    let short = bearer && length >= 4 && digits && letters;
    (start > at && (length >= 20 || length >= 8 && random || short)).then_some((start, end))
}

/// The password of `user:password@host`, if a URL's authority begins at `at` and has one.
fn url_password(bytes: &[u8], at: usize) -> Option<Span> {
    let end = run(bytes, at, |b| {
        !matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'') && !b.is_ascii_whitespace()
    });
    let host = at + bytes[at..end].iter().rposition(|&b| b == b'@')?;
    let colon = at + bytes[at..host].iter().position(|&b| b == b':')?;
    (colon + 1 < host).then_some((colon + 1, host))
}

/// Headers whose value has spaces in it.
fn is_whole_line(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with("authorization") || lower.ends_with("cookie")
}

/// What a secret never is.
fn is_plain_literal(value: &str) -> bool {
    ["true", "false", "null", "none", "nil", "undefined"]
        .iter()
        .any(|literal| value.eq_ignore_ascii_case(literal))
}

fn run(bytes: &[u8], start: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[start..]
        .iter()
        .position(|&b| !belongs(b))
        .map_or(bytes.len(), |length| start + length)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

fn is_value_end(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, b',' | b';' | b'&' | b')' | b'}' | b']' | b'"' | b'\'')
}

fn char_length(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}
