//! The layers that protect a module, and how each one puts its view.
#![forbid(unsafe_code)]

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::facts::{Cause, SweepFacts};
use crate::host::cache::LiveEntries;
use crate::host::clock::{as_optional_seconds, as_seconds};
use crate::host::decision::heat::Heat;

/// A reason to keep a module loaded. They decide in the order in which they stand here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Layer {
    /// It has a pinned operation.
    Pinned,
    /// It can't be unloaded safely.
    Unsafe,
    /// Layer 1: a call or a guard holds it.
    References,
    /// Layer 2: it is in use too much.
    Heat,
    /// Layer 3: results of it are live in the cache.
    Cache,
    /// Layer 4: it was used just now.
    Grace,
    /// Layer 5: there is room for it.
    Threshold,
    /// It objects.
    Veto,
    /// Something of it runs or is held outside of calls: threads, thread-locals, signal handlers.
    Busy,
}

impl Layer {
    /// All layers, in the order in which they decide.
    pub const ALL: [Layer; 9] = [
        Layer::Pinned,
        Layer::Unsafe,
        Layer::References,
        Layer::Heat,
        Layer::Cache,
        Layer::Grace,
        Layer::Threshold,
        Layer::Veto,
        Layer::Busy,
    ];

    /// Its name, in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Pinned => "pinned",
            Layer::Unsafe => "unsafe",
            Layer::References => "references",
            Layer::Heat => "heat",
            Layer::Cache => "cache",
            Layer::Grace => "grace",
            Layer::Threshold => "threshold",
            Layer::Veto => "veto",
            Layer::Busy => "busy",
        }
    }

    /// Its number, if it is one of the five.
    pub fn number(self) -> Option<u8> {
        match self {
            Layer::References => Some(1),
            Layer::Heat => Some(2),
            Layer::Cache => Some(3),
            Layer::Grace => Some(4),
            Layer::Threshold => Some(5),
            Layer::Pinned | Layer::Unsafe | Layer::Veto | Layer::Busy => None,
        }
    }

    /// Number and name for a list.
    pub(super) fn label(self) -> String {
        match self.number() {
            Some(number) => format!("{number} {}", self.name()),
            None => format!("- {}", self.name()),
        }
    }
}

impl Display for Layer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How one layer saw one module. Its `Display` is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LayerView<'a> {
    /// Which layer.
    pub layer: Layer,
    /// Whether it protects the module.
    pub protects: bool,
    /// When it could cease to, by time alone, on the gateway's monotonic clock.
    pub until: Option<Duration>,
    /// When this was so.
    pub now: Duration,
    /// What it saw.
    pub finding: Finding<'a>,
}

impl LayerView<'_> {
    /// How long from then until it could cease to protect, by time alone.
    pub fn remaining(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_sub(self.now))
    }
}

/// What a layer goes by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Finding<'a> {
    /// For [`Layer::Pinned`].
    Pinned {
        /// Whether the module has a pinned operation.
        pinned: bool,
    },
    /// For [`Layer::Unsafe`].
    Unsafe {
        /// Why it can't be unloaded safely.
        reason: Option<&'a str>,
    },
    /// For [`Layer::References`].
    References {
        /// Calls in flight and guards held.
        held: u64,
    },
    /// For [`Layer::Heat`].
    Heat {
        /// The module's level.
        heat: Heat,
        /// Calls in the window.
        calls: u64,
        /// The window's length.
        #[serde(serialize_with = "as_seconds")]
        window: Duration,
        /// Whether it has been critical, and stays loaded for good because of that.
        for_good: bool,
        /// COLD modules left that could be unloaded instead.
        cold_left: usize,
    },
    /// For [`Layer::Cache`].
    Cache {
        /// The module's live results.
        live: LiveEntries,
        /// Whether the policy lets them stand without their module.
        detached: bool,
    },
    /// For [`Layer::Grace`].
    Grace {
        /// Whether it is in use just now.
        in_use: bool,
        /// Time since it was last in use.
        #[serde(serialize_with = "as_seconds")]
        idle: Duration,
        /// How long it is left alone after its last use.
        #[serde(serialize_with = "as_seconds")]
        grace: Duration,
        /// Whether memory pressure overrides that.
        overridden: bool,
    },
    /// For [`Layer::Threshold`].
    Threshold {
        /// Whether this module was next in line when room was wanted.
        its_turn: bool,
        /// How many modules and bytes there are, and may be.
        facts: SweepFacts,
    },
    /// For [`Layer::Veto`].
    Veto {
        /// Why the module objects.
        reason: Option<&'a str>,
    },
    /// For [`Layer::Busy`].
    Busy {
        /// What runs or is held.
        reason: Option<&'a str>,
    },
}

impl Display for LayerView<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.finding, f)?;
        match self.remaining() {
            Some(remaining) => write!(f, " (could change in {})", Span(remaining)),
            None => Ok(()),
        }
    }
}

impl Display for Finding<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Finding::Pinned { pinned: true } => {
                f.write_str("it has a pinned operation and stays for good")
            }
            Finding::Pinned { pinned: false } => f.write_str("none of its operations is pinned"),
            Finding::Unsafe {
                reason: Some(reason),
            } => write!(f, "it can't be unloaded safely: {reason}"),
            Finding::Unsafe { reason: None } => {
                f.write_str("nothing known speaks against unloading it")
            }
            Finding::References { held: 0 } => f.write_str("no call and no guard holds it"),
            Finding::References { held: 1 } => f.write_str("1 call or guard holds it"),
            Finding::References { held } => write!(f, "{held} calls or guards hold it"),
            Finding::Heat {
                heat,
                calls,
                window,
                for_good,
                cold_left,
            } => {
                let unit = if calls == 1 { "call" } else { "calls" };
                write!(f, "{heat}, {calls} {unit} in the last {}: ", Span(window))?;
                match heat {
                    _ if for_good => {
                        f.write_str("it has been CRITICAL since it was loaded and stays for good")
                    }
                    Heat::Hot | Heat::Critical => f.write_str("it stays while that lasts"),
                    Heat::Warm if cold_left == 0 => f.write_str("no COLD module could go instead"),
                    Heat::Warm => write!(
                        f,
                        "it yields only when no COLD module can, and {cold_left} can"
                    ),
                    Heat::Cold => f.write_str("not enough to keep it"),
                }
            }
            Finding::Cache {
                live: LiveEntries { count: 0, .. },
                ..
            } => f.write_str("no result of it is cached"),
            Finding::Cache { live, detached } => {
                let unit = if live.count == 1 {
                    "result of it is"
                } else {
                    "results of it are"
                };
                write!(f, "{} {unit} cached", live.count)?;
                if detached {
                    f.write_str(", which by policy doesn't keep it")
                } else {
                    Ok(())
                }
            }
            Finding::Grace {
                in_use,
                idle,
                grace,
                overridden,
            } => {
                if in_use {
                    f.write_str("in use now")?;
                } else {
                    write!(f, "used {} ago", Span(idle))?;
                }
                let grace = Span(grace);
                if overridden {
                    write!(f, "; memory pressure overrides its grace of {grace}")
                } else {
                    write!(f, ", its grace is {grace}")
                }
            }
            Finding::Threshold { its_turn, facts } => {
                write!(
                    f,
                    "{} modules of at most {} are resident",
                    facts.resident, facts.max_resident
                )?;
                if let Some(budget) = facts.resident_bytes {
                    write!(f, " with {} of at most {budget} bytes", facts.bytes)?;
                }
                if facts.remaining < facts.resident {
                    write!(f, ", {} after this sweep", facts.remaining)?;
                }
                match facts.wants_room() {
                    Some(Cause::Pressure) => f.write_str("; memory pressure lifts the limits"),
                    _ if its_turn => f.write_str("; it is the next to go"),
                    _ => Ok(()),
                }
            }
            Finding::Veto {
                reason: Some(reason),
            } => write!(f, "the module objects: {reason}"),
            Finding::Veto { reason: None } => f.write_str("the module hasn't objected"),
            Finding::Busy {
                reason: Some(reason),
            } => f.write_str(reason),
            Finding::Busy { reason: None } => {
                f.write_str("nothing of it was found running outside of calls")
            }
        }
    }
}

impl Display for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Cause::Pressure => "memory is short",
            Cause::TooManyResident => "more modules are resident than wanted",
            Cause::TooManyBytes => "the resident modules hold more bytes than wanted",
        })
    }
}

impl Serialize for LayerView<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        /// Serializes as [`as_optional_seconds`] does.
        #[derive(Serialize)]
        struct Seconds(#[serde(serialize_with = "as_optional_seconds")] Option<Duration>);

        let mut fields = to.serialize_struct("LayerView", 5)?;
        fields.serialize_field("layer", &self.layer)?;
        fields.serialize_field("protects", &self.protects)?;
        fields.serialize_field("could_change_in", &Seconds(self.remaining()))?;
        fields.serialize_field("finding", &self.finding)?;
        fields.serialize_field("says", &self.to_string())?;
        fields.end()
    }
}

/// A duration for people: two units at most.
pub(crate) struct Span(pub(crate) Duration);

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let two =
            |f: &mut Formatter<'_>, unit: u64, name: &str, smaller: u64, smaller_name: &str| {
                write!(f, "{} {name}", seconds / unit)?;
                match seconds % unit / smaller {
                    0 => Ok(()),
                    rest => write!(f, " {rest} {smaller_name}"),
                }
            };
        match seconds {
            0 => write!(f, "{} ms", self.0.as_millis()),
            1..60 => write!(f, "{seconds} s"),
            60..3_600 => two(f, 60, "min", 1, "s"),
            3_600..86_400 => two(f, 3_600, "h", 60, "min"),
            _ => two(f, 86_400, "d", 3_600, "h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let spans = [
            0, 999, 1_000, 59_999, 60_000, 61_000, 3_599_000, 3_600_000, 5_400_000,
        ]
        .map(|milliseconds| Span(Duration::from_millis(milliseconds)).to_string());
        let expected = [
            "0 ms",
            "999 ms",
            "1 s",
            "59 s",
            "1 min",
            "1 min 1 s",
            "59 min 59 s",
            "1 h",
            "1 h 30 min",
        ];
        assert_eq!(spans, expected);
        assert_eq!(Span(Duration::from_secs(90_000)).to_string(), "1 d 1 h");
    }
}
