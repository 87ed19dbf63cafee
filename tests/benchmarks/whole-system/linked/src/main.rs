//! The smart home with all modules linked statically, from the same sources. Calls go through LMMS's gateway here, too:
//! what differs between the builds is where modules are, not how they are called.

mod loader;
mod trim;

use whole_system::{Build, live};

use loader::LinkedIn;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let build = match std::env::args().nth(1).as_deref() {
        Some("eager") => Build::Eager,
        Some("lazy") => Build::Lazy,
        Some("trimmed") => Build::Trimmed(trim::trim),
        _ => return Err("usage: system-linked eager|lazy|trimmed TASK".into()),
    };
    live(build, |builder, _| builder.loader(LinkedIn))
}
