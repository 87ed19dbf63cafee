//! The build tool of `lmms`, as a library.
//!
//! Every command is a function that takes a [`Workspace`], does its work and returns what it found;
//! [`cli`] turns that into a program. So other workspaces, and tests that need built modules, can
//! use the same functions:
//!
//! - [`modules`]: [`build_modules`] makes a library of every module, and the manifest beside them; [`inspect()`] says
//!   what is in a built library, [`operations()`] what is in the sources; [`known`](modules::known) is the table of
//!   well-known crates;
//! - [`elf`]: reads a library's file, and decides whether it can be unloaded;
//! - [`check()`]: the rules that the compiler can't see;
//! - [`project`]: projects that use LMMS: [`new`](project::new) makes them, [`package`](project::package) puts a
//!   program and its modules together, [`doctor`](project::doctor) says what works on this machine; [`demo()`] shows
//!   the example, [`guide()`] the guide;
//! - [`measure`]: [`bench()`] takes times, [`budget()`] counts the instructions of the hot paths,
//!   [`cost`](measure::cost) calculates what calls cost on AWS Lambda;
//! - [`quality`]: [`test()`], [`model()`], [`soak()`], [`crates()`], and [`ci()`] for all that must hold before a
//!   merge; [`fuzz()`] and [`sanitize()`] take long and need a nightly toolchain;
//! - [`common`]: what all of these use.
//!
//! Progress and errors go to stderr, answers to stdout.

pub mod check;
pub mod cli;
pub mod common;
pub mod elf;
pub mod measure;
pub mod modules;
pub mod project;
pub mod quality;

pub use check::{CheckOptions, CheckReport, check};
pub use common::error::{BuildError, Difference, Disagreement, Error};
pub use common::workspace::Workspace;
pub use measure::bench::{BenchOptions, bench};
pub use measure::budget::budget;
pub use modules::build::{BuildOptions, BuildReport, Profile, build_modules};
pub use modules::inspect::{Inspection, inspect};
pub use modules::operations::{Operation, operations};
pub use modules::outdated::Outdated;
pub use project::demo::demo;
pub use project::guide::guide;
pub use quality::ci::ci;
pub use quality::crates::crates;
pub use quality::fuzz::fuzz;
pub use quality::model::model;
pub use quality::sanitize::sanitize;
pub use quality::soak::{SoakOptions, soak};
pub use quality::test::test;
