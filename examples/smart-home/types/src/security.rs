//! What the `security` module takes, gives and refuses.

use std::error::Error;
use std::fmt;

use lmms::Portable;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Portable)]
pub enum HashAlgorithm {
    /// SHA-256: 32 bytes.
    #[default]
    Sha256,
    /// SHA-512: 64 bytes.
    Sha512,
    /// BLAKE3: 32 bytes, the fastest.
    Blake3,
}

/// An authenticated cipher with a 256-bit key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Portable)]
pub enum Cipher {
    /// AES-256 in Galois/Counter Mode: fastest where the processor has AES instructions.
    #[default]
    Aes256Gcm,
    /// ChaCha20-Poly1305: fast and constant-time everywhere.
    ChaCha20Poly1305,
}

/// What a valid token says.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct TokenClaims {
    /// Whom or what the token was made for.
    pub subject: String,
    /// When it was made, in seconds since the Unix epoch.
    pub issued_at: u64,
    /// When it stops being valid, in seconds since the Unix epoch.
    pub expires_at: u64,
    /// What tells two tokens for one subject apart, 32 hexadecimal digits.
    pub token_id: String,
}

/// What kind of event a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum RequestKind {
    /// An Alexa Smart Home directive.
    Directive,
    /// A request for the health of the application.
    HealthCheck,
    /// A diagnostic test.
    Test,
    /// Well-formed, but nothing the application answers.
    Unknown,
}

/// What a valid request is made of.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct RequestSummary {
    /// What kind of event it is.
    pub kind: RequestKind,
    /// Its length in bytes.
    pub bytes: u64,
    /// How deep its objects and arrays are nested; 1 for a flat object.
    pub depth: u32,
    /// How many values it holds, itself included.
    pub values: u32,
}

/// What the module did since it was last loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Portable)]
pub struct SecurityStats {
    /// Digests, signatures and password hashes made.
    pub hashes: u64,
    /// Hashes, signatures and passwords compared, whatever the outcome.
    pub verifications: u64,
    /// How many of those did not match.
    pub mismatches: u64,
    /// Texts encrypted.
    pub encryptions: u64,
    /// Texts decrypted.
    pub decryptions: u64,
    /// Texts that could not be decrypted.
    pub failed_decryptions: u64,
    /// Tokens made.
    pub tokens_issued: u64,
    /// Tokens refused.
    pub tokens_refused: u64,
    /// Values found valid.
    pub values_accepted: u64,
    /// Values found invalid.
    pub values_refused: u64,
}

/// Why a cryptographic operation gave no result.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
#[non_exhaustive]
pub enum SecurityError {
    /// An argument that can't be used.
    InvalidArgument {
        /// The argument's name.
        argument: String,
        /// What is wrong with it, and what would do.
        reason: String,
    },
    /// Text that isn't what the operation once produced.
    Malformed {
        /// What it should have been.
        expected: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The passphrase or the associated data is a different one, or the text was changed.
    NotAuthentic,
    /// The token was signed with another key, or was changed.
    BadSignature,
    /// The token was valid once.
    TokenExpired {
        /// When it expired, in seconds since the Unix epoch.
        expired_at: u64,
        /// What the clock says now, in seconds since the Unix epoch.
        now: u64,
    },
    /// The token was made in the future.
    TokenNotYetValid {
        /// When it was made, in seconds since the Unix epoch.
        issued_at: u64,
        /// What the clock says now, in seconds since the Unix epoch.
        now: u64,
    },
    /// The operating system gave no random bytes.
    NoRandomness {
        /// What it said.
        reason: String,
    },
}

impl fmt::Display for SecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecurityError::InvalidArgument { argument, reason } => {
                write!(f, "the argument `{argument}` can't be used: {reason}")
            }
            SecurityError::Malformed { expected, reason } => {
                write!(
                    f,
                    "this is no {expected}: {reason}; pass it as it was returned"
                )
            }
            SecurityError::NotAuthentic => write!(
                f,
                "the text can't be decrypted: it was changed, or the passphrase or the associated data differs from the one it was encrypted with"
            ),
            SecurityError::BadSignature => write!(
                f,
                "the token's signature is wrong: it was changed, or signed with another key"
            ),
            SecurityError::TokenExpired { expired_at, now } => write!(
                f,
                "the token expired {} s ago (at {expired_at}, it is {now}); ask for a new one",
                now.saturating_sub(*expired_at)
            ),
            SecurityError::TokenNotYetValid { issued_at, now } => write!(
                f,
                "the token was made {} s in the future (at {issued_at}, it is {now}); compare the clocks of both machines",
                issued_at.saturating_sub(*now)
            ),
            SecurityError::NoRandomness { reason } => {
                write!(f, "the operating system gives no random bytes: {reason}")
            }
        }
    }
}

impl Error for SecurityError {}

/// Why a value is not valid.
#[derive(Clone, Debug, PartialEq, Portable)]
#[non_exhaustive]
pub enum ValidationError {
    /// Nothing, or only blanks, where something is needed.
    Empty {
        /// What was to be validated.
        what: String,
    },
    /// Shorter than allowed.
    TooShort {
        /// What was to be validated.
        what: String,
        /// Its length.
        length: u64,
        /// The least allowed.
        minimum: u64,
    },
    /// Longer than allowed.
    TooLong {
        /// What was to be validated.
        what: String,
        /// Its length.
        length: u64,
        /// The most allowed.
        maximum: u64,
    },
    /// Contains a character that it must not.
    ForbiddenCharacter {
        /// What was to be validated.
        what: String,
        /// The character, escaped where it would be invisible.
        character: String,
        /// Where it stands, in bytes from the start.
        position: u64,
        /// Which characters are allowed.
        allowed: String,
    },
    /// A number outside its range.
    OutOfRange {
        /// What was to be validated.
        what: String,
        /// The number.
        value: f64,
        /// The least allowed.
        minimum: f64,
        /// The most allowed.
        maximum: f64,
    },
    /// Not of the form that is needed.
    Malformed {
        /// What was to be validated.
        what: String,
        /// What is wrong with it, and what would do.
        reason: String,
    },
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValidationError::Empty { what } => write!(f, "the {what} is empty"),
            ValidationError::TooShort {
                what,
                length,
                minimum,
            } => {
                write!(
                    f,
                    "the {what} has a length of {length}; at least {minimum} is needed"
                )
            }
            ValidationError::TooLong {
                what,
                length,
                maximum,
            } => {
                write!(
                    f,
                    "the {what} has a length of {length}; at most {maximum} is allowed"
                )
            }
            ValidationError::ForbiddenCharacter {
                what,
                character,
                position,
                allowed,
            } => write!(
                f,
                "the {what} contains `{character}` at byte {position}; allowed are {allowed}"
            ),
            ValidationError::OutOfRange {
                what,
                value,
                minimum,
                maximum,
            } => {
                write!(f, "the {what} is {value}, outside {minimum} to {maximum}")
            }
            ValidationError::Malformed { what, reason } => {
                write!(f, "the {what} is malformed: {reason}")
            }
        }
    }
}

impl Error for ValidationError {}
