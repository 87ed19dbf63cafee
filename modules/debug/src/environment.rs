//! The environment, without its secrets.
use home_types::Variable;
use home_types::redaction::{REDACTED, is_token_like, redact_field};
use lmms::operation;

/// The environment variables, or those whose names start with `prefix`, by name. Values of variables that sound secret,
/// and values that look like a secret, are replaced by how long they are; passwords in addresses are taken out.
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
    let open = redact_field(&name, &value);
    let open = if open == REDACTED || is_token_like(&value) {
        format!("({} characters)", value.chars().count())
    } else {
        open.into_owned()
    };
    Variable {
        redacted: open != value,
        name,
        value: open,
    }
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
            ("MYSQL_PWD", "hunter2"),
            ("PGPASSWORD", "hunter2"),
            ("PGPASS", "hunter2"),
            ("DB_PASS", "hunter2"),
            ("STRIPE_KEY", "x"),
            ("SESSION_ID", "x"),
            ("NPM_AUTH", "x"),
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
            "http://me:[redacted]@proxy:3128/x"
        );
        assert_eq!(
            shown("PROXIES", "a://u:p@h,b://u:p@s@i"),
            "a://u:[redacted]@h,b://u:[redacted]@i"
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
        assert_eq!(shown("PWD", "/srv/ann"), "/srv/ann");
        assert_eq!(shown("SSH_AUTH_SOCK", "/tmp/agent.7"), "/tmp/agent.7");
        assert_eq!(shown("PGPASSFILE", "/srv/ann/.pgpass"), "/srv/ann/.pgpass");
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
