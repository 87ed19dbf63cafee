//! `Portable` for arrays and tuples.
//!
//! The proofs are those of `builtin`: PORTABLE-1 (shape), PORTABLE-2 (plain if the parts are), and PORTABLE-3 (copies
//! of the parts).

#[cfg(feature = "gateway")]
use serde_json::Value;

#[cfg(feature = "gateway")]
use super::json::{self, JsonError};
use super::level::{Level, Shaped};
#[cfg(feature = "gateway")]
use super::schema::{self, Schemas};
use super::{KeyBuilder, Portable, Shape};

// SAFETY: PORTABLE-1: length and element are part of the shape.
unsafe impl<T: Portable, const N: usize, L: Level> Shaped<L> for [T; N] {
    const SHAPE: Shape = Shape::leaf::<Self>("array")
        .number(N as u64)
        .child(<T::Itself<L> as Shaped<L>>::SHAPE);
}

// SAFETY: PORTABLE-1; PORTABLE-2: plain if its elements are; PORTABLE-3.
unsafe impl<T: Portable, const N: usize> Portable for [T; N] {
    type Itself<L: Level> = Self;
    const PLAIN: bool = T::PLAIN;
    type Returned = super::AsValue;
    fn copy(&self) -> Self {
        std::array::from_fn(|index| self[index].copy())
    }
    fn key(&self, key: &mut KeyBuilder) {
        key.slice(self);
    }
    fn heap_bytes(&self) -> usize {
        self.iter().map(T::heap_bytes).sum()
    }
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> Value {
        T::slice_to_json(self)
    }
    #[cfg(feature = "gateway")]
    fn from_json(value: Value) -> Result<Self, JsonError> {
        let items = T::vec_from_json(value)?;
        let found = items.len();
        Self::try_from(items).map_err(|_| JsonError::length(N, found))
    }
    #[cfg(feature = "gateway")]
    fn schema(schemas: &mut Schemas) -> Value {
        schema::of_length(N, T::slice_schema(schemas))
    }
}

macro_rules! tuples {
    ($($name:ident: $($part:ident . $index:tt)+;)*) => {$(
        // SAFETY: PORTABLE-1: offsets and parts are in the shape.
        unsafe impl<$($part: Portable,)+ L: Level> Shaped<L> for ($($part,)+) {
            const SHAPE: Shape = Shape::leaf::<Self>(stringify!($name))$(.field(
                stringify!($index),
                std::mem::offset_of!(Self, $index),
                <$part::Itself<L> as Shaped<L>>::SHAPE,
            ))+;
        }

        // SAFETY: PORTABLE-1; PORTABLE-2: plain if all parts are; PORTABLE-3.
        unsafe impl<$($part: Portable),+> Portable for ($($part,)+) {
            type Itself<L: Level> = Self;
            const PLAIN: bool = $($part::PLAIN)&&+;
            type Returned = super::AsValue;
            fn copy(&self) -> Self {
                ($(self.$index.copy(),)+)
            }
            fn key(&self, key: &mut KeyBuilder) {
                $(self.$index.key(key);)+
            }
            fn heap_bytes(&self) -> usize {
                0 $(+ self.$index.heap_bytes())+
            }
            #[cfg(feature = "gateway")]
            fn to_json(&self) -> Value {
                Value::Array(vec![$(self.$index.to_json()),+])
            }
            #[cfg(feature = "gateway")]
            fn from_json(value: Value) -> Result<Self, JsonError> {
                const LENGTH: usize = [$($index),+].len();
                let items = json::array(value)?;
                let found = items.len();
                let mut items = items.into_iter();
                if found != LENGTH {
                    return Err(JsonError::length(LENGTH, found));
                }
                Ok(($(
                    $part::from_json(items.next().unwrap_or_default())
                        .map_err(|error| error.at_index($index))?,
                )+))
            }
            #[cfg(feature = "gateway")]
            fn schema(schemas: &mut Schemas) -> Value {
                schema::tuple(vec![$($part::schema(schemas)),+])
            }
        }
    )*};
}

tuples! {
    tuple1: A.0;
    tuple2: A.0 B.1;
    tuple3: A.0 B.1 C.2;
    tuple4: A.0 B.1 C.2 D.3;
    tuple5: A.0 B.1 C.2 D.3 E.4;
    tuple6: A.0 B.1 C.2 D.3 E.4 F.5;
    tuple7: A.0 B.1 C.2 D.3 E.4 F.5 G.6;
    tuple8: A.0 B.1 C.2 D.3 E.4 F.5 G.6 H.7;
}
