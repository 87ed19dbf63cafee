use lmms::operation;

lmms::module!();

#[operation(interface = "images", cache(ttl = "soon"))]
fn f() -> u8 {
    1
}

fn main() {}
