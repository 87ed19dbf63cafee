//! Servers that hang, lie or talk too much, and requests that must never leave.

use std::collections::BTreeMap;
use std::net::TcpListener;

use home_types::http_client::{HttpError, RequestOptions};
use lmms::Context;
use ureq::http::Method;

use crate::exchange::Call;
use crate::loopback::{Loopback, Reaction, answer};
use crate::redirects::Hop;
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
fn another_origin_gets_none_of_the_callers_headers() {
    let secrets = [
        ("X-Api-Key", "hush1"),
        ("X-Auth-Token", "hush2"),
        ("Cookie", "hush3"),
        ("Authorization", "hush4"),
        ("X-Whatever", "hush5"),
    ];
    let headers = secrets.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let given = options(|o| o.headers = Some(BTreeMap::from(headers)));
    for status in ["301", "302", "303", "307", "308"] {
        let other = Loopback::start(vec![answer("200 OK", "", "{}")]);
        let to_other = format!("Location: {}/there\r\n", other.url);
        let server = Loopback::start(vec![
            answer(status, "Location: /here\r\n", ""),
            answer(status, &to_other, ""),
        ]);
        let answered = get_json(&cx(), &server.url, Some(&given)).unwrap();
        assert_eq!(answered, "{}");
        let asked = server.requests();
        for (_, value) in secrets {
            assert!(asked[0].contains(value), "{asked:?}");
        }
        // The same server at another place.
        assert!(
            asked[1].contains("hush1") && asked[1].contains("hush5"),
            "{asked:?}"
        );
        assert!(
            !asked[1].contains("hush3") && !asked[1].contains("hush4"),
            "{asked:?}"
        );
        let asked = other.requests();
        assert!(!asked[0].contains("hush"), "{status}: {asked:?}");
        assert!(asked[0].contains("application/json"), "{asked:?}");
    }
}

#[test]
fn headers_that_were_dropped_do_not_come_back() {
    let given = options(|o| {
        o.headers = Some(BTreeMap::from([("X-Api-Key".into(), "hush".into())]));
    });
    let hop = Hop::first(&Method::GET, "http://a.example/");
    let moved = |to: &str| {
        let answer = ureq::http::Response::builder()
            .status(302)
            .header("Location", to);
        answer.body(()).unwrap()
    };
    let key = ureq::http::HeaderName::from_static("x-api-key");
    assert!(hop.may_read(&key) && given.headers.is_some());
    for to in [
        "https://a.example/",
        "http://a.example:81/",
        "//b.example/",
        "http://A.example.com/",
    ] {
        let away = hop.next(&moved(to)).unwrap().unwrap();
        assert!(!away.may_read(&key), "{to}");
        let further = away.next(&moved("/further")).unwrap().unwrap();
        assert!(!further.may_read(&key), "on from {to}");
        let back = away.next(&moved("http://a.example/")).unwrap().unwrap();
        assert!(!back.may_read(&key), "{to}");
    }
    let same = hop
        .next(&moved("HTTP://A.EXAMPLE:80/x#y"))
        .unwrap()
        .unwrap();
    assert!(same.may_read(&key) && same.url.ends_with("/x"), "{same:?}");
    for to in [
        "file:///etc/passwd",
        "http://u:hush@b.example/",
        "ftp://b.example/",
        "http://",
    ] {
        let error = hop.next(&moved(to)).unwrap_err().to_string();
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn redirects_change_methods_as_browsers_do() {
    let posted = |status: &str| {
        let server = Loopback::start(vec![
            answer(status, "Location: /there\r\n", ""),
            answer("200 OK", "", "done"),
        ]);
        let result = post(&cx(), &server.url, b"hush", Some("text/plain"), None);
        (result, server)
    };
    for status in ["301", "302", "303"] {
        let (result, server) = posted(status);
        assert_eq!(result.unwrap().text(), "done");
        let second = &server.requests()[1];
        assert!(second.starts_with("GET /there"), "{second}");
        assert!(
            !second.contains("hush") && !second.contains("text/plain"),
            "{second}"
        );
    }
    for status in ["307", "308"] {
        let error = posted(status).0.unwrap_err();
        assert!(matches!(error, HttpError::Protocol { .. }), "{error:?}");
    }
}

#[test]
fn error_bodies_lose_their_secrets() {
    let body = "{\"error\":\"x\",\n\"access_token\":\n\"hush\",\"apiKeys\":[\"hush\"]}";
    let server = Loopback::start(vec![
        answer("500 Oops", "", body),
        answer("200 OK", "", "hush"),
        answer("200 OK", "", "\"hush"),
    ]);
    for _ in 0..3 {
        let once = options(|o| o.retries = Some(0));
        let error = get_json(&cx(), &server.url, Some(&once)).unwrap_err();
        assert!(!error.to_string().contains("hush"), "{error}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
    server.requests();
    let error = post_json(&cx(), "http://127.0.0.1:1/", "{\"token\":hush}", None).unwrap_err();
    assert!(!error.to_string().contains("hush"), "{error}");
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
    let many = (0..101).map(|n| (format!("x-{n}"), "1".to_owned()));
    let error = refuse(options(|o| o.headers = Some(many.collect())));
    assert!(error.contains("101") && error.contains("100"), "{error}");
    for token in ["", "two words", "line\nbreak", "schlüssel"] {
        let error = refuse(options(|o| o.token = Some(token.into())));
        assert!(
            error.contains("token") && (token.is_empty() || !error.contains(token)),
            "{error}"
        );
    }
    for timeout in [0, 120_001] {
        assert!(refuse(options(|o| o.timeout_ms = Some(timeout))).contains("timeout_ms"));
    }
    assert!(refuse(options(|o| o.max_redirects = Some(21))).contains("max_redirects"));
    assert!(refuse(options(|o| o.retries = Some(11))).contains("retries"));
    for bytes in [(64 << 20) + 1, u64::MAX] {
        let error = refuse(options(|o| o.max_response_bytes = Some(bytes)));
        assert!(error.contains("max_response_bytes"), "{error}");
    }
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
