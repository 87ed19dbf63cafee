use lmms::operation;

lmms::module!();

struct Images;

impl Images {
    #[operation(interface = "images")]
    fn f(&self) -> u8 {
        1
    }
}

fn main() {}
