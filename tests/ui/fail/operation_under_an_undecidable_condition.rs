use lmms::operation;

lmms::module!();

#[cfg_attr(debug_assertions, cfg(panic = "unwind"))]
#[operation(interface = "a")]
fn outside() {}

#[operation(interface = "a")]
fn inside() {
    #![cfg(debug_assertions)]
}

#[cfg_attr(debug_assertions, operation(interface = "a"))]
fn conditional() {}

mod deeper {
    #![cfg_attr(debug_assertions, cfg(panic = "unwind"))]

    mod still {
        #[lmms::operation(interface = "a")]
        fn below() {}
    }
}

#[cfg_attr(all(), cfg(not(any())))]
#[operation(interface = "a")]
fn decided() {}

fn main() {}
