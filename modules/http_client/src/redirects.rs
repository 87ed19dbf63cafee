//! Where a request goes next when a server redirects it, and what of it may go there.

use home_types::http_client::HttpError;
use ureq::http::header::{AUTHORIZATION, COOKIE, LOCATION};
use ureq::http::{HeaderName, Method, Response, StatusCode};

use crate::urls::{Target, join_url, shown};

/// One of the places that a request is sent to.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) url: String,
    pub(crate) method: Method,
    /// Whether the caller's body, and what describes it, is sent.
    pub(crate) with_body: bool,
    audience: Audience,
}

/// Who is going to read the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    /// The server that the caller named, at the place that the caller named.
    Named,
    /// The same server at another place.
    SameOrigin,
    /// Another server, or one that another server named.
    Foreign,
}

impl Hop {
    /// The place that the caller named.
    pub(crate) fn first(method: &Method, url: &str) -> Hop {
        Hop {
            url: url.to_owned(),
            method: method.clone(),
            with_body: true,
            audience: Audience::Named,
        }
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        Target::parse(&self.url).is_ok_and(|target| target.scheme == "https")
    }

    /// Whether a header that the caller or a default sets may be sent there. Names don't tell what is a secret, so
    /// another server gets none of them.
    pub(crate) fn may_read(&self, header: &HeaderName) -> bool {
        match self.audience {
            Audience::Named => true,
            Audience::SameOrigin => *header != AUTHORIZATION && *header != COOKIE,
            Audience::Foreign => false,
        }
    }

    /// Where a redirecting answer leads, or `None` for any other answer.
    pub(crate) fn next<B>(&self, answer: &Response<B>) -> Result<Option<Hop>, HttpError> {
        let keeps_method = match answer.status() {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => false,
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
            _ => return Ok(None),
        };
        let Some(location) = answer.headers().get(LOCATION) else {
            return Ok(None);
        };
        let failed = |reason: String| HttpError::Protocol {
            url: shown(&self.url),
            reason,
        };
        let safe = matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if keeps_method && !safe {
            let reason = format!(
                "it redirects a {}, which is not sent elsewhere",
                self.method
            );
            return Err(failed(reason));
        }
        let location = location
            .to_str()
            .map_err(|_| failed("its redirect names no URL".into()))?;
        let joined = join_url(&self.url, location);
        let url = joined.map_err(|error| failed(format!("it redirects to an {error}")))?;
        let (from, to) = (Target::parse(&self.url)?, Target::parse(&url)?);
        let audience = match self.audience {
            Audience::Foreign => Audience::Foreign,
            _ if from.origin() != to.origin() => Audience::Foreign,
            _ => Audience::SameOrigin,
        };
        let stays = keeps_method || matches!(self.method, Method::GET | Method::HEAD);
        Ok(Some(Hop {
            method: if stays {
                self.method.clone()
            } else {
                Method::GET
            },
            with_body: self.with_body && stays,
            audience,
            url: to.without_fragment().to_owned(),
        }))
    }
}
