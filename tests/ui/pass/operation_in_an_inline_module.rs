#![deny(warnings)]
#![forbid(unsafe_code)]


lmms::module!();

pub mod pictures {
    pub mod small {
        use lmms::operation;

        #[operation(interface = "images")]
        fn f() {}
    }
}

fn main() {}
