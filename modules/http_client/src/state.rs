//! What lives between calls: connections, default headers, statistics.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use home_types::http_client::{HttpError, HttpResponse, HttpState, HttpStats, ServerState};
use lmms::operation;
use ureq::Agent;
use ureq::http::{HeaderName, HeaderValue};
use ureq::tls::TlsConfig;

use crate::exchange::checked_header;
use crate::roots;

/// Servers beyond this many push out the one called longest ago.
const MOST_SERVERS: usize = 64;
const MOST_DEFAULT_HEADERS: usize = 32;

/// What the client keeps: names of default headers, and how each server fared.
#[operation(interface = "http_client")]
pub fn get_state() -> HttpState {
    let state = lock();
    HttpState {
        default_headers: state.default_headers.keys().cloned().collect(),
        servers: state.servers.iter().rev().cloned().collect(),
    }
}

/// Totals of calls, retries, bytes and time since the module was loaded or reset.
#[operation(interface = "http_client")]
pub fn get_stats() -> HttpStats {
    lock().stats.clone()
}

/// Sends `name: value` with every later request that doesn't set the header itself; `None` stops that.
/// While such headers are set the module stays loaded.
#[operation(interface = "http_client")]
pub fn set_default_header(name: &str, value: Option<&str>) -> Result<(), HttpError> {
    put_header(&mut lock().default_headers, name, value)
}

fn put_header(headers: &mut Headers, name: &str, value: Option<&str>) -> Result<(), HttpError> {
    let Some(value) = value else {
        headers.remove(&name.to_ascii_lowercase());
        return Ok(());
    };
    let (name, value) = checked_header(name, value)?;
    if headers.len() >= MOST_DEFAULT_HEADERS && !headers.contains_key(name.as_str()) {
        let reason =
            format!("there are {MOST_DEFAULT_HEADERS} default headers already; remove one first");
        return Err(HttpError::InvalidRequest {
            part: format!("header `{name}`"),
            reason,
        });
    }
    headers.insert(name.as_str().to_owned(), (name, value));
    Ok(())
}

/// Forgets default headers, statistics and server states and closes idle connections; returns how many servers were
/// forgotten.
#[operation(interface = "http_client")]
pub fn reset_state() -> u32 {
    let old = std::mem::take(&mut *lock());
    u32::try_from(old.servers.len()).unwrap_or(u32::MAX)
}

/// Headers by their names.
type Headers = BTreeMap<String, (HeaderName, HeaderValue)>;

#[derive(Default)]
struct State {
    agent: Option<Agent>,
    default_headers: Headers,
    /// Least recently called first.
    servers: Vec<ServerState>,
    stats: HttpStats,
}

static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);

/// Run before the module is unloaded: pooled connections are open files.
pub(crate) fn close_connections() {
    lock().agent = None;
}

/// Default headers would be lost with the module.
pub(crate) fn unsaved() -> Option<String> {
    match lock().default_headers.len() {
        0 => None,
        count => Some(format!(
            "{count} default headers are set; reset_state drops them"
        )),
    }
}

/// The agent that keeps connections; made at the first request. An error says why no server can be trusted; it doesn't
/// matter to those whose connections are `plain`.
pub(crate) fn agent(plain: bool) -> Result<Agent, String> {
    if let Some(agent) = &lock().agent {
        return Ok(agent.clone());
    }
    let make = |trust| {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects_will_error(true)
            .proxy(None)
            .tls_config(trust)
            .max_idle_age(Duration::from_secs(30))
            .max_idle_connections(8)
            .user_agent(concat!("lmms-smart-home/", env!("CARGO_PKG_VERSION")))
            .build();
        Agent::new_with_config(config)
    };
    match roots::trust(std::env::var_os(roots::VARIABLE)) {
        Ok(trust) => Ok(lock().agent.get_or_insert_with(|| make(trust)).clone()),
        Err(_) if plain => Ok(make(TlsConfig::default())),
        Err(problem) => Err(problem),
    }
}

pub(crate) fn default_headers() -> Vec<(HeaderName, HeaderValue)> {
    lock().default_headers.values().cloned().collect()
}

/// Books one finished call.
pub(crate) fn record(origin: &str, call: &Finished<'_>) {
    let mut state = lock();
    let stats = &mut state.stats;
    let elapsed_ms = call.elapsed.as_millis() as u64;
    stats.calls += 1;
    stats.attempts += u64::from(call.attempts);
    stats.retries += u64::from(call.attempts.saturating_sub(1));
    stats.bytes_sent += call.bytes_sent;
    stats.total_ms += elapsed_ms;
    stats.slowest_ms = stats.slowest_ms.max(elapsed_ms);
    match call.result {
        Ok(response) => {
            stats.bytes_received += response.body.len() as u64;
            match response.status {
                ..400 => stats.succeeded += 1,
                _ => stats.refused += 1,
            }
        }
        Err(error) => {
            stats.failed += 1;
            stats.timed_out += u64::from(matches!(error, HttpError::TimedOut { .. }));
        }
    }

    let known = state
        .servers
        .iter()
        .position(|server| server.origin == origin);
    let mut server = match known {
        Some(index) => state.servers.remove(index),
        None => ServerState {
            origin: origin.into(),
            calls: 0,
            failures_in_a_row: 0,
            last_status: None,
            last_error: None,
            last_call_unix: 0,
        },
    };
    let failed = call
        .result
        .as_ref()
        .map_or(true, |response| response.status >= 500);
    server.calls += 1;
    server.failures_in_a_row = if failed {
        server.failures_in_a_row + 1
    } else {
        0
    };
    server.last_call_unix = call.ended_unix.as_secs();
    server.last_error = call.result.as_ref().err().map(ToString::to_string);
    if let Ok(response) = call.result {
        server.last_status = Some(response.status);
    }
    remember(&mut state.servers, server);
}

/// Adds the server that was called last, in place of the one that was called least recently if there are many.
fn remember(servers: &mut Vec<ServerState>, server: ServerState) {
    servers.push(server);
    if servers.len() > MOST_SERVERS {
        servers.remove(0);
    }
}

/// A call's end, for the books.
pub(crate) struct Finished<'a> {
    pub(crate) result: &'a Result<HttpResponse, HttpError>,
    pub(crate) attempts: u32,
    pub(crate) bytes_sent: u64,
    pub(crate) elapsed: Duration,
    pub(crate) ended_unix: Duration,
}

/// The state, also after a panic elsewhere: it is only counters and headers, each whole.
fn lock() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_default_headers_at_most() {
        let mut headers = Headers::new();
        for n in 0..32 {
            put_header(&mut headers, &format!("x-{n}"), Some("1")).unwrap();
        }
        let error = put_header(&mut headers, "x-32", Some("1")).unwrap_err();
        assert!(error.to_string().contains("32 default headers"), "{error}");
        assert_eq!(put_header(&mut headers, "x-7", Some("2")), Ok(()));
        assert_eq!(put_header(&mut headers, "x-7", None), Ok(()));
        assert_eq!(put_header(&mut headers, "x-32", Some("1")), Ok(()));
    }

    #[test]
    fn the_servers_that_were_called_last_are_remembered() {
        let mut servers = Vec::new();
        for n in 0..100 {
            let server = ServerState {
                origin: format!("http://host-{n}"),
                calls: 1,
                failures_in_a_row: 0,
                last_status: None,
                last_error: None,
                last_call_unix: n,
            };
            remember(&mut servers, server);
        }
        assert_eq!((servers.len(), servers[0].last_call_unix), (64, 36));
    }
}
