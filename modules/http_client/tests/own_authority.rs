//! A server in the house, whose certificate an authority of its own signs.
#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use home_types::http_client::HttpError;
use lmms::Context;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Tells the test's own second process, which has another environment, what to ask.
const URL: &str = "URL_OF_THE_TEST";

#[test]
fn an_authority_that_a_file_names_is_trusted() {
    if let Ok(url) = std::env::var(URL) {
        return println!("got {}.", got(&url));
    }
    let url = serve();
    let ask = |authorities: Option<PathBuf>| {
        let mut process = Command::new(std::env::current_exe().unwrap());
        process
            .args([
                "--exact",
                "an_authority_that_a_file_names_is_trusted",
                "--nocapture",
            ])
            .env(URL, &url)
            .env_remove("SSL_CERT_FILE");
        if let Some(file) = authorities {
            process.env("SSL_CERT_FILE", file);
        }
        let output = process.output().unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        let got = output
            .split("got ")
            .nth(1)
            .and_then(|rest| rest.split('.').next());
        got.unwrap_or_else(|| panic!("{output}")).to_owned()
    };
    assert_eq!(ask(None), "no trust");
    assert_eq!(ask(Some(fixture("authority.pem"))), "status 200");
    assert_eq!(ask(Some(fixture("nothing.pem"))), "no trust");
}

fn got(url: &str) -> String {
    match http_client::get(&Context::detached(), url, None) {
        Ok(response) => format!("status {}", response.status),
        Err(HttpError::Tls { .. }) => "no trust".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

/// A server that answers each connection once, until the test's process ends.
fn serve() -> String {
    let certificate = CertificateDer::from_pem_file(fixture("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // A client that doesn't trust the server hangs up.
            if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    format!("https://localhost:{port}/")
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/own_authority")
        .join(name)
}
