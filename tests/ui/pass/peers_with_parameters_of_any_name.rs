#![deny(warnings)]
//! A module.
lmms::module!();

lmms::gateway! {
    /// The peers.
    pub(crate) Peers { modules: ["names"] }
}

fn main() {
    let cx = lmms::Context::detached();
    let names = Peers::new(&cx).names();
    let result = names.taken(&[1], None, "", None, String::new(), 1, None, true, &(1, 2), 'a');
    assert!(result.is_err());
}
