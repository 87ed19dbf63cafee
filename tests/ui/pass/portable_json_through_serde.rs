//! Calls by name use the JSON that the type's own `serde` implementations make.
use lmms::Portable;
use lmms::serde_json::json;
use lmms_tests::Reading;

fn main() {
    let reading = Reading { device_id: "hall".into(), value: 20.5 };
    assert_eq!(reading.to_json(), json!({"deviceId": "hall", "value": 20.5}));
    assert_eq!(Reading::from_json(reading.to_json()).unwrap(), reading);
    assert!(Reading::from_json(json!({"deviceId": 1})).is_err());
}
