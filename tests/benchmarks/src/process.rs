//! Processes that are started, watched and ended.

#![forbid(unsafe_code)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// A child that says when it is ready, and stays until its standard input ends.
#[derive(Debug)]
pub struct Ready {
    child: Child,
    input: Option<ChildStdin>,
    /// From before it was started to its first line.
    pub took: Duration,
    /// That line.
    pub line: String,
}

impl Ready {
    /// Starts `program` and waits for its first line.
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", program.display());
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(failed)?;
        }
        let took = begun.elapsed();
        let input = child.stdin.take();
        let ready = Self {
            child,
            input,
            took,
            line: line.trim_end().to_owned(),
        };
        if ready.line.is_empty() {
            return Err(format!("{} ended before it was ready", program.display()));
        }
        Ok(ready)
    }

    /// Bytes in memory: `Rss`, `Pss` or `Private_Dirty` of all its mappings.
    pub fn memory(&self, kind: &str) -> Result<f64, String> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        kilobytes(&text, kind).ok_or_else(|| format!("{path} has no {kind}"))
    }

    /// How often its threads went to sleep and were woken, so far.
    pub fn switches(&self) -> Result<u64, String> {
        let folder = format!("/proc/{}/task", self.child.id());
        let tasks = fs::read_dir(&folder).map_err(|error| format!("{folder}: {error}"))?;
        let mut sum = 0;
        for task in tasks.flatten() {
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            sum += status
                .lines()
                .filter_map(|line| line.split_once("ctxt_switches:"))
                .filter(|(name, _)| *name == "voluntary_")
                .filter_map(|(_, count)| count.trim().parse::<u64>().ok())
                .sum::<u64>();
        }
        Ok(sum)
    }

    /// Nanoseconds that it has run until now, which other processes do not add to.
    pub fn cpu_time(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/schedstat", self.child.id());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let first = text.split(' ').next().and_then(|time| time.parse().ok());
        first.ok_or_else(|| format!("{path}: {text}"))
    }

    /// Ends it.
    pub fn end(mut self) -> Result<(), String> {
        drop(self.input.take());
        self.child
            .wait()
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// Bytes that `text`, a file of `/proc`, gives in kilobytes for `name`.
pub fn kilobytes(text: &str, name: &str) -> Option<f64> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| *found == name)
        .and_then(|(_, value)| value.split_whitespace().next()?.parse::<f64>().ok())
        .map(|kilobytes| kilobytes * 1024.0)
}

/// Says that this process is ready, and waits until it may end.
pub fn ready(line: &str) {
    println!("{line}");
    let mut rest = String::new();
    // Nothing is written to it: it ends when the parent lets go.
    let _ = std::io::stdin().read_line(&mut rest);
}
