//! The program on small planted workspaces: `build-modules` and `inspect` with real libraries, and
//! `check` failing on a violation of each kind, with the right words.

#![forbid(unsafe_code)]

mod binaries;
mod build;
mod imports;
mod known;
mod quick;
mod registry;
mod support;
mod tidy;
