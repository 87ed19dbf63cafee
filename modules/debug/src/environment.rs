//! The environment, without its secrets.
use home_types::Variable;
use lmms::operation;

/// Parts of names whose values nobody should read in a log.
const SECRET_NAMES: [&str; 12] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "KEY",
    "CREDENTIAL",
    "AUTH",
    "COOKIE",
    "SESSION",
    "PRIVATE",
    "SIGNATURE",
];

/// The environment variables, or those whose names start with `prefix`, by name. Values of variables that sound secret, and
/// values that look like a secret, are replaced by how long they are; passwords in addresses are taken out.
#[operation(interface = "debug")]
pub fn environment(prefix: Option<&str>) -> Vec<Variable> {
    let prefix = prefix.unwrap_or_default();
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    let mut variables: Vec<Variable> = variables
        .filter(|(name, _)| name.starts_with(prefix))
        .map(|(name, value)| redacted(name, value))
        .collect();
    variables.sort_by(|one, other| one.name.cmp(&other.name));
    variables
}

fn redacted(name: String, value: String) -> Variable {
    let upper = name.to_uppercase();
    let sounds_secret = SECRET_NAMES.iter().any(|part| upper.contains(part));
    if !value.is_empty() && (sounds_secret || looks_secret(&value)) {
        let value = format!("({} characters)", value.chars().count());
        return Variable {
            name,
            value,
            redacted: true,
        };
    }
    let open = without_passwords(&value);
    Variable {
        redacted: open != value,
        name,
        value: open,
    }
}

/// Whether a value is one long word of letters and digits mixed, as tokens are.
fn looks_secret(value: &str) -> bool {
    let token_like = |letter: char| letter.is_ascii_alphanumeric() || "-_.+=".contains(letter);
    let has = |kind: fn(&char) -> bool| value.chars().filter(kind).count();
    value.len() >= 32
        && value.chars().all(token_like)
        && has(char::is_ascii_digit) >= 4
        && has(char::is_ascii_alphabetic) >= 8
}

/// Takes `user:password@` out of every address in a value.
fn without_passwords(value: &str) -> String {
    let mut open = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        open.push_str(before);
        let authority = after
            .find(['/', '?', '#', ' ', ',', '"'])
            .unwrap_or(after.len());
        match after[..authority].rfind('@') {
            Some(end) => {
                open.push_str("(hidden)");
                rest = &after[end..];
            }
            None => rest = after,
        }
    }
    open.push_str(rest);
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, value: &str) -> String {
        redacted(name.to_owned(), value.to_owned()).value
    }

    #[test]
    fn secrets_are_not_shown() {
        for (name, value) in [
            ("HOME_ASSISTANT_TOKEN", "abc"),
            ("db_password", "hunter2"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            (
                "HARMLESS",
                "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl1234",
            ),
        ] {
            let variable = redacted(name.to_owned(), value.to_owned());
            assert!(
                variable.redacted && !variable.value.contains(value),
                "{variable:?}"
            );
        }
        assert_eq!(
            shown("PROXY", "http://me:secret@proxy:3128/x"),
            "http://(hidden)@proxy:3128/x"
        );
        assert_eq!(
            shown("PROXIES", "a://u:p@h,b://u:p@s@i"),
            "a://(hidden)@h,b://(hidden)@i"
        );
    }

    #[test]
    fn what_is_harmless_is_shown() {
        for value in [
            "/usr/local/bin:/usr/bin",
            "en_US.UTF-8",
            "http://proxy:3128",
            "",
            "a@b",
            "://",
        ] {
            assert_eq!(shown("HARMLESS", value), value);
        }
        assert_eq!(shown("TOKEN", ""), "");
    }

    #[test]
    fn variables_come_by_prefix_and_name() {
        let all = environment(None);
        assert!(all.is_sorted_by(|one, other| one.name <= other.name));
        assert!(
            environment(Some("CARGO_PKG_"))
                .iter()
                .all(|variable| variable.name.starts_with("CARGO_PKG_"))
        );
        assert_eq!(environment(Some("no such prefix")), []);
    }
}
