//! Signed tokens that expire, correlation ids and fresh secrets.
//!
//! A token is `sh1.SUBJECT.ISSUED.EXPIRES.ID.SIGNATURE`: the subject in URL-safe base64, both times in seconds since
//! the Unix epoch, an id of 128 random bits, and HMAC-SHA-256 over all before it. It is readable, not secret: put no
//! secrets into it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use home_types::security::{SecurityError, TokenClaims};
use lmms::{Context, operation};

use crate::hashing::mac;
use crate::random;
use crate::statistics::{TOKENS_ISSUED, TOKENS_REFUSED, count};

/// Makes a token for `subject` that is valid for `lifetime_seconds` (an hour if not given), signed with `key`.
#[operation(interface = "security")]
pub fn generate_token(
    cx: &Context,
    subject: &str,
    key: &str,
    lifetime_seconds: Option<u64>,
) -> Result<String, SecurityError> {
    issue(
        subject,
        key,
        lifetime_seconds.unwrap_or(3600),
        cx.unix_time(),
        random::bytes()?,
    )
}

/// Checks signature and expiry of a token and gives what it says; the signature is checked first.
#[operation(interface = "security")]
pub fn validate_token(cx: &Context, token: &str, key: &str) -> Result<TokenClaims, SecurityError> {
    let claims = check(token, key, cx.unix_time());
    if claims.is_err() {
        count(&TOKENS_REFUSED);
    }
    claims
}

/// Makes an id to follow one request through all logs: unique, and sorting by time (a version 7 UUID behind the
/// prefix).
#[operation(interface = "security")]
pub fn generate_correlation_id(
    cx: &Context,
    prefix: Option<&str>,
) -> Result<String, SecurityError> {
    correlation_id(prefix.unwrap_or_default(), cx.unix_time(), random::bytes()?)
}

/// Makes a secret of `bytes` random bytes (32 if not given, 16 to 1024) in URL-safe base64, good as key or passphrase.
#[operation(interface = "security")]
pub fn generate_secret(bytes: Option<u32>) -> Result<String, SecurityError> {
    let length = bytes.unwrap_or(32);
    if !(16..=1024).contains(&length) {
        return Err(SecurityError::InvalidArgument {
            argument: "bytes".into(),
            reason: format!("it is {length}; 16 to 1024 are possible"),
        });
    }
    let mut secret = vec![0; length as usize];
    random::fill(&mut secret)?;
    Ok(URL_SAFE_NO_PAD.encode(secret))
}

const VERSION: &str = "sh1";
const LONGEST_SUBJECT: usize = 512;
const LONGEST_LIFETIME: u64 = 10 * 366 * 24 * 3600;
/// How far the clock that made a token may be ahead.
const CLOCK_DIFFERENCE: u64 = 60;

fn issue(
    subject: &str,
    key: &str,
    lifetime: u64,
    now: Duration,
    id: [u8; 16],
) -> Result<String, SecurityError> {
    let invalid = |argument: &str, reason: String| {
        Err(SecurityError::InvalidArgument {
            argument: argument.into(),
            reason,
        })
    };
    if subject.is_empty() || subject.len() > LONGEST_SUBJECT {
        return invalid("subject", format!("it needs 1 to {LONGEST_SUBJECT} bytes"));
    }
    if key.len() < 16 {
        return invalid(
            "key",
            "it needs at least 16 bytes; `generate_secret` makes one".into(),
        );
    }
    if !(1..=LONGEST_LIFETIME).contains(&lifetime) {
        return invalid(
            "lifetime_seconds",
            format!("it is {lifetime}; 1 to {LONGEST_LIFETIME} are possible"),
        );
    }
    let issued_at = now.as_secs();
    let claims = format!(
        "{VERSION}.{}.{issued_at}.{}.{}",
        URL_SAFE_NO_PAD.encode(subject),
        issued_at.saturating_add(lifetime),
        random::hex(&id)
    );
    let signature = URL_SAFE_NO_PAD.encode(mac(&claims, key)?.finalize().into_bytes());
    count(&TOKENS_ISSUED);
    Ok(format!("{claims}.{signature}"))
}

fn check(token: &str, key: &str, now: Duration) -> Result<TokenClaims, SecurityError> {
    let malformed = |reason: &str| SecurityError::Malformed {
        expected: "token".into(),
        reason: reason.into(),
    };
    let (signed, signature) = token
        .rsplit_once('.')
        .ok_or_else(|| malformed("it has no signature"))?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| malformed("its signature is not URL-safe base64"))?;
    mac(signed, key)?
        .verify_slice(&signature)
        .map_err(|_| SecurityError::BadSignature)?;
    let claims = parse(signed).ok_or_else(|| malformed("its fields are not those of a token"))?;
    let now = now.as_secs();
    if now >= claims.expires_at {
        return Err(SecurityError::TokenExpired {
            expired_at: claims.expires_at,
            now,
        });
    }
    if claims.issued_at > now.saturating_add(CLOCK_DIFFERENCE) {
        return Err(SecurityError::TokenNotYetValid {
            issued_at: claims.issued_at,
            now,
        });
    }
    Ok(claims)
}

fn parse(signed: &str) -> Option<TokenClaims> {
    let fields: Vec<&str> = signed.split('.').collect();
    let [VERSION, subject, issued_at, expires_at, token_id] = fields[..] else {
        return None;
    };
    Some(TokenClaims {
        subject: String::from_utf8(URL_SAFE_NO_PAD.decode(subject).ok()?).ok()?,
        issued_at: issued_at.parse().ok()?,
        expires_at: expires_at.parse().ok()?,
        token_id: token_id.to_owned(),
    })
}

fn correlation_id(prefix: &str, now: Duration, mut id: [u8; 16]) -> Result<String, SecurityError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if prefix.len() > 64 || !prefix.chars().all(fits) {
        return Err(SecurityError::InvalidArgument {
            argument: "prefix".into(),
            reason: "at most 64 ASCII letters, digits, `_` and `-` are possible".into(),
        });
    }
    let milliseconds = (now.as_millis() as u64).to_be_bytes();
    id[..6].copy_from_slice(&milliseconds[2..]);
    id[6] = 0x70 | id[6] & 0x0f;
    id[8] = 0x80 | id[8] & 0x3f;
    let digits = random::hex(&id);
    let separator = if prefix.is_empty() { "" } else { "-" };
    let (a, b, c, d, e) = (
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    );
    Ok(format!("{prefix}{separator}{a}-{b}-{c}-{d}-{e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const NOON: Duration = Duration::from_secs(1_750_000_000);

    fn token() -> String {
        issue("küche", KEY, 60, NOON, [7; 16]).unwrap()
    }

    #[test]
    fn a_token_is_valid_until_it_expires() {
        let expected = TokenClaims {
            subject: "küche".into(),
            issued_at: NOON.as_secs(),
            expires_at: NOON.as_secs() + 60,
            token_id: "07".repeat(16),
        };
        assert_eq!(check(&token(), KEY, NOON), Ok(expected.clone()));
        assert_eq!(
            check(&token(), KEY, NOON + Duration::from_secs(59)),
            Ok(expected)
        );
        let late = check(&token(), KEY, NOON + Duration::from_secs(60));
        let now = NOON.as_secs() + 60;
        assert_eq!(
            late,
            Err(SecurityError::TokenExpired {
                expired_at: now,
                now
            })
        );
    }

    #[test]
    fn a_token_from_the_future_is_refused() {
        assert!(check(&token(), KEY, NOON - Duration::from_secs(60)).is_ok());
        let early = check(&token(), KEY, NOON - Duration::from_secs(61));
        assert!(matches!(early, Err(SecurityError::TokenNotYetValid { .. })));
    }

    #[test]
    fn any_change_breaks_the_signature() {
        let token = token();
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(check(&changed, KEY, NOON).is_err(), "{changed}");
        }
        let other_key = KEY.replace('0', "1");
        assert_eq!(
            check(&token, &other_key, NOON),
            Err(SecurityError::BadSignature)
        );
    }

    #[test]
    fn signed_nonsense_is_no_token() {
        for claims in [
            "",
            "sh1",
            "sh1.a.b.c.d",
            "sh2.YQ.1.2.3",
            "sh1.YQ.-1.2.3",
            "sh1.YQ.1.2.3.4",
        ] {
            let signature =
                URL_SAFE_NO_PAD.encode(mac(claims, KEY).unwrap().finalize().into_bytes());
            let result = check(&format!("{claims}.{signature}"), KEY, NOON);
            assert!(
                matches!(result, Err(SecurityError::Malformed { .. })),
                "{claims}: {result:?}"
            );
        }
        for bad in ["", ".", "…", "a.b"] {
            assert!(check(bad, KEY, NOON).is_err());
        }
    }

    #[test]
    fn impossible_tokens_are_not_made() {
        for (subject, key, lifetime) in [
            ("", KEY, 1),
            ("s", "short", 1),
            ("s", KEY, 0),
            ("s", KEY, 10 * 366 * 24 * 3600 + 1),
            ("s", KEY, u64::MAX),
            (&"s".repeat(513), KEY, 1),
        ] {
            let result = issue(subject, key, lifetime, NOON, [0; 16]);
            assert!(matches!(result, Err(SecurityError::InvalidArgument { .. })));
        }
    }

    #[test]
    fn operations_use_the_clock_of_the_context() {
        let cx = Context::detached();
        let token = generate_token(&cx, "lamp", KEY, None).unwrap();
        let claims = validate_token(&cx, &token, KEY).unwrap();
        assert_eq!(claims.expires_at - claims.issued_at, 3600);
        assert_ne!(token, generate_token(&cx, "lamp", KEY, None).unwrap());
    }

    #[test]
    fn correlation_ids_sort_by_time_and_are_version_7() {
        let first = correlation_id("req", NOON, [0xff; 16]).unwrap();
        let second = correlation_id("req", NOON + Duration::from_millis(1), [0; 16]).unwrap();
        assert!(first < second, "{first} {second}");
        assert_eq!(first, "req-01977420-dc00-7fff-bfff-ffffffffffff");
        assert_eq!(correlation_id("", NOON, [0; 16]).unwrap().len(), 36);
        assert!(correlation_id("a b", NOON, [0; 16]).is_err());
        assert!(correlation_id("é", NOON, [0; 16]).is_err());
    }

    #[test]
    fn secrets_have_the_length_that_was_asked_for() {
        assert_eq!(generate_secret(None).unwrap().len(), 43);
        assert_eq!(generate_secret(Some(16)).unwrap().len(), 22);
        assert_ne!(generate_secret(None), generate_secret(None));
        assert!(generate_secret(Some(15)).is_err() && generate_secret(Some(u32::MAX)).is_err());
    }
}
