//! The module side: what is compiled into every module library.
//!
//! A module library starts asleep. The host calls its one exported function, which returns the
//! [descriptor](crate::boundary::abi::Descriptor); after checking that, it calls `start`, and from then on
//! the module's memory, threads, panics and log lines go through the host.

#[cfg(feature = "carrier")]
mod alloc;
#[cfg(feature = "carrier")]
mod installed;
#[cfg(feature = "log")]
mod log;
mod operation;
mod panics;
#[cfg(any(feature = "tracing", feature = "log"))]
mod record;
mod start;
#[cfg(feature = "tracing")]
mod tracing;
#[cfg(feature = "carrier")]
mod wraps;

#[cfg(feature = "carrier")]
pub use alloc::ModuleAllocator;
pub use operation::{Pass, Registration, Signature, by_copy, drop_result, guarded};
pub use start::{ModuleFacts, descriptor, shutdown, start, veto};
