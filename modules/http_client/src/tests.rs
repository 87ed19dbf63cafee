//! Whole calls against a scripted server on the loopback interface.

use std::collections::BTreeMap;
use std::time::Duration;

use home_types::http_client::{HttpError, HttpResponse, RequestOptions};
use lmms::Context;
use ureq::http::Method;

use crate::exchange::Call;
use crate::loopback::{Loopback, Reaction, answer};
use crate::*;

fn cx() -> Context {
    Context::detached()
}

fn options(change: impl FnOnce(&mut RequestOptions)) -> RequestOptions {
    let mut options = RequestOptions {
        timeout_ms: Some(5_000),
        ..Default::default()
    };
    change(&mut options);
    options
}

/// Sends without waiting; returns the answer and the waits.
fn send_dry(
    method: Method,
    url: &str,
    body: Option<&[u8]>,
) -> (Result<HttpResponse, HttpError>, Vec<Duration>) {
    let mut waits = Vec::new();
    let call = Call::new(method, url, body, None).unwrap();
    let result = call.send(Duration::from_secs(1_700_000_000), &mut |wait| {
        waits.push(wait)
    });
    (result, waits)
}

#[test]
fn a_get_brings_status_headers_and_body() {
    let server = Loopback::start(vec![answer("200 OK", "X-Room: hall\r\n", "warm")]);
    let wanted = options(|o| o.headers = Some(BTreeMap::from([("X-Ask".into(), "yes".into())])));
    let response = get(
        &cx(),
        &format!("{}/api/?q=1#part", server.url),
        Some(&wanted),
    )
    .unwrap();
    assert_eq!(
        (response.status, response.text().as_str(), response.attempts),
        (200, "warm", 1)
    );
    assert_eq!(response.header("x-room"), Some("hall"));
    assert!(response.is_success());
    let request = &server.requests()[0];
    assert!(
        request.starts_with("GET /api/?q=1 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.to_lowercase().contains("x-ask: yes\r\n"),
        "{request}"
    );
}

#[test]
fn every_method_reaches_the_server_with_its_body() {
    let ok = || answer("204 No Content", "", "");
    let server = Loopback::start((0..7).map(|_| ok()).collect());
    let url = server.url.clone();
    head(&cx(), &url, None).unwrap();
    delete(&cx(), &url, None).unwrap();
    post(&cx(), &url, b"one", Some("text/plain"), None).unwrap();
    put(&cx(), &url, b"two", None, None).unwrap();
    patch(&cx(), &url, b"{}", None, None).unwrap();
    request(&cx(), "options", &url, None, None, None, None).unwrap();
    request(&cx(), "POST", &url, None, None, Some("t0ken"), Some(5_000)).unwrap();
    let requests = server.requests();
    let expected = [
        ("HEAD / ", ""),
        ("DELETE / ", ""),
        ("POST / ", "content-type: text/plain"),
        ("PUT / ", "content-type: application/octet-stream"),
        ("PATCH / ", "content-type: application/merge-patch+json"),
        ("OPTIONS / ", ""),
        ("POST / ", "authorization: bearer t0ken"),
    ];
    for (request, (start, header)) in requests.iter().zip(expected) {
        assert!(
            request.starts_with(start) && request.to_lowercase().contains(header),
            "{request}"
        );
    }
    assert!(requests[2].ends_with("\r\n\r\none") && requests[3].ends_with("\r\n\r\ntwo"));
    assert!(
        requests[6].to_lowercase().contains("content-length: 0"),
        "{}",
        requests[6]
    );
}

#[test]
fn server_errors_and_broken_connections_are_tried_again() {
    let server = Loopback::start(vec![
        answer("500 Oops", "", ""),
        Reaction::Close,
        answer("200 OK", "", "fine"),
    ]);
    let (result, waits) = send_dry(Method::GET, &server.url, None);
    let response = result.unwrap();
    assert_eq!(
        (response.status, response.attempts, response.text().as_str()),
        (200, 3, "fine")
    );
    assert!(waits.len() == 2 && waits[1] > waits[0], "{waits:?}");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn the_last_answer_counts_when_retries_are_used_up() {
    let server = Loopback::start(
        (0..3)
            .map(|_| answer("502 Bad Gateway", "", "down"))
            .collect(),
    );
    let (result, waits) = send_dry(Method::DELETE, &server.url, None);
    assert_eq!(result.map(|r| (r.status, r.attempts)), Ok((502, 3)));
    assert_eq!(waits.len(), 2);
    server.requests();
}

#[test]
fn a_post_is_sent_once_unless_the_server_asks_again() {
    let server = Loopback::start(vec![answer("500 Oops", "", "")]);
    let (result, waits) = send_dry(Method::POST, &server.url, Some(b"x"));
    assert_eq!((result.unwrap().status, waits.len()), (500, 0));
    server.requests();

    let server = Loopback::start(vec![Reaction::Close]);
    let (result, waits) = send_dry(Method::POST, &server.url, Some(b"x"));
    assert!(
        matches!(result, Err(HttpError::Unreachable { .. })),
        "{result:?}"
    );
    assert!(waits.is_empty());
    server.requests();

    let server = Loopback::start(vec![
        answer("429 Slow Down", "Retry-After: 3\r\n", ""),
        answer("200 OK", "", ""),
    ]);
    let (result, waits) = send_dry(Method::POST, &server.url, Some(b"x"));
    assert_eq!(
        (result.unwrap().status, waits),
        (200, vec![Duration::from_secs(3)])
    );
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.ends_with("\r\n\r\nx"))
    );
}

#[test]
fn a_wait_longer_than_the_call_may_take_is_not_begun() {
    let server = Loopback::start(vec![answer("503 Busy", "Retry-After: 3600\r\n", "")]);
    let response = get(&cx(), &server.url, None).unwrap();
    assert_eq!((response.status, response.attempts), (503, 1));
    server.requests();
}

#[test]
fn json_operations_accept_json_only() {
    let server = Loopback::start(vec![
        answer("200 OK", "", "{\"on\": true}"),
        answer("200 OK", "", "<html>"),
        answer("401 Unauthorized", "", "who\nare you?"),
        answer("200 OK", "", &"[".repeat(100_000)),
        answer("201 Created", "", "[1]"),
        answer("200 OK", "", ""),
    ]);
    let url = format!("{}/api", server.url);
    assert_eq!(get_json(&cx(), &url, None).unwrap(), "{\"on\": true}");
    assert!(matches!(
        get_json(&cx(), &url, None),
        Err(HttpError::NotJson { .. })
    ));
    let refused = get_json(&cx(), &url, None).unwrap_err();
    assert_eq!(
        refused,
        HttpError::Status {
            url: url.clone(),
            status: 401,
            excerpt: "whoare you?".into()
        }
    );
    assert!(
        matches!(get_json(&cx(), &url, None), Err(HttpError::NotJson { .. })),
        "nested without end"
    );
    assert_eq!(post_json(&cx(), &url, "{\"a\":1}", None).unwrap(), "[1]");
    assert_eq!(post_json(&cx(), &url, "null", None).unwrap(), "null");
    let requests = server.requests();
    assert!(
        requests[0]
            .to_lowercase()
            .contains("accept: application/json")
    );
    assert!(
        requests[4]
            .to_lowercase()
            .contains("content-type: application/json")
            && requests[4].ends_with("{\"a\":1}")
    );
    let error = post_json(&cx(), "http://127.0.0.1:1/", "{broken", None).unwrap_err();
    assert!(
        matches!(&error, HttpError::InvalidRequest { part, .. } if part == "JSON body"),
        "{error:?}"
    );
}

#[test]
fn state_and_statistics_follow_the_calls_until_reset() {
    let server = Loopback::start(vec![
        answer("200 OK", "", "abc"),
        answer("404 Not Found", "", ""),
    ]);
    set_default_header("X-Home", Some("ours")).unwrap();
    assert!(set_default_header("Host", Some("x")).is_err());
    assert!(
        crate::state::unsaved()
            .unwrap()
            .contains("1 default header")
    );
    get(&cx(), &server.url, None).unwrap();
    set_default_header("x-home", None).unwrap();
    assert_eq!(crate::state::unsaved(), None);
    post(&cx(), &server.url, b"12", None, None).unwrap();

    let seen = get_state()
        .servers
        .into_iter()
        .find(|s| s.origin == server.url)
        .unwrap();
    assert_eq!(
        (seen.calls, seen.last_status, seen.failures_in_a_row),
        (2, Some(404), 0)
    );
    // Other tests add to the totals at the same time.
    let stats = get_stats();
    assert!(
        stats.calls >= 2
            && stats.refused >= 1
            && stats.bytes_sent >= 2
            && stats.bytes_received >= 3,
        "{stats:?}"
    );
    let requests = server.requests();
    assert!(
        requests[0].contains("x-home: ours") && !requests[1].contains("x-home"),
        "{requests:?}"
    );

    crate::state::close_connections();
    assert!(reset_state() >= 1);
    assert!(get_state().default_headers.is_empty());
}
