//! Computes in a rayon pool of its own.
#![forbid(unsafe_code)]

use std::sync::{Mutex, PoisonError};

use lmms::operation;

lmms::module!();

static POOL: Mutex<Option<rayon::ThreadPool>> = Mutex::new(None);

/// Computes in the pool; gives `seed + 1`.
#[operation(interface = "uses_rayon")]
fn provoke(seed: u64) -> Result<u64, String> {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if pool.is_none() {
        let made = rayon::ThreadPoolBuilder::new().num_threads(2).build();
        *pool = Some(made.map_err(|error| error.to_string())?);
    }
    let pool = pool.as_ref().ok_or("there is no pool")?;
    let (seed, one) = pool.install(|| rayon::join(|| seed, || 1));
    Ok(seed + one)
}

/// Drops the pool.
#[operation(interface = "uses_rayon")]
fn stop() -> bool {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    pool.take().is_some()
}
