//! Compiles only if a copy's shape is its original's.

use lmms::Portable;
use types_app::home_types_pictures as copies;

const fn same<A: Portable, B: Portable>() -> bool {
    A::SHAPE.value() == B::SHAPE.value()
}

const _: () = assert!(same::<copies::Picture, types_pictures::Picture>());
const _: () = assert!(same::<copies::Picture<u8>, types_pictures::Picture<u8>>());
const _: () = assert!(!same::<copies::Picture<u8>, types_pictures::Picture<u16>>());
const _: () = assert!(same::<copies::Colour, types_pictures::Colour>());
const _: () = assert!(same::<copies::deep::r#in::Shape, types_pictures::deep::r#in::Shape>());
