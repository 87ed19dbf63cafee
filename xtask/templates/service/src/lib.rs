//! The gateway to the modules, and the server that asks it.
#![forbid(unsafe_code)]

pub mod server;

lmms::gateway! {
    /// Everything this service can do. It knows the operations of all modules and contains none of them.
    pub App { modules: ["modules/*"] }
}
