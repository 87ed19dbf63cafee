//! **LMMS** lets one process carry many features and pay only for those in use.
//!
//! Functions are annotated with [`operation`]; every module becomes a dynamic library of its own;
//! [`gateway!`] generates a handle that knows all operations at compile time and links none of
//! them. A call is answered from the cache before anything is loaded, else its module is loaded on
//! first use (LIGS, *lazy import*); idle modules are unloaded again and their memory is proven to
//! be back (LUGS, *lazy unload*).
//!
//! # The words
//! - A **module** is a library crate with operations; an **operation** is one annotated function,
//!   known by its **interface** and name. All of them together are the [`Registry`].
//! - The **gateway** is the generated type; its methods are those of [`Runtime`].
//! - A **guard** ([`OwnedGuard`], or a pinned interface) keeps a module loaded.
//! - A **sweep** ([`Runtime::sweep`]) decides which modules go. Five layers protect a module:
//!   references, heat, cached results, grace, and the threshold. [`Runtime::explain`] tells what
//!   each of them says.
//! - What crosses the boundary is [`Portable`]: copied, never shared.
//!
//! # Two sides
//! A module depends on this crate with `default-features = false`; an application with the
//! default feature `gateway`, which holds the loader and everything that decides.
//!
//! The repository's README has a tutorial, its ARCHITECTURE.md the protocols and invariants.

#[cfg(feature = "gateway")]
mod by_name;
#[cfg(feature = "gateway")]
pub mod cache;
#[cfg(feature = "gateway")]
mod call;
#[cfg(feature = "gateway")]
mod census;
#[cfg(feature = "gateway")]
pub mod clock;
#[cfg(feature = "gateway")]
pub mod decision;
#[cfg(feature = "gateway")]
mod dedicated;
#[cfg(feature = "gateway")]
mod events;
#[cfg(feature = "gateway")]
mod explanation;
#[cfg(feature = "gateway")]
mod gateway;
#[cfg(feature = "gateway")]
mod guard;
#[cfg(feature = "gateway")]
mod guarded;
#[cfg(feature = "gateway")]
pub mod heat;
#[cfg(feature = "gateway")]
mod host;
#[cfg(feature = "gateway")]
mod inside;
#[cfg(feature = "gateway")]
pub mod library;
#[cfg(feature = "gateway")]
mod lifecycle;
#[cfg(feature = "gateway")]
pub mod loader;
#[cfg(feature = "gateway")]
pub mod manifest;
#[cfg(feature = "gateway")]
pub mod outcome;
#[cfg(feature = "gateway")]
mod peers;
#[cfg(feature = "gateway")]
pub mod policy;
#[cfg(feature = "gateway")]
pub mod pressure;
#[cfg(feature = "gateway")]
mod protection;
#[cfg(feature = "gateway")]
pub mod registry;
#[cfg(feature = "gateway")]
mod residence;
#[cfg(feature = "gateway")]
mod runtime;
#[cfg(feature = "gateway")]
mod shared;
#[cfg(feature = "gateway")]
pub mod statistics;
#[cfg(feature = "gateway")]
mod sweep;
#[cfg(feature = "gateway")]
mod sweeper;
#[cfg(feature = "gateway")]
mod sync;
#[cfg(feature = "gateway")]
mod ticker;
#[cfg(feature = "gateway")]
mod traces;
#[cfg(feature = "gateway")]
mod unloading;
#[cfg(feature = "gateway")]
mod unmap;
#[cfg(feature = "gateway")]
mod uses;
#[cfg(feature = "gateway")]
mod waits;

mod abi;
mod contain;
mod context;
mod error;
mod heap;
mod hooks;
mod module;
mod portable;

pub use abi::TOOLCHAIN;
pub use context::Context;
pub use error::{CallError, Error, Panic};
pub use hooks::WRAPPED_SYMBOLS;
pub use lmms_macros::{Portable, gateway, module, operation};
pub use portable::{Answer, Portable};

#[cfg(feature = "gateway")]
pub use {
    explanation::Explanation,
    gateway::{Builder, Gateway},
    guard::OwnedGuard,
    lifecycle::State,
    outcome::{SweepReport, UnloadOutcome},
    policy::Policy,
    registry::{CacheInfo, ModuleInfo, OperationInfo, Operations, ParameterInfo, Registry},
    runtime::Runtime,
    serde_json,
    shared::Shared,
    statistics::Statistics,
};

/// Makes a dynamic library of the module crate `$module`; the build tool writes this line.
#[macro_export]
macro_rules! carrier {
    ($module:ident) => {
        extern crate $module as _;

        #[cfg(not(test))]
        #[global_allocator]
        static ALLOCATOR: $crate::__private::ModuleAllocator = $crate::__private::ModuleAllocator;
    };
}

/// What generated code uses. No part of the interface: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::abi::{Descriptor, Host, Outcome, StartState, Started, TextSink};
    pub use crate::context::Peer;
    #[cfg(feature = "carrier")]
    pub use crate::module::ModuleAllocator;
    pub use crate::module::{
        ModuleFacts, Pass, Registration, Signature, by_copy, descriptor, drop_result, guarded,
        shutdown, start, veto,
    };
    pub use crate::portable::{
        AsResult, AsValue, Failure, KeyBuilder, Known, Level, Never, Origin, Probe, Shape, Shaped,
        Success, Unportable, answer,
    };
    pub use inventory;

    #[cfg(feature = "gateway")]
    pub use crate::{
        by_name::{Kwargs, by_name, json},
        call::{Pin, call, call_cached, call_known_late, call_known_late_cached, share, view},
        gateway::Core,
        guard::own,
        portable::{JsonError, ObjectReader, VariantReader, through_serde, variant_to_json},
        registry::{Row, Tables, similar},
        shared::{SharedAnswer, call_shared, shared},
    };
    #[cfg(feature = "gateway")]
    pub use serde_json;

    pub use crate::{if_gateway, origin};
}

/// Where this is written.
#[doc(hidden)]
#[macro_export]
macro_rules! origin {
    () => {
        $crate::__private::Origin {
            package: match ::core::option_env!("CARGO_PKG_NAME") {
                ::core::option::Option::Some(package) => package,
                ::core::option::Option::None => "",
            },
            version: match ::core::option_env!("CARGO_PKG_VERSION") {
                ::core::option::Option::Some(version) => version,
                ::core::option::Option::None => "",
            },
            module: ::core::module_path!(),
        }
    };
}

/// Passes its tokens on: this is the host side.
#[cfg(feature = "gateway")]
#[doc(hidden)]
#[macro_export]
macro_rules! if_gateway {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Drops its tokens: this is the module side.
#[cfg(not(feature = "gateway"))]
#[doc(hidden)]
#[macro_export]
macro_rules! if_gateway {
    ($($tokens:tt)*) => {};
}
