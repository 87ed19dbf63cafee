use lmms::operation;

lmms::module!();

macro_rules! make {
    ($name:ident) => {
        #[operation(interface = "images")]
        fn $name() {}
    };
}

make!(f);

fn main() {}
