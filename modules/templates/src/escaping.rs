//! Making text safe to put into other text.

use lmms::operation;
use minijinja::HtmlEscape;

/// Escapes a text for HTML, XML and SSML, also inside quoted attributes.
#[operation(interface = "templates")]
pub fn escape_html(text: &str) -> String {
    HtmlEscape(text).to_string()
}

/// Writes a text as a JSON string, quotes included; safe inside HTML scripts too.
#[operation(interface = "templates")]
pub fn escape_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let mut safe = String::with_capacity(quoted.len());
    for c in quoted.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                safe += &format!("\\u{:04x}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Percent-encodes a text as one part of a URL's path or query.
#[operation(interface = "templates")]
pub fn escape_url(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            byte => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_can_not_be_left() {
        assert_eq!(
            escape_html("<a href='x'>\"&ü"),
            "&lt;a href=&#x27;x&#x27;&gt;&quot;&amp;ü"
        );
        assert_eq!(escape_html(""), "");
    }

    #[test]
    fn json_strings_can_be_read_back() {
        for text in ["", "a\"b\\c\n\0", "</script>&", "\u{2028}😀ü"] {
            let quoted = escape_json(text);
            assert!(!quoted.contains('<') && !quoted.contains('\u{2028}'));
            assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }
    }

    #[test]
    fn urls_are_percent_encoded() {
        assert_eq!(escape_url("a b&c=d/é~"), "a%20b%26c%3Dd%2F%C3%A9~");
    }
}
