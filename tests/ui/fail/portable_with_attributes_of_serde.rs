use lmms::Portable;
use serde::{Deserialize, Serialize};

#[derive(Portable, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(unix, serde(deny_unknown_fields))]
pub struct Named {
    #[serde(rename = "is")]
    pub field: u8,
}

impl Default for Named {
    fn default() -> Named {
        Named { field: 1 }
    }
}

#[derive(Portable, Serialize, Deserialize)]
pub enum Choice {
    #[serde(alias = "first")]
    One,
    Two {
        #[serde(skip_serializing_if = "Option::is_none")]
        field: Option<u8>,
    },
}

fn main() {}
