//! A server that answers from a list, on a clock of its own.
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use home_types::HomeError;
use serde_json::Value;

use crate::server::{Answer, Wire};

/// How the server is asked for what a template says.
const TEMPLATE: &str = "POST /api/template";

/// Answers what it was told to, and remembers what was asked.
#[derive(Default)]
pub(crate) struct FakeWire(Mutex<Fake>);

#[derive(Default)]
struct Fake {
    answers: HashMap<String, Vec<(u16, String)>>,
    takes: HashMap<String, Duration>,
    each_takes: Duration,
    clock: Duration,
    posted: Vec<(String, String)>,
    sent: usize,
}

impl FakeWire {
    /// From now on, that request gets that answer.
    pub(crate) fn answer(&self, method: &str, path: &str, status: u16, body: impl ToString) {
        self.answers(method, path, &[(status, body.to_string())]);
    }

    /// From now on, that request gets those answers, one after the other and then the last one for ever.
    pub(crate) fn answers(&self, method: &str, path: &str, answers: &[(u16, String)]) {
        let mut answers = answers.to_vec();
        answers.reverse();
        self.fake()
            .answers
            .insert(format!("{method} {path}"), answers);
    }

    /// From now on, every request takes so long, but for templates, which are asked for beside something else.
    pub(crate) fn slow(&self, time: Duration) {
        let mut fake = self.fake();
        fake.each_takes = time;
        fake.takes.insert(TEMPLATE.to_owned(), Duration::ZERO);
    }

    /// From now on, that request takes so long.
    pub(crate) fn takes(&self, method: &str, path: &str, time: Duration) {
        self.fake().takes.insert(format!("{method} {path}"), time);
    }

    /// The requests that tell the server something, with their bodies: neither `GET`, nor questions by template.
    pub(crate) fn posted(&self) -> Vec<(String, Value)> {
        let json = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
        let texts = self.sent_texts().into_iter();
        texts.map(|(path, text)| (path, json(text))).collect()
    }

    /// The same with the bodies as they are.
    pub(crate) fn sent_texts(&self) -> Vec<(String, String)> {
        self.fake().posted.clone()
    }

    /// How many requests were sent.
    pub(crate) fn sent(&self) -> usize {
        self.fake().sent
    }

    fn fake(&self) -> MutexGuard<'_, Fake> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wire for FakeWire {
    fn send(
        &self,
        method: &str,
        url: &str,
        token: &str,
        body: Option<&[u8]>,
        limit: Duration,
    ) -> Result<Option<Answer>, HomeError> {
        assert!(!token.is_empty());
        let path = url.splitn(4, '/').nth(3).unwrap_or_default();
        let path = format!("/{path}");
        let asked = format!("{method} {path}");
        let mut fake = self.fake();
        fake.sent += 1;
        if let Some(body) = body.filter(|_| asked != TEMPLATE) {
            let body = String::from_utf8_lossy(body).into_owned();
            fake.posted.push((path, body));
        }
        let takes = fake.takes.get(&asked).copied().unwrap_or(fake.each_takes);
        fake.clock += takes.min(limit);
        if takes > limit {
            return Ok(None);
        }
        let (status, body) = match fake.answers.get_mut(&asked) {
            Some(answers) if answers.len() > 1 => answers.pop().unwrap_or_default(),
            Some(answers) => answers[0].clone(),
            None => (404, String::new()),
        };
        Ok(Some(Answer {
            status,
            body: body.into_bytes(),
        }))
    }

    fn elapsed(&self) -> Duration {
        self.fake().clock
    }

    fn pause(&self, time: Duration) {
        self.fake().clock += time;
    }
}
