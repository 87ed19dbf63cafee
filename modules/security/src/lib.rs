//! Hashing, encryption, tokens, validation and redaction for the smart home.
//!
//! Everything is computed by audited libraries: SHA-2, BLAKE3, Argon2id, HMAC, AES-256-GCM and ChaCha20-Poly1305. Keys
//! and passphrases come in with each call and are never kept; the only state are the counters of
//! [`get_stats`](statistics::get_stats), which start at zero each time the module is loaded.

#![forbid(unsafe_code)]

lmms::module!();

pub mod encryption;
pub mod hashing;
pub mod redaction;
pub mod requests;
pub mod statistics;
pub mod tokens;
pub mod validation;

mod random;
