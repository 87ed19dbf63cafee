lmms::module!();

lmms::gateway! {
    /// The peers.
    pub(crate) Peers { modules: ["lights"], interfaces: ["lights"] }
}

fn main() {
    let cx = lmms::Context::detached();
    let _ = Peers::new(&cx).pictures();
}
