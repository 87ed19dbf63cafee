#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code)]
use lmms::Portable;
use lmms::serde_json::json;

#[derive(Debug, PartialEq, Portable)]
struct Named {
    name: String,
    r#type: Option<u8>,
}

#[derive(Debug, PartialEq, Portable)]
struct Wrapped(Vec<u8>);

#[derive(Debug, PartialEq, Portable)]
struct Pair(u8, String);

#[derive(Debug, PartialEq, Portable)]
struct Unit;

#[derive(Debug, PartialEq, Portable)]
struct Empty {}

fn main() {
    let named = Named { name: "a".into(), r#type: None };
    assert_eq!(named.to_json(), json!({"name": "a", "type": null}));
    assert_eq!(Named::from_json(json!({"name": "a"})).unwrap(), named);
    assert!(Named::from_json(json!({"name": "a", "colour": 1})).unwrap_err().to_string().contains("colour"));
    assert_eq!(named.copy(), named);
    assert_eq!(Wrapped(vec![1]).to_json(), vec![1_u8].to_json());
    assert_eq!(Wrapped::from_json(json!([1])).unwrap(), Wrapped(vec![1]));
    assert_eq!(Pair(1, "b".into()).to_json(), json!([1, "b"]));
    assert_eq!(Pair::from_json(json!([1, "b"])).unwrap(), Pair(1, "b".into()));
    assert_eq!(Unit.to_json(), json!(null));
    assert_eq!(Unit::from_json(json!(null)).unwrap(), Unit);
    assert_eq!(Empty::from_json(Empty {}.to_json()).unwrap(), Empty {});
    const { assert!(!Named::PLAIN && Unit::PLAIN) };
    assert_ne!(Unit::SHAPE, Empty::SHAPE);
    assert_eq!(named.heap_bytes(), 1);
}
