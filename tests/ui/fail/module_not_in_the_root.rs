mod inner {
    lmms::module!();
}

fn main() {}
