//! A call by name with JSON arguments, against what serde_json alone takes to decode and encode.

#![forbid(unsafe_code)]

use std::hint::black_box;

use benchmark_work as work;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixture;
use crate::measure::{Plan, Way, check, compare, each};
use crate::row::{Row, Target};

/// The arguments as a user of serde would write them.
#[derive(Debug, Deserialize)]
struct Join {
    first: String,
    second: String,
}

#[derive(Debug, Deserialize)]
struct Add {
    left: u64,
    right: u64,
}

const AIM: &[Target] = &[Target::Ratio(1.3)];

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let probe = fixture::open()?;
    let probe = &probe;
    let mut rows = Vec::new();
    let join = json!({"first": "eight by", "second": "tes more"}).to_string();
    let add = json!({"left": 40, "right": 2}).to_string();
    let (join, add) = (join.as_str(), add.as_str());
    for threads in [1, 2] {
        let ways = [
            Way::new("serde_json alone", move || {
                each!(move |_| {
                    let value: Value = serde_json::from_str(black_box(join)).unwrap_or_default();
                    let Ok(arguments) = serde_json::from_value::<Join>(value) else {
                        return 0;
                    };
                    let result = Value::String(work::join(&arguments.first, &arguments.second));
                    result.to_string().len() as u64
                })
            }),
            Way::new("serde_json alone, straight into a struct", move || {
                each!(move |_| {
                    let Ok(arguments) = serde_json::from_str::<Join>(black_box(join)) else {
                        return 0;
                    };
                    let result = work::join(&arguments.first, &arguments.second);
                    serde_json::to_string(&result).map_or(0, |text| text.len() as u64)
                })
            }),
            Way::new("LMMS by name", move || {
                each!(move |_| {
                    let value: Value = serde_json::from_str(black_box(join)).unwrap_or_default();
                    let result = probe.execute_operation("probe", black_box("join"), value);
                    result.map_or(0, |value| value.to_string().len() as u64)
                })
            })
            .aimed(AIM),
        ];
        check(&ways)?;
        rows.extend(compare(
            "by-name",
            "two texts, JSON text to JSON text",
            threads,
            plan,
            0,
            &ways,
        ));
        let ways = [
            Way::new("serde_json alone", move || {
                each!(move |_| {
                    let value: Value = serde_json::from_str(black_box(add)).unwrap_or_default();
                    let Ok(arguments) = serde_json::from_value::<Add>(value) else {
                        return 0;
                    };
                    let result = Value::from(work::add(arguments.left, arguments.right));
                    result.to_string().len() as u64
                })
            }),
            Way::new("serde_json alone, straight into a struct", move || {
                each!(move |_| {
                    let Ok(arguments) = serde_json::from_str::<Add>(black_box(add)) else {
                        return 0;
                    };
                    let result = work::add(arguments.left, arguments.right);
                    serde_json::to_string(&result).map_or(0, |text| text.len() as u64)
                })
            }),
            Way::new("LMMS by name", move || {
                each!(move |_| {
                    let value: Value = serde_json::from_str(black_box(add)).unwrap_or_default();
                    let result = probe.execute_operation("probe", black_box("add"), value);
                    result.map_or(0, |value| value.to_string().len() as u64)
                })
            })
            .aimed(AIM),
        ];
        check(&ways)?;
        rows.extend(compare(
            "by-name",
            "two numbers, JSON text to JSON text",
            threads,
            plan,
            0,
            &ways,
        ));
    }
    Ok(rows)
}
