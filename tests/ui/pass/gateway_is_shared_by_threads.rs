#![deny(warnings, missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]
//! An application.

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"] }
}

fn main() {
    fn shared<T: Send + Sync>() {}
    shared::<Home>();
    shared::<HomeLights<'static>>();
    fn sent<T: Send>() {}
    sent::<lmms::OwnedGuard>();
}
