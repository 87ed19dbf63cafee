use lmms::operation;

lmms::module!();

fn f() {
    #[operation(interface = "images")]
    fn g() {}
    g();
}

pub fn call_f() {
    f();
}

fn main() {}
