//! The authorities whose certificates are trusted.

use std::ffi::OsString;
use std::path::PathBuf;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The environment variable that names a file with the authorities to trust, in PEM, instead of the usual ones: for
/// servers in the house, whose certificates no public authority signs.
pub(crate) const VARIABLE: &str = "SSL_CERT_FILE";

/// How servers are trusted, with the value of [`VARIABLE`]. An error says why its file can't be used.
pub(crate) fn trust(variable: Option<OsString>) -> Result<TlsConfig, String> {
    let Some(path) = variable.filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Ok(TlsConfig::default());
    };
    let problem = |problem: &str| {
        let path = path.display();
        format!("the authorities in {path}, which {VARIABLE} names, can't be used: {problem}")
    };
    let pem = std::fs::read(&path).map_err(|error| problem(&error.to_string()))?;
    let mut authorities: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(authority)) => authorities.push(authority),
            Ok(_) => {}
            Err(error) => return Err(problem(&error.to_string())),
        }
    }
    if authorities.is_empty() {
        return Err(problem("there is no certificate in it"));
    }
    let roots = RootCerts::new_with_certs(&authorities);
    Ok(TlsConfig::builder().root_certs(roots).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_named() {
        for unusable in [
            "/nowhere/authorities.pem",
            "/",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ] {
            let problem = trust(Some(unusable.into())).unwrap_err();
            assert!(
                problem.contains(unusable) && problem.contains(VARIABLE),
                "{problem}"
            );
        }
        assert!(trust(None).is_ok() && trust(Some("".into())).is_ok());
    }
}
