lmms::module!(thread = "own");

fn main() {}
