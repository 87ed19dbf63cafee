use lmms::operation;

lmms::module!();

#[operation(interface = "images", cache(ttl = "5m"))]
fn f() {}

fn main() {}
