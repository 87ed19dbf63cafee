//! The smart home with LMMS: no module is linked.

#![forbid(unsafe_code)]

mod returned;

use lmms::Policy;
use lmms::policy::CacheDependencies;
use whole_system::{Build, live};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = match std::env::args().nth(1).as_deref() {
        Some("default") => Policy::default(),
        // No module stays only because there is room. While it is hot (20 calls in the last hour) it stays.
        Some("lean") => Policy::default()
            .max_resident(0)
            .critical_is_forever(false)
            .cache_dependencies(CacheDependencies::Detach),
        Some("returned") => return returned::returned(),
        _ => return Err("usage: system-lmms default|lean TASK, or returned MODULES".into()),
    };
    live(Build::Loaded, |builder, task| {
        builder.modules(&task.modules).policy(policy)
    })
}
