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

mod boundary;
mod heap;
#[cfg(feature = "gateway")]
mod host;
mod module;
#[cfg(feature = "gateway")]
mod sync;

pub use boundary::{
    abi::TOOLCHAIN,
    context::Context,
    error::{CallError, Error, Panic},
    hooks::WRAPPED_SYMBOLS,
    portable::{Answer, Portable},
};
pub use lmms_macros::{Portable, gateway, module, operation};

#[cfg(feature = "gateway")]
pub use {
    boundary::portable::schema,
    host::{
        cache,
        call::{core::Gateway, owned_guard::OwnedGuard, shared::Shared},
        clock,
        decision::{decide as decision, heat, policy, policy::Policy, pressure},
        gateway::Builder,
        life::{
            library,
            lifecycle::State,
            outcome,
            outcome::{SweepReport, UnloadOutcome},
        },
        loader::{files as loader, manifest},
        registry,
        registry::{
            CacheInfo, ModuleInfo, OperationInfo, OperationSchema, Operations, ParameterInfo,
            Registry,
        },
        report::{explanation::Explanation, statistics, statistics::Statistics},
        runtime::Runtime,
    },
    serde_json,
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
    pub use crate::boundary::abi::{CallOutcome, Descriptor, Host, StartState, Started, TextSink};
    pub use crate::boundary::context::Peer;
    pub use crate::boundary::portable::{
        AsResult, AsValue, Failure, KeyBuilder, Known, Level, Never, Origin, Probe, Shape, Shaped,
        Success, Unportable, answer,
    };
    #[cfg(feature = "carrier")]
    pub use crate::module::ModuleAllocator;
    pub use crate::module::{
        ModuleFacts, Pass, Registration, Signature, by_copy, descriptor, drop_result, guarded,
        shutdown, start, veto,
    };
    pub use inventory;

    #[cfg(feature = "gateway")]
    pub use crate::{
        boundary::portable::{
            JsonError, ObjectReader, VariantReader, schema, schema::FormSchema, through_serde,
            variant_to_json,
        },
        host::call::{
            by_name::{by_name, json},
            core::Core,
            kwargs::Kwargs,
            owned_guard::own,
            pin::Pin,
            shared::{SharedAnswer, call_shared, shared},
            stub::{call, call_cached, call_dynamic, call_dynamic_cached, share, view},
        },
        host::registry::{Row, Tables, similar},
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
