lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"] }
}

fn main() {
    let pinned = {
        let home = Home::builder().open().unwrap();
        home.lights().pin().unwrap()
    };
    let _ = pinned.list();
}
