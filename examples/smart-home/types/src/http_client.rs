//! What the `http_client` module takes and returns.

use std::collections::BTreeMap;
use std::fmt;

use lmms::Portable;

/// How one request deviates from the defaults; every field may be left out.
#[derive(Clone, Default, PartialEq, Eq, Portable)]
pub struct RequestOptions {
    /// Request headers by name.
    pub headers: Option<BTreeMap<String, String>>,
    /// Sent as `Authorization: Bearer …`; shown nowhere.
    pub token: Option<String>,
    /// Milliseconds for everything, retries and reading the body included (default 10,000, at most 120,000).
    pub timeout_ms: Option<u64>,
    /// How often to try again (default 2, at most 10).
    pub retries: Option<u32>,
    /// The largest body to accept, in bytes (default 8 MiB, at most 64 MiB).
    pub max_response_bytes: Option<u64>,
    /// How many redirects to follow (default 5, at most 20; 0 returns the redirect itself).
    pub max_redirects: Option<u32>,
}

impl fmt::Debug for RequestOptions {
    /// Header values and the token stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Option<Vec<&String>> = self.headers.as_ref().map(|h| h.keys().collect());
        f.debug_struct("RequestOptions")
            .field("header_names", &names)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("timeout_ms", &self.timeout_ms)
            .field("retries", &self.retries)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("max_redirects", &self.max_redirects)
            .finish()
    }
}

/// A server's answer, whatever its status.
#[derive(Clone, PartialEq, Eq, Portable)]
pub struct HttpResponse {
    /// The HTTP status, for example 200 or 404.
    pub status: u16,
    /// Where the answer came from, after redirects.
    pub url: String,
    /// Header names in lower case and their values, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// How many times the request was sent.
    pub attempts: u32,
    /// Milliseconds from the first attempt to the last byte.
    pub elapsed_ms: u64,
}

impl HttpResponse {
    /// Whether the status is 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first value of the header, whatever the case of `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl fmt::Debug for HttpResponse {
    /// Cookies and bodies stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .field("attempts", &self.attempts)
            .field("elapsed_ms", &self.elapsed_ms)
            .finish_non_exhaustive()
    }
}

/// An `http` or `https` URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct UrlParts {
    /// `http` or `https`.
    pub scheme: String,
    /// Host name or address, without the brackets of IPv6.
    pub host: String,
    /// The port, the scheme's own where the URL names none.
    pub port: u16,
    /// The path, `/` where the URL has none.
    pub path: String,
    /// The query's pairs, decoded, in their order.
    pub query: Vec<(String, String)>,
    /// What follows `#`.
    pub fragment: Option<String>,
}

/// What the client keeps between calls.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct HttpState {
    /// Names of the headers sent with every request; their values are not told.
    pub default_headers: Vec<String>,
    /// The servers called, most recently used first.
    pub servers: Vec<ServerState>,
}

/// What is known about one server.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct ServerState {
    /// Scheme, host and port, for example `http://127.0.0.1:8123`.
    pub origin: String,
    /// Calls made.
    pub calls: u64,
    /// Calls in a row that got no answer or a status of 500 and above.
    pub failures_in_a_row: u64,
    /// The last answer's status.
    pub last_status: Option<u16>,
    /// The last error, if the last call ended in one.
    pub last_error: Option<String>,
    /// When the last call ended, in seconds since the Unix epoch on the gateway's clock.
    pub last_call_unix: u64,
}

/// Totals since the module was loaded or reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Portable)]
pub struct HttpStats {
    /// Calls made.
    pub calls: u64,
    /// Requests sent, retries included.
    pub attempts: u64,
    /// Requests sent again after a failure.
    pub retries: u64,
    /// Calls that got an answer with a status below 400.
    pub succeeded: u64,
    /// Calls that got an answer with a status of 400 or above.
    pub refused: u64,
    /// Calls that got no answer.
    pub failed: u64,
    /// Those of `failed` that ran out of time.
    pub timed_out: u64,
    /// Body bytes sent, retries included.
    pub bytes_sent: u64,
    /// Body bytes received in final answers.
    pub bytes_received: u64,
    /// Milliseconds spent in calls.
    pub total_ms: u64,
    /// Milliseconds of the slowest call.
    pub slowest_ms: u64,
}

/// Why there is no answer. URLs appear without user, password and query.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
#[non_exhaustive]
pub enum HttpError {
    /// The URL can't be used.
    InvalidUrl {
        /// The URL as far as it may be shown.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Method, header, body or option can't be used.
    InvalidRequest {
        /// Which one.
        part: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection, or it broke before the answer was complete.
    Unreachable {
        /// The URL called.
        url: String,
        /// What happened.
        reason: String,
    },
    /// No complete answer in time.
    TimedOut {
        /// The URL called.
        url: String,
        /// The time allowed, in milliseconds.
        limit_ms: u64,
    },
    /// No trusted encrypted connection.
    Tls {
        /// The URL called.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The answer's body is larger than accepted.
    TooLarge {
        /// The URL called.
        url: String,
        /// The bytes accepted.
        limit_bytes: u64,
    },
    /// More redirects than accepted.
    TooManyRedirects {
        /// The URL called.
        url: String,
        /// The redirects accepted.
        limit: u32,
    },
    /// The answer isn't HTTP.
    Protocol {
        /// The URL called.
        url: String,
        /// What happened.
        reason: String,
    },
    /// An operation that promises JSON got a status outside 200 to 299.
    Status {
        /// The URL called.
        url: String,
        /// The status.
        status: u16,
        /// The start of the body.
        excerpt: String,
    },
    /// An operation that promises JSON got, or was given, something else.
    NotJson {
        /// The URL called.
        url: String,
        /// Where and why parsing stopped.
        reason: String,
    },
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUrl { url, reason } => {
                write!(
                    f,
                    "invalid URL `{url}`: {reason}; expected http://host[:port]/path or https://…"
                )
            }
            Self::InvalidRequest { part, reason } => {
                write!(f, "the request's {part} can't be used: {reason}")
            }
            Self::Unreachable { url, reason } => {
                write!(
                    f,
                    "{url} is unreachable: {reason}; check that the server runs and the address is right"
                )
            }
            Self::TimedOut { url, limit_ms } => {
                write!(
                    f,
                    "{url} gave no complete answer within {limit_ms} ms; allow more with `timeout_ms`"
                )
            }
            Self::Tls { url, reason } => {
                write!(
                    f,
                    "no trusted connection to {url}: {reason}; check its certificate, or that it speaks TLS"
                )
            }
            Self::TooLarge { url, limit_bytes } => {
                write!(
                    f,
                    "the answer of {url} exceeds {limit_bytes} bytes; allow more with `max_response_bytes`"
                )
            }
            Self::TooManyRedirects { url, limit } => {
                write!(
                    f,
                    "{url} redirected more than {limit} times; allow more with `max_redirects`"
                )
            }
            Self::Protocol { url, reason } => write!(f, "{url} did not answer with HTTP: {reason}"),
            Self::Status {
                url,
                status,
                excerpt,
            } if excerpt.is_empty() => {
                write!(f, "{url} answered with status {status} and no body")
            }
            Self::Status {
                url,
                status,
                excerpt,
            } => write!(f, "{url} answered with status {status}: {excerpt}"),
            Self::NotJson { url, reason } => write!(f, "not JSON at {url}: {reason}"),
        }
    }
}

impl std::error::Error for HttpError {}
