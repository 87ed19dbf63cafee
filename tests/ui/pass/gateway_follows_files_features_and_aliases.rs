#![deny(warnings, missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]
//! An application.

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["sensors"] }
}

fn main() {
    let names: Vec<_> = Home::REGISTRY.operations().map(|operation| operation.name()).collect();
    assert_eq!(names, ["warmth", "history", "last"]);
    let last = Home::REGISTRY.operation(2);
    assert_eq!(last.result(), "Fallible<types::Reading>");
    assert_eq!(last.signature(), "(id: &str) -> Fallible<types::Reading>");
}
