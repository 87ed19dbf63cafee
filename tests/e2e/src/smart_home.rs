//! The program under test, as a process that takes a directive a line and gives an answer a line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::Failure;

/// A running `smart-home replay -`. It is killed when this is dropped.
pub struct SmartHome {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl SmartHome {
    /// Starts `program` for the Home Assistant server at `url`.
    pub fn start(program: &Path, modules: &Path, url: &str, token: &str) -> Result<Self, Failure> {
        let mut child = Command::new(program)
            .args(["--home", url, "--log", "error"])
            .args(["replay", "-", "--clock", "real", "--json", "--responses"])
            .env("LMMS_MODULES", modules)
            .env("HOME_ASSISTANT_TOKEN", token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new(format!("{}: {error}", program.display())))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| Failure::new("no pipes"))?;
        let output = BufReader::new(output);
        Ok(Self {
            child,
            input,
            output,
        })
    }

    /// The answer to a directive.
    pub fn ask(&mut self, directive: &Value) -> Result<Value, Failure> {
        writeln!(self.input, "{}", json!({"event": directive}))?;
        self.input.flush()?;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                return Err(Failure::new("the smart home ended before it answered"));
            }
            let step: Value = serde_json::from_str(&line)
                .map_err(|error| Failure::new(format!("the smart home says {line:?}: {error}")))?;
            // Between answers it tells what was unloaded.
            if let Some(response) = step.get("response") {
                return Ok(response.clone());
            }
            if step.get("malformed").is_some() {
                return Err(Failure::new(format!(
                    "the smart home can't read that: {step}"
                )));
            }
        }
    }
}

impl Drop for SmartHome {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
