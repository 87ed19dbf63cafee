//! One table for each kind of secret, with what must be hidden and what must not.

mod names;

use std::time::Duration;

use super::{REDACTED, is_secret_name, is_token_like, redact_field, redact_text};
use names::{OTHER_NAMES, SECRET_NAMES};

#[test]
fn names_of_secrets_are_known_in_all_spellings() {
    for name in SECRET_NAMES {
        assert!(is_secret_name(name), "`{name}` announces a secret");
    }
}

#[test]
fn words_that_only_look_like_it_are_no_secrets() {
    for name in OTHER_NAMES {
        assert!(!is_secret_name(name), "`{name}` is harmless");
    }
}

#[test]
fn only_so_much_of_a_name_or_a_label_is_looked_at() {
    // "is" would make it a question, but stands too far from the end.
    assert!(is_secret_name(&format!("is_{}password", "a_".repeat(130))));
    assert!(!is_secret_name(&format!("is_{}password", "a_".repeat(120))));
    let key = |words: usize| format!("-----BEGIN {}PRIVATE KEY-----\nabc", "A ".repeat(words));
    assert_eq!(redact_text(&key(20)), REDACTED);
    assert_eq!(redact_text(&key(40)), key(40));
}

#[test]
fn every_secret_name_is_known_in_every_notation() {
    for name in SECRET_NAMES {
        for text in [
            format!("{name}=hunter2"),
            format!("{name} = hunter2"),
            format!("{name}: hunter2"),
            format!("a=1, {name}: hunter2, b=2"),
            format!("?a=1&{name}=hunter2&b=2"),
            format!("{{\"{name}\": \"hunter2\"}}"),
            format!("{{\"{name}\"\n:\n\t\"hunter2\"}}"),
            format!("{{\\\"{name}\\\":\\\"hunter2\\\"}}"),
            format!("{{\"{name}\":[\"hunter2\", \"x]\", \"hunter2\"]}}"),
            format!("{{\"{name}\":{{\"a\": \"hunter2\"}}}}"),
            format!("{{'{name}': 'hunter2'}}"),
            format!(":{name} => \"hunter2\""),
            format!("Debug {{ {name}: Some(\"hunter2\") }}"),
            format!("[(\"{name}\", \"hunter2\")]"),
            format!("<{name}>hunter2</{name}>"),
            format!("<add key=\"{name}\" value=\"hunter2\"/>"),
            format!("{{\"name\": \"{name}\", \"value\": \"hunter2\"}}"),
            format!("{name}:\n  - hunter2\n  - hunter2\nnext: 1"),
            format!("{name}: |\n  hunter2\n  hunter2\nnext: 1"),
            format!("{name} = \"\"\"\nhunter2\"\"\""),
            format!("run --{name} hunter2 --more"),
            format!("run --{name}=hunter2 --more"),
            format!("https://host/p?{name}=hunter2#f"),
            format!("user[{name}]=hunter2"),
        ] {
            let redacted = redact_text(&text);
            assert!(!redacted.contains("hunter2"), "{text} -> {redacted}");
            assert!(redacted.contains(REDACTED), "{text} -> {redacted}");
            assert_eq!(redact_text(&redacted), redacted, "twice: {text}");
        }
        assert_eq!(redact_field(name, "hunter2"), REDACTED);
    }
}

#[test]
fn what_other_names_announce_stays() {
    for name in OTHER_NAMES {
        for text in [
            format!("{name}=value1"),
            format!("{name}: value1, next"),
            format!("{{\"{name}\": \"value1\", \"n\": 1}}"),
            format!("?{name}=value1&b=2"),
        ] {
            assert_eq!(redact_text(&text), text);
        }
        assert_eq!(redact_field(name, "value1"), "value1");
    }
}

#[test]
fn texts_lose_their_secrets_and_nothing_else() {
    for (text, expected) in [
        ("password=hunter2", "password=[redacted]"),
        ("SECRET_KEY=abcdef", "SECRET_KEY=[redacted]"),
        ("secret_key: abc # why", "secret_key: [redacted] # why"),
        ("tokens=a", "tokens=[redacted]"),
        ("Password : hunter2, next", "Password : [redacted], next"),
        ("password=hun,ter2;x y", "password=[redacted] y"),
        (
            "Server=db;Password=a;User=b",
            "Server=db;Password=[redacted];User=b",
        ),
        (
            "{\"password\":\n \"x\"}",
            "{\"password\":\n \"[redacted]\"}",
        ),
        (
            "{\"apiKeys\": [\"k1\"], \"n\": 1}",
            "{\"apiKeys\": [redacted], \"n\": 1}",
        ),
        (
            r#"{"access_token":"abc","n":1}"#,
            r#"{"access_token":"[redacted]","n":1}"#,
        ),
        (r#"{"pin": 1234}"#, r#"{"pin": [redacted]}"#),
        (
            r#"{"secret":"a\"b","x":2}"#,
            r#"{"secret":"[redacted]","x":2}"#,
        ),
        (
            r#"{"secret":"a\\","x":2}"#,
            r#"{"secret":"[redacted]","x":2}"#,
        ),
        (
            r#""{\"password\":\"abc\",\"n\":1}""#,
            r#""{\"password\":\"[redacted]\",\"n\":1}""#,
        ),
        (
            r#""{\"tokens\":[\"abc\"],\"n\":1}""#,
            r#""{\"tokens\":[redacted],\"n\":1}""#,
        ),
        ("?a=1&api_key=k&b=2", "?a=1&api_key=[redacted]&b=2"),
        (
            "user%5Bpassword%5D=x&b=1",
            "user%5Bpassword%5D=[redacted]&b=1",
        ),
        (
            "q=%7B%22password%22%3A%22x%22%7D",
            "q=%7B%22password%22%3A%22[redacted]%22%7D",
        ),
        (
            "Authorization: Digest a=\"1\", b\nHost: h",
            "Authorization: [redacted]\nHost: h",
        ),
        (
            "curl -H 'Authorization: Bearer abc' http://h",
            "curl -H 'Authorization: [redacted]' http://h",
        ),
        ("cookie: a=b; c=d", "cookie: [redacted]"),
        ("HOME_ASSISTANT_TOKEN=x1", "HOME_ASSISTANT_TOKEN=[redacted]"),
        (
            r#"{"credentials": {"a": ["b"]}, "x": 1}"#,
            r#"{"credentials": [redacted], "x": 1}"#,
        ),
        ("token=[a]b c", "token=[redacted] c"),
        (
            "API key: abc, access token: def",
            "API key: [redacted], access token: [redacted]",
        ),
        (
            "  tokens:\n  - a\n  - b\n  name: x",
            "  tokens:\n  [redacted]\n  name: x",
        ),
        ("password=x ü€😀", "password=[redacted] ü€😀"),
        ("token=\"never closed", "token=\"[redacted]"),
        // No secrets.
        ("the password is long", "the password is long"),
        (
            "enter the password:\nthen go on",
            "enter the password:\nthen go on",
        ),
        ("token_lifetime=5", "token_lifetime=5"),
        ("password=", "password="),
        (
            "{\"secret\": false, \"password\": null}",
            "{\"secret\": false, \"password\": null}",
        ),
        ("tokens::Token", "tokens::Token"),
        ("[\"token\", \"name\"]", "[\"token\", \"name\"]"),
        ("press any key: x", "press any key: x"),
        ("PWD=/srv/ann", "PWD=/srv/ann"),
    ] {
        assert_eq!(redact_text(text), expected, "{text}");
    }
}

#[test]
fn credentials_without_a_name_go() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhYmMifQ.c2lnbmF0dXJl";
    for (text, expected) in [
        (&*format!("sent {jwt}!"), "sent [redacted]!"),
        (&format!("x_{jwt}"), "x_[redacted]"),
        ("with Bearer abc12345xyz end", "with Bearer [redacted] end"),
        ("Bearer hunter2", "Bearer [redacted]"),
        ("Basic dXNlcjpwYXNz", "Basic [redacted]"),
        ("Basic dXNlcjpwYXNzMQ==", "Basic [redacted]"),
        (
            "http://ann:pa@ss@host/x?y",
            "http://ann:[redacted]@host/x?y",
        ),
        (
            "postgres://ann:pw@db:5432/home",
            "postgres://ann:[redacted]@db:5432/home",
        ),
        ("//ann:pw@host", "//ann:[redacted]@host"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345.", "[redacted]"),
        ("id AKIAIOSFODNN7EXAMPLE0 is", "id [redacted] is"),
        ("code Atza|IQEBLjAsAhQ5zx7 end", "code [redacted] end"),
        ("see xoxb-1234567890-abcdef", "see [redacted]"),
        ("sk_live_0123456789abcdefghij", "[redacted]"),
        // No secrets.
        ("basic functions", "basic functions"),
        ("the bearer of bad news", "the bearer of bad news"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("http://ann@host/", "http://ann@host/"),
        ("eyJ.a.b", "eyJ.a.b"),
        (
            "sk-learn-is-a-very-long-word-of-its-own",
            "sk-learn-is-a-very-long-word-of-its-own",
        ),
        ("ann@example.com: hello", "ann@example.com: hello"),
        (
            "at 12:30:00 in src/main.rs:12:5",
            "at 12:30:00 in src/main.rs:12:5",
        ),
        (
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        ),
    ] {
        assert_eq!(redact_text(text), expected, "{text}");
    }
}

#[test]
fn private_keys_go_and_certificates_stay() {
    let pem =
        |label: &str| format!("-----BEGIN {label}-----\nMIIEow\nIBAAKC\n-----END {label}-----");
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        assert_eq!(
            redact_text(&format!("a {}\nb", pem(label))),
            "a [redacted]\nb"
        );
        let json = format!("{{\"pem\":\"{}\"}}", pem(label).replace('\n', "\\n"));
        assert_eq!(redact_text(&json), "{\"pem\":\"[redacted]\"}");
    }
    assert_eq!(redact_text("-----BEGIN PRIVATE KEY-----\ncut o"), REDACTED);
    for label in ["CERTIFICATE", "PUBLIC KEY"] {
        assert_eq!(redact_text(&pem(label)), pem(label));
    }
}

#[test]
fn values_of_unknown_names_are_judged_by_their_looks() {
    assert!(is_token_like("0123456789abcdef0123456789abcdef"));
    for value in [
        "/usr/bin:/bin",
        "en_US.UTF-8",
        "http://proxy:3128",
        "",
        "a short one 1234",
    ] {
        assert!(!is_token_like(value), "{value}");
        assert_eq!(redact_field("HARMLESS", value), value);
    }
    assert_eq!(redact_field("PWD", "/srv/ann"), "/srv/ann");
    assert_eq!(redact_field("PWD", "hunter2"), REDACTED);
    assert_eq!(redact_field("password", ""), "");
}

#[test]
fn any_text_survives() {
    for text in [
        "",
        "ü=ö",
        "password=ü€😀 x",
        "://",
        "eyJ",
        "\\\\\"",
        "password:\\",
        "token=\"ü",
        "😀://ü:ß@é",
        "--token",
        "token:",
        "token:\n",
        "token: |",
        "token:\n\n ",
        "<token>",
        "<token>ü",
        "\"token\",",
        "(\"token\",",
        "token%",
        "token%22%3",
        "token value",
        "token, value=",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "Atza|",
        "token=b\"",
        "token=Some(",
        "token=[\\\"a",
        "token]",
        "token=>",
        "token:=",
        "token::",
        "//",
        "//:@",
        "Bearer ",
        "\u{feff}password=x",
        "[token]=",
    ] {
        let once = redact_text(text);
        assert_eq!(redact_text(&once), once, "{text}");
    }
}

#[test]
fn hostile_repetition_takes_time_in_proportion() {
    let parts = [
        "password \\\\ \" ",
        "://a:",
        "token=\"",
        "eyJ-",
        "eyJ.",
        "sk-",
        "Atza|",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "token:\r",
        "token:\n ",
        "token: |\n",
        "token=a,",
        "token=[",
        "token=(",
        "\"token\",",
        "(\"token\",\"",
        "token value ",
        "token%22",
        "<token>",
        "bearer ",
        "bearer a",
        "//a:b",
        "--token ",
        "token=b\"",
        "\\\\\\\\\"token\"",
        "a_",
        "aB",
        "API key: ",
        "token ",
        "token, ",
        "token\"",
        "\"\"\"token=",
    ];
    for part in parts {
        let text = part.repeat(200_000 / part.len());
        let before = processor_time();
        redact_text(&text);
        let took = processor_time() - before;
        assert!(took < Duration::from_secs(2), "{part:?}: {took:?}");
    }
}

/// What this thread has used of a processor; how busy the machine is makes no difference.
fn processor_time() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = statistics.split(' ').next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}
