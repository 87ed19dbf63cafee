#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "match")]
fn r#gen(r#gen: u8, r#try: &str, r#abstract: Option<&str>) -> usize {
    usize::from(r#gen) + r#try.len() + r#abstract.map_or(0, str::len)
}

#[operation(interface = "match", name = "yield")]
fn give() {}

fn main() {
    assert_eq!(r#gen(1, "a", None), 2);
}
