//! Types that a module defines itself, and the copies that its callers have.

#![forbid(unsafe_code)]

use fixture_types::ProbeError;
use lmms::CallError;
use lmms_library_tests::fixtures_probe::own::shapes::Shape;
use lmms_library_tests::fixtures_probe::own::{Colour, PaintError, Picture};
use lmms_library_tests::{Fixtures, modules};
use serde_json::json;

fn open() -> Fixtures {
    let builder = Fixtures::builder().modules(modules());
    builder
        .background_sweeps(false)
        .open()
        .expect("the fixtures are built")
}

fn shape() -> Shape {
    let corners = [(0, 0), (1, 0), (0, -1)];
    let inside = vec![Shape {
        corners,
        inside: Vec::new(),
    }];
    Shape { corners, inside }
}

#[test]
fn copies_are_passed_and_returned_as_what_they_are_copies_of() {
    let fixtures = open();
    let own = fixtures.own();
    let picture: Picture = own.paint("a", Colour::Green, &[shape()]).unwrap();
    let expected = Picture {
        title: "a".to_owned(),
        size: 7_u32,
        colour: Some(Colour::Green),
        shapes: vec![shape()],
    };
    assert_eq!(picture, expected);
    let bleached: Picture<(u8, u8)> = own.bleached(&picture).unwrap();
    assert_eq!((bleached.size, bleached.colour), ((1, 2), None));
    assert_eq!(bleached.shapes, [shape()]);
}

#[test]
fn errors_of_the_modules_own_are_errors() {
    let fixtures = open();
    let empty = fixtures.own().paint("a", Colour::Red, &[]);
    assert!(
        matches!(
            &empty,
            Err(CallError::Operation(PaintError::Empty(Colour::Red)))
        ),
        "{empty:?}"
    );
    let refused = fixtures.own().paint("refused", Colour::Red, &[]);
    let expected = PaintError::Other {
        error: ProbeError::Refused {
            reason: "refused".to_owned(),
        },
        pages: Vec::new(),
    };
    assert!(
        matches!(&refused, Err(CallError::Operation(error)) if *error == expected),
        "{refused:?}"
    );
}

#[test]
fn calls_by_name_read_and_write_them() {
    let fixtures = open();
    let shape = json!({ "corners": [[0, 0], [1, 0], [0, 1]], "inside": [] });
    let arguments = json!({ "title": "a", "colour": "Green", "shapes": [shape] });
    let answer = fixtures.execute_operation("own", "paint", arguments);
    let expected = json!({ "title": "a", "size": 7, "colour": "Green", "shapes": [shape] });
    assert_eq!(answer.unwrap(), expected);
    let arguments = json!({ "title": "a", "colour": "Red", "shapes": [] });
    let answer = fixtures.execute_operation("own", "paint", arguments);
    let error = json!({ "Empty": "Red" });
    assert!(matches!(answer, Err(CallError::Operation(found)) if found == error));
}

#[test]
fn modules_have_copies_of_each_others_types_too() {
    let fixtures = open();
    assert_eq!(
        fixtures.relay().painted_far("b").unwrap(),
        "b of size 7 with 1 shapes"
    );
}
