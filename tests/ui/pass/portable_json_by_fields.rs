use lmms::Portable;
use serde::{Deserialize, Serialize};

#[derive(Portable, Serialize, Deserialize)]
#[portable(json = "fields")]
#[serde(rename_all = "camelCase")]
struct Named {
    #[serde(default)]
    two_words: u8,
}

fn main() {
    let named = Named { two_words: 1 };
    assert_eq!(named.to_json().to_string(), r#"{"two_words":1}"#);
    assert_eq!(lmms::serde_json::to_value(&named).unwrap().to_string(), r#"{"twoWords":1}"#);
}
