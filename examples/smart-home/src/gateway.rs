//! The generated gateway.
#![forbid(unsafe_code)]

lmms::gateway! {
    /// Everything the smart home can do.
    pub SmartHome { modules: ["../../modules/*"] }
}
