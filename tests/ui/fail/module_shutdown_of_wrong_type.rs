lmms::module!(shutdown = close);

fn close(hard: bool) {
    let _ = hard;
}

fn main() {}
