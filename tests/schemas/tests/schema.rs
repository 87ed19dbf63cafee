//! JSON Schemas agree with the JSON of calls by name: what is written validates, and what validates is read.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZero;
use std::ops::Range;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use lmms::{Portable, schema};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Everything that is a scalar.
#[derive(Debug, Clone, PartialEq, Portable)]
struct Scalars {
    bytes: (i8, u8, NonZero<u8>),
    words: (i16, u16, i32, u32),
    longs: (i64, u64, NonZero<i64>),
    wide: (i128, u128),
    single: f32,
    double: f64,
    truth: bool,
    character: char,
    nothing: (),
}

/// What the standard library has beside them.
#[derive(Debug, Clone, PartialEq, Portable)]
struct Standard {
    text: String,
    boxed: Box<str>,
    path: PathBuf,
    span: Duration,
    time: SystemTime,
    address: IpAddr,
    v4: Ipv4Addr,
    v6: Ipv6Addr,
    order: Ordering,
    range: Range<u16>,
}

/// What holds others.
#[derive(Debug, Clone, PartialEq, Portable)]
struct Holders {
    bytes: Vec<u8>,
    three: [u8; 3],
    four: [u8; 4],
    five: [u8; 5],
    pair: [i16; 2],
    queue: VecDeque<Option<u8>>,
    by_text: HashMap<String, Pair<u8>>,
    by_number: BTreeMap<i32, Pair<String>>,
    by_kind: BTreeMap<Kind, u8>,
    set: BTreeSet<u32>,
    perhaps: Option<Box<Holders>>,
    outcome: Result<Kind, Tree>,
}

/// A pair of one type.
#[derive(Debug, Clone, PartialEq, Portable)]
struct Pair<T>(T, T);

/// One by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Portable)]
enum Kind {
    /// The first.
    First,
    Other,
}

/// A type that contains itself.
#[derive(Debug, Clone, PartialEq, Portable)]
enum Tree {
    Leaf,
    Wrapped(Unit),
    Two(Box<Tree>, Box<Tree>),
    Named {
        /// By name.
        child: Option<Box<Tree>>,
        r#type: Kind,
    },
}

#[derive(Debug, Clone, PartialEq, Portable)]
struct Unit;

fn scalars() -> impl Strategy<Value = Scalars> {
    let bytes = (any::<i8>(), any::<u8>(), any::<NonZero<u8>>());
    let longs = (any::<i64>(), any::<u64>(), any::<NonZero<i64>>());
    let wide = (any::<i128>(), any::<u128>());
    let floats = (
        prop_oneof![any::<f32>(), Just(f32::INFINITY), Just(f32::MIN)],
        prop_oneof![any::<f64>(), Just(f64::NEG_INFINITY), Just(f64::MAX)],
    );
    let all = (bytes, any::<(i16, u16, i32, u32)>(), longs, wide, floats);
    (all, any::<bool>(), any::<char>()).prop_map(
        |((bytes, words, longs, wide, (single, double)), truth, character)| Scalars {
            bytes,
            words,
            longs,
            wide,
            single,
            double,
            truth,
            character,
            nothing: (),
        },
    )
}

fn standard() -> impl Strategy<Value = Standard> {
    let texts = (".{0,9}", ".{0,9}", ".{0,9}");
    let span = || (0..=u64::MAX / 4, 0..1_000_000_000_u32).prop_map(|(s, n)| Duration::new(s, n));
    let time = (any::<bool>(), 0..=u64::from(u32::MAX), 0..1_000_000_000_u32);
    let time = time.prop_map(|(after, s, n)| match after {
        true => SystemTime::UNIX_EPOCH + Duration::new(s, n),
        false => SystemTime::UNIX_EPOCH - Duration::new(s, n),
    });
    let addresses = (any::<IpAddr>(), any::<Ipv4Addr>(), any::<Ipv6Addr>());
    let order = any::<(u8, u8)>().prop_map(|(a, b)| a.cmp(&b));
    (texts, span(), time, addresses, order, any::<Range<u16>>()).prop_map(
        |((text, boxed, path), span, time, (address, v4, v6), order, range)| Standard {
            text,
            boxed: boxed.into(),
            path: path.into(),
            span,
            time,
            address,
            v4,
            v6,
            order,
            range,
        },
    )
}

fn kind() -> impl Strategy<Value = Kind> + Clone {
    prop_oneof![Just(Kind::First), Just(Kind::Other)]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![Just(Tree::Leaf), Just(Tree::Wrapped(Unit))];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let boxed = inner.prop_map(Box::new);
        prop_oneof![
            (boxed.clone(), boxed.clone()).prop_map(|(a, b)| Tree::Two(a, b)),
            (proptest::option::of(boxed), kind())
                .prop_map(|(child, r#type)| Tree::Named { child, r#type }),
        ]
    })
}

fn holders() -> impl Strategy<Value = Holders> {
    use proptest::collection::{btree_map, btree_set, hash_map, vec, vec_deque};
    let bytes = (vec(any::<u8>(), 0..9), any::<([u8; 3], [u8; 4], [u8; 5])>());
    let lists = (any::<[i16; 2]>(), vec_deque(any::<Option<u8>>(), 0..3));
    let texts = (
        "[a-c]{0,2}",
        any::<(u8, u8)>().prop_map(|(a, b)| Pair(a, b)),
    );
    let numbers = (any::<i32>(), ("b?", "c?").prop_map(|(a, b)| Pair(a, b)));
    let maps = (
        hash_map(texts.0, texts.1, 0..3),
        btree_map(numbers.0, numbers.1, 0..3),
        btree_map(kind(), any::<u8>(), 0..3),
        btree_set(any::<u32>(), 0..3),
    );
    let outcome = prop_oneof![kind().prop_map(Ok), tree().prop_map(Err)];
    let flat = (bytes, lists, maps, outcome).prop_map(
        |(
            (bytes, (three, four, five)),
            (pair, queue),
            (by_text, by_number, by_kind, set),
            outcome,
        )| {
            Holders {
                bytes,
                three,
                four,
                five,
                pair,
                queue,
                by_text,
                by_number,
                by_kind,
                set,
                perhaps: None,
                outcome,
            }
        },
    );
    flat.prop_recursive(2, 4, 1, |inner| {
        (inner.clone(), inner).prop_map(|(mut outer, inner)| {
            outer.perhaps = Some(Box::new(inner));
            outer
        })
    })
}

/// What other places of a value may be replaced by.
fn replacement() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3..300_i32).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,3}".prop_map(Value::from),
        prop_oneof![
            Just("inf"),
            Just("NaN"),
            Just("Leaf"),
            Just("First"),
            Just("QUE="),
            Just("::1")
        ]
        .prop_map(Value::from),
        Just(json!([])),
        Just(json!([1, 2])),
        Just(json!({})),
        Just(json!({ "Ok": "First" })),
        Just(json!({ "secs": 1, "nanos": 1_000_000_000 })),
    ]
}

/// A change at the place that `steps` lead to.
#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Remove,
    Add(Value),
}

fn change() -> impl Strategy<Value = (Vec<prop::sample::Index>, Change)> {
    let steps = proptest::collection::vec(any::<prop::sample::Index>(), 0..5);
    let change = prop_oneof![
        4 => replacement().prop_map(Change::Replace),
        1 => Just(Change::Remove),
        1 => replacement().prop_map(Change::Add),
    ];
    (steps, change)
}

fn apply(value: &mut Value, steps: &[prop::sample::Index], change: &Change) {
    let next = steps.split_first();
    match (value, next) {
        (Value::Object(fields), Some((step, steps))) if !fields.is_empty() => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = &names[step.index(names.len())];
            if steps.is_empty() && matches!(change, Change::Remove) {
                fields.remove(name);
            } else if let Some(field) = fields.get_mut(name) {
                apply(field, steps, change);
            }
        }
        (Value::Array(items), Some((step, steps))) if !items.is_empty() => {
            let index = step.index(items.len());
            if steps.is_empty() && matches!(change, Change::Remove) {
                items.remove(index);
            } else {
                apply(&mut items[index], steps, change);
            }
        }
        (Value::Object(fields), _) if matches!(change, Change::Add(_)) => {
            if let Change::Add(added) = change {
                fields.insert("added".to_owned(), added.clone());
            }
        }
        (Value::Array(items), _) if matches!(change, Change::Add(_)) => {
            if let Change::Add(added) = change {
                items.push(added.clone());
            }
        }
        (value, _) => {
            if let Change::Replace(by) = change {
                *value = by.clone();
            }
        }
    }
}

fn validator<T: Portable>() -> jsonschema::Validator {
    let schema = schema::of::<T>();
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{error} in {schema:#}"));
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&schema).unwrap()
}

fn agrees<T: Portable + Debug + Clone + 'static>(values: impl Strategy<Value = T>) {
    let validator = validator::<T>();
    let refused = Cell::new(0);
    let config = ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(value in values, changes in proptest::collection::vec(change(), 1..3))| {
        let written = value.to_json();
        if let Err(error) = validator.validate(&written) {
            prop_assert!(false, "{error} in {written:#}");
        }
        let read = T::from_json(written.clone());
        prop_assert!(read.is_ok(), "{read:?}");
        let mut changed = written;
        for (steps, change) in &changes {
            apply(&mut changed, steps, change);
        }
        if validator.is_valid(&changed) {
            let read = T::from_json(changed.clone());
            prop_assert!(read.is_ok(), "{read:?}: {changed:#}");
        } else {
            refused.set(refused.get() + 1);
        }
    });
    assert!(
        refused.get() > 50,
        "only {} changes broke a value",
        refused.get()
    );
}

#[test]
fn scalars_agree() {
    agrees(scalars());
}

#[test]
fn types_of_the_standard_library_agree() {
    agrees(standard());
}

#[test]
fn types_that_hold_others_agree() {
    agrees(holders());
}

#[test]
fn recursive_types_agree() {
    agrees(tree());
}

#[test]
fn documentation_of_types_fields_and_variants_is_carried_over() {
    let definitions = &schema::of::<Tree>()["$defs"];
    assert_eq!(
        definitions["Tree"]["description"],
        "A type that contains itself."
    );
    let named = &definitions["Tree"]["oneOf"][3]["properties"]["Named"];
    assert_eq!(named["properties"]["child"]["description"], "By name.");
    assert_eq!(named["required"], json!(["type"]));
    let first = json!({ "const": "First", "description": "The first." });
    assert_eq!(definitions["Kind"]["oneOf"][0], first);
}

#[test]
fn types_of_the_same_name_have_definitions_of_their_own() {
    let schema = schema::of::<(Pair<u8>, Pair<String>, Pair<u8>)>();
    let [first, second, third] = [0, 1, 2].map(|part| &schema["prefixItems"][part]["$ref"]);
    assert_eq!(
        (first, second, third),
        (&json!("#/$defs/Pair"), &json!("#/$defs/Pair2"), first)
    );
    assert_eq!(
        schema["$defs"]["Pair2"]["prefixItems"][0],
        json!({ "type": "string" })
    );
}

#[test]
fn what_has_no_value_and_what_serde_knows_have_schemas() {
    #[derive(serde::Serialize, serde::Deserialize, Portable)]
    #[portable(json = "serde")]
    #[serde(transparent)]
    struct Hidden(u8);

    let of_nothing = jsonschema::validator_for(&schema::of::<std::convert::Infallible>()).unwrap();
    assert!(
        [json!(null), json!({}), json!(1)]
            .iter()
            .all(|it| !of_nothing.is_valid(it))
    );
    let of_serde = jsonschema::validator_for(&schema::of::<Hidden>()).unwrap();
    assert!(of_serde.is_valid(&Hidden(1).to_json()));
}

#[test]
fn an_operation_has_the_schemas_of_its_arguments_result_and_error() {
    lmms::gateway! {
        /// What this program can do.
        Names { modules: ["../ui/modules/names"] }
    }
    for operation in Names::REGISTRY.operations() {
        let schema = operation.schema::<Names>().unwrap();
        let names: BTreeSet<&str> = operation.parameters().map(|it| it.name).collect();
        let properties = schema.arguments["properties"].as_object().unwrap();
        assert_eq!(
            properties
                .keys()
                .map(String::as_str)
                .collect::<BTreeSet<_>>(),
            names
        );
        let required = operation.parameters().filter(|it| !it.optional).count();
        assert_eq!(
            schema.arguments["required"].as_array().unwrap().len(),
            required
        );
        assert_eq!(
            schema.error.is_some(),
            operation.result().starts_with("Result<")
        );
        for part in [
            Some(&schema.arguments),
            Some(&schema.result),
            schema.error.as_ref(),
        ] {
            let Some(part) = part else { continue };
            assert_eq!(part["$schema"], schema::DIALECT);
            jsonschema::meta::validate(part).unwrap();
        }
    }
}
