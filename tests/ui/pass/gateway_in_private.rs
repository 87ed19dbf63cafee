#![deny(warnings, missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]
//! An application.

lmms::gateway! {
    /// A gateway.
    Home { modules: ["lights"] }
}

fn main() {
    assert_eq!(Home::REGISTRY.gateway, "Home");
}
