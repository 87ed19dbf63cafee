#![deny(warnings, missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]
//! An application.

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lig*", "[s]ensors"] }
}

fn main() {
    assert_eq!(Home::REGISTRY.modules.len(), 2);
}
