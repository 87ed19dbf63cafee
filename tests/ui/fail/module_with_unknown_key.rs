lmms::module!(startup = begin);

fn begin() {}

fn main() {
    begin();
}
