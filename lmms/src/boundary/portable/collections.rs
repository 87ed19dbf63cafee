//! `Portable` for the standard library's maps and sets.
//!
//! The proofs are those of `builtin`: PORTABLE-1 (shape), PORTABLE-2 (never plain), PORTABLE-3 (copies of the parts). A
//! hashing collection is copied with a hash seed of the receiving side.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

#[cfg(feature = "gateway")]
use serde_json::Value;

use super::builtin::shaped;
#[cfg(feature = "gateway")]
use super::json::{self, JsonError};
use super::level::{Level, Shaped};
#[cfg(feature = "gateway")]
use super::schema::{self, Schemas};
use super::{KeyBuilder, Portable, Shape};

shaped! {
    "HashMap": [K, V] HashMap<K, V>;
    "BTreeMap": [K, V] BTreeMap<K, V>;
    "HashSet": [T] HashSet<T>;
    "BTreeSet": [T] BTreeSet<T>;
}

fn part<T: Portable>(value: &T) -> KeyBuilder {
    let mut key = KeyBuilder::new();
    value.key(&mut key);
    key
}

fn pair<K: Portable, V: Portable>(k: &K, v: &V) -> KeyBuilder {
    let mut key = part(k);
    v.key(&mut key);
    key
}

macro_rules! maps {
    ($($map:ident<K: $($bound:path),+>, |$entries:ident, $key:ident| $append:expr;)*) => {$(
        // SAFETY: PORTABLE-1, PORTABLE-2, PORTABLE-3.
        unsafe impl<K: Portable $(+ $bound)+, V: Portable> Portable for $map<K, V> {
            type Itself<L: Level> = Self;
            const PLAIN: bool = false;
            type Returned = super::AsValue;
            fn copy(&self) -> Self {
                self.iter().map(|(k, v)| (k.copy(), v.copy())).collect()
            }
            fn key(&self, $key: &mut KeyBuilder) {
                let $entries = self.iter();
                $append
            }
            fn heap_bytes(&self) -> usize {
                // A word per entry stands for the collection's own bookkeeping.
                self.len() * (size_of::<(K, V)>() + size_of::<usize>())
                    + self
                        .iter()
                        .map(|(k, v)| k.heap_bytes() + v.heap_bytes())
                        .sum::<usize>()
            }
            #[cfg(feature = "gateway")]
            fn to_json(&self) -> Value {
                Value::Object(
                    self.iter()
                        .map(|(k, v)| (json::map_key_to(k), v.to_json()))
                        .collect(),
                )
            }
            #[cfg(feature = "gateway")]
            fn from_json(value: Value) -> Result<Self, JsonError> {
                json::object(value)?
                    .into_iter()
                    .map(|(k, v)| {
                        let value = V::from_json(v).map_err(|error| error.at_field(&k))?;
                        Ok((json::map_key_from(k)?, value))
                    })
                    .collect()
            }
            #[cfg(feature = "gateway")]
            fn schema(schemas: &mut Schemas) -> Value {
                let (key, value) = (K::schema(schemas), V::schema(schemas));
                schemas.map(key, value)
            }
        }
    )*};
}

maps! {
    HashMap<K: Eq, Hash>, |entries, key| key.unordered(entries.map(|(k, v)| pair(k, v)));
    BTreeMap<K: Ord>, |entries, key| {
        key.length(entries.len());
        for (k, v) in entries {
            k.key(key);
            v.key(key);
        }
    };
}

macro_rules! sets {
    ($($set:ident<T: $($bound:path),+>, |$items:ident, $key:ident| $append:expr, $order:expr;)*) => {$(
        // SAFETY: PORTABLE-1, PORTABLE-2, PORTABLE-3.
        unsafe impl<T: Portable $(+ $bound)+> Portable for $set<T> {
            type Itself<L: Level> = Self;
            const PLAIN: bool = false;
            type Returned = super::AsValue;
            fn copy(&self) -> Self {
                self.iter().map(T::copy).collect()
            }
            fn key(&self, $key: &mut KeyBuilder) {
                let $items = self.iter();
                $append
            }
            fn heap_bytes(&self) -> usize {
                self.len() * (size_of::<T>() + size_of::<usize>())
                    + self.iter().map(T::heap_bytes).sum::<usize>()
            }
            #[cfg(feature = "gateway")]
            fn to_json(&self) -> Value {
                let mut items: Vec<Value> = self.iter().map(T::to_json).collect();
                let order: fn(&mut [Value]) = $order;
                order(&mut items);
                Value::Array(items)
            }
            #[cfg(feature = "gateway")]
            fn from_json(value: Value) -> Result<Self, JsonError> {
                Ok(T::vec_from_json(value)?.into_iter().collect())
            }
            #[cfg(feature = "gateway")]
            fn schema(schemas: &mut Schemas) -> Value {
                schema::array(T::schema(schemas))
            }
        }
    )*};
}

sets! {
    // Equal sets are equal JSON, whatever their hash seeds.
    HashSet<T: Eq, Hash>, |items, key| key.unordered(items.map(part)), |items| {
        items.sort_by_cached_key(Value::to_string);
    };
    BTreeSet<T: Ord>, |items, key| {
        key.length(items.len());
        for item in items {
            item.key(key);
        }
    }, |_| ();
}
