lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"] }
}

fn main() {
    let home = Home::builder().open().unwrap();
    let _: u8 = home.lights().list().unwrap();
}
