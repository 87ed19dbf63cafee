//! Requests and answers: one JSON document per line.
#![forbid(unsafe_code)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use lmms::serde_json::{self, Value, json};

use crate::App;

/// Connections that are served at a time; others wait.
const WORKERS: usize = 8;

/// A longer line is no request.
const LONGEST: u64 = 1 << 20;

/// Who says nothing for so long is hung up on, so that nobody keeps others waiting for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Serves connections for ever.
pub fn serve(app: &App, listener: &TcpListener) {
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    // A connection that breaks is its client's concern.
                    let served = listener
                        .accept()
                        .and_then(|(client, _)| converse(app, &client));
                    if let Err(error) = served {
                        let _ = writeln!(io::stderr(), "connection: {error}");
                        // Out of descriptors, say: trying again at once would only burn time.
                        thread::sleep(Duration::from_millis(10));
                    }
                }
            });
        }
    });
}

/// Answers the requests of one connection.
pub fn converse(app: &App, client: &TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let mut requests = BufReader::new(client);
    let mut writer = client;
    loop {
        let mut line = Vec::new();
        let length = (&mut requests).take(LONGEST).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok(());
        }
        if length as u64 == LONGEST && !line.ends_with(b"\n") {
            let error = json!({ "error": "a request is at most 1 MiB long" });
            return writer.write_all(format!("{error}\n").as_bytes());
        }
        let answer = answer(app, &String::from_utf8_lossy(&line));
        writer.write_all(format!("{answer}\n").as_bytes())?;
        // Nothing of a module is in use here, so what it keeps for this thread may go.
        app.checkpoint();
    }
}

/// The answer to a request, as JSON.
pub fn answer(app: &App, request: &str) -> String {
    match call(app, request) {
        Ok(result) => json!({ "result": result }),
        Err(error) => json!({ "error": error }),
    }
    .to_string()
}

fn call(app: &App, request: &str) -> Result<Value, String> {
    let request: Value =
        serde_json::from_str(request).map_err(|error| format!("no JSON: {error}"))?;
    let text = |name: &str| {
        let value = request.get(name).and_then(Value::as_str);
        value.ok_or_else(|| format!("`{name}` is missing, or no text"))
    };
    let arguments = request.get("arguments").cloned().unwrap_or(json!({}));
    app.execute_operation(text("interface")?, text("operation")?, arguments)
        .map_err(|error| error.to_string())
}
