use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f()
where
    u8: Copy,
{
}

fn main() {}
