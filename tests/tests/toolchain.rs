//! What profiles and flags say reaches the toolchain's fingerprint, which applications and modules compare.

#![forbid(unsafe_code)]

use std::process::Command;

/// The fingerprint of a build with these arguments and flags.
fn toolchain(arguments: &[&str], flags: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--package",
            "lmms",
            "--no-default-features",
        ])
        .args(["--example", "toolchain"])
        .args(arguments)
        .env("RUSTFLAGS", flags)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_panic_strategy_is_that_of_the_profile() {
    let with = |strategy: &str| {
        let config = format!("profile.dev.panic={strategy:?}");
        toolchain(&["--config", &config], "")
    };
    assert!(with("unwind").trim().ends_with(" panic=unwind"));
    assert!(with("abort").trim().ends_with(" panic=abort"));
}

#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
fn flags_count_in_their_long_spelling() {
    // With a target of its own, flags don't concern macros and build scripts.
    let target = ["--target", "x86_64-unknown-linux-gnu"];
    let found = toolchain(&target, "--codegen=target-cpu=x86-64-v2");
    assert!(found.contains(" target-cpu=x86-64-v2 "), "{found}");
    assert!(found.contains("sse4.2"), "{found}");
}
