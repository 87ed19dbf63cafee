lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"] }
}

fn main() {
    let home = Home::builder().open().unwrap();
    let pinned = home.lights().pin().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || pinned.list());
    });
}
