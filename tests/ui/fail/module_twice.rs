lmms::module!();
lmms::module!();

fn main() {}
