//! Doesn't parse.

lmms::module!();

fn f() {
