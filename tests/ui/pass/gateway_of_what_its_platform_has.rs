lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["platforms"] }
}

#[cfg(unix)]
fn native(home: &Home) -> Result<Option<lmms_tests::Device>, lmms::CallError> {
    home.platforms().native()
}

fn main() {
    let names: Vec<_> = Home::REGISTRY.operations().map(|operation| operation.name()).collect();
    assert_eq!(names, ["family", "native", "wide"]);
    assert_eq!(Home::REGISTRY.operation(0).result(), "String");
    let _ = native;
}
