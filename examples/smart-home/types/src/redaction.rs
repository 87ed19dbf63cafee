//! What a secret looks like, for every module that writes text down: errors, logs, diagnostics, redaction.
//!
//! Recognised are values behind names such as `password`, `db_pass`, `apiKeys` or `Authorization` ([`is_secret_name`]),
//! in JSON, YAML, XML, query strings, headers, command lines and Rust's debug output; bearer credentials; passwords
//! inside URLs; private keys in PEM; and tokens that are known by their looks, such as JSON Web Tokens. When in doubt
//! the value goes: a log line that lost a word is better than one that leaked a key.

mod names;
mod shapes;
mod text;

#[cfg(test)]
mod forms;

use std::borrow::Cow;

pub use names::is_secret_name;
pub use shapes::is_token_like;
pub use text::redact_text;

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// A named value as it may be shown: [`REDACTED`] behind the name of a secret, else without the secrets in it.
///
/// ```
/// use home_types::redaction::redact_field;
/// assert_eq!(redact_field("PGPASSWORD", "hunter2"), "[redacted]");
/// assert_eq!(redact_field("PROXY", "http://ann:pw@proxy"), "http://ann:[redacted]@proxy");
/// assert_eq!(redact_field("PWD", "/srv/ann"), "/srv/ann");
/// ```
pub fn redact_field<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if value.is_empty() {
        return Cow::Borrowed(value);
    }
    if is_secret_name(name) && !names::is_working_directory(name, value) {
        return Cow::Borrowed(REDACTED);
    }
    let redacted = redact_text(value);
    match redacted == value {
        true => Cow::Borrowed(value),
        false => Cow::Owned(redacted),
    }
}
