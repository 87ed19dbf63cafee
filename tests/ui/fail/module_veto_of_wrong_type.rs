lmms::module!(veto = busy);

fn busy() -> bool {
    true
}

fn main() {}
