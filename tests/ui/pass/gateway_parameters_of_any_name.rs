#![deny(warnings)]
//! An application.
lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["names"] }
}

mod module {
    lmms::gateway! {
        /// Under another name.
        pub(super) Other { modules: ["names"] }
    }
}

fn main() {
    let parameters = Home::REGISTRY.operation(0).parameters().collect::<Vec<_>>();
    assert_eq!(parameters.len(), 10);
    assert_eq!(parameters[9].name, "match");
    assert_eq!(module::Other::REGISTRY.gateway, "Other");
}
