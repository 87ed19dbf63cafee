use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(name: &str) -> Result<u8, &str> {
    Err(name)
}

fn main() {}
