//! What was seen, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::compare::Comparison;
use crate::endpoint::Endpoint;
use crate::explained;

/// All that was compared.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
    same: usize,
    slowest: BTreeMap<&'static str, u128>,
}

/// Something that differs.
#[derive(Debug)]
struct Row {
    entity: String,
    what: String,
    difference: String,
    /// Why it is as it should be; `None`: it isn't.
    reason: Option<&'static str>,
}

impl Report {
    /// Compares what both sides discover.
    pub fn endpoints(
        &mut self,
        ours: &BTreeMap<String, Endpoint>,
        theirs: &BTreeMap<String, Endpoint>,
    ) {
        for (entity, endpoint) in theirs {
            match ours.get(entity) {
                None => self.differs(entity, "discovery", "only theirs".to_owned()),
                Some(mine) => {
                    let missing = endpoint
                        .interfaces()
                        .filter(|interface| !mine.capabilities.contains_key(*interface));
                    for interface in missing {
                        self.differs(entity, "discovery", format!("only theirs: {interface}"));
                    }
                    let more = mine
                        .interfaces()
                        .filter(|interface| !endpoint.capabilities.contains_key(*interface));
                    for interface in more {
                        self.differs(entity, "discovery", format!("only ours: {interface}"));
                    }
                    if mine.categories != endpoint.categories {
                        let difference =
                            format!("{:?}, theirs {:?}", mine.categories, endpoint.categories);
                        self.differs(entity, "category", difference);
                    } else {
                        self.same += 1;
                    }
                }
            }
        }
        for entity in ours.keys().filter(|entity| !theirs.contains_key(*entity)) {
            self.differs(entity, "discovery", "only ours".to_owned());
        }
    }

    /// Adds a directive that was tried.
    pub fn add(&mut self, comparison: Comparison) {
        let took = |outcome: &crate::compare::Outcome| outcome.took.as_millis();
        let slowest = self.slowest.entry("ours").or_default();
        *slowest = took(&comparison.ours).max(*slowest);
        if let Some(theirs) = &comparison.theirs {
            let slowest = self.slowest.entry("theirs").or_default();
            *slowest = took(theirs).max(*slowest);
        }
        if comparison.differences.is_empty() {
            self.same += 1;
        }
        let what = comparison.attempt.text();
        for difference in comparison.differences {
            self.differs(&comparison.entity, &what, difference);
        }
    }

    /// Adds something that must be so.
    pub fn expect(&mut self, what: &str, is_so: bool, answer: &Value) {
        if is_so {
            self.same += 1;
        } else {
            self.differs("the server", what, answer.to_string());
        }
    }

    /// Whether every difference is explained.
    pub fn is_clean(&self) -> bool {
        self.rows.iter().all(|row| row.reason.is_some())
    }

    /// What differs and why, what has no reason first.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut reasons: Vec<_> = self.rows.iter().map(|row| row.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        for reason in reasons {
            let rows: Vec<&Row> = self
                .rows
                .iter()
                .filter(|row| row.reason == reason)
                .collect();
            let _ = writeln!(
                text,
                "{} ({})",
                reason.unwrap_or("NOT EXPLAINED"),
                rows.len()
            );
            for row in rows {
                let Row {
                    entity,
                    what,
                    difference,
                    ..
                } = row;
                let _ = writeln!(text, "  {entity:<40} {what:<34} {difference}");
            }
        }
        let open = self.rows.iter().filter(|row| row.reason.is_none()).count();
        let slowest = |side: &str| self.slowest.get(side).copied().unwrap_or_default();
        let _ = write!(
            text,
            "{} the same, {} differ for a reason, {open} without; slowest answer {} ms, theirs {} ms",
            self.same,
            self.rows.len() - open,
            slowest("ours"),
            slowest("theirs"),
        );
        text
    }

    /// The same as JSON.
    pub fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!({
                "entity": row.entity,
                "tried": row.what,
                "difference": row.difference,
                "reason": row.reason,
            })
        });
        json!({
            "same": self.same,
            "differences": rows.collect::<Vec<_>>(),
            "slowest_milliseconds": self.slowest,
        })
    }

    fn differs(&mut self, entity: &str, what: &str, difference: String) {
        let reason = explained::reason(entity, what, &difference);
        self.rows.push(Row {
            entity: entity.to_owned(),
            what: what.to_owned(),
            difference,
            reason,
        });
    }
}
