//! Keeps a pool of connections.
#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use lmms::operation;
use scheduled_thread_pool::{OnPoolDropBehavior, ScheduledThreadPool};

lmms::module!();

struct Manager;

impl r2d2::ManageConnection for Manager {
    type Connection = u64;
    type Error = Infallible;

    fn connect(&self) -> Result<u64, Infallible> {
        Ok(1)
    }

    fn is_valid(&self, _: &mut u64) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, _: &mut u64) -> bool {
        false
    }
}

static POOL: Mutex<Option<r2d2::Pool<Manager>>> = Mutex::new(None);

/// Takes a connection; gives `seed + 1`.
#[operation(interface = "uses_r2d2")]
fn provoke(seed: u64) -> Result<u64, String> {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if pool.is_none() {
        // By default its threads wait for the next look at idle connections, up to half a minute.
        let threads = ScheduledThreadPool::builder()
            .num_threads(1)
            .on_drop_behavior(OnPoolDropBehavior::DiscardPendingScheduled)
            .build();
        let builder = r2d2::Pool::builder().max_size(2);
        let made = builder.thread_pool(Arc::new(threads)).build(Manager);
        *pool = Some(made.map_err(|error| error.to_string())?);
    }
    let connection = pool.as_ref().map(r2d2::Pool::get);
    let connection = connection.ok_or("there is no pool")?;
    Ok(seed + *connection.map_err(|error| error.to_string())?)
}

/// Drops the pool.
#[operation(interface = "uses_r2d2")]
fn stop() -> bool {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    pool.take().is_some()
}
