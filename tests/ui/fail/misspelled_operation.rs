lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"] }
}

fn main() {
    let home = Home::builder().open().unwrap();
    let _ = home.lights().turn_onn("lamp", None);
}
