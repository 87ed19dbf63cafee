//! A home of their own for tests.
use std::time::Duration;

use lmms::Context;

use crate::history::store_reading;
use crate::store;

/// A directory that goes with the value, and the path of a home in it that is yet to be made.
pub(crate) fn home() -> (tempfile::TempDir, String, Context) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("home.db").display().to_string();
    (directory, path, Context::detached())
}

/// Keeps readings of given times.
pub(crate) fn put(cx: &Context, path: &str, id: &str, quantity: &str, values: &[(Duration, f64)]) {
    store::write(cx, path, |home| {
        values
            .iter()
            .try_for_each(|(at, value)| store_reading(home, id, quantity, *at, *value))
    })
    .unwrap();
}
