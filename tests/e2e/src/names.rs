//! What both sides call differently: instances of interfaces, and the values of modes.

use serde_json::Value;

use crate::endpoint::domain;

/// By domain: our name, and theirs.
const NAMES: &[(&str, &str, &str)] = &[
    ("cover", "GarageDoor.Position", "cover.position"),
    ("cover", "Opening.Position", "cover.position"),
    ("cover", "Cover.Position", "cover.position"),
    ("cover", "Cover.Tilt", "cover.tilt"),
    ("cover", "Position.Up", "position.open"),
    ("cover", "Position.Down", "position.closed"),
    ("humidifier", "Number.Value", "humidifier.humidity"),
    ("input_number", "Number.Value", "input_number.value"),
    ("number", "Number.Value", "number.value"),
];

/// A directive or an answer for `entity` with their names in place of ours.
pub fn theirs(entity: &str, value: &Value) -> Value {
    match value {
        Value::String(text) => NAMES
            .iter()
            .find(|(of, ours, _)| *of == domain(entity) && ours == text)
            .map_or_else(|| value.clone(), |(.., theirs)| Value::from(*theirs)),
        Value::Array(values) => values.iter().map(|value| theirs(entity, value)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), theirs(entity, value)))
            .collect(),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_those_of_the_entitys_domain() {
        let ours = json!({"header": {"instance": "Cover.Tilt"}, "values": ["Position.Up", 3]});
        let expected =
            json!({"header": {"instance": "cover.tilt"}, "values": ["position.open", 3]});
        assert_eq!(theirs("cover.blind", &ours), expected);
        assert_eq!(theirs("light.lamp", &ours), ours);
    }
}
