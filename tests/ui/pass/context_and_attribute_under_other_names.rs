#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms as l;
use lmms::{Context as Cx, operation as op};
use lmms_tests::Context;

lmms::module!();

type Alias = l::Context;

#[op(interface = "images")]
fn renamed(cx: &Cx, width: u8) -> u8 {
    let _ = cx.unix_time();
    width
}

#[l::operation(interface = "images")]
fn by_path(cx: &l::Context) {
    let _ = cx.unix_time();
}

#[op(interface = "images")]
fn by_alias(cx: &Alias) {
    let _ = cx.unix_time();
}

#[op(interface = "images")]
fn other(width: u8, context: &Context) -> u8 {
    width + context.level
}

fn main() {
    let cx = Cx::detached();
    assert_eq!(renamed(&cx, 1), 1);
    by_path(&cx);
    by_alias(&cx);
    assert_eq!(other(1, &Context { level: 2 }), 3);
}
