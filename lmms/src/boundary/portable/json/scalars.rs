//! Scalars and bytes as JSON.

#![forbid(unsafe_code)]

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{JsonError, ObjectReader};
use crate::boundary::portable::Portable;
use crate::boundary::portable::schema::{self, Fields};

pub(in crate::boundary::portable) fn text_from(value: Value) -> Result<String, JsonError> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(JsonError::expected("text", &other)),
    }
}

pub(in crate::boundary::portable) fn bool_from(value: Value) -> Result<bool, JsonError> {
    value
        .as_bool()
        .ok_or_else(|| JsonError::expected("true or false", &value))
}

pub(in crate::boundary::portable) fn integer_to<T: Into<Integer>>(number: T) -> Value {
    match number.into() {
        Integer::Signed(number) => Value::from(number),
        Integer::Unsigned(number) => Value::from(number),
    }
}

/// An integer of any width up to 64 bits.
pub(in crate::boundary::portable) enum Integer {
    Signed(i64),
    Unsigned(u64),
}

/// The integer in a value: `1.0` is one, as in a JSON Schema.
fn whole(value: &Value) -> Option<Integer> {
    let is_whole = |number: &f64| number.fract() == 0.0;
    if let Some(number) = value.as_i64() {
        return Some(Integer::Signed(number));
    }
    if let Some(number) = value.as_u64() {
        return Some(Integer::Unsigned(number));
    }
    match value.as_f64().filter(is_whole)? {
        number if (-I64_END..I64_END).contains(&number) => Some(Integer::Signed(number as i64)),
        number if (0.0..2.0 * I64_END).contains(&number) => Some(Integer::Unsigned(number as u64)),
        _ => None,
    }
}

/// The first number beyond an `i64`.
const I64_END: f64 = 9_223_372_036_854_775_808.0;

macro_rules! widen {
    ($($type:ident $variant:ident $wide:ident),*) => {$(
        impl From<$type> for Integer {
            fn from(number: $type) -> Self {
                Self::$variant(number as $wide)
            }
        }
    )*};
}

widen!(
    i8 Signed i64, i16 Signed i64, i32 Signed i64, i64 Signed i64, isize Signed i64,
    u8 Unsigned u64, u16 Unsigned u64, u32 Unsigned u64, u64 Unsigned u64, usize Unsigned u64
);

pub(in crate::boundary::portable) fn integer_from<T>(value: Value) -> Result<T, JsonError>
where
    T: TryFrom<i64> + TryFrom<u64>,
{
    let number = match whole(&value) {
        Some(Integer::Signed(number)) => T::try_from(number).ok(),
        Some(Integer::Unsigned(number)) => T::try_from(number).ok(),
        None => None,
    };
    number.ok_or_else(|| JsonError::expected(std::any::type_name::<T>(), &value))
}

macro_rules! wide {
    ($($type:ident $to:ident $from:ident),*) => {$(
        /// Beyond 64 bits JSON readers lose digits, so those are text.
        pub(in crate::boundary::portable) fn $to(number: $type) -> Value {
            if let Ok(number) = i64::try_from(number) {
                Value::from(number)
            } else if let Ok(number) = u64::try_from(number) {
                Value::from(number)
            } else {
                Value::String(number.to_string())
            }
        }

        pub(in crate::boundary::portable) fn $from(value: Value) -> Result<$type, JsonError> {
            let number = match &value {
                Value::String(digits) => digits.parse().ok(),
                other => match whole(other) {
                    Some(Integer::Signed(number)) => $type::try_from(number).ok(),
                    Some(Integer::Unsigned(number)) => Some(<$type>::from(number)),
                    None => None,
                },
            };
            number.ok_or_else(|| JsonError::expected(stringify!($type), &value))
        }
    )*};
}

wide!(i128 i128_to i128_from, u128 u128_to u128_from);

/// JSON has no infinities: they are text.
pub(in crate::boundary::portable) fn f64_to(number: f64) -> Value {
    if number.is_finite() {
        Value::from(number)
    } else {
        Value::String(number.to_string())
    }
}

pub(in crate::boundary::portable) fn f64_from(value: Value) -> Result<f64, JsonError> {
    let number = match &value {
        Value::String(text) => text.parse().ok().filter(|number: &f64| !number.is_finite()),
        other => other.as_f64(),
    };
    number.ok_or_else(|| JsonError::expected("a number", &value))
}

pub(in crate::boundary::portable) fn f32_to(number: f32) -> Value {
    f64_to(shortest(number))
}

/// The shortest number that is read as this `f32`: 0.1, where the same number as an `f64` is 0.10000000149011612.
pub(in crate::boundary::portable) fn shortest(number: f32) -> f64 {
    let shortest = number.to_string().parse().ok();
    // A number next to the middle between two others might be rounded twice.
    let same = shortest.filter(|wide: &f64| *wide as f32 == number);
    same.unwrap_or(f64::from(number))
}

pub(in crate::boundary::portable) fn f32_from(value: Value) -> Result<f32, JsonError> {
    let wide = f64_from(value)?;
    let number = wide as f32;
    if number.is_finite() == wide.is_finite() {
        Ok(number)
    } else {
        Err(JsonError::new(format!("{wide} is out of range for f32")))
    }
}

pub(in crate::boundary::portable) fn char_to(character: char) -> Value {
    Value::String(character.into())
}

pub(in crate::boundary::portable) fn char_from(value: Value) -> Result<char, JsonError> {
    let mut characters = value.as_str().unwrap_or_default().chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(JsonError::expected("text of one character", &value)),
    }
}

pub(in crate::boundary::portable) fn duration_to(duration: Duration) -> Value {
    serde_json::json!({ "secs": duration.as_secs(), "nanos": duration.subsec_nanos() })
}

/// A number of seconds is understood too.
pub(in crate::boundary::portable) fn duration_from(value: Value) -> Result<Duration, JsonError> {
    if let Some(seconds) = value.as_f64() {
        return Duration::try_from_secs_f64(seconds)
            .map_err(|error| JsonError::new(error.to_string()));
    }
    let mut reader = ObjectReader::new(value, "Duration")?;
    let seconds: u64 = reader.field("secs")?;
    let nanos: u32 = reader.field("nanos")?;
    reader.finish()?;
    Ok(Duration::from_secs(seconds) + within_a_second(nanos)?)
}

/// Seconds from `least` on, and nanoseconds after that second.
pub(in crate::boundary::portable) fn duration_schema(least: i64) -> Value {
    let mut fields = Fields::default();
    let most = if least < 0 { i64::MAX as u64 } else { u64::MAX };
    let seconds = serde_json::json!({ "type": "integer", "minimum": least, "maximum": most });
    fields.add("secs", &[], seconds, false);
    fields.add("nanos", &[], schema::integer(0, NANOS - 1), false);
    fields.finish()
}

/// Nanoseconds of a second.
const NANOS: u32 = 1_000_000_000;

fn within_a_second(nanos: u32) -> Result<Duration, JsonError> {
    if nanos < NANOS {
        Ok(Duration::new(0, nanos))
    } else {
        Err(JsonError::new(format!("`nanos` must be below {NANOS}")))
    }
}

/// Seconds since the Unix epoch and nanoseconds after that second: before the epoch `secs` is negative,
/// and `nanos` still count forwards, as in C's `timespec`.
pub(in crate::boundary::portable) fn system_time_to(time: SystemTime) -> Value {
    let before = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => return duration_to(after),
        Err(error) => error.duration(),
    };
    let (back, nanos) = match before.subsec_nanos() {
        0 => (before.as_secs(), 0),
        nanos => (before.as_secs() + 1, NANOS - nanos),
    };
    serde_json::json!({ "secs": 0_i64.wrapping_sub_unsigned(back), "nanos": nanos })
}

/// A number of seconds is understood too; before the epoch it is negative.
pub(in crate::boundary::portable) fn system_time_from(
    value: Value,
) -> Result<SystemTime, JsonError> {
    let epoch = SystemTime::UNIX_EPOCH;
    let number = value.as_f64().filter(|seconds| *seconds < 0.0);
    let negative = value.get("secs").and_then(Value::as_i64);
    let time = if let Some(seconds) = number {
        let before = Duration::try_from_secs_f64(-seconds).ok();
        before.and_then(|before| epoch.checked_sub(before))
    } else if let Some(seconds) = negative.filter(|seconds| *seconds < 0) {
        let mut reader = ObjectReader::new(value, "SystemTime")?;
        let _: i64 = reader.field("secs")?;
        let after = within_a_second(reader.field("nanos")?)?;
        reader.finish()?;
        let second = epoch.checked_sub(Duration::from_secs(seconds.unsigned_abs()));
        second.and_then(|second| second.checked_add(after))
    } else {
        epoch.checked_add(duration_from(value)?)
    };
    time.ok_or_else(|| JsonError::new("the time is out of range"))
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(in crate::boundary::portable) fn bytes_to(bytes: &[u8]) -> Value {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut block = [0_u8; 4];
        block[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(block);
        for position in 0..4_u32 {
            if position as usize > chunk.len() {
                text.push('=');
            } else {
                text.push(BASE64[(bits >> (18 - 6 * position)) as usize & 63] as char);
            }
        }
    }
    Value::String(text)
}

pub(in crate::boundary::portable) fn bytes_from(value: Value) -> Result<Vec<u8>, JsonError> {
    match value {
        Value::String(text) => base64_decode(text.as_bytes())
            .ok_or_else(|| JsonError::new("expected base64 text (RFC 4648, padded)")),
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| u8::from_json(item).map_err(|error| error.at_index(index)))
            .collect(),
        other => Err(JsonError::expected(
            "base64 text or an array of bytes",
            &other,
        )),
    }
}

fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = &text[..text.len() - padding];
    // Two digits make a byte, so a block holds at least two of them.
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in digits.chunks(4) {
        let mut bits = 0_u32;
        for position in 0..4 {
            let value = match chunk.get(position) {
                Some(byte) => digit(*byte)?,
                None => 0,
            };
            bits = bits << 6 | u32::from(value);
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}
