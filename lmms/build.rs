//! Words the toolchain for the check that application and modules come from the same one.

#![forbid(unsafe_code)]

#[path = "src/boundary/abi/flags.rs"]
mod flags;

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/boundary/abi/flags.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    println!("cargo::rerun-if-env-changed=CARGO_CFG_TARGET_FEATURE");

    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(&rustc)
        .arg("-vV")
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_else(|| panic!("can't run {rustc:?} -vV"));
    let fact = |name: &str| {
        version
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or("unknown")
            .trim()
            .to_owned()
    };
    let variable = |name| env::var(name).unwrap_or_default();
    let encoded = variable("CARGO_ENCODED_RUSTFLAGS");
    let mut words = vec![
        format!("rustc {}", fact("release:")),
        fact("commit-hash:"),
        variable("TARGET"),
        // What the compiler makes of all flags, and of files with flags.
        format!("features={}", variable("CARGO_CFG_TARGET_FEATURE")),
    ];
    words.extend(flags::layout_flags(encoded.split('\x1f')));
    println!("cargo::rustc-env=LMMS_TOOLCHAIN={}", words.join(" "));
}
