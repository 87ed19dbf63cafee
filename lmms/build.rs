//! Words the toolchain for the check that application and modules come from the same one.

#![forbid(unsafe_code)]

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");

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
    let mut words = vec![
        format!("rustc {}", fact("release:")),
        fact("commit-hash:"),
        env::var("TARGET").unwrap_or_default(),
        format!("panic={}", env::var("CARGO_CFG_PANIC").unwrap_or_default()),
    ];
    words.extend(layout_flags());
    println!("cargo::rustc-env=LMMS_TOOLCHAIN={}", words.join(" "));
}

/// Flags that change layouts or calling conventions; both sides must have the same ones.
fn layout_flags() -> Vec<String> {
    let encoded = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let mut flags = Vec::new();
    let mut parts = encoded.split('\x1f').peekable();
    while let Some(part) = parts.next() {
        let flag = match part {
            "-C" | "-Z" | "--codegen" => parts.next().unwrap_or_default(),
            other => other.trim_start_matches("-C").trim_start_matches("-Z"),
        };
        let name = flag.split('=').next().unwrap_or_default();
        let matters = [
            "target-cpu",
            "target-feature",
            "soft-float",
            "randomize-layout",
            "layout-seed",
        ];
        if matters.contains(&name) {
            flags.push(flag.to_owned());
        }
    }
    flags.sort();
    flags
}
