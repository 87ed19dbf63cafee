#![deny(warnings)]
//! An application.
lmms::gateway! {
    /// One.
    pub Lights { modules: ["lights"] }
}

lmms::gateway! {
    /// Another.
    pub Sensors { modules: ["sensors"] }
}

fn main() {
    assert_eq!(Lights::REGISTRY.gateway, "Lights");
    assert_eq!(Sensors::REGISTRY.gateway, "Sensors");
}
