use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
async fn f() -> u8 {
    1
}

fn main() {}
