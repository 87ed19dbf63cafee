#![deny(warnings)]

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["retired"] }
}

fn main() {
    let known = |name: &str| {
        let index = Home::REGISTRY.find("retired", name).unwrap();
        Home::REGISTRY.operation(index)
    };
    assert_eq!(known("double").deprecated(), Some("use `twice`"));
    assert_eq!(known("secret").deprecated(), Some(""));
    assert_eq!(known("twice").deprecated(), None);
    assert!(known("secret").hidden() && !known("double").hidden());
    assert_eq!(known("twice").docs(), "Twice as much, *as documented elsewhere*.");
    assert_eq!(known("secret").docs(), "For tests.");
    let parameters: Vec<_> = known("double").parameters().map(|it| it.name).collect();
    assert_eq!(parameters, ["number"]);
}
