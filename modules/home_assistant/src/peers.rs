//! The network, reached through the `http_client` interface.
use home_types::HomeError;
use home_types::http_client::{HttpError, HttpResponse};
use lmms::{CallError, Context};

use crate::server::{Answer, Wire};

lmms::gateway! {
    /// The peers this module calls.
    pub(crate) Peers { modules: ["../*"], interfaces: ["http_client"] }
}

/// Milliseconds that a home in the same house may take; Alexa gives up after eight seconds.
const TIMEOUT_MS: u64 = 6_000;

/// The network as the gateway offers it.
pub(crate) struct PeerWire<'a> {
    cx: &'a Context,
}

impl<'a> PeerWire<'a> {
    pub(crate) fn new(cx: &'a Context) -> PeerWire<'a> {
        PeerWire { cx }
    }
}

impl Wire for PeerWire<'_> {
    fn send(
        &self,
        method: &str,
        url: &str,
        token: &str,
        body: Option<&[u8]>,
    ) -> Result<Answer, HomeError> {
        let peers = Peers::new(self.cx);
        let answer: Result<HttpResponse, CallError<HttpError>> =
            peers
                .http_client()
                .request(method, url, None, body, Some(token), Some(TIMEOUT_MS));
        match answer {
            Ok(response) => Ok(Answer {
                status: response.status,
                body: response.body,
            }),
            Err(CallError::Operation(error)) => Err(explain(url, error)),
            Err(error) => Err(HomeError::Module {
                interface: "http_client".to_owned(),
                reason: error.to_string(),
            }),
        }
    }
}

fn explain(url: &str, error: HttpError) -> HomeError {
    let origin: Vec<&str> = url.splitn(4, '/').take(3).collect();
    let home = format!("Home Assistant at {}", origin.join("/"));
    let reason = error.to_string();
    match error {
        HttpError::InvalidUrl { reason, .. } | HttpError::InvalidRequest { reason, .. } => {
            HomeError::invalid_input("url", reason)
        }
        HttpError::Unreachable { reason, .. } => HomeError::Unreachable { home, reason },
        HttpError::TimedOut { .. } | HttpError::Tls { .. } | HttpError::Protocol { .. } => {
            HomeError::Unreachable { home, reason }
        }
        _ => HomeError::InvalidAnswer { home, reason },
    }
}
