//! What the gateway says about itself.
use home_types::HomeError;
use lmms::{Context, operation};
use serde_json::Value;

/// Why a module is, or is not, loaded: what each protection layer says of it, and which of them decides.
#[operation(interface = "debug")]
pub fn explain(cx: &Context, module: &str) -> String {
    cx.explain(module)
}

/// The gateway's statistics as JSON, or the part of them that a JSON pointer such as `/modules/0/state` names.
#[operation(interface = "debug")]
pub fn statistics(cx: &Context, pointer: Option<&str>) -> Result<String, HomeError> {
    part(&cx.statistics_json(), pointer.unwrap_or_default())
}

fn part(statistics: &str, pointer: &str) -> Result<String, HomeError> {
    let statistics: Value =
        serde_json::from_str(statistics).map_err(|error| HomeError::InvalidAnswer {
            home: "the gateway".to_owned(),
            reason: format!("its statistics are not JSON: {error}"),
        })?;
    if let Some(part) = statistics.pointer(pointer) {
        return Ok(part.to_string());
    }
    let names = match &statistics {
        Value::Object(fields) => fields
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", "),
        _ => String::new(),
    };
    Err(HomeError::invalid_input(
        "pointer",
        format!("{pointer:?} names nothing; at the top there are {names}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_statistics_are_found() {
        let statistics = r#"{"loads":3,"modules":[{"name":"sun"}]}"#;
        assert_eq!(part(statistics, "/loads").as_deref(), Ok("3"));
        assert_eq!(
            part(statistics, "/modules/0/name").as_deref(),
            Ok("\"sun\"")
        );
        assert_eq!(part(statistics, "").unwrap().len(), statistics.len());
        let error = part(statistics, "/nothing").unwrap_err().to_string();
        assert!(error.contains("loads, modules"), "{error}");
        assert!(matches!(part("", ""), Err(HomeError::InvalidAnswer { .. })));
    }
}
