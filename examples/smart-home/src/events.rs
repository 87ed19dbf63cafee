//! Reading recorded events: one JSON document a line.
//!
//! A line is an event as Alexa sends it, or an object that says more:
//!
//! | field | meaning |
//! |---|---|
//! | `at` | when: RFC 3339, or seconds after the replay's begin |
//! | `event` | an event, as it would stand alone on a line |
//! | `text` | an event of any text, even if it is no JSON |
//! | `call` | instead of an event, an operation by name: `{"interface": …, "operation": …, "kwargs": {…}}` |
//! | `home` | another home for this line, as operations take it |
//! | `keep` | a name for the answer; `{"$": NAME}` in later kwargs stands for it |
//! | `save` | a file name for the answer, in the folder for such files |
//! | `note` | a heading; may stand alone |
//!
//! In kwargs `{"$": NAME, "pick": [FIELD, …]}` makes an array of arrays of an array of objects, and
//! `{"$time": "2026-03-18T07:00:00+01:00"}` stands for seconds since the Unix epoch.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::time::Duration;

use home_types::HomeTarget;
use home_types::time::parse_utc;
use lmms::Portable;
use serde_json::{Map, Value};

use crate::ask::Question;

/// One line of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When, if it says.
    pub at: Option<Moment>,
    /// What is asked; a line with nothing but a note asks nothing.
    pub question: Option<Question>,
    /// Another home than the replay's.
    pub home: Option<HomeTarget>,
    /// Under which name the answer is kept for later lines.
    pub keep: Option<String>,
    /// Into which file the answer goes.
    pub save: Option<String>,
    /// A heading.
    pub note: Option<String>,
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So long after the replay's begin.
    After(Duration),
    /// A time since the Unix epoch, as clocks showed it that were `offset` seconds ahead of UTC.
    At {
        /// Since the Unix epoch.
        unix: Duration,
        /// Seconds east of UTC.
        offset: i64,
    },
}

/// What `{"$": NAME}` stands for, by name.
pub type Kept = HashMap<String, Value>;

/// The fields that make a line more than an event.
const FIELDS: [&str; 8] = [
    "at", "event", "text", "call", "home", "keep", "save", "note",
];

/// Reads one line, which is not empty.
///
/// # Errors
/// What is wrong with it, for the person who wrote it.
pub fn parse(line: &str) -> Result<Line, String> {
    let value: Value =
        serde_json::from_str(line).map_err(|error| format!("it is not JSON: {error}"))?;
    match value {
        Value::Object(fields) if is_wrapper(&fields) => wrapper(fields),
        event => Ok(bare(event)),
    }
}

/// `question` with everything in its arguments that stands for something else replaced by it.
///
/// # Errors
/// A name that nothing was kept under, a field that isn't there, or a time that can't be read.
pub fn resolved(question: &Question, kept: &Kept) -> Result<Question, String> {
    let Question::Call {
        interface,
        operation,
        kwargs,
    } = question
    else {
        return Ok(question.clone());
    };
    let kwargs = kwargs
        .iter()
        .map(|(name, value)| Ok((name.clone(), resolve(value, kept)?)));
    Ok(Question::Call {
        interface: interface.clone(),
        operation: operation.clone(),
        kwargs: kwargs.collect::<Result<_, String>>()?,
    })
}

fn resolve(value: &Value, kept: &Kept) -> Result<Value, String> {
    match value {
        Value::Object(fields) if fields.contains_key("$") => reference(fields, kept),
        Value::Object(fields) if fields.contains_key("$time") => {
            match fields["$time"].as_str().and_then(parse_utc) {
                Some(at) => Ok(at.as_secs_f64().into()),
                None => Err(format!(
                    "`$time` of {} is no RFC 3339 time",
                    fields["$time"]
                )),
            }
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| Ok((name.clone(), resolve(value, kept)?)))
            .collect(),
        Value::Array(items) => items.iter().map(|item| resolve(item, kept)).collect(),
        plain => Ok(plain.clone()),
    }
}

fn is_wrapper(fields: &Map<String, Value>) -> bool {
    let has = |name: &str| fields.contains_key(name);
    !has("directive") && ["event", "text", "call", "note"].into_iter().any(has)
}

fn bare(event: Value) -> Line {
    Line {
        at: None,
        question: Some(Question::Event(event.to_string().into_bytes())),
        home: None,
        keep: None,
        save: None,
        note: None,
    }
}

fn wrapper(mut fields: Map<String, Value>) -> Result<Line, String> {
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!(
            "there is no field `{unknown}`; there are {}",
            FIELDS.join(", ")
        ));
    }
    let at = fields.remove("at").map(moment).transpose()?;
    let home = fields.remove("home").map(HomeTarget::from_json);
    let home = home
        .transpose()
        .map_err(|error| format!("`home`: {error}"))?;
    let mut questions = Vec::new();
    if let Some(event) = fields.remove("event") {
        questions.push(Question::Event(event.to_string().into_bytes()));
    }
    if let Some(text) = text(&mut fields, "text")? {
        questions.push(Question::Event(text.into_bytes()));
    }
    if let Some(call) = fields.remove("call") {
        questions.push(self::call(call)?);
    }
    if questions.len() > 1 {
        return Err("it has more than one of `event`, `text` and `call`".to_owned());
    }
    let save = text(&mut fields, "save")?;
    if let Some(name) = save.as_deref().filter(|name| !is_file_name(name)) {
        return Err(format!("`save` of {name:?} is not a plain file name"));
    }
    Ok(Line {
        at,
        question: questions.pop(),
        home,
        keep: text(&mut fields, "keep")?,
        save,
        note: text(&mut fields, "note")?,
    })
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match fields.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("`{name}` is not text but {other}")),
    }
}

fn call(call: Value) -> Result<Question, String> {
    let Value::Object(mut fields) = call else {
        return Err("`call` is not an object".to_owned());
    };
    let mut name =
        |field: &str| text(&mut fields, field)?.ok_or_else(|| format!("`call` names no `{field}`"));
    let (interface, operation) = (name("interface")?, name("operation")?);
    let kwargs = match fields.remove("kwargs") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(kwargs)) => kwargs,
        Some(_) => return Err("`kwargs` of `call` is not an object".to_owned()),
    };
    match fields.keys().next() {
        Some(unknown) => Err(format!(
            "there is no field `{unknown}` in `call`; there are interface, operation, kwargs"
        )),
        None => Ok(Question::Call {
            interface,
            operation,
            kwargs,
        }),
    }
}

fn moment(at: Value) -> Result<Moment, String> {
    let refuse = || format!("`at` of {at} is neither RFC 3339 nor a number of seconds");
    let seconds = match &at {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match parse_utc(text) {
            Some(unix) => {
                return Ok(Moment::At {
                    unix,
                    offset: offset_of(text),
                });
            }
            None => text.parse().ok(),
        },
        _ => None,
    };
    let after = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    after.map(Moment::After).ok_or_else(refuse)
}

/// The offset that a time ends in, in seconds. The time itself has been read before.
fn offset_of(time: &str) -> i64 {
    let zone = time.len().checked_sub(6).and_then(|at| time.get(at..));
    let Some((sign, (hours, minutes))) =
        zone.and_then(|zone| Some((zone.get(..1)?, zone.get(1..)?.split_once(':')?)))
    else {
        return 0;
    };
    match (sign, hours.parse::<i64>(), minutes.parse::<i64>()) {
        ("+", Ok(hours), Ok(minutes)) => hours * 3_600 + minutes * 60,
        ("-", Ok(hours), Ok(minutes)) => -(hours * 3_600 + minutes * 60),
        _ => 0,
    }
}

fn is_file_name(name: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(allowed)
}

fn reference(fields: &Map<String, Value>, kept: &Kept) -> Result<Value, String> {
    let name = fields["$"].as_str().unwrap_or_default();
    let value = kept
        .get(name)
        .ok_or_else(|| format!("nothing was kept under the name {}", fields["$"]))?;
    let Some(pick) = fields.get("pick") else {
        return Ok(value.clone());
    };
    let (Some(pick), Some(items)) = (pick.as_array(), value.as_array()) else {
        return Err(format!(
            "`pick` takes field names, and `{name}` must be an array"
        ));
    };
    let field = |item: &Value, field: &Value| {
        let value = field.as_str().and_then(|field| item.get(field));
        value
            .map(seconds)
            .ok_or_else(|| format!("what was kept as `{name}` has no field {field}"))
    };
    let row = |item: &Value| -> Result<Vec<Value>, String> {
        pick.iter().map(|name| field(item, name)).collect()
    };
    let rows: Result<Vec<Vec<Value>>, String> = items.iter().map(row).collect();
    Ok(rows?.into())
}

/// A duration as its seconds, anything else as it is.
fn seconds(value: &Value) -> Value {
    match (value.get("secs"), value.get("nanos")) {
        (Some(_), Some(_)) => match Duration::from_json(value.clone()) {
            Ok(duration) => duration.as_secs_f64().into(),
            Err(_) => value.clone(),
        },
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bare_event_is_taken_as_it_is() {
        for event in [
            json!({"directive": {"header": {}}, "event": 1}),
            json!({"health_check": true}),
            json!([1, 2]),
            json!(null),
            json!("x"),
        ] {
            let line = parse(&event.to_string()).unwrap();
            let bytes = event.to_string().into_bytes();
            assert_eq!(line.question, Some(Question::Event(bytes)));
            assert_eq!(line.at, None);
        }
    }

    #[test]
    fn times_are_absolute_or_relative() {
        let at = |at: Value| parse(&json!({"at": at, "note": "x"}).to_string()).map(|line| line.at);
        let noon = Moment::At {
            unix: parse_utc("2026-03-18T11:00:00Z").unwrap(),
            offset: 3_600,
        };
        assert_eq!(at(json!("2026-03-18T12:00:00+01:00")), Ok(Some(noon)));
        let half = Moment::After(Duration::from_millis(500));
        assert_eq!(at(json!(0.5)), Ok(Some(half)));
        assert_eq!(at(json!("0.5")), Ok(Some(half)));
        for wrong in [
            json!(-1),
            json!("noon"),
            json!(1e300),
            json!({}),
            json!("nan"),
        ] {
            assert!(at(wrong.clone()).is_err(), "{wrong}");
        }
        assert_eq!(offset_of("2026-03-18T12:00:00-05:30"), -19_800);
        assert_eq!(offset_of("2026-03-18T12:00:00Z"), 0);
    }

    #[test]
    fn a_line_that_can_not_be_meant_is_refused_with_the_reason() {
        for (line, reason) in [
            ("{", "not JSON"),
            (r#"{"event": {}, "att": 1}"#, "`att`"),
            (
                r#"{"event": {}, "call": {"interface": "a", "operation": "b"}}"#,
                "more than one",
            ),
            (r#"{"call": 1}"#, "not an object"),
            (r#"{"call": {"interface": "a"}}"#, "`operation`"),
            (
                r#"{"call": {"interface": "a", "operation": "b", "x": 1}}"#,
                "`x`",
            ),
            (
                r#"{"call": {"interface": "a", "operation": "b", "kwargs": []}}"#,
                "kwargs",
            ),
            (r#"{"event": {}, "home": {"Castle": {}}}"#, "Castle"),
            (r#"{"note": 1}"#, "`note`"),
            (r#"{"event": {}, "save": "../x"}"#, "file name"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }

    #[test]
    fn references_are_replaced_by_what_was_kept() {
        let kept = Kept::from([
            ("picture".to_owned(), json!("aGFsbG8=")),
            (
                "history".to_owned(),
                json!([{"at": {"secs": 60, "nanos": 0}, "value": 20.5}]),
            ),
        ]);
        let kwargs = json!({
            "image": {"$": "picture"},
            "points": {"$": "history", "pick": ["at", "value"]},
            "from": {"$time": "1970-01-01T01:00:00+00:00"},
            "list": [{"$": "picture"}, 1],
        });
        assert_eq!(
            resolve(&kwargs, &kept),
            Ok(json!({
                "image": "aGFsbG8=",
                "points": [[60.0, 20.5]],
                "from": 3600.0,
                "list": ["aGFsbG8=", 1],
            }))
        );
        for wrong in [
            json!({"$": "nothing"}),
            json!({"$": 1}),
            json!({"$": "picture", "pick": ["x"]}),
            json!({"$": "history", "pick": ["x"]}),
            json!({"$time": "noon"}),
        ] {
            assert!(resolve(&wrong, &kept).is_err(), "{wrong}");
        }
    }
}
