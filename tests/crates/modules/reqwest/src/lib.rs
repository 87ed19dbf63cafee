//! Keeps a blocking HTTP client.
#![forbid(unsafe_code)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use lmms::operation;

lmms::module!();

static CLIENT: Mutex<Option<reqwest::blocking::Client>> = Mutex::new(None);

/// Asks a server on this machine; gives `seed + 1`.
#[operation(interface = "uses_reqwest")]
fn provoke(seed: u64) -> Result<u64, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    let place = listener.local_addr().map_err(|error| error.to_string())?;
    let server = std::thread::spawn(move || answer(&listener, seed + 1));
    let client = {
        let mut client = CLIENT.lock().unwrap_or_else(PoisonError::into_inner);
        client.get_or_insert_default().clone()
    };
    let text = client
        .get(format!("http://{place}/"))
        .send()
        .and_then(reqwest::blocking::Response::text);
    server
        .join()
        .map_err(|_| "the server panicked")?
        .map_err(|error| error.to_string())?;
    let text = text.map_err(|error| error.to_string())?;
    text.parse().map_err(|_| format!("the answer was {text:?}"))
}

fn answer(listener: &TcpListener, number: u64) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    let mut request = [0; 4096];
    let _ = stream.read(&mut request)?;
    let body = number.to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Drops the client.
#[operation(interface = "uses_reqwest")]
fn stop() -> bool {
    let mut client = CLIENT.lock().unwrap_or_else(PoisonError::into_inner);
    client.take().is_some()
}
