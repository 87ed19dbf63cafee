#![deny(warnings, missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]
//! An application.

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"] }
}

fn main() {
    let names: Vec<_> = Home::REGISTRY.operations().map(|operation| operation.full_name()).collect();
    assert_eq!(
        names,
        ["lights.dim", "lights.list", "lights.store", "lights.turn_on", "pictures.render"]
    );
    for (index, operation) in Home::REGISTRY.operations().enumerate() {
        assert_eq!(Home::REGISTRY.find(operation.interface(), operation.name()), Some(index));
    }
    assert_eq!(Home::REGISTRY.find("lights", "turn_off"), None);
}
