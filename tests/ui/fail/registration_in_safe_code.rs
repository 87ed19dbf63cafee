use lmms::__private::{Registration, inventory};

inventory::submit! {
    Registration::new::<String>("lights", "lights", "list", "() -> String", 7, 0x1234 as *const ())
}

fn main() {}
