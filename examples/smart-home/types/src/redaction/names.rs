//! Names that announce a secret.
//!
//! A name is taken apart into words (`db_pass`, `dbPass`, `DB-PASS`), and what kind of thing it names is told from its
//! last word, as in English: a token's lifetime is a time, a password's hash is still worth hiding.

/// Ends of names, without what separates words: whatever stands before them, the value is a secret.
const ENDINGS: [&str; 59] = [
    "accesscode",
    "accesskey",
    "accesskeyid",
    "accountkey",
    "alarmcode",
    "apikey",
    "apitoken",
    "appkey",
    "authcode",
    "authkey",
    "authorization",
    "authorizationcode",
    "backupcode",
    "bearer",
    "clientkey",
    "connectionstring",
    "cookie",
    "credential",
    "decryptionkey",
    "deploykey",
    "doorcode",
    "encryptionkey",
    "installcode",
    "kennwort",
    "licensekey",
    "lockcode",
    "masterkey",
    "mfacode",
    "mnemonic",
    "onetimecode",
    "otpcode",
    "pairingcode",
    "passcode",
    "passkey",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "pincode",
    "presharedkey",
    "privatekey",
    "privkey",
    "recoverycode",
    "recoveryphrase",
    "secret",
    "secretkey",
    "securitycode",
    "seedphrase",
    "serverkey",
    "sessid",
    "sessionid",
    "sessionkey",
    "setupcode",
    "sharedkey",
    "signingkey",
    "sshkey",
    "token",
    "unlockcode",
    "verificationcode",
];

/// Short words that occur inside others; they count only as whole words, at the end of a name.
const WORDS: [&str; 17] = [
    "auth",
    "cred",
    "cvc",
    "cvv",
    "jwe",
    "jwt",
    "oauth",
    "otp",
    "passw",
    "psk",
    "pswd",
    "pw",
    "sid",
    "sig",
    "signature",
    "ssn",
    "totp",
];

/// What a word that ends in `pass` begins with if it is the password of something: `PGPASS`, but not `compass`.
const HOLDERS_OF_PASS: [&str; 36] = [
    "admin", "api", "app", "bind", "cert", "db", "email", "ftp", "git", "http", "imap", "key",
    "keystore", "ldap", "login", "mail", "maria", "mongo", "mqtt", "my", "mysql", "new", "old",
    "pg", "postgres", "proxy", "redis", "root", "rpc", "smtp", "sql", "ssh", "ssl", "store",
    "user", "wifi",
];

/// Keys that open nothing: what stands before `key`.
const INNOCENT_KEYS: [&str; 62] = [
    "a",
    "any",
    "arrow",
    "attribute",
    "bad",
    "bucket",
    "cache",
    "candidate",
    "column",
    "composite",
    "config",
    "context",
    "dict",
    "duplicate",
    "each",
    "enter",
    "entity",
    "escape",
    "field",
    "foreign",
    "function",
    "group",
    "hash",
    "hot",
    "idempotency",
    "index",
    "invalid",
    "item",
    "json",
    "label",
    "lookup",
    "map",
    "message",
    "metric",
    "missing",
    "natural",
    "next",
    "object",
    "option",
    "parent",
    "partition",
    "press",
    "pressed",
    "previous",
    "primary",
    "property",
    "public",
    "query",
    "range",
    "registry",
    "routing",
    "row",
    "setting",
    "shift",
    "sort",
    "state",
    "tab",
    "table",
    "the",
    "translation",
    "unique",
    "unknown",
];

/// Pins of chips, and passes over data: what stands before `pin` or `pass` that is no secret.
const INNOCENT_PINS_AND_PASSES: [&str; 34] = [
    "all", "analog", "band", "boarding", "button", "by", "clock", "data", "digital", "each",
    "final", "first", "gpio", "high", "input", "last", "led", "low", "motor", "multi", "next",
    "one", "output", "relay", "render", "rx", "second", "sensor", "single", "ski", "test", "third",
    "two", "tx",
];

/// Last words that leave a secret what it is: `api_key_2`, `password_hash`, `jwt_string`.
const FORMS: [&str; 25] = [
    "again",
    "base",
    "confirm",
    "confirmation",
    "current",
    "digest",
    "enc",
    "encrypted",
    "env",
    "hash",
    "hashed",
    "header",
    "hex",
    "new",
    "old",
    "plain",
    "plaintext",
    "previous",
    "raw",
    "repeat",
    "str",
    "string",
    "text",
    "val",
    "value",
];

/// Last words that name something about a secret which may be seen: `token_lifetime`.
const HARMLESS: [&str; 92] = [
    "age",
    "alg",
    "algorithm",
    "at",
    "attempts",
    "audience",
    "banner",
    "box",
    "bucket",
    "budget",
    "bytes",
    "changed",
    "characters",
    "class",
    "complexity",
    "consent",
    "count",
    "counter",
    "created",
    "days",
    "dir",
    "directory",
    "domain",
    "enabled",
    "endpoint",
    "error",
    "errors",
    "exists",
    "expired",
    "expires",
    "expiration",
    "expiry",
    "field",
    "file",
    "filename",
    "folder",
    "format",
    "generator",
    "hint",
    "hours",
    "input",
    "is",
    "issuer",
    "jar",
    "kind",
    "label",
    "layout",
    "length",
    "lifetime",
    "limit",
    "location",
    "manager",
    "map",
    "max",
    "maximum",
    "message",
    "min",
    "minimum",
    "minutes",
    "missing",
    "mode",
    "ms",
    "name",
    "names",
    "optional",
    "path",
    "placeholder",
    "policy",
    "provider",
    "rate",
    "refreshed",
    "required",
    "reset",
    "rotated",
    "rotation",
    "rule",
    "rules",
    "scope",
    "scopes",
    "seconds",
    "service",
    "size",
    "status",
    "store",
    "strength",
    "title",
    "ttl",
    "type",
    "url",
    "usage",
    "used",
    "valid",
];

/// First words of questions, which are answered by yes or no: `has_password`.
const QUESTIONS: [&str; 8] = [
    "has", "is", "needs", "no", "requires", "supports", "wants", "without",
];

/// Counts of tokens, as language models have them: `max_tokens`.
const COUNTS: [&str; 14] = [
    "average",
    "cached",
    "completion",
    "count",
    "input",
    "max",
    "maximum",
    "min",
    "minimum",
    "num",
    "output",
    "prompt",
    "total",
    "used",
];

/// The end of a name is all that is looked at; longer ones are no names.
const LONGEST: usize = 256;

/// Whether a field of this name holds a secret: `password`, `apiKeys`, `PGPASSWORD`, `X-Auth-Token`, but neither
/// `token_lifetime` nor `monkey`.
///
/// ```
/// use home_types::redaction::is_secret_name;
/// assert!(is_secret_name("X-Api-Key") && is_secret_name("db_pass"));
/// assert!(!is_secret_name("keyboard") && !is_secret_name("compass"));
/// ```
pub fn is_secret_name(name: &str) -> bool {
    let mut words = words(name);
    if words
        .first()
        .is_some_and(|first| QUESTIONS.contains(&&**first))
    {
        return false;
    }
    let counts = words.iter().any(|word| COUNTS.contains(&&**word));
    if counts && words.last().is_some_and(|last| last == "tokens") {
        return false;
    }
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    while let Some(last) = words.last() {
        if names_a_secret(&words) {
            return true;
        }
        if !FORMS.contains(&&**last) && !is_number(last) {
            break;
        }
        words.pop();
    }
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let about_a_secret = before.iter().any(|word| is_secret_ending(word));
    about_a_secret && !HARMLESS.contains(&&**last)
}

/// Whether the last of the words, with those before it, is a secret itself.
fn names_a_secret(words: &[String]) -> bool {
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let is_word = |word: &&str| !word.bytes().all(|byte| byte.is_ascii_digit());
    let previous = before.iter().rev().map(String::as_str).find(is_word);
    match singular(last) {
        "key" => previous.is_some_and(|word| !INNOCENT_KEYS.contains(&word)),
        "pin" | "pass" => previous.is_none_or(|word| !INNOCENT_PINS_AND_PASSES.contains(&word)),
        "session" => before.is_empty(),
        word if WORDS.contains(&word) || is_password_of_something(word) => true,
        _ => is_secret_ending(&words.concat()),
    }
}

/// Whether words with blanks between them end like the name of a secret: `API key`, `session ID`.
pub(super) fn is_secret_phrase(words: &str) -> bool {
    let plain: String = words
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    is_secret_ending(&plain)
}

/// The directory one is in and the one before, which shells keep in variables; ODBC has its passwords there.
pub(super) fn is_working_directory(name: &str, value: &str) -> bool {
    matches!(name, "PWD" | "OLDPWD") && value.starts_with('/')
}

fn is_secret_ending(plain: &str) -> bool {
    let plain = singular(plain);
    ENDINGS.iter().any(|ending| plain.ends_with(ending)) || plain.ends_with("pwd")
}

fn is_password_of_something(word: &str) -> bool {
    word.strip_suffix("pass")
        .is_some_and(|holder| HOLDERS_OF_PASS.contains(&holder))
}

fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(one) if !one.ends_with('s') => one,
        _ => word,
    }
}

/// The words of a name in lower case: `dbPassword2` is `db`, `password` and `2`.
fn words(name: &str) -> Vec<String> {
    let mut start = name.len().saturating_sub(LONGEST);
    while !name.is_char_boundary(start) {
        start += 1;
    }
    let letters: Vec<char> = name[start..].chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for (at, &letter) in letters.iter().enumerate() {
        let next_is_small = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let begins = !before.is_ascii_alphanumeric()
            || before.is_ascii_digit() != letter.is_ascii_digit()
            || letter.is_ascii_uppercase()
                && (before.is_ascii_lowercase() || next_is_small && !ends_in_plural(&letters, at));
        before = letter;
        if !letter.is_ascii_alphanumeric() {
            continue;
        }
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words
}

/// Whether all that follows the capital at `at` is the `s` of a plural: `JWTs`.
fn ends_in_plural(letters: &[char], at: usize) -> bool {
    letters.get(at + 1) == Some(&'s')
        && letters
            .get(at + 2)
            .is_none_or(|after| !after.is_ascii_lowercase())
}
