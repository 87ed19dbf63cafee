//! Removing secrets from text, for every module that writes text down.
//!
//! Recognised are values behind names such as `password`, `access_token` or `Authorization` (in JSON, in query strings, in
//! headers, in plain `name = value`), bearer credentials, JSON Web Tokens, and passwords inside URLs. When in doubt the value
//! goes: a log line that lost a word is better than one that leaked a key.

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Whether a field of this name holds a secret: `password`, `apiKey`, `HOME_ASSISTANT_TOKEN`, but not `token_lifetime`.
///
/// ```
/// use home_types::redaction::is_secret_name;
/// assert!(is_secret_name("X-Api-Key") && !is_secret_name("keyboard"));
/// ```
pub fn is_secret_name(name: &str) -> bool {
    const ENDINGS: [&str; 19] = [
        "password",
        "passwords",
        "passwd",
        "pwd",
        "passphrase",
        "passcode",
        "pincode",
        "secret",
        "secrets",
        "token",
        "apikey",
        "accesskey",
        "privatekey",
        "encryptionkey",
        "signingkey",
        "authorization",
        "credential",
        "credentials",
        "cookie",
    ];
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    plain == "pin" || ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

/// Replaces the secrets in `text` by [`REDACTED`]; takes time proportional to its length.
///
/// ```
/// use home_types::redaction::redact_text;
/// assert_eq!(redact_text("user=ann password=hunter2 ok"), "user=ann password=[redacted] ok");
/// ```
pub fn redact_text(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        let (next, secret) = if is_name_byte(bytes[at]) {
            after_name(text, at)
        } else if text[at..].starts_with("://") {
            (at + 3, url_password(bytes, at + 3))
        } else {
            (at + char_length(bytes[at]), None)
        };
        at = next;
        if let Some((start, end)) = secret {
            out.push_str(&text[copied..start]);
            out.push_str(REDACTED);
            copied = end;
            at = end;
        }
    }
    out.push_str(&text[copied..]);
    out
}

type Span = (usize, usize);

/// Reads the name that starts at `start`: where to go on, and the secret that the name announces or is.
fn after_name(text: &str, start: usize) -> (usize, Option<Span>) {
    let bytes = text.as_bytes();
    let end = run(bytes, start, is_name_byte);
    let name = &text[start..end];
    if name.len() >= 30 && name.starts_with("eyJ") && name.matches('.').count() == 2 {
        return (end, Some((start, end)));
    }
    let scheme = name.eq_ignore_ascii_case("bearer") || name.eq_ignore_ascii_case("basic");
    if scheme && let Some(span) = credential(bytes, end) {
        return (end, Some(span));
    }
    if is_secret_name(name) {
        return (end, assigned_value(bytes, name, end));
    }
    (end, None)
}

/// The value in `name = value`, `name: value`, `"name": "value"`, if that is what follows at `at`.
fn assigned_value(bytes: &[u8], name: &str, at: usize) -> Option<Span> {
    let mut at = run(bytes, at, |b| b == b'\\');
    if matches!(bytes.get(at), Some(b'"' | b'\'')) {
        at += 1;
    }
    at = run(bytes, at, is_blank);
    if !matches!(bytes.get(at), Some(b'=' | b':')) {
        return None;
    }
    let start = run(bytes, at + 1, is_blank);
    let quote_at = run(bytes, start, |b| b == b'\\');
    let span = match bytes.get(quote_at) {
        Some(&quote @ (b'"' | b'\'')) => {
            let escapes = quote_at - start;
            (
                quote_at + 1,
                closing_quote(bytes, quote_at + 1, quote, escapes),
            )
        }
        Some(b'{' | b'[') => {
            let closed = closing_bracket(bytes, quote_at);
            (start, run(bytes, closed, |b| !is_value_end(b)))
        }
        _ if is_whole_line(name) => (start, run(bytes, start, |b| !matches!(b, b'\r' | b'\n'))),
        _ => (start, run(bytes, start, |b| !is_value_end(b))),
    };
    (span.0 < span.1).then_some(span)
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

/// Just behind the bracket that closes the one at `start`. Brackets inside strings count too: at worst more text goes.
fn closing_bracket(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    bytes.len()
}

/// The credential behind `Bearer` or `Basic`; plain words (`basic functions`) are none.
fn credential(bytes: &[u8], at: usize) -> Option<Span> {
    let start = run(bytes, at, is_blank);
    let end = run(bytes, start, |b| {
        is_name_byte(b) || matches!(b, b'~' | b'+' | b'/' | b'=')
    });
    let length = end - start;
    let token = &bytes[start..end];
    let mixed = token.iter().skip(1).any(u8::is_ascii_uppercase)
        && token.iter().any(u8::is_ascii_lowercase);
    let random = mixed || token.iter().any(|b| b.is_ascii_digit() || *b == b'=');
    (start > at && (length >= 20 || length >= 8 && random)).then_some((start, end))
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

fn is_value_end(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, b',' | b';' | b'&' | b')' | b'}' | b']' | b'"' | b'\'')
}

/// Headers whose value has spaces in it.
fn is_whole_line(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with("authorization") || lower.ends_with("cookie")
}

fn char_length(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_behind_secret_names_go() {
        for (text, expected) in [
            ("password=hunter2", "password=[redacted]"),
            ("Password : hunter2, next", "Password : [redacted], next"),
            (
                r#"{"access_token":"abc","n":1}"#,
                r#"{"access_token":"[redacted]","n":1}"#,
            ),
            (r#"{"pin": 1234}"#, r#"{"pin": [redacted]}"#),
            (
                r#"{"secret":"a\"b","x":2}"#,
                r#"{"secret":"[redacted]","x":2}"#,
            ),
            (
                r#"{"secret":"a\\","x":2}"#,
                r#"{"secret":"[redacted]","x":2}"#,
            ),
            (
                r#""{\"password\":\"abc\",\"n\":1}""#,
                r#""{\"password\":\"[redacted]\",\"n\":1}""#,
            ),
            ("?a=1&api_key=k&b=2", "?a=1&api_key=[redacted]&b=2"),
            (
                "Authorization: Digest a=\"1\", b\nHost: h",
                "Authorization: [redacted]\nHost: h",
            ),
            ("cookie: a=b; c=d", "cookie: [redacted]"),
            ("HOME_ASSISTANT_TOKEN=x1", "HOME_ASSISTANT_TOKEN=[redacted]"),
            (
                r#"{"credentials": {"a": ["b"]}, "x": 1}"#,
                r#"{"credentials": [redacted], "x": 1}"#,
            ),
            ("token=[a]b c", "token=[redacted] c"),
            ("the password is long", "the password is long"),
            ("token_lifetime=5", "token_lifetime=5"),
            ("password=", "password="),
        ] {
            assert_eq!(redact_text(text), expected, "{text}");
        }
    }

    #[test]
    fn credentials_without_a_name_go() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhYmMifQ.c2lnbmF0dXJl";
        assert_eq!(redact_text(&format!("sent {jwt}!")), "sent [redacted]!");
        assert_eq!(
            redact_text("with Bearer abc12345xyz end"),
            "with Bearer [redacted] end"
        );
        assert_eq!(redact_text("Basic dXNlcjpwYXNz"), "Basic [redacted]");
        assert_eq!(redact_text("Basic dXNlcjpwYXNzMQ=="), "Basic [redacted]");
        assert_eq!(redact_text("basic functions"), "basic functions");
        assert_eq!(
            redact_text("http://ann:pa@ss@host/x?y"),
            "http://ann:[redacted]@host/x?y"
        );
        assert_eq!(redact_text("http://host:80/a@b"), "http://host:80/a@b");
    }

    #[test]
    fn any_text_survives() {
        for text in [
            "",
            "ü=ö",
            "password=ü€😀 x",
            "://",
            "eyJ",
            "\\\\\"",
            "password:\\",
            "token=\"ü",
            "😀://ü:ß@é",
        ] {
            let once = redact_text(text);
            assert_eq!(redact_text(&once), once, "{text}");
        }
        assert_eq!(redact_text("password=ü€😀 x"), "password=[redacted] x");
        assert_eq!(redact_text("token=\"never closed"), "token=\"[redacted]");
    }

    #[test]
    fn hostile_repetition_stays_fast() {
        let text = "password \\\\ \" ".repeat(20_000)
            + &"://a:".repeat(20_000)
            + &"token=\"".repeat(20_000);
        let started = std::time::Instant::now();
        redact_text(&text);
        assert!(started.elapsed().as_secs() < 10);
    }
}
