//! What LMMS costs, against everyone. `cargo xtask bench` runs this.

mod arguments;
mod bare;
mod by_name;
mod cache;
mod calls;
mod charts;
mod children;
mod first_call;
mod fixture;
mod form;
mod heap;
mod measure;
mod original;
mod process;
mod registry;
mod rivals;
mod row;
mod start;
mod sweep;
mod whole;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::measure::Plan;
use crate::row::Row;

/// A family of benchmarks: its name, what it is about, how it is run, and the code that decides what its figures mean.
struct Family {
    name: &'static str,
    about: &'static str,
    run: fn(&Plan) -> Result<Vec<Row>, String>,
    sources: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        name: "calls",
        about: "a resident call against the plain symbol that dlsym gives, and every rival",
        run: calls::run,
        sources: &[
            include_str!("calls.rs"),
            include_str!("bare.rs"),
            include_str!("rivals.rs"),
            include_str!("rivals/gateways.rs"),
            include_str!("rivals/epoch.rs"),
            include_str!("original.rs"),
            include_str!("original.py"),
        ],
    },
    Family {
        name: "arguments",
        about: "text and bytes in and out against the same function linked statically",
        run: arguments::run,
        sources: &[include_str!("arguments.rs")],
    },
    Family {
        name: "by-name",
        about: "a call by name with JSON arguments against serde_json alone",
        run: by_name::run,
        sources: &[include_str!("by_name.rs")],
    },
    Family {
        name: "cache",
        about: "cached results against caches and concurrent maps: hits, misses, evictions",
        run: cache::run,
        sources: &[
            include_str!("cache.rs"),
            include_str!("cache/keys.rs"),
            include_str!("cache/stores.rs"),
            include_str!("bin/allocations.rs"),
            include_str!("original.rs"),
            include_str!("original.py"),
        ],
    },
    Family {
        name: "first-call",
        about: "the first call of an unloaded module, and a process's first load, against bare dlopen and dlsym",
        run: first_call::run,
        sources: &[
            include_str!("first_call.rs"),
            include_str!("children.rs"),
            include_str!("process.rs"),
            include_str!("original.rs"),
            include_str!("original.py"),
        ],
    },
    Family {
        name: "registry",
        about: "call, start and memory with 10 to 10,000 operations",
        run: registry::run,
        sources: &[
            include_str!("registry.rs"),
            include_str!("registry/generate.rs"),
            include_str!("process.rs"),
        ],
    },
    Family {
        name: "start",
        about: "the smart-home engine from start to ready against an empty program",
        run: start::run,
        sources: &[
            include_str!("start.rs"),
            include_str!("process.rs"),
            include_str!("bin/empty.rs"),
            include_str!("bin/engine.rs"),
        ],
    },
    Family {
        name: "sweep",
        about: "a sweep over 1,000 resident modules, and wake-ups while idle",
        run: sweep::run,
        sources: &[
            include_str!("sweep.rs"),
            include_str!("sweep/crowd.rs"),
            include_str!("children.rs"),
            include_str!("process.rs"),
        ],
    },
    Family {
        name: "heap",
        about: "a module's heap against glibc's malloc",
        run: heap::run,
        sources: &[include_str!("heap.rs")],
    },
    Family {
        name: "whole-system",
        about: "the smart home over a day: linked and eager, linked and lazy, with LMMS",
        run: whole::run,
        sources: &[
            include_str!("whole.rs"),
            include_str!("whole/day.rs"),
            include_str!("whole/lambda.rs"),
            include_str!("whole/late.rs"),
            include_str!("whole/lives.rs"),
            include_str!("process.rs"),
            include_str!("../whole-system/src/lib.rs"),
            include_str!("../whole-system/src/live.rs"),
            include_str!("../whole-system/src/main.rs"),
            include_str!("../whole-system/src/memory.rs"),
            include_str!("../whole-system/src/returned.rs"),
            include_str!("../whole-system/linked/src/main.rs"),
            include_str!("../whole-system/linked/src/loader.rs"),
            include_str!("../whole-system/linked/src/trim.rs"),
            include_str!("bin/empty.rs"),
        ],
    },
];

/// Runs benchmarks and prints their rows as JSON, one a line.
#[derive(Debug, Parser)]
struct Cli {
    /// Families to run; none: all of them.
    families: Vec<String>,
    /// Few rounds: to see that it runs.
    #[arg(long)]
    quick: bool,
    /// List the families.
    #[arg(long)]
    list: bool,
    /// Describe the families as JSON.
    #[arg(long, hide = true)]
    describe: bool,
    /// Be a child process of a family.
    #[arg(long, hide = true, value_name = "KIND", num_args = 1.., allow_hyphen_values = true)]
    child: Vec<String>,
    /// Draw the charts of the rows in this file into a folder.
    #[arg(long, hide = true, num_args = 2, value_names = ["JSON", "FOLDER"])]
    charts: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some((kind, arguments)) = cli.child.split_first() {
        return ending(children::run(kind, arguments));
    }
    if let [results, folder] = &cli.charts[..] {
        return ending(charts::draw(results, folder));
    }
    if cli.list {
        for family in FAMILIES {
            println!("{:<12} {}", family.name, family.about);
        }
        return ExitCode::SUCCESS;
    }
    if cli.describe {
        let described: Vec<_> = FAMILIES
            .iter()
            .map(|family| {
                let (name, about) = (family.name, family.about);
                let form = form::of(family.sources);
                serde_json::json!({ "name": name, "about": about, "form": form })
            })
            .collect();
        println!("{}", serde_json::Value::from(described));
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = unknown(&cli.families) {
        eprintln!("error: there is no family `{unknown}`; see --list");
        return ExitCode::from(2);
    }
    let plan = if cli.quick { Plan::QUICK } else { Plan::FULL };
    let mut failed = false;
    for family in FAMILIES {
        if !cli.families.is_empty() && !cli.families.iter().any(|name| name == family.name) {
            continue;
        }
        eprintln!("{}: {}", family.name, family.about);
        match (family.run)(&plan) {
            Ok(rows) => {
                for row in rows {
                    match serde_json::to_string(&row) {
                        Ok(line) => println!("{line}"),
                        Err(error) => return ending(Err(error.to_string())),
                    }
                }
            }
            Err(error) => {
                failed = true;
                eprintln!("error: {}: {error}", family.name);
            }
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn unknown(families: &[String]) -> Option<&String> {
    families
        .iter()
        .find(|name| FAMILIES.iter().all(|family| family.name != **name))
}

fn ending(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
