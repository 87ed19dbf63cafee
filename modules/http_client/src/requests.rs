//! The requests: one operation for each method, one for all, two for JSON.

use std::collections::BTreeMap;

use home_types::http_client::{HttpError, HttpResponse, RequestOptions};
use home_types::redaction::redact_text;
use lmms::{Context, operation};
use serde::de::IgnoredAny;
use ureq::http::Method;
use ureq::http::header::{ACCEPT, CONTENT_TYPE};

use crate::exchange::{Call, unusable};
use crate::urls::shown;

const BYTES: &str = "application/octet-stream";
const JSON: &str = "application/json";
const EXCERPT_CHARS: usize = 200;
/// What of a body is looked through for secrets, so that none is cut where it can't be told any more.
const EXCERPT_SOURCE: usize = 64 << 10;

/// Fetches `url`. Every status is an answer, not an error; a broken connection and passing server errors are tried
/// again.
#[operation(interface = "http_client")]
pub fn get(
    cx: &Context,
    url: &str,
    options: Option<&RequestOptions>,
) -> Result<HttpResponse, HttpError> {
    send(cx, Call::new(Method::GET, url, None, options)?)
}

/// Fetches only the status and headers of `url`.
#[operation(interface = "http_client")]
pub fn head(
    cx: &Context,
    url: &str,
    options: Option<&RequestOptions>,
) -> Result<HttpResponse, HttpError> {
    send(cx, Call::new(Method::HEAD, url, None, options)?)
}

/// Deletes `url`; a broken connection is tried again.
#[operation(interface = "http_client")]
pub fn delete(
    cx: &Context,
    url: &str,
    options: Option<&RequestOptions>,
) -> Result<HttpResponse, HttpError> {
    send(cx, Call::new(Method::DELETE, url, None, options)?)
}

/// Sends `body` to `url`. Not tried again unless the server asks for that with 429 or 503 and `Retry-After`.
/// `content_type` defaults to `application/octet-stream`.
#[operation(interface = "http_client")]
pub fn post(
    cx: &Context,
    url: &str,
    body: &[u8],
    content_type: Option<&str>,
    options: Option<&RequestOptions>,
) -> Result<HttpResponse, HttpError> {
    let call = Call::new(Method::POST, url, Some(body), options)?;
    send(
        cx,
        call.header_if_missing(CONTENT_TYPE, content_type.unwrap_or(BYTES))?,
    )
}

/// Stores `body` at `url`; a broken connection is tried again. `content_type` defaults to `application/octet-stream`.
#[operation(interface = "http_client")]
pub fn put(
    cx: &Context,
    url: &str,
    body: &[u8],
    content_type: Option<&str>,
    options: Option<&RequestOptions>,
) -> Result<HttpResponse, HttpError> {
    let call = Call::new(Method::PUT, url, Some(body), options)?;
    send(
        cx,
        call.header_if_missing(CONTENT_TYPE, content_type.unwrap_or(BYTES))?,
    )
}

/// Changes a part of `url` as `body` says; never sent twice unless the server asks for it.
/// `content_type` defaults to `application/merge-patch+json`.
#[operation(interface = "http_client")]
pub fn patch(
    cx: &Context,
    url: &str,
    body: &[u8],
    content_type: Option<&str>,
    options: Option<&RequestOptions>,
) -> Result<HttpResponse, HttpError> {
    let call = Call::new(Method::PATCH, url, Some(body), options)?;
    send(
        cx,
        call.header_if_missing(
            CONTENT_TYPE,
            content_type.unwrap_or("application/merge-patch+json"),
        )?,
    )
}

/// Sends any of GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE. `token` goes out as `Authorization: Bearer …` and is
/// never logged; `timeout_ms` bounds everything, retries included (default 10,000).
#[operation(interface = "http_client")]
pub fn request(
    cx: &Context,
    method: &str,
    url: &str,
    headers: Option<&BTreeMap<String, String>>,
    body: Option<&[u8]>,
    token: Option<&str>,
    timeout_ms: Option<u64>,
) -> Result<HttpResponse, HttpError> {
    let method = match method.to_ascii_uppercase().as_str() {
        "GET" => Method::GET,
        "HEAD" => Method::HEAD,
        "OPTIONS" => Method::OPTIONS,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        _ => {
            return Err(unusable(
                "method",
                "expected GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE",
            ));
        }
    };
    // A POST, PUT or PATCH without a body still has to say that its length is zero.
    let empty = matches!(method, Method::POST | Method::PUT | Method::PATCH).then_some(&[][..]);
    let options = RequestOptions {
        headers: headers.cloned(),
        token: token.map(str::to_owned),
        timeout_ms,
        ..Default::default()
    };
    send(cx, Call::new(method, url, body.or(empty), Some(&options))?)
}

/// Fetches a JSON document and returns its text, checked. A status outside 200 to 299 is an error here.
#[operation(interface = "http_client")]
pub fn get_json(
    cx: &Context,
    url: &str,
    options: Option<&RequestOptions>,
) -> Result<String, HttpError> {
    let call = Call::new(Method::GET, url, None, options)?;
    json_text(send(cx, call.header_if_missing(ACCEPT, JSON)?)?)
}

/// Posts the JSON text `json`, checked before it is sent, and returns the answer's JSON text, checked; an empty answer
/// is `null`.
#[operation(interface = "http_client")]
pub fn post_json(
    cx: &Context,
    url: &str,
    json: &str,
    options: Option<&RequestOptions>,
) -> Result<String, HttpError> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(json) {
        return Err(unusable("JSON body", error.to_string()));
    }
    let call = Call::new(Method::POST, url, Some(json.as_bytes()), options)?;
    let call = call
        .header_if_missing(CONTENT_TYPE, JSON)?
        .header_if_missing(ACCEPT, JSON)?;
    let response = send(cx, call)?;
    if response.is_success() && response.body.is_empty() {
        return Ok("null".into());
    }
    json_text(response)
}

fn send(cx: &Context, call: Call<'_>) -> Result<HttpResponse, HttpError> {
    call.send(cx.unix_time(), &mut std::thread::sleep)
}

fn json_text(response: HttpResponse) -> Result<String, HttpError> {
    let url = shown(&response.url);
    if !response.is_success() {
        return Err(HttpError::Status {
            url,
            status: response.status,
            excerpt: excerpt(&response.body),
        });
    }
    let text = match String::from_utf8(response.body) {
        Ok(text) => text,
        Err(error) => {
            return Err(HttpError::NotJson {
                url,
                reason: error.to_string(),
            });
        }
    };
    match serde_json::from_str::<IgnoredAny>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(HttpError::NotJson {
            url,
            reason: error.to_string(),
        }),
    }
}

/// The start of a body, without secrets and control characters.
fn excerpt(body: &[u8]) -> String {
    let start = String::from_utf8_lossy(&body[..body.len().min(EXCERPT_SOURCE)]);
    redact_text(&start)
        .chars()
        .filter(|c| !c.is_control())
        .take(EXCERPT_CHARS)
        .collect()
}
