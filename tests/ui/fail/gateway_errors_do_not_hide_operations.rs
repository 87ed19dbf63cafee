lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights", "own_type"] }
}

fn main() {
    let home = Home::builder().open().unwrap();
    let _ = home.lights().list();
}
