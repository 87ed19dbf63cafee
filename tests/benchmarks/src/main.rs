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
mod heap;
mod measure;
mod original;
mod peers;
mod process;
mod registry;
mod row;
mod start;
mod sweep;
mod whole;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::measure::Plan;
use crate::row::Row;

/// A family of benchmarks: its name, what it is about, and how it is run.
struct Family {
    name: &'static str,
    about: &'static str,
    run: fn(&Plan) -> Result<Vec<Row>, String>,
}

const FAMILIES: &[Family] = &[
    Family {
        name: "calls",
        about: "a resident call against the plain symbol that dlsym gives, and every peer",
        run: calls::run,
    },
    Family {
        name: "arguments",
        about: "text and bytes in and out against the same function linked statically",
        run: arguments::run,
    },
    Family {
        name: "by-name",
        about: "a call by name with JSON arguments against serde_json alone",
        run: by_name::run,
    },
    Family {
        name: "cache",
        about: "cached results against caches and concurrent maps: hits, misses, evictions",
        run: cache::run,
    },
    Family {
        name: "first-call",
        about: "the first call of an unloaded module, and a process's first load, against bare dlopen and dlsym",
        run: first_call::run,
    },
    Family {
        name: "registry",
        about: "call, start and memory with 10 to 10,000 operations",
        run: registry::run,
    },
    Family {
        name: "start",
        about: "the smart-home engine from start to ready against an empty program",
        run: start::run,
    },
    Family {
        name: "sweep",
        about: "a sweep over 1,000 resident modules, and wake-ups while idle",
        run: sweep::run,
    },
    Family {
        name: "heap",
        about: "a module's heap against glibc's malloc",
        run: heap::run,
    },
    Family {
        name: "whole-system",
        about: "the smart home over a day: linked and eager, linked and lazy, with LMMS",
        run: whole::run,
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
