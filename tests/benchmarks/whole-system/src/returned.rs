//! How much of what a module took into memory is back when it is unloaded.

#![forbid(unsafe_code)]

use std::error::Error;

use lmms::UnloadOutcome;
use smart_home::gateway::SmartHome;
use whole_system::Memory;

/// Modules that need no other, each with an operation that uses most of it.
const USES: &[(&str, &str, &str)] = &[
    ("alexa", "list_namespaces", "{}"),
    (
        "sun",
        "almanac",
        r#"{"date": "2026-03-18", "latitude": 52.52, "longitude": 13.405, "zone": "Europe/Berlin"}"#,
    ),
    (
        "templates",
        "render",
        r#"{"template": "{% for n in ns %}{{ n }}{% endfor %}", "context": "{\"ns\": [1, 2, 3]}"}"#,
    ),
    ("config", "validate_all", "{}"),
    (
        "devices",
        "normalize_name",
        r#"{"name": "The Kitchen Ceiling"}"#,
    ),
    (
        "security",
        "redact",
        r#"{"text": "Authorization: Bearer a.b.c"}"#,
    ),
];

/// Loads, uses and unloads some modules; prints as JSON which, the resident bytes that loading and
/// using it took, and those that were back behind its unloading. The modules' folder is the last
/// argument.
///
/// # Errors
/// A module can't be loaded, used, or unloaded.
pub fn returned() -> Result<(), Box<dyn Error>> {
    let modules = std::env::args().next_back().ok_or("usage: … MODULES")?;
    let home = SmartHome::builder()
        .modules(modules)
        .cache_bytes(0)
        .background_sweeps(false)
        .open()?;
    let mut found = Vec::new();
    for (module, operation, kwargs) in USES {
        // The first time the process itself grows: it keeps what it may need again.
        for round in 0..3 {
            let before = resident();
            let result = home.execute_operation(module, operation, serde_json::from_str(kwargs)?);
            drop(result.map_err(|error| format!("{module}.{operation}: {error}"))?);
            let used = resident();
            let outcome = home.unload(module)?;
            if !matches!(outcome, UnloadOutcome::Unloaded { .. }) {
                return Err(format!("{module} stays: {outcome:?}").into());
            }
            let behind = resident();
            if round == 2 {
                found.push((*module, used - before, used - behind));
            }
        }
    }
    println!("{}", serde_json::to_string(&found)?);
    Ok(())
}

fn resident() -> f64 {
    Memory::now().resident as f64
}
