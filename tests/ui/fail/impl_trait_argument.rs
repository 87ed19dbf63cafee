use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(names: impl Iterator<Item = String>) -> usize {
    names.count()
}

fn main() {}
