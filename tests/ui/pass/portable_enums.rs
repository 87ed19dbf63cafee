#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code)]
use lmms::Portable;
use lmms::serde_json::json;

#[derive(Debug, PartialEq, Portable)]
enum Shape {
    Point,
    Circle(f64),
    Line((u8, u8), (u8, u8)),
    Text { text: String, size: u8 },
    Nothing(),
}

#[derive(Debug, PartialEq, Clone, Copy, Portable)]
#[repr(u8)]
enum Level {
    Low = 1,
    High = 9,
}

#[derive(Debug, PartialEq, Portable)]
enum Never {}

fn main() {
    for (shape, json) in [
        (Shape::Point, json!("Point")),
        (Shape::Circle(1.5), json!({"Circle": 1.5})),
        (Shape::Line((1, 2), (3, 4)), json!({"Line": [[1, 2], [3, 4]]})),
        (Shape::Text { text: "a".into(), size: 2 }, json!({"Text": {"text": "a", "size": 2}})),
        (Shape::Nothing(), json!({"Nothing": null})),
    ] {
        assert_eq!(shape.to_json(), json);
        assert_eq!(shape.copy(), shape);
        assert_eq!(Shape::from_json(json).unwrap(), shape);
    }
    let error = Shape::from_json(json!("Square")).unwrap_err().to_string();
    assert!(error.contains("Point, Circle, Line, Text, Nothing"), "{error}");
    assert_eq!(Level::from_json(json!("High")).unwrap(), Level::High);
    const { assert!(Level::PLAIN && !Shape::PLAIN) };
    assert!(Never::from_json(json!("Any")).is_err());
    let keys = [Shape::Point, Shape::Circle(1.5), Shape::Circle(2.5)].map(|shape| {
        let mut key = lmms::__private::KeyBuilder::new();
        shape.key(&mut key);
        key.as_bytes().to_vec()
    });
    assert!(keys[0] != keys[1] && keys[1] != keys[2]);
}
