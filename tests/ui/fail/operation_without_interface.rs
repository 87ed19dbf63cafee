use lmms::operation;

lmms::module!();

#[operation]
fn f() {}

fn main() {}
