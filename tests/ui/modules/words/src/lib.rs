//! Names that are keywords somewhere, and names that are alike.

use lmms::operation;

lmms::module!();

#[operation(interface = "words")]
fn gen(gen: u8, r#try: &str, dyn_: Option<&str>) -> u8 {
    let _ = (r#try, dyn_);
    gen
}

#[operation(interface = "words", name = "match", cache(ttl = "1s"))]
fn matched(r#abstract: String, r#yield: &[u8]) -> usize {
    r#abstract.len() + r#yield.len()
}

#[operation(interface = "words")]
fn r#async(r#type: u8) -> u8 {
    r#type
}

#[operation(interface = "gen")]
fn one() {}

#[operation(interface = "x1")]
fn two() {}

#[operation(interface = "x_1")]
fn three() {}

#[operation(interface = "a")]
fn four() {}

#[operation(interface = "a_pinned", cache(ttl = "1s"))]
fn five() -> u8 {
    5
}

#[operation(interface = "interface")]
fn six() {}

#[operation(interface = "a_l_l")]
fn seven() {}

#[operation(interface = "option")]
fn eight(vec: Vec<u8>, string: String, result: Result<u8, u8>) -> Option<u8> {
    let _ = (vec, string, result);
    None
}
