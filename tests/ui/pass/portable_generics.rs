#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code)]
use lmms::Portable;
use lmms::serde_json::json;

#[derive(Debug, PartialEq, Portable)]
struct Page<T, const N: usize = 4>
where
    T: Clone,
{
    items: Vec<T>,
    size: [u8; N],
}

#[derive(Debug, PartialEq, Portable)]
enum Either<A, B> {
    Left(A),
    Right(B),
}

fn main() {
    let page = Page::<String, 2> { items: vec!["a".into()], size: [1, 2] };
    assert_eq!(Page::from_json(page.to_json()).unwrap(), page);
    assert_ne!(Page::<u8, 2>::SHAPE, Page::<u8, 3>::SHAPE);
    const { assert!(Either::<u8, bool>::PLAIN && !Either::<u8, String>::PLAIN) };
    assert_eq!(Either::<u8, String>::Right("b".into()).to_json(), json!({"Right": "b"}));
}
