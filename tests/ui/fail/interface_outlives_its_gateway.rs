lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"] }
}

fn main() {
    let lights = {
        let home = Home::builder().open().unwrap();
        home.lights()
    };
    let _ = lights.list();
}
