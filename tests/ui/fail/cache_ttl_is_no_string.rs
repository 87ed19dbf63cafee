use lmms::operation;

lmms::module!();

#[operation(interface = "images", cache(ttl = 300))]
fn f() -> u8 {
    1
}

fn main() {}
