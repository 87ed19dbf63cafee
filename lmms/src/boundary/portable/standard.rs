//! `Portable` for more of the standard library: addresses, ranges, boxed slices, numbers that aren't zero.
//!
//! The proofs are those of `builtin`: P1 (shape), P2 (plainness), P3 (copies of the parts).

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::NonZero;
use std::ops::Range;

#[cfg(feature = "gateway")]
use serde_json::Value;

use super::builtin::shaped;
#[cfg(feature = "gateway")]
use super::json::{self, JsonError, ObjectReader, VariantReader};
use super::level::{Level, Shaped};
#[cfg(feature = "gateway")]
use super::schema::{self, Schemas};
use super::{KeyBuilder, Portable, Shape};

shaped! {
    "str": [] Box<str>;
    "OsString": [] OsString;
    "slice": [T] Box<[T]>;
    "VecDeque": [T] VecDeque<T>;
    "Range": [T] Range<T>;
    "PhantomData": [T] PhantomData<T>;
}

/// Types that are copied bit by bit.
macro_rules! plain {
    ($($type:ty as $name:expr, |$value:ident, $key:ident| $append:expr, $to:expr, $from:expr, $schema:expr;)*) => {$(
        // SAFETY: PORTABLE-1.
        unsafe impl<L: Level> Shaped<L> for $type {
            const SHAPE: Shape = Shape::leaf::<Self>($name);
        }

        // SAFETY: PORTABLE-1; PORTABLE-2: numbers only; PORTABLE-3: `Copy`.
        unsafe impl Portable for $type {
            type Itself<L: Level> = Self;
            const PLAIN: bool = true;
            type Returned = super::AsValue;
            fn copy(&self) -> Self {
                *self
            }
            fn copy_slice(items: &[Self]) -> Vec<Self> {
                items.to_vec()
            }
            fn key(&self, $key: &mut KeyBuilder) {
                let $value = self;
                $append;
            }
            #[cfg(feature = "gateway")]
            fn to_json(&self) -> Value {
                let to: fn(&Self) -> Value = $to;
                to(self)
            }
            #[cfg(feature = "gateway")]
            fn from_json(value: Value) -> Result<Self, JsonError> {
                let from: fn(Value) -> Result<Self, JsonError> = $from;
                from(value)
            }
            #[cfg(feature = "gateway")]
            fn schema(_schemas: &mut Schemas) -> Value {
                $schema
            }
        }
    )*};
}

plain! {
    IpAddr as "IpAddr", |it, key| match it {
        IpAddr::V4(it) => { key.bytes(&[4]); it.key(key); }
        IpAddr::V6(it) => { key.bytes(&[6]); it.key(key); }
    }, shown, |value| parsed(value, "an IP address"),
        serde_json::json!({ "anyOf": [schema::text_of("ipv4"), schema::text_of("ipv6")] });
    Ipv4Addr as "Ipv4Addr", |it, key| key.bytes(&it.octets()),
        shown, |value| parsed(value, "an IPv4 address"),
        schema::text_of("ipv4");
    Ipv6Addr as "Ipv6Addr", |it, key| key.bytes(&it.octets()),
        shown, |value| parsed(value, "an IPv6 address"),
        schema::text_of("ipv6");
    SocketAddr as "SocketAddr", |it, key| match it {
        SocketAddr::V4(it) => { key.bytes(&[4]); it.key(key); }
        SocketAddr::V6(it) => { key.bytes(&[6]); it.key(key); }
    }, shown, |value| parsed(value, "an IP address with a port"),
        schema::text();
    SocketAddrV4 as "SocketAddrV4", |it, key| { it.ip().key(key); it.port().key(key); },
        shown, |value| parsed(value, "an IPv4 address with a port"),
        schema::text();
    SocketAddrV6 as "SocketAddrV6", |it, key| {
        it.ip().key(key);
        it.port().key(key);
        it.flowinfo().key(key);
        it.scope_id().key(key);
    }, shown, |value| parsed(value, "an IPv6 address with a port"),
        schema::text();
    Ordering as "Ordering", |it, key| (*it as i8).key(key),
        |it| Value::from(format!("{it:?}")),
        |value| {
            let mut reader = VariantReader::new(value, "Ordering")?;
            let found = match reader.name() {
                "Less" => Ordering::Less,
                "Equal" => Ordering::Equal,
                "Greater" => Ordering::Greater,
                _ => return Err(reader.unknown(&["Less", "Equal", "Greater"])),
            };
            reader.unit().map(|()| found)
        },
        serde_json::json!({ "type": "string", "enum": ["Less", "Equal", "Greater"] });
}

macro_rules! nonzero {
    ($($number:ident)*) => {
        plain! {$(
            NonZero<$number> as concat!("NonZero ", stringify!($number)),
                |it, key| it.get().key(key),
                |it| it.get().to_json(),
                |value| {
                    let number = $number::from_json(value)?;
                    Self::new(number)
                        .ok_or_else(|| JsonError::new("expected a number that is not 0, found 0"))
                },
                {
                    let mut schema = $number::schema(&mut Schemas::default());
                    schema["not"] = serde_json::json!({ "const": 0 });
                    schema
                };
        )*}
    };
}

nonzero! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

#[cfg(feature = "gateway")]
fn shown<T: std::fmt::Display>(value: &T) -> Value {
    Value::from(value.to_string())
}

#[cfg(feature = "gateway")]
fn parsed<T: std::str::FromStr>(value: Value, what: &str) -> Result<T, JsonError> {
    let text = value.as_str();
    let read = text.and_then(|text| text.parse().ok());
    read.ok_or_else(|| JsonError::expected(what, &value))
}

// SAFETY: PORTABLE-1, PORTABLE-2: owns heap memory, PORTABLE-3: a new allocation.
unsafe impl Portable for Box<str> {
    type Itself<L: Level> = Self;
    const PLAIN: bool = false;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        Self::from(&**self)
    }
    fn key(&self, key: &mut KeyBuilder) {
        key.text(self);
    }
    fn heap_bytes(&self) -> usize {
        self.len()
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        Value::from(&**self)
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        json::text_from(value).map(Self::from)
    }
    #[cfg(feature = "gateway")]
    fn schema(_schemas: &mut Schemas) -> Value {
        schema::text()
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: owns heap memory, PORTABLE-3: a new allocation.
unsafe impl Portable for OsString {
    type Itself<L: Level> = Self;
    const PLAIN: bool = false;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        self.as_os_str().to_owned()
    }
    fn key(&self, key: &mut KeyBuilder) {
        key.byte_slice(self.as_encoded_bytes());
    }
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        Value::from(self.to_string_lossy())
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        json::text_from(value).map(Self::from)
    }
    #[cfg(feature = "gateway")]
    fn schema(_schemas: &mut Schemas) -> Value {
        schema::text()
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: owns heap memory, PORTABLE-3: a new allocation of copies.
unsafe impl<T: Portable> Portable for Box<[T]> {
    type Itself<L: Level> = Self;
    const PLAIN: bool = false;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        T::copy_slice(self).into_boxed_slice()
    }
    fn key(&self, key: &mut KeyBuilder) {
        key.slice(self);
    }
    fn heap_bytes(&self) -> usize {
        size_of_val(&**self) + self.iter().map(T::heap_bytes).sum::<usize>()
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        T::slice_to_json(self)
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        T::vec_from_json(value).map(Vec::into_boxed_slice)
    }
    #[cfg(feature = "gateway")]
    fn schema(schemas: &mut Schemas) -> Value {
        T::slice_schema(schemas)
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: owns heap memory, PORTABLE-3: a new allocation of copies.
unsafe impl<T: Portable> Portable for VecDeque<T> {
    type Itself<L: Level> = Self;
    const PLAIN: bool = false;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        self.iter().map(T::copy).collect()
    }
    fn key(&self, key: &mut KeyBuilder) {
        key.length(self.len());
        for item in self {
            item.key(key);
        }
    }
    fn heap_bytes(&self) -> usize {
        self.capacity() * size_of::<T>() + self.iter().map(T::heap_bytes).sum::<usize>()
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        match self.as_slices() {
            (whole, []) => T::slice_to_json(whole),
            _ => T::slice_to_json(&self.iter().map(T::copy).collect::<Vec<T>>()),
        }
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        T::vec_from_json(value).map(Self::from)
    }
    #[cfg(feature = "gateway")]
    fn schema(schemas: &mut Schemas) -> Value {
        T::slice_schema(schemas)
    }
}

// SAFETY: PORTABLE-1; PORTABLE-2: plain if its ends are; PORTABLE-3.
unsafe impl<T: Portable> Portable for Range<T> {
    type Itself<L: Level> = Self;
    const PLAIN: bool = T::PLAIN;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        self.start.copy()..self.end.copy()
    }
    fn key(&self, key: &mut KeyBuilder) {
        self.start.key(key);
        self.end.key(key);
    }
    fn heap_bytes(&self) -> usize {
        self.start.heap_bytes() + self.end.heap_bytes()
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        serde_json::json!({ "start": self.start.to_json(), "end": self.end.to_json() })
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        let mut reader = ObjectReader::new(value, "Range")?;
        let (start, end) = (reader.field("start")?, reader.field("end")?);
        reader.finish()?;
        Ok(start..end)
    }
    #[cfg(feature = "gateway")]
    fn schema(schemas: &mut Schemas) -> Value {
        let mut fields = schema::Fields::default();
        fields.add("start", &[], T::schema(schemas), T::missing().is_some());
        fields.add("end", &[], T::schema(schemas), T::missing().is_some());
        fields.finish()
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: no bytes at all, PORTABLE-3.
unsafe impl<T: Portable> Portable for PhantomData<T> {
    type Itself<L: Level> = Self;
    const PLAIN: bool = true;
    const OPTIONAL: bool = true;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        PhantomData
    }
    fn key(&self, _key: &mut KeyBuilder) {}
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        Value::Null
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        <()>::from_json(value).map(|()| PhantomData)
    }
    #[cfg(feature = "gateway")]
    fn missing() -> Option<Self> {
        Some(PhantomData)
    }
    #[cfg(feature = "gateway")]
    fn schema(_schemas: &mut Schemas) -> Value {
        serde_json::json!({ "type": "null" })
    }
}

#[cfg(all(test, feature = "gateway"))]
mod tests;
