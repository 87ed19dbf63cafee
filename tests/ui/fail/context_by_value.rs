use lmms::{Context, operation};

lmms::module!();

#[operation(interface = "images")]
fn f(cx: Context) -> bool {
    let _ = cx;
    true
}

fn main() {}
