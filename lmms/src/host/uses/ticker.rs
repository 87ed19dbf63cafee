//! The ticker: one thread of the process, which looks after watched modules on the system's clock.
//!
//! It sleeps as long as none is watched. It is started when the first is, and stays.

#![forbid(unsafe_code)]

use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, Weak};
use std::thread;

use crate::boundary::contain::contain;
use crate::host::reentrance::contained::{TARGET, tell};
use crate::host::uses::{TICK, Uses};
use crate::sync::Unpoisoned as _;

/// Gateways with modules to look after.
static GATEWAYS: Mutex<Vec<Weak<Uses>>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

/// Makes sure that the thread runs; `false`: the system has none for it.
pub(crate) fn runs() -> bool {
    static RUNS: OnceLock<bool> = OnceLock::new();
    *RUNS.get_or_init(|| {
        // It runs nothing but the books' code.
        let thread = thread::Builder::new()
            .name("lmms-ticker".into())
            .stack_size(128 << 10);
        let started = thread.spawn(run);
        if let Err(error) = &started {
            tell(|| {
                tracing::warn!(target: TARGET, %error, "no thread to look after calls: all take the slow path");
            });
        }
        started.is_ok()
    })
}

/// Looks after the modules that `uses` watches, until it watches none.
pub(crate) fn look_after(uses: &Weak<Uses>) {
    let mut gateways = gateways();
    if !gateways.iter().any(|known| known.ptr_eq(uses)) {
        gateways.push(uses.clone());
        CHANGED.notify_one();
    }
}

fn run() {
    // Modules don't hide this thread.
    crate::host::threads::visitors::note();
    loop {
        let nothing = |gateways: &mut Vec<Weak<Uses>>| gateways.is_empty();
        let gateways = CHANGED.wait_while(gateways(), nothing).unpoisoned().clone();
        thread::sleep(TICK);
        for uses in gateways.iter().filter_map(Weak::upgrade) {
            // Whatever happens to one, the others are looked after.
            contain("that looks after calls", || uses.tick());
        }
        // Asked under the lock: a gateway that begins to watch later asks to be looked after once this is done.
        self::gateways().retain(|uses| uses.upgrade().is_some_and(|uses| uses.is_watching()));
    }
}

fn gateways() -> MutexGuard<'static, Vec<Weak<Uses>>> {
    GATEWAYS.lock().unpoisoned()
}
