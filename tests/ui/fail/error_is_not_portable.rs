use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(path: &str) -> Result<Vec<u8>, std::io::Error> {
    std::fs::read(path)
}

fn main() {}
