#![deny(warnings)]
#![forbid(unsafe_code)]

mod state {
    pub fn close() {}

    pub fn busy() -> Option<String> {
        Some("it holds a lock".to_owned())
    }
}

lmms::module!(shutdown = state::close, veto = state::busy, thread = "dedicated",);

fn main() {}
