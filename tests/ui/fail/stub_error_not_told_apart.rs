lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"] }
}

fn main() {
    let home = Home::builder().open().unwrap();
    if let Err(lmms_tests::DeviceError::Silent) = home.lights().turn_on("lamp", None) {}
}
