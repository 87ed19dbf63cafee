use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(name: &'static str) -> usize {
    name.len()
}

fn main() {}
