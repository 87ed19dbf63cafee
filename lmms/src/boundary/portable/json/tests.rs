#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn round_trip<T: Portable + PartialEq + fmt::Debug>(value: T) {
    assert_eq!(T::from_json(value.to_json()), Ok(value));
}

#[test]
fn values_survive_the_round_trip() {
    round_trip(-7_i8);
    round_trip(u64::MAX);
    round_trip(u128::MAX);
    round_trip(i128::MIN);
    round_trip(f64::INFINITY);
    round_trip('ü');
    round_trip(Duration::new(3, 5));
    round_trip(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    round_trip(SystemTime::UNIX_EPOCH - Duration::from_secs(5));
    round_trip((1_u8, "two".to_owned(), Some(3.0_f64)));
    round_trip([1_u16, 2, 3]);
    round_trip(vec![Some(true), None]);
    round_trip(BTreeMap::from([
        (1_u32, "one".to_owned()),
        (2, "two".to_owned()),
    ]));
    round_trip(BTreeMap::from([("1".to_owned(), 1_u8)]));
    round_trip(HashSet::from(["a".to_owned()]));
    round_trip(Err::<u8, String>("no".to_owned()));
    for length in 0..20_u8 {
        round_trip((0..length).map(|n| n.wrapping_mul(67)).collect::<Vec<u8>>());
    }
}

#[test]
fn an_f32_is_as_short_as_it_was_written() {
    fn text<T: Portable>(value: T) -> String {
        value.to_json().to_string()
    }
    assert_eq!(text(0.1_f32), "0.1");
    assert_eq!(text(16_777_216_f32), "16777216.0");
    assert_eq!(text(f32::MAX), "3.4028235e+38");
    assert_eq!(text(f32::MIN_POSITIVE), "1.1754944e-38");
    assert_eq!(text(-0.0_f32), "-0.0");
    assert_eq!(text(f32::NAN), "\"NaN\"");
    assert_eq!(text(f32::NEG_INFINITY), "\"-inf\"");
    // Its shortest number has an `f64` half-way to its neighbour, which it would be rounded to.
    let half_way = 7.038531e-26_f32;
    assert_eq!(7.038531e-26_f64 as f32, half_way.next_up());
    assert_eq!(f32::from_json(half_way.to_json()), Ok(half_way));
    assert_eq!(text(half_way.next_up()), "7.0385313e-26");
    assert_eq!(text(0.1_f64), "0.1");
    assert_eq!(text(f64::from(0.1_f32)), "0.10000000149011612");
    assert_eq!(text(vec![0.1_f32, 0.2]), "[0.1,0.2]");
    assert_eq!(text((0.3_f32, Some(1.1_f32))), "[0.3,1.1]");
    assert_eq!(text(BTreeMap::from([(1_u8, [0.7_f32])])), "{\"1\":[0.7]}");
    assert_eq!(text(Ok::<f32, f32>(0.1)), "{\"Ok\":0.1}");
}

#[test]
fn bytes_are_standard_base64() {
    // RFC 4648, section 10.
    for (plain, coded) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(bytes_to(plain.as_bytes()), json!(coded));
        assert_eq!(bytes_from(json!(coded)), Ok(plain.as_bytes().to_vec()));
    }
    for bad in ["Z", "Zg=", "Zg===", "====", "Z=g=", "Zm9v!A=="] {
        assert!(bytes_from(json!(bad)).is_err(), "{bad}");
    }
    assert_eq!(bytes_from(json!([1, 255])), Ok(vec![1, 255]));
}

#[test]
fn errors_say_where_and_what() {
    let error = Vec::<(u8, Option<bool>)>::from_json(json!([[1, true], [300, null]]));
    assert_eq!(
        error.unwrap_err().to_string(),
        "at `[1][0]`: expected u8, found 300"
    );
    let error = BTreeMap::<String, u8>::from_json(json!({ "a": "x" })).unwrap_err();
    assert_eq!(
        error.to_string(),
        "at `a`: expected u8, found the text \"x\""
    );
    assert!(u8::from_json(json!(1.5)).is_err());
    assert!(f32::from_json(json!(1e300)).is_err());
    assert!(<[u8; 2]>::from_json(json!([1])).is_err());
    assert!(Duration::from_json(json!(-1)).is_err());
    assert!(SystemTime::from_json(json!(-1e300)).is_err());
    let error = SystemTime::from_json(json!({ "secs": -1, "nanos": 1_000_000_000 }));
    assert!(error.unwrap_err().to_string().contains("nanos"));
    assert!(SystemTime::from_json(json!({ "secs": -1, "nanos": 0, "more": 0 })).is_err());
}

#[test]
fn times_before_the_epoch_are_written_as_documented() {
    let epoch = SystemTime::UNIX_EPOCH;
    for (time, json) in [
        (
            epoch - Duration::new(0, 1),
            json!({ "secs": -1, "nanos": 999_999_999 }),
        ),
        (
            epoch - Duration::new(2, 0),
            json!({ "secs": -2, "nanos": 0 }),
        ),
        (
            epoch + Duration::new(2, 5),
            json!({ "secs": 2, "nanos": 5 }),
        ),
    ] {
        assert_eq!(time.to_json(), json);
        assert_eq!(SystemTime::from_json(json), Ok(time));
    }
    let half = SystemTime::from_json(json!(-0.5));
    assert_eq!(half, Ok(epoch - Duration::from_millis(500)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_f32_survives_the_round_trip(bits in any::<u32>()) {
        let number = f32::from_bits(bits);
        let read = f32::from_json(serde_json::from_str(&number.to_json().to_string()).unwrap());
        let read = read.expect("it was written");
        assert!(read == number || read.is_nan() && number.is_nan(), "{number} {read}");
    }

    #[test]
    fn every_time_survives_the_round_trip(
        seconds in any::<i64>(),
        nanos in 0..1_000_000_000_u32,
    ) {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let second = if seconds < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        };
        let time = second.and_then(|second| second.checked_add(Duration::new(0, nanos)));
        round_trip(time.expect("64 bits of seconds"));
    }
}
