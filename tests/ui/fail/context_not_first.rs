use lmms::{Context, operation};

lmms::module!();

#[operation(interface = "images")]
fn f(name: &str, cx: &Context) -> usize {
    let _ = cx;
    name.len()
}

fn main() {}
