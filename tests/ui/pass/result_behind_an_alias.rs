#![deny(warnings)]
use lmms::operation;

lmms::module!();

type Fallible<T> = Result<T, String>;

#[operation(interface = "images")]
fn f() -> Fallible<u8> {
    Ok(1)
}

fn main() {}
