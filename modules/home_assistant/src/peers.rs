//! The network, reached through the `http_client` interface.
use std::time::{Duration, Instant};

use home_types::HomeError;
use home_types::http_client::{HttpError, HttpResponse};
use lmms::{CallError, Context};

use crate::server::{Answer, Wire};

lmms::gateway! {
    /// The peers this module calls.
    pub(crate) Peers { modules: ["../*"], interfaces: ["http_client"] }
}

/// The network as the gateway offers it.
pub(crate) struct PeerWire<'a> {
    cx: &'a Context,
    made: Instant,
}

impl<'a> PeerWire<'a> {
    pub(crate) fn new(cx: &'a Context) -> PeerWire<'a> {
        PeerWire {
            cx,
            made: Instant::now(),
        }
    }
}

impl Wire for PeerWire<'_> {
    fn send(
        &self,
        method: &str,
        url: &str,
        token: &str,
        body: Option<&[u8]>,
        limit: Duration,
    ) -> Result<Option<Answer>, HomeError> {
        let peers = Peers::new(self.cx);
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).max(1);
        let answer: Result<HttpResponse, CallError<HttpError>> =
            peers
                .http_client()
                .request(method, url, None, body, Some(token), Some(limit));
        match answer {
            Ok(response) => Ok(Some(Answer {
                status: response.status,
                body: response.body,
            })),
            Err(CallError::Operation(HttpError::TimedOut { .. })) => Ok(None),
            Err(CallError::Operation(error)) => Err(explain(url, error)),
            Err(error) => Err(HomeError::Module {
                interface: "http_client".to_owned(),
                reason: error.to_string(),
            }),
        }
    }

    fn elapsed(&self) -> Duration {
        self.made.elapsed()
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
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
        HttpError::Tls { .. } | HttpError::Protocol { .. } => {
            HomeError::Unreachable { home, reason }
        }
        _ => HomeError::InvalidAnswer { home, reason },
    }
}
