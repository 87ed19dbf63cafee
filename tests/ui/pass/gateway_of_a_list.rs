#![deny(warnings, missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]
//! An application.

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["sensors", "lights", "lights"] }
}

fn main() {
    let modules: Vec<_> = Home::REGISTRY.modules.iter().map(|module| (module.name, module.first, module.count)).collect();
    assert_eq!(modules, [("lights", 0, 5), ("sensors", 5, 3)]);
    assert_eq!(Home::REGISTRY.modules[1].entry, "lmms_module_sensors");
}
