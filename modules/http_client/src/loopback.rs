//! A scripted server on the loopback interface, for tests: each connection gets the next reaction.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// What the server does with a connection after it read the request.
pub(crate) enum Reaction {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Closes without a word.
    Close,
    /// Says nothing until the client hangs up.
    Hang,
}

/// A complete answer with this status line, extra header lines and body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Reaction {
    let length = body.len();
    Reaction::Send(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}").into())
}

pub(crate) struct Loopback {
    pub(crate) url: String,
    thread: JoinHandle<Vec<String>>,
}

impl Loopback {
    /// Serves one connection for each reaction, in order.
    pub(crate) fn start(reactions: Vec<Reaction>) -> Loopback {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serve = move || {
            reactions
                .into_iter()
                .map(|reaction| react(listener.accept().unwrap().0, reaction))
                .collect()
        };
        Loopback {
            url,
            thread: std::thread::spawn(serve),
        }
    }

    /// The requests received, once all reactions are used up.
    pub(crate) fn requests(self) -> Vec<String> {
        self.thread.join().unwrap()
    }
}

fn react(mut stream: TcpStream, reaction: Reaction) -> String {
    let request = read_request(&mut stream);
    match reaction {
        // The client may have hung up already, for example at its size limit.
        Reaction::Send(bytes) => drop(stream.write_all(&bytes)),
        Reaction::Close => {}
        Reaction::Hang => drop(stream.read(&mut [0])),
    }
    request
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        // A TLS greeting: nothing more comes before an answer.
        if received.first() == Some(&0x16) {
            return String::new();
        }
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(count) => received.extend_from_slice(&chunk[..count]),
        }
    }
}
