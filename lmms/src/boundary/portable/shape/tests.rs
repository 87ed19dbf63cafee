#![forbid(unsafe_code)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Origin, Shape};

#[test]
fn neighbouring_names_do_not_run_into_each_other() {
    let one = Shape::named("type").text("ab").text("c");
    let other = Shape::named("type").text("a").text("bc");
    assert_ne!(one, other);
}

#[test]
fn offset_and_layout_count() {
    let shape = Shape::named("type");
    assert_ne!(
        shape.field("a", 0, Shape::leaf::<u32>("u32")),
        shape.field("a", 4, Shape::leaf::<u32>("u32"))
    );
    assert_ne!(Shape::leaf::<u32>("n"), Shape::leaf::<u64>("n"));
}

#[test]
fn all_bits_of_an_integer_count() {
    let shape = Shape::named("type");
    let shapes = [0, 1, 1 << 63, 1 << 64, 1 << 127].map(|integer| shape.integer(integer));
    for (index, shape) in shapes.iter().enumerate() {
        assert!(!shapes[..index].contains(shape), "{index}");
    }
}

/// A type, as the derive sees it.
#[derive(Clone, Debug)]
enum Described {
    Standard {
        name: String,
        arguments: Vec<Described>,
    },
    Defined {
        /// Package, version, module, and the type's name.
        origin: [String; 4],
        variants: Vec<Variant>,
    },
}

/// A struct has one, without a discriminant.
#[derive(Clone, Debug)]
struct Variant {
    name: String,
    discriminant: Option<u64>,
    fields: Vec<(String, u64, Described)>,
}

/// Something that may be changed.
enum Leaf<'a> {
    Text(&'a mut String),
    Number(&'a mut u64),
}

impl Described {
    fn shape(&self) -> Shape {
        match self {
            Self::Standard { name, arguments } => arguments
                .iter()
                .fold(Shape::named(name), |shape, argument| {
                    shape.child(argument.shape())
                }),
            Self::Defined { origin, variants } => {
                let [package, version, module, name] = origin.clone().map(|text| &*text.leak());
                let origin = Origin {
                    package,
                    version,
                    module,
                };
                (0..)
                    .zip(variants)
                    .fold(Shape::defined(origin, name), |shape, (index, variant)| {
                        let shape = shape.text(&variant.name).number(index);
                        let shape = match variant.discriminant {
                            Some(value) => shape.text("=").integer(u128::from(value)),
                            None => shape,
                        };
                        variant
                            .fields
                            .iter()
                            .fold(shape, |shape, (name, offset, field)| {
                                shape.field(name, *offset as usize, field.shape())
                            })
                    })
            }
        }
    }

    fn each_leaf(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        match self {
            Self::Standard { name, arguments } => {
                visit(Leaf::Text(name));
                arguments
                    .iter_mut()
                    .for_each(|argument| argument.each_leaf(visit));
            }
            Self::Defined { origin, variants } => {
                origin.iter_mut().for_each(|text| visit(Leaf::Text(text)));
                for variant in variants {
                    visit(Leaf::Text(&mut variant.name));
                    if let Some(value) = &mut variant.discriminant {
                        visit(Leaf::Number(value));
                    }
                    for (name, offset, field) in &mut variant.fields {
                        visit(Leaf::Text(name));
                        visit(Leaf::Number(offset));
                        field.each_leaf(visit);
                    }
                }
            }
        }
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-c=]{0,3}"
}

fn described() -> impl Strategy<Value = Described> {
    let standard = |arguments| Described::Standard {
        name: "u8".to_owned(),
        arguments,
    };
    let leaf = Just(standard(Vec::new()));
    leaf.prop_recursive(5, 40, 4, |inner| {
        let field = (name(), 0..100_u64, inner.clone());
        let fields = vec(field, 0..4);
        let variant = (name(), any::<Option<u64>>(), fields);
        let variant = variant.prop_map(|(name, discriminant, fields)| Variant {
            name,
            discriminant,
            fields,
        });
        let origin = [name(), name(), name(), name()];
        prop_oneof![
            (name(), vec(inner, 0..3))
                .prop_map(|(name, arguments)| Described::Standard { name, arguments }),
            (origin, vec(variant, 0..4))
                .prop_map(|(origin, variants)| Described::Defined { origin, variants }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_of_any_leaf_is_another_shape(described in described()) {
        let mut leaves = 0;
        described.clone().each_leaf(&mut |_| leaves += 1);
        for changed in 0..leaves {
            let mut other = described.clone();
            let mut index = 0;
            other.each_leaf(&mut |leaf| {
                if index == changed {
                    match leaf {
                        Leaf::Text(text) => text.push('x'),
                        Leaf::Number(number) => *number ^= 1,
                    }
                }
                index += 1;
            });
            prop_assert_ne!(described.shape(), other.shape(), "leaf {}", changed);
        }
        prop_assert_eq!(described.shape(), described.clone().shape());
    }
}
