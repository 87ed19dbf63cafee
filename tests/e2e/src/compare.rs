//! Tries a directive on both sides, each time from the same state, and says how they differ.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::Failure;
use crate::directives::Attempt;
use crate::endpoint::{Endpoint, domain};
use crate::names;
use crate::prepare::prepare;
use crate::server::Server;
use crate::smart_home::SmartHome;

/// Attributes that directives change.
const ATTRIBUTES: &[&str] = &[
    "brightness",
    "color_temp_kelvin",
    "current_position",
    "current_tilt_position",
    "direction",
    "fan_speed",
    "hs_color",
    "humidity",
    "is_volume_muted",
    "mode",
    "operation_mode",
    "oscillating",
    "percentage",
    "preset_mode",
    "source",
    "target_temp_high",
    "target_temp_low",
    "temperature",
    "volume_level",
];

/// States that a device leaves by itself.
const PASSING: &[&str] = &["arming", "closing", "locking", "opening", "unlocking"];

/// How long a device may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(25);

/// What one side did with a directive.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The answer's name, or its error type: `Response`, `INVALID_VALUE`.
    pub answer: String,
    /// What the answer tells of the device, by interface, instance and name.
    pub told: BTreeMap<String, Value>,
    /// The server's state of the entity afterwards.
    pub state: Map<String, Value>,
    /// How long the answer took.
    pub took: Duration,
}

/// A directive, and what both sides did with it.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Such as `light.bed_light`.
    pub entity: String,
    /// The directive.
    pub attempt: Attempt,
    /// The smart home's.
    pub ours: Outcome,
    /// That of the server's own Alexa endpoint; `None`: it doesn't have the interface.
    pub theirs: Option<Outcome>,
    /// In what they differ.
    pub differences: Vec<String>,
}

/// Both sides.
pub struct Sides<'s> {
    /// The server.
    pub server: &'s Server,
    /// The program under test.
    pub home: &'s mut SmartHome,
}

impl Sides<'_> {
    /// Tries `attempt` on an endpoint of ours, and on theirs if it can do that as well.
    pub fn compare(
        &mut self,
        endpoint: &Endpoint,
        attempt: &Attempt,
        theirs: Option<&Endpoint>,
    ) -> Result<Comparison, Failure> {
        let entity = &endpoint.entity;
        let directive = attempt.directive(entity);
        let ours = self.run(entity, attempt, |sides| {
            let answer = sides.home.ask(&directive)?;
            Ok(names::theirs(entity, &answer))
        })?;
        let directive = names::theirs(entity, &directive);
        let instance = &directive["directive"]["header"]["instance"];
        // Their answer may tell what was before; what they report once all is at rest is so.
        let truth = match theirs {
            Some(_) => told(&self.server.alexa(&Attempt::report().directive(entity))?),
            None => BTreeMap::new(),
        };
        let able = theirs
            .is_some_and(|theirs| attempt.is_report() || has(theirs, &attempt.interface, instance));
        let theirs = if able {
            Some(self.run(entity, attempt, |sides| sides.server.alexa(&directive))?)
        } else {
            None
        };
        Ok(Comparison {
            entity: entity.clone(),
            attempt: attempt.clone(),
            differences: differences(attempt, &ours, &truth, theirs.as_ref()),
            ours,
            theirs,
        })
    }

    fn run(
        &mut self,
        entity: &str,
        attempt: &Attempt,
        ask: impl FnOnce(&mut Self) -> Result<Value, Failure>,
    ) -> Result<Outcome, Failure> {
        if !attempt.is_report() {
            prepare(self.server, entity, attempt)?;
        }
        self.settled(entity)?;
        let begun = Instant::now();
        let answer = ask(self)?;
        let took = begun.elapsed();
        let state = self.settled(entity)?;
        Ok(Outcome {
            answer: name(&answer),
            told: told(&answer),
            state,
            took,
        })
    }

    /// The entity's state once it doesn't change any more.
    fn settled(&self, entity: &str) -> Result<Map<String, Value>, Failure> {
        let begun = Instant::now();
        let mut last = Map::new();
        let mut since = begun;
        let rest = rest_of(domain(entity));
        loop {
            let state = interesting(&self.server.state(entity)?);
            let passes = state["state"]
                .as_str()
                .is_some_and(|state| PASSING.contains(&state));
            if state != last || passes {
                (last, since) = (state, Instant::now());
            } else if since.elapsed() > rest || begun.elapsed() > PATIENCE {
                return Ok(state);
            }
            thread::sleep(Duration::from_millis(60));
        }
    }
}

/// How long a device of that domain shows the same while it still changes. The covers move in steps, one a second.
fn rest_of(domain: &str) -> Duration {
    match domain {
        "cover" => Duration::from_millis(1_500),
        _ => Duration::from_millis(100),
    }
}

/// Whether `endpoint` has the interface, with the instance if it has any.
fn has(endpoint: &Endpoint, interface: &str, instance: &Value) -> bool {
    let capabilities = endpoint.capabilities.get(interface);
    capabilities.is_some_and(|capabilities| {
        capabilities
            .iter()
            .any(|capability| capability["instance"] == *instance)
    })
}

fn differences(
    attempt: &Attempt,
    ours: &Outcome,
    truth: &BTreeMap<String, Value>,
    theirs: Option<&Outcome>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (property, value) in &ours.told {
        match truth.get(property) {
            Some(so) if !near(value, so) => {
                found.push(format!("told {property}: {value}, but it is {so}"));
            }
            _ => {}
        }
    }
    let Some(theirs) = theirs else {
        return found;
    };
    if ours.answer != theirs.answer {
        found.push(format!("answer: {}, theirs {}", ours.answer, theirs.answer));
    }
    for (key, value) in &theirs.state {
        let mine = ours.state.get(key).unwrap_or(&Value::Null);
        if !near(mine, value) {
            found.push(format!("{key}: {mine}, theirs {value}"));
        }
    }
    let is_answered = ours.answer == "Response" || attempt.is_report();
    for (property, value) in theirs.told.iter().filter(|_| is_answered) {
        // Those of another interface: the lists of interfaces are compared by themselves.
        if property.starts_with(&attempt.interface) && !ours.told.contains_key(property) {
            found.push(format!("{property} isn't told, theirs {value}"));
        }
    }
    found
}

fn name(answer: &Value) -> String {
    let event = &answer["event"];
    let name = event["header"]["name"].as_str().unwrap_or("no answer");
    match event["payload"]["type"].as_str() {
        Some(error) if name == "ErrorResponse" => error.to_owned(),
        _ => name.to_owned(),
    }
}

fn told(answer: &Value) -> BTreeMap<String, Value> {
    let properties = answer["context"]["properties"].as_array();
    let properties = properties.into_iter().flatten().filter_map(|property| {
        let namespace = property["namespace"].as_str()?;
        // Whether it can be reached is no property of the device.
        if namespace == "Alexa.EndpointHealth" {
            return None;
        }
        let parts = [
            Some(namespace),
            property["instance"].as_str(),
            property["name"].as_str(),
        ];
        let key: Vec<&str> = parts.into_iter().flatten().collect();
        Some((key.join(" "), property["value"].clone()))
    });
    properties.collect()
}

fn interesting(state: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    found.insert("state".to_owned(), state["state"].clone());
    for name in ATTRIBUTES {
        if let Some(value) = state["attributes"].get(name) {
            found.insert((*name).to_owned(), value.clone());
        }
    }
    // When it was pressed or activated last.
    if state["state"]
        .as_str()
        .is_some_and(|state| state.contains('T') && state.contains(':'))
    {
        found.insert("state".to_owned(), json!("a moment"));
    }
    found
}

/// Whether two values are the same for who uses the device: numbers within what rounding does to them.
fn near(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| near(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|right| near(value, right)))
        }
        _ => match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => (left - right).abs() <= 0.01 * right.abs().max(1.0) + 0.01,
            _ => left == right,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(answer: &str, told: &[(&str, Value)], state: Value) -> Outcome {
        Outcome {
            answer: answer.to_owned(),
            told: told
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
            state: state.as_object().cloned().unwrap_or_default(),
            took: Duration::ZERO,
        }
    }

    #[test]
    fn another_answer_another_state_and_what_is_not_so_are_differences() {
        let attempt = Attempt {
            interface: "Alexa.PowerController".to_owned(),
            name: "TurnOn",
            instance: None,
            payload: json!({}),
        };
        let power = "Alexa.PowerController powerState";
        let right = outcome("Response", &[(power, json!("ON"))], json!({"state": "on"}));
        let truth = right.told.clone();
        let found = |ours: &Outcome| differences(&attempt, ours, &truth, Some(&right));
        assert_eq!(found(&right), [""; 0]);
        let failed = outcome("INTERNAL_ERROR", &[], json!({"state": "off"}));
        assert_eq!(
            found(&failed),
            [
                "answer: INTERNAL_ERROR, theirs Response",
                "state: \"off\", theirs \"on\"",
            ]
        );
        let lied = outcome("Response", &[(power, json!("OFF"))], json!({"state": "on"}));
        assert_eq!(
            found(&lied),
            ["told Alexa.PowerController powerState: \"OFF\", but it is \"ON\""]
        );
        assert_eq!(differences(&attempt, &lied, &truth, None).len(), 1);
        let silent = outcome("Response", &[], json!({"state": "on"}));
        assert_eq!(
            found(&silent),
            ["Alexa.PowerController powerState isn't told, theirs \"ON\""]
        );
    }

    #[test]
    fn numbers_may_differ_by_a_hundredth() {
        assert!(near(&json!([240.0, 100]), &json!([240.1, 100.0])));
        assert!(!near(&json!(42), &json!(43)));
        assert!(!near(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
        assert!(!near(&json!("ON"), &json!("OFF")));
    }
}
