use lmms::operation;

lmms::module!();

#[cfg_attr(unix, cfg(target_os = "linux"))]
#[operation(interface = "a")]
fn outside() {}

#[operation(interface = "a")]
fn inside() {
    #![cfg(unix)]
}

#[cfg_attr(unix, operation(interface = "a"))]
fn conditional() {}

mod deeper {
    #![cfg_attr(unix, cfg(target_os = "linux"))]

    mod still {
        #[lmms::operation(interface = "a")]
        fn below() {}
    }
}

#[cfg_attr(all(), cfg(not(any())))]
#[operation(interface = "a")]
fn decided() {}

fn main() {}
