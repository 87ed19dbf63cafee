//! `Portable` for the standard library's plain and single-owner types.
//!
//! # Invariants
//! Each `unsafe impl` cites them as its proof.
//!
//! - **PORTABLE-1** The shape names the type and carries its size and alignment, and the shapes of its
//!   parameters; the layout of a standard type follows from these under one compiler, which the
//!   toolchain fingerprint checks.
//! - **PORTABLE-2** `PLAIN` is `true` only for types without heap memory, pointers or `Drop`.
//! - **PORTABLE-3** `copy` builds a new value from copies of the parts.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

#[cfg(feature = "gateway")]
use serde_json::Value;

#[cfg(feature = "gateway")]
use super::json::{self, JsonError};
use super::level::{Level, Shaped};
#[cfg(feature = "gateway")]
use super::schema::{self, Schemas};
use super::{KeyBuilder, Portable, Shape};

/// Shapes by name, of types with these parameters.
macro_rules! shaped {
    ($($name:literal: [$($part:ident),*] $type:ty;)*) => {$(
        // SAFETY: PORTABLE-1.
        unsafe impl<$($part: Portable,)* L: Level> Shaped<L> for $type {
            const SHAPE: Shape = Shape::leaf::<Self>($name)
                $(.child(<$part::Itself<L> as Shaped<L>>::SHAPE))*;
        }
    )*};
}

pub(super) use shaped;

shaped! {
    "u8": [] u8;
    "()": [] ();
    "Infallible": [] Infallible;
    "String": [] String;
    "PathBuf": [] PathBuf;
    "Vec": [T] Vec<T>;
    "Box": [T] Box<T>;
    "Option": [T] Option<T>;
    "Result": [T, E] Result<T, E>;
}

macro_rules! plain {
    ($($type:ident => |$value:ident, $key:ident| $append:expr, $to:path, $from:path, $schema:expr;)*) => {$(
        // SAFETY: PORTABLE-1.
        unsafe impl<L: Level> Shaped<L> for $type {
            const SHAPE: Shape = Shape::leaf::<Self>(stringify!($type));
        }

        // SAFETY: PORTABLE-1; PORTABLE-2: a scalar or a pair of scalars; PORTABLE-3: `Copy`.
        unsafe impl Portable for $type {
            type Itself<L: Level> = Self;
            const PLAIN: bool = true;
            type Returned = super::AsValue;
            #[inline]
            fn copy(&self) -> Self {
                *self
            }
            #[inline]
            fn copy_slice(items: &[Self]) -> Vec<Self> {
                items.to_vec()
            }
            #[inline]
            fn key(&self, $key: &mut KeyBuilder) {
                let $value = *self;
                $append
            }
            #[cfg(feature = "gateway")]
            fn to_json(&self) -> Value {
                $to(*self)
            }
            #[cfg(feature = "gateway")]
            fn from_json(value: Value) -> Result<Self, JsonError> {
                $from(value)
            }
            #[cfg(feature = "gateway")]
            fn schema(_schemas: &mut Schemas) -> Value {
                $schema
            }
        }
    )*};
}

plain! {
    i8 => |v, key| key.bytes(&v.to_le_bytes()), json::integer_to, json::integer_from, schema::integer(i8::MIN, i8::MAX);
    i16 => |v, key| key.bytes(&v.to_le_bytes()), json::integer_to, json::integer_from, schema::integer(i16::MIN, i16::MAX);
    i32 => |v, key| key.bytes(&v.to_le_bytes()), json::integer_to, json::integer_from, schema::integer(i32::MIN, i32::MAX);
    i64 => |v, key| key.bytes(&v.to_le_bytes()), json::integer_to, json::integer_from, schema::integer(i64::MIN, i64::MAX);
    isize => |v, key| key.bytes(&v.to_le_bytes()), json::integer_to, json::integer_from, schema::integer(isize::MIN, isize::MAX);
    u16 => |v, key| key.bytes(&v.to_le_bytes()), json::integer_to, json::integer_from, schema::integer(u16::MIN, u16::MAX);
    u32 => |v, key| key.bytes(&v.to_le_bytes()), json::integer_to, json::integer_from, schema::integer(u32::MIN, u32::MAX);
    u64 => |v, key| key.bytes(&v.to_le_bytes()), json::integer_to, json::integer_from, schema::integer(u64::MIN, u64::MAX);
    usize => |v, key| key.bytes(&v.to_le_bytes()), json::integer_to, json::integer_from, schema::integer(usize::MIN, usize::MAX);
    i128 => |v, key| key.bytes(&v.to_le_bytes()), json::i128_to, json::i128_from, schema::wide(true);
    u128 => |v, key| key.bytes(&v.to_le_bytes()), json::u128_to, json::u128_from, schema::wide(false);
    f32 => |v, key| key.bytes(&v.to_bits().to_le_bytes()), json::f32_to, json::f32_from, schema::float(Some(json::shortest(f32::MAX)));
    f64 => |v, key| key.bytes(&v.to_bits().to_le_bytes()), json::f64_to, json::f64_from, schema::float(None);
    bool => |v, key| key.bytes(&[u8::from(v)]), Value::Bool, json::bool_from, serde_json::json!({ "type": "boolean" });
    char => |v, key| key.bytes(&u32::from(v).to_le_bytes()), json::char_to, json::char_from, serde_json::json!({ "type": "string", "minLength": 1, "maxLength": 1 });
    Duration => |v, key| key.bytes(&v.as_nanos().to_le_bytes()), json::duration_to, json::duration_from, json::duration_schema(0);
    SystemTime => |v, key| system_time_key(v, key), json::system_time_to, json::system_time_from, json::duration_schema(i64::MIN);
}

fn system_time_key(time: SystemTime, key: &mut KeyBuilder) {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => {
            key.bytes(&[1]);
            after.key(key);
        }
        Err(before) => {
            key.bytes(&[0]);
            before.duration().key(key);
        }
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: a byte, PORTABLE-3.
unsafe impl Portable for u8 {
    type Itself<L: Level> = Self;
    const PLAIN: bool = true;
    type Returned = super::AsValue;
    #[inline]
    fn copy(&self) -> Self {
        *self
    }
    #[inline]
    fn copy_slice(items: &[Self]) -> Vec<Self> {
        items.to_vec()
    }
    #[inline]
    fn key(&self, key: &mut KeyBuilder) {
        key.bytes(&[*self]);
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        json::integer_to(*self)
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        json::integer_from(value)
    }
    #[cfg(feature = "gateway")]
    fn slice_to_json(items: &[Self]) -> Value {
        json::bytes_to(items)
    }
    #[cfg(feature = "gateway")]
    fn vec_from_json(value: Value) -> Result<Vec<Self>, JsonError> {
        json::bytes_from(value)
    }
    #[cfg(feature = "gateway")]
    fn schema(_schemas: &mut Schemas) -> Value {
        schema::integer(u8::MIN, u8::MAX)
    }
    #[cfg(feature = "gateway")]
    fn slice_schema(_schemas: &mut Schemas) -> Value {
        schema::bytes()
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: no bytes at all, PORTABLE-3.
unsafe impl Portable for () {
    type Itself<L: Level> = Self;
    const PLAIN: bool = true;
    type Returned = super::AsValue;
    #[inline]
    fn copy(&self) -> Self {}
    #[inline]
    fn key(&self, _key: &mut KeyBuilder) {}
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        Value::Null
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        match value {
            Value::Null => Ok(()),
            other => Err(JsonError::expected("null", &other)),
        }
    }
    #[cfg(feature = "gateway")]
    fn schema(_schemas: &mut Schemas) -> Value {
        serde_json::json!({ "type": "null" })
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2, PORTABLE-3: there is no value.
unsafe impl Portable for Infallible {
    type Itself<L: Level> = Self;
    const PLAIN: bool = true;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        match *self {}
    }
    fn key(&self, _key: &mut KeyBuilder) {
        match *self {}
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        match *self {}
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        Err(JsonError::expected("nothing that there is", &value))
    }
    #[cfg(feature = "gateway")]
    fn schema(_schemas: &mut Schemas) -> Value {
        Value::Bool(false)
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: owns heap memory, PORTABLE-3: a new allocation.
unsafe impl Portable for String {
    type Itself<L: Level> = Self;
    const PLAIN: bool = false;
    type Returned = super::AsValue;
    #[inline]
    fn copy(&self) -> Self {
        self.as_str().to_owned()
    }
    #[inline]
    fn key(&self, key: &mut KeyBuilder) {
        key.text(self);
    }
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        Value::String(self.clone())
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        json::text_from(value)
    }
    #[cfg(feature = "gateway")]
    fn schema(_schemas: &mut Schemas) -> Value {
        schema::text()
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: owns heap memory, PORTABLE-3: a new allocation.
unsafe impl Portable for PathBuf {
    type Itself<L: Level> = Self;
    const PLAIN: bool = false;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        self.as_path().to_owned()
    }
    fn key(&self, key: &mut KeyBuilder) {
        key.byte_slice(self.as_os_str().as_encoded_bytes());
    }
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        Value::String(self.to_string_lossy().into_owned())
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
unsafe impl<T: Portable> Portable for Vec<T> {
    type Itself<L: Level> = Self;
    const PLAIN: bool = false;
    type Returned = super::AsValue;
    #[inline]
    fn copy(&self) -> Self {
        T::copy_slice(self)
    }
    #[inline]
    fn key(&self, key: &mut KeyBuilder) {
        key.slice(self);
    }
    fn heap_bytes(&self) -> usize {
        let inner: usize = if T::PLAIN {
            0
        } else {
            self.iter().map(T::heap_bytes).sum()
        };
        self.capacity() * size_of::<T>() + inner
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        T::slice_to_json(self)
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        T::vec_from_json(value)
    }
    #[cfg(feature = "gateway")]
    fn schema(schemas: &mut Schemas) -> Value {
        T::slice_schema(schemas)
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: owns heap memory, PORTABLE-3: a new allocation of a copy.
unsafe impl<T: Portable> Portable for Box<T> {
    type Itself<L: Level> = Self;
    const PLAIN: bool = false;
    const OPTIONAL: bool = T::OPTIONAL;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        Box::new(T::copy(self))
    }
    fn key(&self, key: &mut KeyBuilder) {
        T::key(self, key);
    }
    fn heap_bytes(&self) -> usize {
        size_of::<T>() + T::heap_bytes(self)
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        T::to_json(self)
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        T::from_json(value).map(Box::new)
    }
    #[cfg(feature = "gateway")]
    fn missing() -> Option<Self> {
        T::missing().map(Box::new)
    }
    #[cfg(feature = "gateway")]
    fn schema(schemas: &mut Schemas) -> Value {
        T::schema(schemas)
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: plain if its content is, PORTABLE-3.
unsafe impl<T: Portable> Portable for Option<T> {
    type Itself<L: Level> = Self;
    const PLAIN: bool = T::PLAIN;
    const OPTIONAL: bool = true;
    type Returned = super::AsValue;
    #[inline]
    fn copy(&self) -> Self {
        self.as_ref().map(T::copy)
    }
    #[inline]
    fn key(&self, key: &mut KeyBuilder) {
        key.bytes(&[u8::from(self.is_some())]);
        if let Some(value) = self {
            value.key(key);
        }
    }
    fn heap_bytes(&self) -> usize {
        self.as_ref().map_or(0, T::heap_bytes)
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_json(other).map(Some),
        }
    }
    #[cfg(feature = "gateway")]
    fn missing() -> Option<Self> {
        Some(None)
    }
    #[cfg(feature = "gateway")]
    fn schema(schemas: &mut Schemas) -> Value {
        schema::nullable(T::schema(schemas))
    }
}

// SAFETY: PORTABLE-1, PORTABLE-2: plain if both sides are, PORTABLE-3.
unsafe impl<T: Portable, E: Portable> Portable for Result<T, E> {
    type Itself<L: Level> = Self;
    const PLAIN: bool = T::PLAIN && E::PLAIN;
    type Returned = super::AsResult;
    #[inline]
    fn copy(&self) -> Self {
        match self {
            Ok(value) => Ok(value.copy()),
            Err(error) => Err(error.copy()),
        }
    }
    fn key(&self, key: &mut KeyBuilder) {
        key.bytes(&[u8::from(self.is_ok())]);
        match self {
            Ok(value) => value.key(key),
            Err(error) => error.key(key),
        }
    }
    fn heap_bytes(&self) -> usize {
        match self {
            Ok(value) => value.heap_bytes(),
            Err(error) => error.heap_bytes(),
        }
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        match self {
            Ok(value) => super::variant_to_json("Ok", value.to_json()),
            Err(error) => super::variant_to_json("Err", error.to_json()),
        }
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        let mut reader = super::VariantReader::new(value, "Result")?;
        match reader.name() {
            "Ok" => reader.content().map(Ok),
            "Err" => reader.content().map(Err),
            _ => Err(reader.unknown(&["Ok", "Err"])),
        }
    }
    #[cfg(feature = "gateway")]
    fn schema(schemas: &mut Schemas) -> Value {
        let mut variants = schema::Variants::default();
        variants.content("Ok", &[], T::schema(schemas));
        variants.content("Err", &[], E::schema(schemas));
        variants.finish()
    }
}
