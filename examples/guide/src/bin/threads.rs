//! Calls a module from the threads of tokio.
#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Arc;

use guide::Guide;
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let guide = Arc::new(Guide::builder().modules("target/lmms/modules").open()?);

    // A worker that has nothing to do destroys what modules keep for it.
    let parked = Arc::clone(&guide);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_park(move || parked.checkpoint())
        .build()?;

    let caller = Arc::clone(&guide);
    let task = runtime.spawn(async move {
        // Loading and computing block the worker: longer work belongs in `spawn_blocking`.
        caller.words().sorted("threads")
    });
    println!("{}", runtime.block_on(task)??);

    // Across an await, an owned guard keeps the module loaded.
    let holder = Arc::clone(&guide);
    let task = runtime.spawn(async move {
        let guard = holder.words().pin_owned()?;
        tokio::task::yield_now().await;
        let count = holder.words().count("one two")?;
        drop(guard);
        Ok::<_, lmms::CallError>(count)
    });
    println!("{}", runtime.block_on(task)??);
    Ok(())
}
