//! A shape tells two states of a type apart, whichever part of it differs.
//!
//! Types inside blocks of one function have one module path, so only what is written in the blocks differs.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use lmms::__private::{Origin, Shape};
use lmms::Portable;

/// The shapes of types that lead to one leaf, each in its own way.
macro_rules! roots {
    (
        leaf: $leaf:ty,
        field: $field:ident,
        variant: $variant:ident,
        first: $first:expr,
        length: $length:expr,
        order: $one:ident $other:ident
    ) => {{
        const FIRST: u8 = $first;

        #[derive(PartialEq, Eq, PartialOrd, Ord, Portable)]
        #[repr(u8)]
        enum Grade {
            $variant = FIRST,
            Second = FIRST + 2,
            Third,
        }

        #[derive(PartialEq, Eq, PartialOrd, Ord, Portable)]
        struct Leaf {
            $field: $leaf,
            $one: u16,
            $other: u16,
            grade: Grade,
            array: [u8; $length],
        }

        #[derive(Portable)]
        struct Nested {
            deep: Vec<Option<Result<(u8, Box<Leaf>), String>>>,
        }

        #[derive(Portable)]
        struct List {
            next: Option<Box<(Leaf, List)>>,
        }

        #[derive(Portable)]
        enum Tree {
            Leaf(u8),
            Branch(Vec<(Leaf, Tree)>),
        }

        #[derive(Portable)]
        enum Json {
            Null,
            Object(BTreeMap<Leaf, Json>),
        }

        #[derive(Portable)]
        struct Holder<T> {
            value: T,
            more: Vec<Holder<T>>,
        }

        #[derive(Portable)]
        struct Behind {
            #[portable(recursive)]
            held: Vec<Holder<(Behind, Leaf)>>,
        }

        mod api {
            use super::*;
            #[derive(Portable)]
            pub struct Device<T> {
                pub base: T,
            }
        }

        #[derive(Portable)]
        struct Device {
            base: api::Device<Leaf>,
        }

        #[derive(Portable)]
        struct Hen {
            #[portable(recursive)]
            eggs: Vec<Egg>,
        }

        #[derive(Portable)]
        struct Egg {
            hen: Option<Box<Hen>>,
            leaf: Leaf,
        }

        type Alias = Vec<Aliased>;

        #[derive(Portable)]
        struct Aliased {
            #[portable(recursive)]
            more: Alias,
            leaf: Leaf,
        }

        [
            ("itself", Leaf::SHAPE),
            ("nested", Nested::SHAPE),
            ("list", List::SHAPE),
            ("tree", Tree::SHAPE),
            ("map", Json::SHAPE),
            ("generic", Holder::<Leaf>::SHAPE),
            ("a generic that holds its holder", Behind::SHAPE),
            ("a type of the same name", Device::SHAPE),
            ("mutual", Hen::SHAPE),
            ("mutual, from the other side", Egg::SHAPE),
            ("alias", Aliased::SHAPE),
            ("standard", <BTreeMap<String, Vec<List>>>::SHAPE),
        ]
    }};
}

#[test]
fn any_change_of_a_leaf_changes_the_shape_of_everything_that_leads_to_it() {
    let base = roots!(leaf: u32, field: value, variant: First, first: 10, length: 3, order: a b);
    let same = roots!(leaf: u32, field: value, variant: First, first: 5 + 5, length: 3, order: a b);
    assert_eq!(base, same);
    let changes = [
        (
            "another type of the same size",
            roots!(leaf: i32, field: value, variant: First, first: 10, length: 3, order: a b),
        ),
        (
            "another type",
            roots!(leaf: String, field: value, variant: First, first: 10, length: 3, order: a b),
        ),
        (
            "another field name",
            roots!(leaf: u32, field: count, variant: First, first: 10, length: 3, order: a b),
        ),
        (
            "another variant name",
            roots!(leaf: u32, field: value, variant: Best, first: 10, length: 3, order: a b),
        ),
        (
            "another constant for a discriminant",
            roots!(leaf: u32, field: value, variant: First, first: 11, length: 3, order: a b),
        ),
        (
            "another length",
            roots!(leaf: u32, field: value, variant: First, first: 10, length: 4, order: a b),
        ),
        (
            "another order",
            roots!(leaf: u32, field: value, variant: First, first: 10, length: 3, order: b a),
        ),
    ];
    for (change, roots) in changes {
        for ((root, before), (_, after)) in base.into_iter().zip(roots) {
            assert_ne!(before, after, "{change}, seen from: {root}");
        }
    }
}

/// The shape of a type among these items.
macro_rules! shape {
    ($type:ty: $($items:item)*) => {{
        $(
            #[derive(Portable)]
            $items
        )*
        <$type>::SHAPE
    }};
}

#[test]
fn discriminants_count_by_value_in_enums_of_every_kind() {
    const ONE: isize = 1;
    const NINE: isize = 9;
    assert_eq!(
        shape!(E: enum E { A = 1, B }),
        shape!(E: enum E { A = ONE, B })
    );
    assert_ne!(
        shape!(E: enum E { A = ONE, B }),
        shape!(E: enum E { A = NINE, B })
    );
    assert_ne!(
        shape!(E: enum E { A = ONE }),
        shape!(E: enum E { A = -ONE })
    );
    assert_ne!(
        shape!(E: enum E { A, B = ONE }),
        shape!(E: enum E { A, B = NINE })
    );

    const FEW: u16 = 3;
    const MANY: u16 = 300;
    let fields = |few| {
        if few {
            shape!(E: #[repr(u16)] enum E { A(u8) = FEW, B { b: String } })
        } else {
            shape!(E: #[repr(u16)] enum E { A(u8) = MANY, B { b: String } })
        }
    };
    assert_ne!(fields(true), fields(false));
}

#[test]
fn what_a_type_is_generic_over_counts_even_where_no_field_says_so() {
    #[derive(Portable)]
    struct Metres<const SCALE: i8>(f64);
    assert_ne!(Metres::<1>::SHAPE, Metres::<-1>::SHAPE);
    assert_eq!(Metres::<1>::SHAPE, Metres::<1>::SHAPE);
}

#[test]
fn kinds_layouts_and_names_count() {
    let shapes = [
        shape!(S: struct S { a: u32 }),
        shape!(S: struct S(u32);),
        shape!(S: enum S { S { a: u32 } }),
        shape!(S: #[repr(C)] struct S { a: u32 }),
        shape!(S: #[repr(align(64))] struct S { a: u32 }),
        shape!(T: struct T { a: u32 }),
        shape!(S: struct S { a: u32, b: () }),
        shape!(S: struct S { a: [u32; 1] }),
        shape!(S: struct S { a: (u32,) }),
        shape!(S: struct Wide(u32); struct S { a: Wide }),
    ];
    for (index, shape) in shapes.iter().enumerate() {
        assert!(!shapes[..index].contains(shape), "{index}");
    }
}

/// Rings of types each of which leads only to the next one, by a recursive field.
macro_rules! ring {
    ($leaf:ty: $first:ident $($name:ident)*) => {{
        ring!(@types $leaf, $first: $first $($name)*);
        $first::SHAPE
    }};
    (@types $leaf:ty, $first:ident: $name:ident $next:ident $($rest:ident)*) => {
        #[derive(Portable)]
        struct $name {
            #[portable(recursive)]
            next: Vec<$next>,
        }
        ring!(@types $leaf, $first: $next $($rest)*);
    };
    (@types $leaf:ty, $first:ident: $name:ident) => {
        #[derive(Portable)]
        struct $name {
            #[portable(recursive)]
            next: Vec<$first>,
            leaf: $leaf,
        }
    };
}

#[test]
fn a_leaf_at_the_far_end_of_a_ring_counts() {
    let one = ring!(u32: A B C D E F G H I J K L M N O P Q R S T);
    let other = ring!(i32: A B C D E F G H I J K L M N O P Q R S T);
    assert_ne!(one, other);
}

#[test]
fn a_shape_begins_with_package_version_and_module() {
    #[derive(Portable)]
    struct Unit;
    let here = Origin {
        package: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        module: module_path!(),
    };
    let of = |origin| Shape::defined(origin, "Unit").layout::<Unit>();
    assert_eq!(Unit::SHAPE, of(here));
    for other in [
        Origin {
            package: "another",
            ..here
        },
        Origin {
            version: "0.0.0",
            ..here
        },
        Origin {
            module: "shapes::another",
            ..here
        },
    ] {
        assert_ne!(Unit::SHAPE, of(other));
    }
}

mod one {
    #[derive(lmms::Portable)]
    pub struct Setting(pub u8);
}

mod other {
    #[derive(lmms::Portable)]
    pub struct Setting(pub u8);
}

#[test]
fn types_of_one_name_in_two_modules_are_two_types() {
    assert_ne!(one::Setting::SHAPE, other::Setting::SHAPE);
}

#[test]
fn what_only_looks_recursive_is_still_plain() {
    mod api {
        #[derive(lmms::Portable)]
        pub struct Device(pub u8);
    }
    #[derive(Portable)]
    struct Device {
        base: api::Device,
    }
    const { assert!(Device::PLAIN) };
}
