//! Digests, keyed signatures and password hashes.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use hmac::{Hmac, KeyInit, Mac};
use home_types::security::{HashAlgorithm, SecurityError};
use lmms::operation;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

use crate::random;
use crate::statistics::{HASHES, count, verified};

/// Gives the digest of a text in lower-case hexadecimal digits, by SHA-256 if no algorithm is named.
#[operation(interface = "security")]
pub fn hash(data: &str, algorithm: Option<HashAlgorithm>) -> String {
    count(&HASHES);
    random::hex(&digest(data.as_bytes(), algorithm.unwrap_or_default()))
}

/// Gives the digest of bytes, such as a picture or a file, in lower-case hexadecimal digits.
#[operation(interface = "security")]
pub fn hash_bytes(data: &[u8], algorithm: Option<HashAlgorithm>) -> String {
    count(&HASHES);
    random::hex(&digest(data, algorithm.unwrap_or_default()))
}

/// Says whether `hash_value` is the digest of a text; compares in constant time.
#[operation(interface = "security")]
pub fn verify_hash(
    data: &str,
    hash_value: &str,
    algorithm: Option<HashAlgorithm>,
) -> Result<bool, SecurityError> {
    let algorithm = algorithm.unwrap_or_default();
    let computed = digest(data.as_bytes(), algorithm);
    let given = random::from_hex(hash_value).filter(|given| given.len() == computed.len());
    let given = given.ok_or_else(|| SecurityError::Malformed {
        expected: format!("{algorithm:?} digest"),
        reason: format!("{} hexadecimal digits are needed", computed.len() * 2),
    })?;
    Ok(verified(computed.ct_eq(&given).into()))
}

/// Hashes a password with Argon2id and a random salt; the result also holds salt and parameters, for `verify_password`.
#[operation(interface = "security")]
pub fn hash_password(password: &str) -> Result<String, SecurityError> {
    if password.is_empty() {
        return Err(SecurityError::InvalidArgument {
            argument: "password".into(),
            reason: "it is empty".into(),
        });
    }
    count(&HASHES);
    let salt = random::bytes::<16>()?;
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string())
        .map_err(|error| SecurityError::InvalidArgument {
            argument: "password".into(),
            reason: error.to_string(),
        })
}

/// Says whether a password is the one that was hashed. Refuses hashes that would take too much memory or time to check.
#[operation(interface = "security")]
pub fn verify_password(password: &str, hash_value: &str) -> Result<bool, SecurityError> {
    let malformed = |reason: String| SecurityError::Malformed {
        expected: "password hash".into(),
        reason,
    };
    let hash = PasswordHash::new(hash_value).map_err(|error| malformed(error.to_string()))?;
    for (parameter, most) in [
        ("m", MOST_MEMORY_KIB),
        ("t", MOST_PASSES),
        ("p", MOST_LANES),
    ] {
        if hash
            .params
            .get_decimal(parameter)
            .is_some_and(|value| value > most)
        {
            return Err(malformed(format!(
                "its parameter {parameter} is above {most}"
            )));
        }
    }
    match Argon2::default().verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(verified(true)),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(verified(false)),
        Err(error) => Err(malformed(error.to_string())),
    }
}

/// Signs a text with a secret key: HMAC-SHA-256 in lower-case hexadecimal digits.
#[operation(interface = "security")]
pub fn sign(data: &str, key: &str) -> Result<String, SecurityError> {
    count(&HASHES);
    Ok(random::hex(&mac(data, key)?.finalize().into_bytes()))
}

/// Says whether a text was signed with this key and not changed since; compares in constant time.
#[operation(interface = "security")]
pub fn verify_signature(data: &str, signature: &str, key: &str) -> Result<bool, SecurityError> {
    let given = random::from_hex(signature).filter(|given| given.len() == 32);
    let given = given.ok_or_else(|| SecurityError::Malformed {
        expected: "signature".into(),
        reason: "64 hexadecimal digits are needed".into(),
    })?;
    Ok(verified(mac(data, key)?.verify_slice(&given).is_ok()))
}

/// Compares two secrets without telling by the time it takes where they differ.
#[operation(interface = "security")]
pub fn constant_time_equals(left: &str, right: &str) -> bool {
    verified(left.as_bytes().ct_eq(right.as_bytes()).into())
}

/// A password hash may ask for at most 128 MiB.
const MOST_MEMORY_KIB: u32 = 128 * 1024;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 16;

fn digest(data: &[u8], algorithm: HashAlgorithm) -> Vec<u8> {
    match algorithm {
        HashAlgorithm::Sha256 => Sha256::digest(data).to_vec(),
        HashAlgorithm::Sha512 => Sha512::digest(data).to_vec(),
        HashAlgorithm::Blake3 => blake3::hash(data).as_bytes().to_vec(),
    }
}

/// HMAC-SHA-256 over `data`, ready to be finished or compared.
pub(crate) fn mac(data: &str, key: &str) -> Result<Hmac<Sha256>, SecurityError> {
    let invalid = |reason: String| SecurityError::InvalidArgument {
        argument: "key".into(),
        reason,
    };
    if key.is_empty() {
        return Err(invalid(
            "it is empty; `generate_secret` makes a good one".into(),
        ));
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map_err(|error| invalid(error.to_string()))?;
    mac.update(data.as_bytes());
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_match_published_vectors() {
        assert_eq!(
            hash("abc", None),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            hash("abc", Some(HashAlgorithm::Sha512)),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
        assert_eq!(
            hash_bytes(&[], Some(HashAlgorithm::Blake3)),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
    }

    #[test]
    fn hashes_are_verified() {
        let digest = hash("lamp", None);
        assert_eq!(verify_hash("lamp", &digest.to_uppercase(), None), Ok(true));
        assert_eq!(verify_hash("lamps", &digest, None), Ok(false));
        for bad in ["", "zz", &digest[2..]] {
            assert!(matches!(
                verify_hash("lamp", bad, None),
                Err(SecurityError::Malformed { .. })
            ));
        }
        assert!(verify_hash("lamp", &digest, Some(HashAlgorithm::Sha512)).is_err());
    }

    #[test]
    fn signatures_match_rfc_4231() {
        let signature = sign("what do ya want for nothing?", "Jefe").unwrap();
        assert_eq!(
            signature,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            verify_signature("what do ya want for nothing?", &signature, "Jefe"),
            Ok(true)
        );
        assert_eq!(
            verify_signature("what do ya want for nothing!", &signature, "Jefe"),
            Ok(false)
        );
        assert_eq!(
            verify_signature("what do ya want for nothing?", &signature, "jefe"),
            Ok(false)
        );
        assert!(verify_signature("x", "abcd", "Jefe").is_err());
        assert!(sign("x", "").is_err());
    }

    #[test]
    fn passwords_are_hashed_with_a_salt() {
        let first = hash_password("correct horse").unwrap();
        assert!(
            first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{first}"
        );
        assert_eq!(verify_password("correct horse", &first), Ok(true));
        assert_eq!(verify_password("wrong horse", &first), Ok(false));
        assert!(hash_password("").is_err());
    }

    #[test]
    fn a_known_password_hash_is_verified() {
        // From the reference implementation's test suite: version 19, 2 passes, 256 KiB.
        let hash =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert_eq!(verify_password("password", hash), Ok(true));
        assert_eq!(verify_password("passwore", hash), Ok(false));
    }

    #[test]
    fn expensive_and_broken_password_hashes_are_refused() {
        for bad in [
            "",
            "plain",
            "$argon2id$v=19$m=4000000,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=4000000000,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=131073,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=11,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=1,p=17$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=0,t=0,p=0$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$scrypt$ln=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        ] {
            let result = verify_password("password", bad);
            assert!(
                matches!(result, Err(SecurityError::Malformed { .. })),
                "{bad}: {result:?}"
            );
        }
    }

    #[test]
    fn comparison_needs_equal_length_and_content() {
        assert!(constant_time_equals("same", "same"));
        assert!(!constant_time_equals("same", "samE"));
        assert!(!constant_time_equals("same", "sam"));
        assert!(constant_time_equals("", ""));
    }
}
