use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(names: &[&str]) -> usize {
    names.len()
}

fn main() {}
