use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(name: &str) -> &str {
    name
}

fn main() {}
