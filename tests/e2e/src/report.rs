//! What was seen, as a table and as JSON.

use std::collections::BTreeMap;

use comfy_table::{ContentArrangement, Table};
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

    /// A table of what differs, and why.
    pub fn text(&self) -> String {
        let mut table = Table::new();
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(["entity", "tried", "ours, and theirs", "why"]);
        for row in &self.rows {
            let reason = row.reason.unwrap_or("NOT EXPLAINED");
            table.add_row([&row.entity, &row.what, &row.difference, reason]);
        }
        let open = self.rows.iter().filter(|row| row.reason.is_none()).count();
        let slowest = |side: &str| self.slowest.get(side).copied().unwrap_or_default();
        format!(
            "{table}\n\n{} the same, {} explained, {open} not explained; slowest answer {} ms, theirs {} ms",
            self.same,
            self.rows.len() - open,
            slowest("ours"),
            slowest("theirs"),
        )
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
