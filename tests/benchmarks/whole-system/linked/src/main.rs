//! The smart home with all modules linked statically, from the same sources.

mod loader;

use loader::LinkedIn;
use whole_system::{Build, live};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let build = match std::env::args().nth(1).as_deref() {
        Some("eager") => Build::Eager,
        Some("lazy") => Build::Lazy,
        _ => return Err("usage: system-linked eager|lazy TASK".into()),
    };
    live(build, |builder, _| builder.loader(LinkedIn))
}
