lmms::module!(shutdown = "close");

fn main() {}
