//! Servers that hang, lie or talk too much, and requests that must never leave.

use std::collections::BTreeMap;
use std::net::TcpListener;

use home_types::http_client::{HttpError, RequestOptions};
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

#[test]
fn a_silent_server_runs_into_the_time_limit() {
    let server = Loopback::start(vec![Reaction::Hang]);
    let error = get(
        &cx(),
        &server.url,
        Some(&options(|o| o.timeout_ms = Some(50))),
    )
    .unwrap_err();
    assert!(
        matches!(error, HttpError::TimedOut { limit_ms: 50, .. }),
        "{error:?}"
    );
    server.requests();
}

#[test]
fn nobody_listening_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{free}/private?token=hush");
    let error = get(&cx(), &url, Some(&options(|o| o.retries = Some(0)))).unwrap_err();
    assert!(matches!(error, HttpError::Unreachable { .. }), "{error:?}");
    assert!(
        error.to_string().contains("/private") && !error.to_string().contains("hush"),
        "{error}"
    );
}

#[test]
fn the_body_may_be_as_large_as_allowed_and_not_larger() {
    let limit = options(|o| o.max_response_bytes = Some(10));
    let server = Loopback::start(vec![
        answer("200 OK", "", "0123456789"),
        answer("200 OK", "", "0123456789A"),
    ]);
    assert_eq!(
        get(&cx(), &server.url, Some(&limit)).unwrap().body.len(),
        10
    );
    let error = get(&cx(), &server.url, Some(&limit)).unwrap_err();
    assert!(
        matches!(
            error,
            HttpError::TooLarge {
                limit_bytes: 10,
                ..
            }
        ),
        "{error:?}"
    );
    server.requests();

    // A server that promises no length is stopped as well.
    let endless = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}",
        "x".repeat(100_000)
    );
    let server = Loopback::start(vec![Reaction::Send(endless.into())]);
    assert!(matches!(
        get(&cx(), &server.url, Some(&limit)),
        Err(HttpError::TooLarge { .. })
    ));
    server.requests();
}

#[test]
fn a_body_cut_short_is_an_error() {
    let cut = || Reaction::Send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".into());
    let server = Loopback::start(vec![cut()]);
    let error = get(&cx(), &server.url, Some(&options(|o| o.retries = Some(0)))).unwrap_err();
    assert!(
        matches!(
            error,
            HttpError::Unreachable { .. } | HttpError::Protocol { .. }
        ),
        "{error:?}"
    );
    server.requests();
}

#[test]
fn what_is_not_http_is_a_protocol_error() {
    for garbage in [
        "\0\u{1}\u{2} nonsense\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    ] {
        let server = Loopback::start(vec![Reaction::Send(garbage.into())]);
        let error = get(&cx(), &server.url, Some(&options(|o| o.retries = Some(0)))).unwrap_err();
        assert!(
            matches!(error, HttpError::Protocol { .. }),
            "{garbage:?}: {error:?}"
        );
        server.requests();
    }
}

#[test]
fn https_to_a_plain_server_is_a_tls_error() {
    let server = Loopback::start(vec![answer("400 Bad Request", "", "")]);
    let url = server.url.replace("http:", "https:");
    let error = get(&cx(), &url, Some(&options(|o| o.retries = Some(0)))).unwrap_err();
    assert!(matches!(error, HttpError::Tls { .. }), "{error:?}");
    server.requests();
}

#[test]
fn redirects_are_followed_counted_and_lose_the_token() {
    let moved = |to: &str| answer("302 Found", &format!("Location: {to}\r\n"), "");
    let server = Loopback::start(vec![moved("/there"), answer("200 OK", "", "here")]);
    let response = request(&cx(), "GET", &server.url, None, None, Some("s3cret"), None).unwrap();
    assert_eq!(response.text(), "here");
    assert!(response.url.ends_with("/there"));
    let requests = server.requests();
    assert!(
        requests[0].contains("s3cret") && !requests[1].contains("s3cret"),
        "{requests:?}"
    );

    let server = Loopback::start((0..3).map(|_| moved("/loop")).collect());
    let error = get(
        &cx(),
        &server.url,
        Some(&options(|o| o.max_redirects = Some(2))),
    )
    .unwrap_err();
    assert!(
        matches!(error, HttpError::TooManyRedirects { limit: 2, .. }),
        "{error:?}"
    );
    server.requests();

    let server = Loopback::start(vec![moved("/x")]);
    let response = get(
        &cx(),
        &server.url,
        Some(&options(|o| o.max_redirects = Some(0))),
    )
    .unwrap();
    assert_eq!(
        (response.status, response.header("location")),
        (302, Some("/x"))
    );
    server.requests();
}

#[test]
fn unusable_requests_never_leave() {
    let refuse = |o: RequestOptions| {
        get(&cx(), "http://127.0.0.1:1/", Some(&o))
            .unwrap_err()
            .to_string()
    };
    let headers =
        |name: &str, value: &str| Some(BTreeMap::from([(name.to_owned(), value.to_owned())]));
    for (name, value) in [
        ("X-A", "1\r\nX-B: 2"),
        ("X A", "1"),
        ("", "1"),
        ("Host", "evil"),
        ("Transfer-Encoding", "chunked"),
    ] {
        let error = refuse(options(|o| o.headers = headers(name, value)));
        assert!(error.contains("header"), "{name:?}: {error}");
    }
    for token in ["", "two words", "line\nbreak", "schlüssel"] {
        let error = refuse(options(|o| o.token = Some(token.into())));
        assert!(
            error.contains("token") && (token.is_empty() || !error.contains(token)),
            "{error}"
        );
    }
    assert!(refuse(options(|o| o.timeout_ms = Some(0))).contains("timeout_ms"));
    assert!(refuse(options(|o| o.retries = Some(11))).contains("retries"));
    assert!(
        refuse(options(|o| o.max_response_bytes = Some(u64::MAX))).contains("max_response_bytes")
    );
    let error = request(
        &cx(),
        "CONNECT",
        "http://127.0.0.1:1/",
        None,
        None,
        None,
        None,
    )
    .unwrap_err();
    assert!(error.to_string().contains("method"), "{error}");
    let error = request(
        &cx(),
        "GET",
        "http://127.0.0.1:1/",
        None,
        Some(b"x"),
        None,
        None,
    )
    .unwrap_err();
    assert!(error.to_string().contains("body"), "{error}");
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let secret = options(|o| {
        o.token = Some("hush".into());
        o.headers = Some(BTreeMap::from([(
            "Authorization".into(),
            "Basic hush".into(),
        )]));
    });
    let text = format!("{secret:?}");
    assert!(
        !text.contains("hush") && text.contains("Authorization"),
        "{text}"
    );
    let only_header = RequestOptions {
        token: None,
        ..secret
    };
    let call = Call::new(Method::GET, "http://host/", None, Some(&only_header)).unwrap();
    assert!(!format!("{call:?}").contains("hush"));
}
