//! A server that answers from a list.
use std::cell::RefCell;
use std::collections::HashMap;

use home_types::HomeError;
use serde_json::Value;

use crate::server::{Answer, Wire};

/// Answers what it was told to, and remembers what was asked.
#[derive(Default)]
pub(crate) struct FakeWire {
    answers: RefCell<HashMap<String, (u16, String)>>,
    asked: RefCell<Vec<(String, Value)>>,
}

impl FakeWire {
    pub(crate) fn answer(&self, method: &str, path: &str, status: u16, body: impl ToString) {
        self.answers
            .borrow_mut()
            .insert(format!("{method} {path}"), (status, body.to_string()));
    }

    /// The requests that were not `GET`, with their bodies.
    pub(crate) fn posted(&self) -> Vec<(String, Value)> {
        self.asked.borrow().clone()
    }
}

impl Wire for FakeWire {
    fn send(
        &self,
        method: &str,
        url: &str,
        token: &str,
        body: Option<&[u8]>,
    ) -> Result<Answer, HomeError> {
        assert!(!token.is_empty());
        let path = url
            .splitn(4, '/')
            .nth(3)
            .map(|path| format!("/{path}"))
            .unwrap_or_default();
        if let Some(body) = body {
            let body = serde_json::from_slice(body).unwrap_or(Value::Null);
            self.asked.borrow_mut().push((path.clone(), body));
        }
        match self.answers.borrow().get(&format!("{method} {path}")) {
            Some((status, body)) => Ok(Answer {
                status: *status,
                body: body.clone().into_bytes(),
            }),
            None => Ok(Answer {
                status: 404,
                body: Vec::new(),
            }),
        }
    }
}
