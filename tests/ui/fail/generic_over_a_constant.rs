use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f<const N: usize>() -> usize {
    N
}

fn main() {}
