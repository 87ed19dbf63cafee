lmms::module!();

lmms::gateway! {
    /// The peers.
    pub(crate) Peers { modules: ["lights"], interfaces: ["lights"] }
}

fn main() {
    let peers = {
        let cx = lmms::Context::detached();
        Peers::new(&cx)
    };
    let _ = peers.lights().list();
}
