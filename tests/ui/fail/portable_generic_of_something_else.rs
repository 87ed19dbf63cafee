use lmms::Portable;

#[derive(Portable)]
pub struct Pair<T>(pub T, pub T);

pub fn key() {
    fn needs<T: Portable>() {}
    needs::<Pair<std::rc::Rc<u8>>>();
}

fn main() {}
