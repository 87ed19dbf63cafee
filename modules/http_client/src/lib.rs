//! HTTP for the other modules: requests over plain connections and TLS, tried again when that is safe, bounded in time
//! and size.
//!
//! Retries: methods that may be repeated (GET, HEAD, OPTIONS, PUT, DELETE) are sent again after a broken connection or
//! a status of 408, 429, 500, 502, 503, 504; any method after 429, and after 503 with `Retry-After`. Waits double from
//! 200 ms, with jitter, and `Retry-After` is obeyed as long as the call's time allows.
//! Servers are trusted if a public authority signs for them; or, where the environment's `SSL_CERT_FILE` names a file
//! with authorities in PEM, if one of those does.
//! Proxy settings of the environment are not used: a home's address must not leave the house. `Authorization` is never
//! logged, never shown, and never follows a redirect. A redirect to another origin (scheme, host, port) takes none of
//! the caller's headers along and none of the defaults, since any of them may hold a secret.
#![forbid(unsafe_code)]

mod exchange;
mod redirects;
mod requests;
mod retry;
mod roots;
mod state;
mod urls;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod loopback;
#[cfg(test)]
mod tests;

pub use requests::{delete, get, get_json, head, patch, post, post_json, put, request};
pub use state::{get_state, get_stats, reset_state, set_default_header};
pub use urls::{encode_query, join_url, parse_url};

lmms::module!(shutdown = state::close_connections, veto = state::unsaved);
