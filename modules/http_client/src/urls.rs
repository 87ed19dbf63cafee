//! URLs: checking, taking apart, joining, and what of them may be shown.

use std::fmt::Write as _;

use fluent_uri::pct_enc::EStr;
use fluent_uri::pct_enc::encoder::Query;
use fluent_uri::{Uri, UriRef};
use home_types::http_client::{HttpError, UrlParts};
use lmms::operation;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const LONGEST_URL: usize = 8 * 1024;
const LONGEST_SHOWN: usize = 120;
/// RFC 3986's unreserved characters stay as they are.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Encodes names and values as a URL's query, without the leading `?`: `a=1&b=x%20y`.
#[operation(interface = "http_client")]
pub fn encode_query(parameters: &[(String, String)]) -> String {
    let mut query = String::new();
    for (name, value) in parameters {
        let separator = if query.is_empty() { "" } else { "&" };
        let (name, value) = (
            utf8_percent_encode(name, ESCAPED),
            utf8_percent_encode(value, ESCAPED),
        );
        write!(query, "{separator}{name}={value}").expect("a String accepts every write");
    }
    query
}

/// Takes an `http` or `https` URL apart; fails with what is wrong with it otherwise.
#[operation(interface = "http_client")]
pub fn parse_url(url: &str) -> Result<UrlParts, HttpError> {
    let target = Target::parse(url)?;
    let uri = target.uri;
    let path = uri.path().as_str();
    Ok(UrlParts {
        scheme: target.scheme.into(),
        host: target
            .host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .into(),
        port: target.port,
        path: if path.is_empty() {
            "/".into()
        } else {
            path.into()
        },
        query: uri.query().map(pairs).unwrap_or_default(),
        fragment: uri.fragment().map(|fragment| decode(fragment.as_str())),
    })
}

/// Resolves `reference` (`states/light.hall`, `/api/`, `?page=2`, a whole URL) against the URL `base`, as a browser
/// would.
#[operation(interface = "http_client")]
pub fn join_url(base: &str, reference: &str) -> Result<String, HttpError> {
    let base_uri = Target::parse(base)?.uri;
    let reference = UriRef::parse(reference)
        .map_err(|error| invalid(reference, format!("the reference is malformed ({error})")))?;
    let joined = reference
        .resolve_against(&base_uri.strip_fragment())
        .map_err(|error| invalid(base, format!("it can't be a base ({error})")))?
        .normalize();
    Target::parse(joined.as_str())?;
    Ok(joined.into_string())
}

/// A checked URL.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    pub(crate) scheme: &'static str,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    uri: Uri<&'a str>,
}

impl<'a> Target<'a> {
    /// Accepts absolute `http` and `https` URLs with a host and without user and password.
    pub(crate) fn parse(url: &'a str) -> Result<Target<'a>, HttpError> {
        if url.len() > LONGEST_URL {
            return Err(invalid(
                url,
                format!("it is longer than {LONGEST_URL} bytes"),
            ));
        }
        let uri =
            Uri::parse(url).map_err(|error| invalid(url, format!("it is malformed ({error})")))?;
        let (scheme, default_port) = match uri.scheme().as_str().to_ascii_lowercase().as_str() {
            "http" => ("http", 80),
            "https" => ("https", 443),
            other => return Err(invalid(url, format!("scheme `{other}` is not supported"))),
        };
        let authority = uri
            .authority()
            .ok_or_else(|| invalid(url, "it names no host"))?;
        if authority.has_userinfo() {
            return Err(invalid(
                url,
                "user and password in a URL end up in logs; pass a token or a header",
            ));
        }
        let host = authority.host();
        if host.is_empty() {
            return Err(invalid(url, "it names no host"));
        }
        if host.contains('%') {
            return Err(invalid(url, "the host must not be percent-encoded"));
        }
        let port = match authority.port().map(EStr::as_str) {
            None | Some("") => default_port,
            Some(digits) => match digits.parse() {
                Ok(port) if port > 0 => port,
                _ => {
                    return Err(invalid(
                        url,
                        format!("port {digits} is not between 1 and 65535"),
                    ));
                }
            },
        };
        Ok(Target {
            scheme,
            host,
            port,
            uri,
        })
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        format!(
            "{}://{}:{}",
            self.scheme,
            self.host.to_ascii_lowercase(),
            self.port
        )
    }

    /// What is sent: everything but the fragment.
    pub(crate) fn without_fragment(&self) -> &'a str {
        let url = self.uri.as_str();
        url.split_once('#').map_or(url, |(before, _)| before)
    }
}

/// The URL without user, password, query and fragment, and not at length: queries carry secrets.
pub(crate) fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let mut rest = &url[..end];
    let mut text = String::new();
    if let Some((scheme, after)) = rest.split_once("://") {
        let authority_end = after.find('/').unwrap_or(after.len());
        let host_start = after[..authority_end].rfind('@').map_or(0, |at| at + 1);
        text = format!("{scheme}://");
        rest = &after[host_start..];
    }
    text.push_str(rest);
    let cut = text.chars().count() > LONGEST_SHOWN;
    let mut safe: String = text
        .chars()
        .take(LONGEST_SHOWN)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if cut {
        safe.push('…');
    }
    safe
}

pub(crate) fn invalid(url: &str, reason: impl Into<String>) -> HttpError {
    HttpError::InvalidUrl {
        url: shown(url),
        reason: reason.into(),
    }
}

fn pairs(query: &EStr<Query>) -> Vec<(String, String)> {
    let parts = query.as_str().split('&').filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (
            decode(&name.replace('+', " ")),
            decode(&value.replace('+', " ")),
        )
    };
    parts.map(pair).collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.into(), value.into())
    }

    #[test]
    fn a_query_survives_encoding_and_parsing() {
        let parameters = [
            pair("name", "Küche & Flur"),
            pair("a+b", "100%=?#/"),
            pair("empty", ""),
        ];
        let query = encode_query(&parameters);
        assert_eq!(
            query,
            "name=K%C3%BCche%20%26%20Flur&a%2Bb=100%25%3D%3F%23%2F&empty="
        );
        let parts = parse_url(&format!("http://home.local:8123/api?{query}#top")).unwrap();
        assert_eq!(parts.query, parameters);
        assert_eq!(
            (parts.host.as_str(), parts.port, parts.path.as_str()),
            ("home.local", 8123, "/api")
        );
        assert_eq!(parts.fragment.as_deref(), Some("top"));
        assert_eq!(encode_query(&[]), "");
    }

    #[test]
    fn ports_default_to_the_scheme_and_ipv6_is_understood() {
        let plain = parse_url("HTTP://[::1]").unwrap();
        assert_eq!(
            (
                plain.scheme.as_str(),
                plain.host.as_str(),
                plain.port,
                plain.path.as_str()
            ),
            ("http", "::1", 80, "/")
        );
        assert_eq!(
            parse_url("https://example.com/a%20b?x+y").unwrap().port,
            443
        );
        assert_eq!(
            parse_url("https://example.com/?x+y").unwrap().query,
            [pair("x y", "")]
        );
    }

    #[test]
    fn unusable_urls_say_why() {
        let long = format!("http://h/{}", "a".repeat(8_192));
        let cases = [
            ("", "malformed"),
            ("home.local/api", "malformed"),
            ("ftp://host/", "scheme `ftp`"),
            ("file:///etc/passwd", "scheme `file`"),
            ("http://", "no host"),
            ("http:///path", "no host"),
            ("http:path", "no host"),
            ("http://host:0/", "port 0"),
            ("http://host:65536/", "port 65536"),
            ("http://ho st/", "malformed"),
            ("http://host/\r\nX-Evil: 1", "malformed"),
            ("http://h%6Fst/", "percent-encoded"),
            ("http://user:secret@host/", "user and password"),
            ("http://bücher.example/", "malformed"),
            (long.as_str(), "longer than"),
        ];
        for (url, expected) in cases {
            let error = parse_url(url).unwrap_err().to_string();
            assert!(error.contains(expected), "{url:?}: {error}");
            assert!(
                !error.contains("secret") && !error.contains('\n') && error.len() < 400,
                "{error}"
            );
        }
    }

    #[test]
    fn joining_follows_rfc_3986() {
        let base = "http://home:8123/api/states?x=1#f";
        let cases = [
            ("services", "http://home:8123/api/services"),
            (
                "states/light.hall",
                "http://home:8123/api/states/light.hall",
            ),
            ("/", "http://home:8123/"),
            ("../../../x", "http://home:8123/x"),
            ("?page=2", "http://home:8123/api/states?page=2"),
            ("//other/x", "http://other/x"),
            ("https://other/y", "https://other/y"),
        ];
        for (reference, expected) in cases {
            assert_eq!(join_url(base, reference).unwrap(), expected, "{reference}");
        }
        assert!(join_url("mailto:a@b", "x").is_err());
        assert!(join_url(base, "javascript:alert(1)").is_err());
        assert!(join_url(base, "a b").is_err());
    }

    #[test]
    fn secrets_in_urls_are_not_shown() {
        assert_eq!(shown("https://u:p@host/a/b?token=t#f"), "https://host/a/b");
        assert_eq!(shown("https://a@b:c@host"), "https://host");
        assert_eq!(shown("nonsense?x"), "nonsense");
        assert!(shown(&"é".repeat(500)).chars().count() <= 121);
    }
}
