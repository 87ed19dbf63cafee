//! The table of [`known`](super): one row for each crate.

#![forbid(unsafe_code)]

use super::Verdict::{Never, NotLoadable, Shutdown, Unloads};
use super::{Feature, Known};

/// The known crates, by name.
pub const TABLE: &[Known] = &[
    known("async-global-executor", "threads that never end", Never("run futures with `futures_lite::future::block_on`, or on an `async_executor::Executor` of the module's own")),
    known("async-io", "the thread `async-io`, which never ends once a timer or a socket is used", Never("use blocking I/O, or a tokio runtime that a shutdown function drops")),
    known("async-std", "threads that never end", Never("use a tokio runtime that a shutdown function drops")),
    known("crossbeam-epoch", "thread-locals, which LMMS destroys", Unloads),
    known("ctrlc", "a signal handler and a thread that never end", Never("handle signals in the application and call an operation of the module")).seen_by("ctrlc"),
    known("curl", "nothing, if it is linked statically", Unloads).seen_by("curl"),
    known("env_logger", "the logger: LMMS has already set one, so `init()` panics", Never("omit it: lines of `log` reach the application")),
    known("futures-executor", "threads of a `ThreadPool` in a static", Shutdown("POOL.lock().unwrap().take();")).with("thread-pool"),
    known("jemallocator", "more static thread-local storage than a running process has room for", NotLoadable(r#"jemallocator = { version = "0.5", features = ["disable_initial_exec_tls"] }"#)).without("disable_initial_exec_tls"),
    known("jemallocator", "a thread-local key made by a static constructor, before LMMS can see it", Never("omit it: LMMS frees the heap of a module as a whole")).with("disable_initial_exec_tls"),
    known("mimalloc", "a thread-local key made by a static constructor, before LMMS can see it; without `local_dynamic_tls` also static thread-local storage", Never("omit it: LMMS frees the heap of a module as a whole")).seen_by("mimalloc"),
    known("mlua", "nothing, if Lua is compiled in (`vendored`)", Unloads).seen_by("mlua"),
    known("notify", "a thread for each `Watcher` in a static", Shutdown("WATCHER.lock().unwrap().take();")),
    known("opentelemetry_sdk", "threads of batch processors until their provider is shut down", Shutdown("PROVIDER.lock().unwrap().take().map(|provider| provider.shutdown());")),
    known("parking_lot", "thread-locals, which LMMS destroys", Unloads),
    known("pyo3", "an interpreter in a shared library, which can't be ended and holds pointers into the module", Never("run Python in the application or in another process")).seen_by("pyo3").needs("Python 3 as a shared library that the dynamic linker finds: `apt-get install python3 libpython3-dev`, and `PYO3_PYTHON=/usr/bin/python3` if another Python comes first in `PATH`"),
    known("r2d2", "threads of a `Pool` in a static, which end up to 30 s after it is dropped, or at once if its `thread_pool` discards pending jobs", Shutdown("POOL.lock().unwrap().take();")).seen_by("r2d2"),
    known("rayon", "threads; those of the global pool never end, those of a `ThreadPool` in a static, entered by `install`, do", Shutdown("POOL.lock().unwrap().take();")).seen_by("rayon"),
    known("regex", "nothing", Unloads),
    known("reqwest", "a thread for each blocking `Client` in a static", Shutdown("CLIENT.lock().unwrap().take();")).with("blocking").seen_by("reqwest"),
    known("sentry", "a thread until its guard is dropped", Shutdown("GUARD.lock().unwrap().take();")),
    known("signal-hook", "its handler, even after `unregister`", Never("handle signals in the application and call an operation of the module")).seen_by("signal-hook"),
    known("smol", "threads that never end", Never("run futures with `futures_lite::future::block_on`, or use a tokio runtime that a shutdown function drops")).seen_by("smol"),
    known("threadpool", "threads of a `ThreadPool` in a static", Shutdown("POOL.lock().unwrap().take();")),
    known("tikv-jemallocator", "more static thread-local storage than a running process has room for", NotLoadable(r#"tikv-jemallocator = { version = "0.7", features = ["disable_initial_exec_tls"] }"#)).without("disable_initial_exec_tls").seen_by("tikv-jemallocator").needs("`make`"),
    known("tikv-jemallocator", "a thread-local key made by a static constructor, before LMMS can see it", Never("omit it: LMMS frees the heap of a module as a whole")).with("disable_initial_exec_tls").seen_by("tikv-jemallocator-dynamic-tls").needs("`make`"),
    known("tokio", "threads of a `Runtime` in a static", Shutdown("RUNTIME.lock().unwrap().take();")).with("rt"),
    known("tokio", "signal handlers for good, once `tokio::signal` is used", Never("handle signals in the application and call an operation of the module")).with("signal"),
    known("tracing-appender", "a thread until its `WorkerGuard` is dropped", Shutdown("GUARD.lock().unwrap().take();")).seen_by("tracing-appender"),
    known("tracing-subscriber", "the subscriber: LMMS has already set one, so `init()` panics", Never("omit it: events reach the application's subscriber")).with("registry"),
    known("ureq", "nothing", Unloads),
    known("wasmtime", "signal handlers until the last engine removes them", Shutdown("ENGINE.lock().unwrap().take().map(|engine| unsafe { engine.unload_process_handlers() });")).seen_by("wasmtime"),
];

const fn known(name: &'static str, keeps: &'static str, verdict: super::Verdict) -> Known {
    Known {
        name,
        feature: Feature::Any,
        keeps,
        verdict,
        test: None,
        needs: None,
    }
}

impl Known {
    /// Only with this feature.
    const fn with(self, feature: &'static str) -> Self {
        Self {
            feature: Feature::On(feature),
            ..self
        }
    }

    /// Only without this feature.
    const fn without(self, feature: &'static str) -> Self {
        Self {
            feature: Feature::Off(feature),
            ..self
        }
    }

    /// `tests/crates/modules` has a module on it, called so.
    const fn seen_by(self, test: &'static str) -> Self {
        Self {
            test: Some(test),
            ..self
        }
    }

    /// What its test takes besides cargo.
    const fn needs(self, what: &'static str) -> Self {
        Self {
            needs: Some(what),
            ..self
        }
    }
}
