use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f<T: lmms::Portable>(value: T) -> T {
    value
}

fn main() {}
