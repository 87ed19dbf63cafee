//! Checks of single values. Errors never repeat a value, which may be a secret; at most one character of it.

use email_address::{EmailAddress, Options};
use home_types::security::ValidationError;
use iri_string::types::UriStr;
use lmms::operation;

use crate::statistics::{VALUES_ACCEPTED, VALUES_REFUSED, count};

/// Checks that a text has `min_length` to `max_length` characters (1 to 1024 if not given), and none that controls how
/// it is shown or where a line ends: no control characters (`\n` and `\r` included), no line or paragraph separators,
/// and no marks for the direction of text.
#[operation(interface = "security")]
pub fn validate_string(
    value: &str,
    min_length: Option<u64>,
    max_length: Option<u64>,
) -> Result<(), ValidationError> {
    counted(string(
        value,
        min_length.unwrap_or(1),
        max_length.unwrap_or(1024),
    ))
}

/// Checks an e-mail address and gives it back without surrounding blanks and with its domain in lower case.
#[operation(interface = "security")]
pub fn validate_email(email: &str) -> Result<String, ValidationError> {
    counted(normal_email(email))
}

/// Checks an absolute URL (`http` and `https` unless other schemes are given) and gives it back with scheme and host in
/// lower case. User names and passwords inside URLs are refused: they end up in logs.
#[operation(interface = "security")]
pub fn validate_url(url: &str, schemes: Option<&[String]>) -> Result<String, ValidationError> {
    let web = ["http".to_owned(), "https".to_owned()];
    counted(normal_url(url, schemes.unwrap_or(&web)))
}

/// Checks a cache key: 1 to 256 ASCII letters, digits, and `_ - . : / @ # = , + |`.
#[operation(interface = "security")]
pub fn validate_cache_key(key: &str) -> Result<(), ValidationError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.:/@#=,+|".contains(c);
    let what = "ASCII letters, digits and _-.:/@#=,+|";
    counted(
        length("cache key", key.len(), 1, 256).and_then(|()| only("cache key", key, allowed, what)),
    )
}

/// Checks a time to live in seconds: at least 1, at most `maximum` (30 days if not given).
#[operation(interface = "security")]
pub fn validate_ttl(ttl: i64, maximum: Option<i64>) -> Result<(), ValidationError> {
    let maximum = maximum.unwrap_or(30 * 24 * 3600);
    let valid = if (1..=maximum).contains(&ttl) {
        Ok(())
    } else {
        Err(ValidationError::OutOfRange {
            what: "time to live in seconds".into(),
            value: ttl as f64,
            minimum: 1.0,
            maximum: maximum as f64,
        })
    };
    counted(valid)
}

/// Checks the name of a module: 1 to 64 lower-case ASCII letters, digits and `_`, not beginning with a digit.
#[operation(interface = "security")]
pub fn validate_module_name(module_name: &str) -> Result<(), ValidationError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let valid = length("module name", module_name.len(), 1, 64)
        .and_then(|()| only("module name", module_name, allowed, "a-z, 0-9 and _"))
        .and_then(
            |()| match module_name.starts_with(|c: char| c.is_ascii_digit()) {
                true => Err(malformed(
                    "module name",
                    "it begins with a digit; a letter or `_` would do",
                )),
                false => Ok(()),
            },
        );
    counted(valid)
}

/// Checks that a number is finite and between `minimum` and `maximum`, both included.
#[operation(interface = "security")]
pub fn validate_number_range(
    value: f64,
    minimum: f64,
    maximum: f64,
) -> Result<(), ValidationError> {
    let valid = if minimum.is_nan() || maximum.is_nan() || minimum > maximum {
        Err(malformed(
            "range",
            &format!("{minimum} to {maximum} holds no number"),
        ))
    } else if value.is_finite() && (minimum..=maximum).contains(&value) {
        Ok(())
    } else {
        Err(ValidationError::OutOfRange {
            what: "number".into(),
            value,
            minimum,
            maximum,
        })
    };
    counted(valid)
}

/// Counts an accepted or refused value.
pub(crate) fn counted<T>(result: Result<T, ValidationError>) -> Result<T, ValidationError> {
    count(if result.is_ok() {
        &VALUES_ACCEPTED
    } else {
        &VALUES_REFUSED
    });
    result
}

/// An error of the form.
pub(crate) fn malformed(what: &str, reason: &str) -> ValidationError {
    ValidationError::Malformed {
        what: what.into(),
        reason: reason.into(),
    }
}

fn string(value: &str, minimum: u64, maximum: u64) -> Result<(), ValidationError> {
    if minimum > maximum {
        return Err(malformed(
            "range of lengths",
            &format!("{minimum} to {maximum} holds none"),
        ));
    }
    let characters = value.chars().count();
    if characters == 0 && minimum > 0 {
        return Err(ValidationError::Empty {
            what: "text".into(),
        });
    }
    length("text", characters, minimum, maximum)?;
    only(
        "text",
        value,
        |c| !is_control(c),
        "all characters but control characters, line separators and marks for the direction of text",
    )
}

/// Control characters, and the characters of Unicode that act like some: separators of lines and paragraphs, and the
/// [marks for the direction of text](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters), which can
/// show a text in another order than it is read in.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn normal_email(email: &str) -> Result<String, ValidationError> {
    let what = "e-mail address";
    let email = email.trim();
    length(what, email.len(), 1, 254)?;
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    let parsed = EmailAddress::parse_with_options(email, options)
        .map_err(|error| malformed(what, &error.to_string()))?;
    Ok(format!(
        "{}@{}",
        parsed.local_part(),
        parsed.domain().to_lowercase()
    ))
}

fn normal_url(url: &str, schemes: &[String]) -> Result<String, ValidationError> {
    let what = "URL";
    let url = url.trim();
    length(what, url.len(), 1, 2048)?;
    let parsed = UriStr::new(url).map_err(|_| {
        malformed(
            what,
            "it must look like `https://host/path`, with all other characters percent-encoded",
        )
    })?;
    let scheme = parsed.scheme_str().to_ascii_lowercase();
    if !schemes
        .iter()
        .any(|allowed| allowed.eq_ignore_ascii_case(&scheme))
    {
        return Err(malformed(
            what,
            &format!("its scheme is not one of {}", schemes.join(", ")),
        ));
    }
    let authority = parsed
        .authority_components()
        .filter(|authority| !authority.host().is_empty());
    let authority = authority.ok_or_else(|| malformed(what, "it names no host"))?;
    if authority.userinfo().is_some() {
        return Err(malformed(
            what,
            "it holds a user name or password; pass them as credentials",
        ));
    }
    let port = match authority.port() {
        None | Some("") => String::new(),
        Some(digits) => match digits.parse::<u16>() {
            Ok(port) if port > 0 => format!(":{port}"),
            _ => return Err(malformed(what, "its port is not between 1 and 65535")),
        },
    };
    let host = authority.host().to_ascii_lowercase();
    let path = parsed.path_str();
    let path = if path.is_empty() { "/" } else { path };
    let query = parsed
        .query_str()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let fragment = parsed
        .fragment()
        .map(|text| format!("#{text}"))
        .unwrap_or_default();
    Ok(format!("{scheme}://{host}{port}{path}{query}{fragment}"))
}

fn length(what: &str, length: usize, minimum: u64, maximum: u64) -> Result<(), ValidationError> {
    let (what, length) = (what.to_owned(), length as u64);
    if length == 0 && minimum > 0 {
        Err(ValidationError::Empty { what })
    } else if length < minimum {
        Err(ValidationError::TooShort {
            what,
            length,
            minimum,
        })
    } else if length > maximum {
        Err(ValidationError::TooLong {
            what,
            length,
            maximum,
        })
    } else {
        Ok(())
    }
}

fn only(
    what: &str,
    text: &str,
    allowed: impl Fn(char) -> bool,
    description: &str,
) -> Result<(), ValidationError> {
    match text.char_indices().find(|(_, c)| !allowed(*c)) {
        None => Ok(()),
        Some((position, character)) => Err(ValidationError::ForbiddenCharacter {
            what: what.into(),
            character: character.escape_debug().to_string(),
            position: position as u64,
            allowed: description.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_measured_in_characters() {
        assert_eq!(validate_string("Küche", Some(5), Some(5)), Ok(()));
        for control in [
            '\r', '\n', '\t', '\0', '\u{7f}', '\u{85}', '\u{9b}', '\u{61c}', '\u{200e}',
            '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}',
        ] {
            let error = validate_string(&format!("a{control}b"), None, None);
            assert!(
                matches!(
                    error,
                    Err(ValidationError::ForbiddenCharacter { position: 1, .. })
                ),
                "{control:?}: {error:?}"
            );
        }
        // Joiners belong to words and emoji.
        assert_eq!(
            validate_string("👨\u{200d}👩 می\u{200c}خواهم", None, None),
            Ok(())
        );
        assert!(matches!(
            validate_string("", None, None),
            Err(ValidationError::Empty { .. })
        ));
        assert_eq!(validate_string("", Some(0), None), Ok(()));
        assert!(matches!(
            validate_string("ab", Some(3), None),
            Err(ValidationError::TooShort { .. })
        ));
        let long = validate_string(&"x".repeat(1025), None, None);
        assert!(matches!(
            long,
            Err(ValidationError::TooLong { length: 1025, .. })
        ));
        let control = validate_string("a\u{1b}[2J", None, None).unwrap_err();
        assert!(
            control.to_string().contains("`\\u{1b}` at byte 1"),
            "{control}"
        );
        assert!(validate_string("a", Some(3), Some(2)).is_err());
    }

    #[test]
    fn email_addresses() {
        assert_eq!(
            validate_email(" Ann.Lee+home@Example.ORG ").unwrap(),
            "Ann.Lee+home@example.org"
        );
        for bad in [
            "",
            "ann",
            "ann@",
            "@example.org",
            "a b@example.org",
            "ann@home",
            "ann@[127.0.0.1]",
            "Ann <ann@example.org>",
            "a@b@example.org",
            "a@example..org",
        ] {
            assert!(validate_email(bad).is_err(), "{bad}");
        }
        assert!(validate_email(&format!("{}@example.org", "x".repeat(300))).is_err());
    }

    #[test]
    fn urls() {
        for (url, expected) in [
            ("HTTPS://Home.Example:8123", "https://home.example:8123/"),
            (
                "http://[::1]:80/api/states?x=1#f",
                "http://[::1]:80/api/states?x=1#f",
            ),
            (" http://10.0.0.2/ ", "http://10.0.0.2/"),
        ] {
            assert_eq!(validate_url(url, None).as_deref(), Ok(expected));
        }
        for bad in [
            "",
            "home.local",
            "/api",
            "ftp://host/",
            "http://",
            "http:///path",
            "http://ann:pw@host/",
            "http://host:99999/",
            "http://host:0/",
            "http://ho st/",
            "http://host/\nx",
            "javascript:alert(1)",
            "http://höst/",
            "http://host/%zz",
        ] {
            assert!(validate_url(bad, None).is_err(), "{bad}");
        }
        let sockets = ["ws".to_owned(), "WSS".to_owned()];
        assert_eq!(
            validate_url("wss://h/api", Some(&sockets)).as_deref(),
            Ok("wss://h/api")
        );
        assert!(validate_url("http://h/", Some(&sockets)).is_err());
    }

    #[test]
    fn errors_do_not_repeat_the_value() {
        let error = validate_url("http://ann:hunter2@host/", None)
            .unwrap_err()
            .to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn cache_keys_and_module_names() {
        assert_eq!(validate_cache_key("devices:get_states/kitchen#1"), Ok(()));
        for bad in ["", "a b", "ключ", "a\0", &"k".repeat(257)] {
            assert!(validate_cache_key(bad).is_err(), "{bad}");
        }
        assert_eq!(validate_module_name("virtual_home2"), Ok(()));
        for bad in ["", "Home", "2home", "a-b", "../x", &"m".repeat(65)] {
            assert!(validate_module_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(validate_ttl(1, None), Ok(()));
        assert_eq!(validate_ttl(2_592_000, None), Ok(()));
        for bad in [0, -1, 2_592_001, i64::MIN, i64::MAX] {
            assert!(validate_ttl(bad, None).is_err(), "{bad}");
        }
        assert!(validate_ttl(61, Some(60)).is_err());
        assert_eq!(validate_number_range(20.5, 20.5, 20.5), Ok(()));
        for (value, minimum, maximum) in [
            (f64::NAN, 0.0, 1.0),
            (1.1, 0.0, 1.0),
            (f64::INFINITY, 0.0, f64::INFINITY),
            (0.5, 1.0, 0.0),
            (0.5, f64::NAN, 1.0),
        ] {
            assert!(
                validate_number_range(value, minimum, maximum).is_err(),
                "{value}"
            );
        }
    }
}
