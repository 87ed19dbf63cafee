#![deny(warnings)]
//! An application.
lmms::gateway! {
    /// A gateway.
    Home { modules: ["lights", "sensors"] }
}

fn main() {
    assert_eq!(
        HomeInterface::ALL,
        [HomeInterface::Lights, HomeInterface::Pictures, HomeInterface::Sensors]
    );
    assert_eq!(HomeInterface::Lights.to_string(), "lights");
    assert_eq!("pictures".parse::<HomeInterface>().unwrap(), HomeInterface::Pictures);
    let error = "picture".parse::<HomeInterface>().unwrap_err().to_string();
    assert!(error.contains("pictures"), "{error}");
}
