//! One call: checked, sent, sent again where that is safe, booked.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use home_types::http_client::{HttpError, HttpResponse, RequestOptions};
use home_types::redaction::{is_secret_name, redact_text};
use ureq::http::{HeaderName, HeaderValue, Method, Request, Response};
use ureq::{AsSendBody, Body, Error, ResponseExt};

use crate::redirects::Hop;
use crate::retry::{Outcome, parse_retry_after, wait_before_retry};
use crate::state::{self, Finished};
use crate::urls::{Target, shown};

const DEFAULT_TIMEOUT_MS: u64 = 10_000;
const LONGEST_TIMEOUT_MS: u64 = 120_000;
const DEFAULT_RETRIES: u32 = 2;
const MOST_RETRIES: u32 = 10;
const DEFAULT_RESPONSE_BYTES: u64 = 8 << 20;
const MOST_RESPONSE_BYTES: u64 = 64 << 20;
const DEFAULT_REDIRECTS: u32 = 5;
const MOST_REDIRECTS: u32 = 20;
const MOST_HEADERS: usize = 100;

/// A checked request and its limits.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    method: Method,
    target: Target<'a>,
    /// From the caller and the defaults.
    headers: Vec<(HeaderName, HeaderValue)>,
    /// From this module: they tell nothing about the caller.
    own_headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<&'a [u8]>,
    timeout: Duration,
    retries: u32,
    max_response_bytes: u64,
    max_redirects: u32,
}

impl<'a> Call<'a> {
    /// Checks everything that can be checked without the network.
    pub(crate) fn new(
        method: Method,
        url: &'a str,
        body: Option<&'a [u8]>,
        options: Option<&RequestOptions>,
    ) -> Result<Call<'a>, HttpError> {
        let none = RequestOptions::default();
        let options = options.unwrap_or(&none);
        let target = Target::parse(url)?;
        let mut headers = checked_headers(options.headers.as_ref(), options.token.as_deref())?;
        for (name, value) in state::default_headers() {
            if !headers.iter().any(|(given, _)| *given == name) {
                headers.push((name, value));
            }
        }
        if body.is_some() && matches!(method, Method::GET | Method::HEAD) {
            return Err(unusable("body", format!("{method} has none")));
        }
        let retries = options.retries.unwrap_or(DEFAULT_RETRIES);
        let max_redirects = options.max_redirects.unwrap_or(DEFAULT_REDIRECTS);
        let timeout_ms = options.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS);
        let max_response_bytes = options.max_response_bytes.unwrap_or(DEFAULT_RESPONSE_BYTES);
        within("timeout_ms", timeout_ms, 1, LONGEST_TIMEOUT_MS)?;
        within("retries", retries.into(), 0, MOST_RETRIES.into())?;
        within(
            "max_redirects",
            max_redirects.into(),
            0,
            MOST_REDIRECTS.into(),
        )?;
        within(
            "max_response_bytes",
            max_response_bytes,
            0,
            MOST_RESPONSE_BYTES,
        )?;
        let timeout = Duration::from_millis(timeout_ms);
        Ok(Call {
            method,
            target,
            headers,
            own_headers: Vec::new(),
            body,
            timeout,
            retries,
            max_response_bytes,
            max_redirects,
        })
    }

    /// Adds a header where neither the caller nor a default sets it.
    pub(crate) fn header_if_missing(
        mut self,
        name: HeaderName,
        value: &str,
    ) -> Result<Call<'a>, HttpError> {
        if !self.headers.iter().any(|(given, _)| *given == name) {
            self.own_headers.push(checked_header(name.as_str(), value)?);
        }
        Ok(self)
    }

    /// Sends the request, again if need be, waiting with `pause`. `now` is the wall clock since the Unix epoch.
    pub(crate) fn send(
        &self,
        now: Duration,
        pause: &mut dyn FnMut(Duration),
    ) -> Result<HttpResponse, HttpError> {
        let started = Instant::now();
        let mut attempts = 0;
        let result = loop {
            attempts += 1;
            let attempt = self.attempt(self.timeout.saturating_sub(started.elapsed()));
            let elapsed = started.elapsed();
            let outcome = match &attempt {
                Ok(response) => Outcome::Answered {
                    status: response.status,
                    retry_after: response
                        .header("retry-after")
                        .and_then(|v| parse_retry_after(v, now + elapsed)),
                },
                Err(HttpError::Unreachable { .. }) => Outcome::Broken,
                Err(_) => Outcome::Hopeless,
            };
            let left = self.timeout.saturating_sub(elapsed);
            let jitter = fastrand::f64();
            match wait_before_retry(&self.method, outcome, attempts, self.retries, left, jitter) {
                None => break attempt,
                Some(wait) => {
                    tracing::debug!(
                        url = self.shown(),
                        ?outcome,
                        wait_ms = wait.as_millis() as u64,
                        "sending again"
                    );
                    pause(wait);
                }
            }
        };
        let elapsed = started.elapsed();
        let result = result.map(|response| HttpResponse {
            attempts,
            elapsed_ms: elapsed.as_millis() as u64,
            ..response
        });
        let status = result.as_ref().map_or(0, |response| response.status);
        tracing::debug!(method = %self.method, url = self.shown(), status, attempts, "http call");
        let bytes_sent = self.body.map_or(0, <[u8]>::len) as u64 * u64::from(attempts);
        let call = Finished {
            result: &result,
            attempts,
            bytes_sent,
            elapsed,
            ended_unix: now + elapsed,
        };
        state::record(&self.target.origin(), &call);
        result
    }

    fn attempt(&self, time_left: Duration) -> Result<HttpResponse, HttpError> {
        let started = Instant::now();
        let mut hop = Hop::first(&self.method, self.target.without_fragment());
        let mut redirects = 0;
        loop {
            let left = time_left.saturating_sub(started.elapsed());
            let answer = self
                .ask(&hop, left)
                .map_err(|error| self.explain(error, &hop))?;
            let next = match self.max_redirects {
                0 => None,
                _ => hop.next(&answer)?,
            };
            let Some(next) = next else {
                return self.read(answer).map_err(|error| self.explain(error, &hop));
            };
            redirects += 1;
            if redirects > self.max_redirects {
                return Err(HttpError::TooManyRedirects {
                    url: self.shown(),
                    limit: self.max_redirects,
                });
            }
            hop = next;
        }
    }

    /// Sends the request to one place, as far as it may know it.
    fn ask(&self, hop: &Hop, time_left: Duration) -> Result<Response<Body>, Error> {
        let mut request = Request::builder().method(hop.method.clone()).uri(&hop.url);
        let body = self.body.filter(|_| hop.with_body);
        let readable = self.headers.iter().filter(|(name, _)| hop.may_read(name));
        for (name, value) in readable.chain(&self.own_headers) {
            let describes_body = name.as_str().starts_with("content-");
            if hop.with_body || !describes_body {
                request = request.header(name, value);
            }
        }
        match body {
            Some(body) => self.run(request.body(body)?, time_left),
            None => self.run(request.body(())?, time_left),
        }
    }

    fn run(
        &self,
        request: Request<impl AsSendBody>,
        time_left: Duration,
    ) -> Result<Response<Body>, Error> {
        let agent = state::agent(self.target.scheme == "http")
            .map_err(|problem| std::io::Error::new(std::io::ErrorKind::InvalidData, problem))?;
        let request = agent
            .configure_request(request)
            // Zero would mean "no limit".
            .timeout_global(Some(time_left.max(Duration::from_millis(1))))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build();
        agent.run(request)
    }

    fn read(&self, mut response: Response<Body>) -> Result<HttpResponse, Error> {
        let body = response
            .body_mut()
            .with_config()
            .limit(self.max_response_bytes)
            .read_to_vec()?;
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(HttpResponse {
            status: response.status().as_u16(),
            url: response.get_uri().to_string(),
            headers: response
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body,
            attempts: 0,
            elapsed_ms: 0,
        })
    }

    fn shown(&self) -> String {
        shown(self.target.without_fragment())
    }

    fn explain(&self, error: Error, hop: &Hop) -> HttpError {
        let url = shown(&hop.url);
        let reason = redact_text(&error.to_string());
        match error {
            Error::Timeout(_) => HttpError::TimedOut {
                url,
                limit_ms: self.timeout.as_millis() as u64,
            },
            Error::BodyExceedsLimit(limit_bytes) => HttpError::TooLarge { url, limit_bytes },
            Error::HostNotFound => HttpError::Unreachable {
                url,
                reason: "the host name is unknown".into(),
            },
            Error::ConnectionFailed => HttpError::Unreachable {
                url,
                reason: "no connection".into(),
            },
            // rustls reports what it can't accept as invalid data on the stream.
            Error::Io(io) if hop.is_encrypted() && io.kind() == ErrorKind::InvalidData => {
                HttpError::Tls {
                    url,
                    reason: redact_text(&io.to_string()),
                }
            }
            Error::Io(io) => HttpError::Unreachable {
                url,
                reason: redact_text(&io.to_string()),
            },
            Error::Rustls(_) | Error::Tls(_) | Error::Pem(_) | Error::TlsRequired => {
                HttpError::Tls { url, reason }
            }
            Error::BadUri(_) => HttpError::InvalidUrl { url, reason },
            Error::Http(_) => unusable("URL or header", reason),
            _ => HttpError::Protocol { url, reason },
        }
    }
}

/// A header name and value fit to be sent; the error doesn't repeat the value.
pub(crate) fn checked_header(
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), HttpError> {
    let part = || {
        format!(
            "header `{}`",
            name.escape_debug().take(80).collect::<String>()
        )
    };
    let header = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| unusable(part(), "the name is malformed"))?;
    // The client frames the message itself; a second opinion is how requests are smuggled.
    if matches!(
        header.as_str(),
        "host"
            | "content-length"
            | "transfer-encoding"
            | "connection"
            | "upgrade"
            | "te"
            | "trailer"
            | "expect"
    ) {
        return Err(unusable(part(), "the client sets it itself"));
    }
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| unusable(part(), "the value has control or non-ASCII characters"))?;
    value.set_sensitive(is_secret_name(header.as_str()));
    Ok((header, value))
}

pub(crate) fn unusable(part: impl Into<String>, reason: impl Into<String>) -> HttpError {
    HttpError::InvalidRequest {
        part: part.into(),
        reason: reason.into(),
    }
}

fn checked_headers(
    headers: Option<&BTreeMap<String, String>>,
    token: Option<&str>,
) -> Result<Vec<(HeaderName, HeaderValue)>, HttpError> {
    let count = headers.map_or(0, BTreeMap::len);
    if count > MOST_HEADERS {
        return Err(unusable(
            "headers",
            format!("there are {count}; at most {MOST_HEADERS} are sent"),
        ));
    }
    let mut checked: Vec<(HeaderName, HeaderValue)> = Vec::new();
    for (name, value) in headers.into_iter().flatten() {
        let header = checked_header(name, value)?;
        if checked.iter().any(|(earlier, _)| *earlier == header.0) {
            return Err(unusable(
                format!("header `{}`", header.0),
                "it is given twice",
            ));
        }
        checked.push(header);
    }
    if let Some(token) = token {
        if checked.iter().any(|(name, _)| name == "authorization") {
            return Err(unusable(
                "token",
                "the headers have an Authorization already",
            ));
        }
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable("token", "it must be visible ASCII without spaces"));
        }
        checked.push(checked_header("authorization", &format!("Bearer {token}"))?);
    }
    Ok(checked)
}

fn within(option: &str, value: u64, least: u64, most: u64) -> Result<(), HttpError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(unusable(
        format!("`{option}`"),
        format!("{value} is not between {least} and {most}"),
    ))
}
