use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(#[cfg(unix)] mode: u32) -> u32 {
    mode
}

fn main() {}
