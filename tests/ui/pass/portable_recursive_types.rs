#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code)]
use lmms::Portable;
use lmms::serde_json::json;

#[derive(Debug, PartialEq, Portable)]
struct Tree<T> {
    value: T,
    children: Vec<Tree<T>>,
}

#[derive(Debug, PartialEq, Portable)]
enum List {
    End,
    More(u8, Box<Self>),
}

#[derive(Debug, PartialEq, Portable)]
struct Outer {
    #[portable(recursive)]
    inner: Vec<Inner>,
}

#[derive(Debug, PartialEq, Portable)]
struct Inner {
    outer: Option<Box<Outer>>,
}

fn main() {
    let tree = Tree { value: 1_u8, children: vec![Tree { value: 2, children: vec![] }] };
    assert_eq!(tree.copy(), tree);
    assert_eq!(Tree::from_json(tree.to_json()).unwrap(), tree);
    let list = List::More(1, Box::new(List::End));
    assert_eq!(list.to_json(), json!({"More": [1, "End"]}));
    const { assert!(!Tree::<u8>::PLAIN && !List::PLAIN) };
    let outer = Outer { inner: vec![Inner { outer: None }] };
    assert_eq!(outer.copy(), outer);
}
