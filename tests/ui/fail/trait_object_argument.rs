use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(error: Box<dyn std::error::Error>) -> String {
    error.to_string()
}

fn main() {}
