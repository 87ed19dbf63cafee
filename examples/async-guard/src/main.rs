//! Holds a module loaded across an `.await`.
//!
//! The module `basket` keeps its contents in a static. A task adds to the basket, waits, and adds again: an unload in
//! between would lose what it added first. The owned guard prevents that. It is `Send`, so it may move between threads
//! with its task; `pin()` gives a cheaper guard that stays on one thread.
#![forbid(unsafe_code)]

use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use lmms::CallError;

lmms::gateway! {
    /// What this program can do.
    pub Shop { modules: ["basket"] }
}

/// Buys two things, with a pause in between.
async fn purchase(shop: &Shop) -> Result<u32, CallError> {
    let guard = shop.basket().pin_owned()?;
    shop.basket().add(320)?;
    pause().await;
    shop.basket().add(140)?;
    let total = shop.basket().total()?;
    drop(guard);
    Ok(total)
}

/// Is pending once, as a socket or a timer would be.
async fn pause() {
    let mut polled = false;
    poll_fn(|_| {
        if polled {
            return Poll::Ready(());
        }
        polled = true;
        Poll::Pending
    })
    .await;
}

fn main() -> Result<(), Box<dyn Error>> {
    let builder = Shop::builder().modules("target/lmms/modules");
    let shop = builder.background_sweeps(false).open()?;
    let mut task = pin!(purchase(&shop));
    let mut poll = || task.as_mut().poll(&mut Context::from_waker(Waker::noop()));

    assert!(poll().is_pending());
    println!("while the task waits: {}", shop.unload("basket")?);

    // A runtime with several threads may go on with the task on another one.
    let finished = thread::scope(|scope| scope.spawn(poll).join());
    let Ok(Poll::Ready(total)) = finished else {
        return Err("the task did not end at its second poll".into());
    };
    println!("the basket costs {} cents", total?);
    println!("after the task: {}", shop.unload("basket")?);
    Ok(())
}
