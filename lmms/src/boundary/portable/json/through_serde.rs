//! JSON by way of `serde`, with an `f32` as short as it was written.
//!
//! `serde_json` widens an `f32` to the `f64` of the same value, which has more digits; so this stands in between.

#![forbid(unsafe_code)]

use std::fmt::Display;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Value;

use super::scalars::shortest;

/// A value as JSON. What has no JSON, as a map whose keys are no text, is `null`.
pub fn through_serde<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(Part(value)).unwrap_or_default()
}

/// A part of a value.
struct Part<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Serialize for Part<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Short(serializer))
    }
}

/// A serializer that gets the shortest numbers.
struct Short<S>(S);

macro_rules! hand_on {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {$(
        fn $method(self, $($name: $type),*) -> Result<Self::Ok, Self::Error> {
            self.0.$method($($name),*)
        }
    )*};
}

macro_rules! compound {
    ($($method:ident($($name:ident: $type:ty),*) -> $compound:ident;)*) => {$(
        fn $method(self, $($name: $type),*) -> Result<Self::$compound, Self::Error> {
            self.0.$method($($name),*).map(Short)
        }
    )*};
}

impl<S: Serializer> Serializer for Short<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Short<S::SerializeSeq>;
    type SerializeTuple = Short<S::SerializeTuple>;
    type SerializeTupleStruct = Short<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Short<S::SerializeTupleVariant>;
    type SerializeMap = Short<S::SerializeMap>;
    type SerializeStruct = Short<S::SerializeStruct>;
    type SerializeStructVariant = Short<S::SerializeStructVariant>;

    fn serialize_f32(self, number: f32) -> Result<S::Ok, S::Error> {
        self.0.serialize_f64(shortest(number))
    }

    hand_on! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_f64(value: f64);
        serialize_char(value: char);
        serialize_str(value: &str);
        serialize_bytes(value: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    compound! {
        serialize_seq(length: Option<usize>) -> SerializeSeq;
        serialize_tuple(length: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize) -> SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, length: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize) -> SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Part(value))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Part(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0
            .serialize_newtype_variant(name, index, variant, &Part(value))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! parts {
    ($($trait:ident: $($method:ident($($name:ident: $type:ty),*)),+;)*) => {$(
        impl<S: $trait> $trait for Short<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            $(fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: $type,)*
                value: &T,
            ) -> Result<(), S::Error> {
                self.0.$method($($name,)* &Part(value))
            })+

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(key: &'static str);
    SerializeStructVariant: serialize_field(key: &'static str);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(serde::Serialize)]
    struct Newtype(f32);

    #[derive(serde::Serialize)]
    enum Kind {
        Unit,
        One(f32),
        Two(f32, u8),
        Named { value: Option<f32> },
    }

    #[derive(serde::Serialize)]
    struct Whole {
        number: f32,
        wide: f64,
        list: Vec<f32>,
        tuple: (f32, String),
        newtype: Newtype,
        kinds: Vec<Kind>,
        map: std::collections::BTreeMap<u8, f32>,
        nothing: Option<f32>,
        not_a_number: f32,
    }

    #[test]
    fn an_f32_is_short_wherever_it_stands() {
        let whole = Whole {
            number: 0.1,
            wide: 0.1,
            list: vec![0.2, 1.0],
            tuple: (0.3, "text".to_owned()),
            newtype: Newtype(0.4),
            kinds: vec![
                Kind::Unit,
                Kind::One(0.6),
                Kind::Two(0.7, 1),
                Kind::Named { value: Some(0.8) },
            ],
            map: [(1, 0.9)].into(),
            nothing: None,
            not_a_number: f32::NAN,
        };
        let expected = json!({
            "number": 0.1,
            "wide": 0.1,
            "list": [0.2, 1.0],
            "tuple": [0.3, "text"],
            "newtype": 0.4,
            "kinds": ["Unit", { "One": 0.6 }, { "Two": [0.7, 1] }, { "Named": { "value": 0.8 } }],
            "map": { "1": 0.9 },
            "nothing": null,
            "not_a_number": null,
        });
        assert_eq!(through_serde(&whole), expected);
    }

    #[test]
    fn what_has_no_json_is_null() {
        let map = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert_eq!(through_serde(&map), Value::Null);
    }
}
