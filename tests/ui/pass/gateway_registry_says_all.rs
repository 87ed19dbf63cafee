//! An application.
use std::time::Duration;

lmms::gateway! {
    /// A gateway.
    Home { modules: ["lights"] }
}

fn main() {
    let find = |name| {
        let mut operations = Home::REGISTRY.operations();
        operations.find(|operation| operation.name() == name).unwrap()
    };
    assert_eq!(find("turn_on").docs(), "Switches a device on.\n\n```\nthis would not compile in another crate\n```");
    assert_eq!(find("list").cache().unwrap().ttl, Duration::from_secs(30));
    assert!(find("dim").cache().is_none());
    assert!(find("dim").pinned() && find("dim").context());
    assert!(!find("store").pinned() && !find("store").context());
    assert_eq!(find("dim").result(), "()");
    let parameters: Vec<_> = find("store")
        .parameters()
        .map(|parameter| (parameter.name, parameter.type_name, parameter.optional))
        .collect();
    assert_eq!(
        parameters,
        [("device", "Device", false), ("like", "&Device", false), ("type", "Option<&str>", true)]
    );
    assert_eq!(
        find("render").signature(),
        "(device: Option<&Device>, icon: &[u8], palette: Option<&[(u8, u8, u8)]>, labels: BTreeMap<String, [f32; 2]>) -> Result<Option<Vec<u8>>, String>"
    );
}
