#!/bin/sh
# Everything that must hold before a change is merged. Needs `cargo lmms`.
set -eu
cd "$(dirname "$0")"

cargo fmt --all --check
cargo clippy --workspace --all-targets -- -D warnings
cargo lmms test
cargo lmms check
