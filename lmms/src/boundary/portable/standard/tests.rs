#![forbid(unsafe_code)]

use std::fmt::Debug;

use serde_json::json;

use super::*;

fn key_of(value: &impl Portable) -> KeyBuilder {
    let mut key = KeyBuilder::new();
    value.key(&mut key);
    key
}

/// A copy equals its original, JSON leads back to it, and `other` has another cache key.
#[track_caller]
fn crosses<T: Portable + PartialEq + Debug>(value: T, other: T, shown: Value) {
    assert_eq!(value.copy(), value);
    assert_eq!(value.to_json(), shown);
    assert_eq!(T::from_json(shown).unwrap(), value);
    assert_eq!(T::copy_slice(std::slice::from_ref(&value)), [value.copy()]);
    assert_eq!(key_of(&value.copy()).as_bytes(), key_of(&value).as_bytes());
    assert_ne!(key_of(&value).as_bytes(), key_of(&other).as_bytes());
}

#[test]
fn every_type_crosses_as_it_is() {
    crosses::<Box<str>>("a".into(), "b".into(), json!("a"));
    crosses::<OsString>("a".into(), "b".into(), json!("a"));
    crosses::<Box<[u16]>>([1, 2].into(), [1].into(), json!([1, 2]));
    crosses::<Box<[u8]>>([1, 2].into(), [1].into(), json!("AQI="));
    crosses(
        VecDeque::from([1_u16, 2]),
        VecDeque::from([2, 1]),
        json!([1, 2]),
    );
    crosses(
        "a".to_owned().."c".to_owned(),
        "a".to_owned().."b".to_owned(),
        json!({ "start": "a", "end": "c" }),
    );
    crosses(NonZero::<u8>::MIN, NonZero::<u8>::MAX, json!(1));
    crosses(
        NonZero::<i128>::MAX,
        NonZero::<i128>::MIN,
        i128::MAX.to_json(),
    );
    crosses(Ordering::Less, Ordering::Greater, json!("Less"));
    let (four, six) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
    crosses(four, Ipv4Addr::UNSPECIFIED, json!("127.0.0.1"));
    crosses(six, Ipv6Addr::UNSPECIFIED, json!("::1"));
    crosses(
        IpAddr::V4(four),
        IpAddr::V6(four.to_ipv6_mapped()),
        json!("127.0.0.1"),
    );
    crosses(
        SocketAddrV4::new(four, 80),
        SocketAddrV4::new(four, 81),
        json!("127.0.0.1:80"),
    );
    crosses(
        SocketAddrV6::new(six, 80, 0, 2),
        SocketAddrV6::new(six, 80, 1, 2),
        json!("[::1%2]:80"),
    );
    crosses(
        SocketAddr::from((six, 80)),
        SocketAddr::from((four, 80)),
        json!("[::1]:80"),
    );
}

#[test]
fn a_wrapped_queue_is_its_elements_in_order() {
    let mut queue = VecDeque::with_capacity(4);
    queue.extend([0_u8, 1, 2, 3]);
    for next in 4..=queue.capacity() as u8 {
        queue.pop_front();
        queue.push_back(next);
    }
    assert!(!queue.as_slices().1.is_empty(), "it wraps");
    let straight: Vec<u8> = queue.iter().copied().collect();
    assert_eq!(queue.to_json(), straight.to_json());
    let copy = VecDeque::from(straight);
    assert_eq!(key_of(&queue).as_bytes(), key_of(&copy).as_bytes());
    assert_eq!(queue.copy(), copy);
}

#[test]
fn nothing_crosses_as_nothing() {
    let nothing = PhantomData::<String>;
    assert_eq!(nothing.copy(), nothing);
    assert_eq!(nothing.to_json(), Value::Null);
    assert_eq!(PhantomData::<String>::from_json(Value::Null), Ok(nothing));
    assert_eq!(PhantomData::<String>::missing(), Some(nothing));
}

#[test]
fn what_is_no_value_of_the_type_is_refused_in_words() {
    let refused = |result: Result<String, JsonError>| result.unwrap_err().to_string();
    let as_text = |address: IpAddr| address.to_string();
    assert_eq!(
        refused(IpAddr::from_json(json!("1.2.3")).map(as_text)),
        "expected an IP address, found the text \"1.2.3\""
    );
    let number = NonZero::<u8>::from_json(json!(0)).map(|number| number.to_string());
    assert_eq!(refused(number), "expected a number that is not 0, found 0");
    assert!(Ordering::from_json(json!("Lesser")).is_err());
    assert!(Range::<u8>::from_json(json!({ "start": 1 })).is_err());
}

fn shape<T: Portable>() -> Shape {
    T::SHAPE
}

#[test]
fn shapes_tell_the_types_apart() {
    let shapes = [
        shape::<Box<str>>(),
        shape::<String>(),
        shape::<OsString>(),
        shape::<Box<[u8]>>(),
        shape::<VecDeque<u8>>(),
        shape::<Vec<u8>>(),
        shape::<Range<u8>>(),
        shape::<PhantomData<u8>>(),
        shape::<PhantomData<u16>>(),
        shape::<Ordering>(),
        shape::<NonZero<u8>>(),
        shape::<NonZero<i8>>(),
        shape::<u8>(),
        shape::<IpAddr>(),
        shape::<Ipv4Addr>(),
        shape::<SocketAddrV4>(),
    ];
    let distinct: std::collections::HashSet<Shape> = shapes.into_iter().collect();
    assert_eq!(distinct.len(), shapes.len());
}
