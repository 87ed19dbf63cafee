//! The build tool of `lmms`, as a library.
//!
//! Every command is a function that takes a [`Workspace`], does its work and returns what it found;
//! [`cli`] turns that into a program. So other workspaces, and tests that need built modules, can
//! use the same functions:
//!
//! - [`build_modules`]: a library of every module, and the manifest beside them;
//! - [`inspect()`]: what is in a built library, and whether it can be unloaded;
//! - [`check()`]: the rules that the compiler can't see;
//! - [`operations()`]: the registry, read from the sources;
//! - [`new`]: projects and modules that begin with something that works; [`project`]: building, running and testing them; [`package`]: putting them together;
//!   [`doctor`]: what works on this machine;
//! - [`guide()`]: the guide in a browser;
//! - [`demo()`], [`test()`], [`model()`], [`ci()`]: the everyday commands of this repository;
//! - [`soak()`]: hazardous modules under load;
//! - [`bench()`]: the benchmarks; [`budget()`]: the instructions of the hot paths;
//! - [`crates()`]: modules on well-known crates, compared with what is [`known`] of these;
//! - [`cost`]: what calls cost on AWS Lambda;
//! - [`fuzz()`], [`sanitize()`]: the long ones, which need a nightly toolchain.
//!
//! Progress and errors go to stderr, answers to stdout.

pub mod bench;
pub mod budget;
pub mod build;
pub mod check;
pub mod ci;
pub mod cli;
pub mod cost;
pub mod crates;
pub mod demo;
pub mod describe;
pub mod doctor;
pub mod e2e;
pub mod elf;
pub mod error;
pub mod fuzz;
pub mod guide;
pub mod inspect;
pub mod known;
pub mod model;
pub mod new;
pub mod operations;
pub mod package;
pub mod project;
pub mod sanitize;
pub mod screen;
pub mod soak;
pub mod test;
pub mod workspace;

mod agreement;
mod freshness;
mod lint;
mod nightly;
mod outdated;
mod run;
mod sources;

pub use agreement::{Difference, Disagreement};
pub use bench::{BenchOptions, bench};
pub use budget::budget;
pub use build::{BuildOptions, BuildReport, Profile, build_modules};
pub use check::{CheckOptions, CheckReport, check};
pub use ci::ci;
pub use crates::crates;
pub use demo::demo;
pub use error::{BuildError, Error};
pub use fuzz::fuzz;
pub use guide::guide;
pub use inspect::{Inspection, inspect};
pub use model::model;
pub use operations::{Operation, operations};
pub use outdated::Outdated;
pub use sanitize::sanitize;
pub use soak::{SoakOptions, soak};
pub use test::test;
pub use workspace::Workspace;
