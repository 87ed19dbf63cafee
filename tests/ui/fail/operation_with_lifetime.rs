use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f<'a>(name: &'a str) -> usize {
    name.len()
}

fn main() {}
