//! Encryption of text under a passphrase.
//!
//! The result is URL-safe base64 of: version 1, cipher, 16 bytes of salt, 12 bytes of nonce, ciphertext with its tag.
//! The key comes from the passphrase by Argon2id with that salt, so each text has its own key and a nonce never repeats
//! under one.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use argon2::Argon2;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::ChaCha20Poly1305;
use home_types::security::{Cipher, SecurityError};
use lmms::operation;
use zeroize::Zeroizing;

use crate::random;
use crate::statistics::{DECRYPTIONS, ENCRYPTIONS, FAILED_DECRYPTIONS, count};

/// Encrypts a text so that only who knows the passphrase, and the same `associated_data`, can read or change it.
#[operation(interface = "security")]
pub fn encrypt(
    data: &str,
    passphrase: &str,
    cipher: Option<Cipher>,
    associated_data: Option<&str>,
) -> Result<String, SecurityError> {
    let salt = random::bytes::<SALT>()?;
    let nonce = random::bytes::<NONCE>()?;
    let key = derive_key(&Argon2::default(), passphrase, &salt)?;
    count(&ENCRYPTIONS);
    seal(
        data,
        &key,
        cipher.unwrap_or_default(),
        &salt,
        &nonce,
        associated_data.unwrap_or_default(),
    )
}

/// Decrypts what `encrypt` returned, given the same passphrase and the same `associated_data`.
#[operation(interface = "security")]
pub fn decrypt(
    data: &str,
    passphrase: &str,
    associated_data: Option<&str>,
) -> Result<String, SecurityError> {
    let result = Envelope::parse(data).and_then(|envelope| {
        let key = derive_key(&Argon2::default(), passphrase, &envelope.salt)?;
        envelope.open(&key, associated_data.unwrap_or_default())
    });
    count(if result.is_ok() {
        &DECRYPTIONS
    } else {
        &FAILED_DECRYPTIONS
    });
    result
}

const VERSION: u8 = 1;
const SALT: usize = 16;
const NONCE: usize = 12;
const TAG: usize = 16;
const HEADER: usize = 2 + SALT + NONCE;

type Key = Zeroizing<[u8; 32]>;

fn derive_key(argon2: &Argon2<'_>, passphrase: &str, salt: &[u8]) -> Result<Key, SecurityError> {
    let invalid = |reason: String| SecurityError::InvalidArgument {
        argument: "passphrase".into(),
        reason,
    };
    if passphrase.is_empty() {
        return Err(invalid("it is empty".into()));
    }
    let mut key = Key::default();
    let derived = argon2.hash_password_into(passphrase.as_bytes(), salt, &mut *key);
    derived.map_err(|error| invalid(error.to_string()))?;
    Ok(key)
}

fn seal(
    data: &str,
    key: &Key,
    cipher: Cipher,
    salt: &[u8; SALT],
    nonce: &[u8; NONCE],
    associated_data: &str,
) -> Result<String, SecurityError> {
    let number = match cipher {
        Cipher::Aes256Gcm => 1,
        Cipher::ChaCha20Poly1305 => 2,
    };
    let mut envelope = vec![VERSION, number];
    envelope.extend_from_slice(salt);
    envelope.extend_from_slice(nonce);
    let aad = [&envelope, associated_data.as_bytes()].concat();
    let payload = Payload {
        msg: data.as_bytes(),
        aad: &aad,
    };
    let sealed = match cipher {
        Cipher::Aes256Gcm => Aes256Gcm::new((&**key).into()).encrypt(nonce.into(), payload),
        Cipher::ChaCha20Poly1305 => {
            ChaCha20Poly1305::new((&**key).into()).encrypt(nonce.into(), payload)
        }
    };
    let sealed = sealed.map_err(|_| SecurityError::InvalidArgument {
        argument: "data".into(),
        reason: "it is too long for one message".into(),
    })?;
    envelope.extend_from_slice(&sealed);
    Ok(URL_SAFE_NO_PAD.encode(envelope))
}

/// An encrypted text taken apart.
struct Envelope {
    cipher: Cipher,
    header: [u8; HEADER],
    salt: [u8; SALT],
    nonce: [u8; NONCE],
    sealed: Vec<u8>,
}

impl Envelope {
    fn parse(text: &str) -> Result<Envelope, SecurityError> {
        let malformed = |reason: String| SecurityError::Malformed {
            expected: "encrypted text".into(),
            reason,
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(text.trim())
            .map_err(|error| malformed(error.to_string()))?;
        let Some((&header, sealed)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(malformed(format!(
                "it has {} bytes and no whole header",
                bytes.len()
            )));
        };
        if sealed.len() < TAG {
            return Err(malformed("it ends before its tag".into()));
        }
        let [version, number, rest @ ..] = header;
        if version != VERSION {
            return Err(malformed(format!(
                "its version is {version}, not {VERSION}"
            )));
        }
        let cipher = match number {
            1 => Cipher::Aes256Gcm,
            2 => Cipher::ChaCha20Poly1305,
            other => return Err(malformed(format!("cipher {other} is unknown"))),
        };
        let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
        salt.copy_from_slice(&rest[..SALT]);
        nonce.copy_from_slice(&rest[SALT..]);
        Ok(Envelope {
            cipher,
            header,
            salt,
            nonce,
            sealed: sealed.to_vec(),
        })
    }

    fn open(&self, key: &Key, associated_data: &str) -> Result<String, SecurityError> {
        let aad = [&self.header, associated_data.as_bytes()].concat();
        let payload = Payload {
            msg: &self.sealed,
            aad: &aad,
        };
        let nonce = &self.nonce;
        let opened = match self.cipher {
            Cipher::Aes256Gcm => Aes256Gcm::new((&**key).into()).decrypt(nonce.into(), payload),
            Cipher::ChaCha20Poly1305 => {
                ChaCha20Poly1305::new((&**key).into()).decrypt(nonce.into(), payload)
            }
        };
        let opened = opened.map_err(|_| SecurityError::NotAuthentic)?;
        String::from_utf8(opened).map_err(|_| SecurityError::NotAuthentic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Zeroizing::new([byte; 32])
    }

    #[test]
    fn text_survives_both_ciphers() {
        for cipher in [None, Some(Cipher::ChaCha20Poly1305)] {
            let sealed = encrypt("Schlüssel 🔑", "long passphrase", cipher, Some("door")).unwrap();
            assert_eq!(
                decrypt(&sealed, "long passphrase", Some("door")).unwrap(),
                "Schlüssel 🔑"
            );
            assert_eq!(
                decrypt(&sealed, "wrong", Some("door")),
                Err(SecurityError::NotAuthentic)
            );
            assert_eq!(
                decrypt(&sealed, "long passphrase", None),
                Err(SecurityError::NotAuthentic)
            );
        }
    }

    #[test]
    fn the_key_derivation_is_argon2id() {
        // Computed with the reference implementation: argon2id, 256 KiB, 2 passes, "password", "somesalt".
        let parameters = argon2::Params::new(256, 2, 1, None).unwrap();
        let argon2 = Argon2::new(
            argon2::Algorithm::Argon2id,
            argon2::Version::V0x13,
            parameters,
        );
        let key = derive_key(&argon2, "password", b"somesalt").unwrap();
        assert_eq!(
            random::hex(&*key),
            "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"
        );
    }

    #[test]
    fn aes_gcm_matches_its_specification() {
        // Test case 14 of the GCM specification: 16 zero bytes under a zero key and nonce.
        let sealed = Aes256Gcm::new((&*key(0)).into())
            .encrypt((&[0; NONCE]).into(), [0; 16].as_slice())
            .unwrap();
        assert_eq!(
            random::hex(&sealed),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        );
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        for cipher in [Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305] {
            let sealed = seal(
                "open the door",
                &key(7),
                cipher,
                &[1; SALT],
                &[2; NONCE],
                "",
            )
            .unwrap();
            let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                let opened = Envelope::parse(&URL_SAFE_NO_PAD.encode(changed))
                    .and_then(|envelope| envelope.open(&key(7), ""));
                assert!(opened.is_err(), "byte {at}");
            }
        }
    }

    #[test]
    fn two_encryptions_of_one_text_differ() {
        let first = encrypt("same", "passphrase", None, None).unwrap();
        assert_ne!(first, encrypt("same", "passphrase", None, None).unwrap());
    }

    #[test]
    fn the_cipher_and_the_key_matter() {
        let sealed = seal("x", &key(1), Cipher::Aes256Gcm, &[0; SALT], &[0; NONCE], "").unwrap();
        let envelope = Envelope::parse(&sealed).unwrap();
        assert_eq!(envelope.open(&key(1), "").unwrap(), "x");
        assert_eq!(envelope.open(&key(2), ""), Err(SecurityError::NotAuthentic));
    }

    #[test]
    fn text_that_was_never_encrypted_is_refused() {
        let short = URL_SAFE_NO_PAD.encode([1; HEADER + TAG - 1]);
        let other_version = URL_SAFE_NO_PAD.encode([9; HEADER + TAG]);
        for bad in ["", "AQ", "not base64!", "ü", &short, &other_version] {
            let result = decrypt(bad, "passphrase", None);
            assert!(
                matches!(result, Err(SecurityError::Malformed { .. })),
                "{bad}: {result:?}"
            );
        }
        assert!(matches!(
            encrypt("x", "", None, None),
            Err(SecurityError::InvalidArgument { .. })
        ));
    }
}
