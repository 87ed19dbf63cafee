use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f() -> &'static str {
    "png"
}

fn main() {}
