//! The gateway to the modules.
#![forbid(unsafe_code)]

lmms::gateway! {
    /// Everything this application can do. It knows the operations of all modules and contains none of them.
    pub App { modules: ["modules/*"] }
}
