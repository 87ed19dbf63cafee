//! What was decided for one module, and why.
#![forbid(unsafe_code)]

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::facts::{Cause, ModuleView, SweepFacts};
use super::layers::{Finding, Layer, LayerView};
use crate::host::clock::as_optional_seconds;
use crate::host::decision::heat::Heat;
use crate::host::decision::policy::{CacheDependencies, Policy};

/// What to do with a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// It stays.
    #[non_exhaustive]
    Keep {
        /// The first layer that protects it.
        layer: Layer,
        /// When that layer could cease to, by time alone; `None` if time alone doesn't change it.
        #[serde(serialize_with = "as_optional_seconds")]
        until: Option<Duration>,
    },
    /// It goes.
    #[non_exhaustive]
    Unload {
        /// Its place in the order in which the modules go; the first has 0.
        rank: u32,
        /// What made room necessary.
        cause: Cause,
    },
}

/// What was decided for one module, with everything it takes to explain that: its `Display` gives each layer's view,
/// one a line, under the decision.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// [`ModuleView::index`] of the module.
    pub module: u32,
    /// What to do with it.
    pub decision: Decision,
    pub(super) view: ModuleView,
    pub(super) heat: Heat,
    /// Critical, and that is for good.
    for_good: bool,
    /// Whether its cached results stand on their own.
    detached: bool,
    /// The grace it is granted.
    grace: Duration,
    /// Nothing but its own refusal kept it when room was wanted.
    pub(super) its_turn: bool,
    pub(super) facts: SweepFacts,
}

impl Verdict {
    /// Each layer's view, in the order in which they decide.
    pub fn layers(&self) -> [LayerView<'_>; Layer::ALL.len()] {
        Layer::ALL.map(|layer| self.view_of(layer))
    }

    /// One layer's view.
    pub fn view_of(&self, layer: Layer) -> LayerView<'_> {
        LayerView {
            layer,
            protects: self.protects(layer),
            until: self.until(layer),
            now: self.facts.now,
            finding: self.finding(layer),
        }
    }

    /// What the sweep saw of all modules together.
    pub fn facts(&self) -> &SweepFacts {
        &self.facts
    }

    /// The module's heat at the time.
    pub fn heat(&self) -> Heat {
        self.heat
    }

    /// When time alone will have lifted every protection; `None` if one doesn't end with time, or if it is to be
    /// unloaded now.
    pub fn eligible_at(&self) -> Option<Duration> {
        let mut latest = None;
        for layer in Layer::ALL.into_iter().filter(|layer| self.protects(*layer)) {
            latest = latest.max(Some(self.until(layer)?));
        }
        latest
    }

    /// What keeps it whatever the deciding layer says: its own veto, or something of it that runs or is held, as far as
    /// it was asked. Time doesn't lift that, so people are told of it first.
    pub fn obstacle(&self) -> Option<Layer> {
        let Decision::Keep { layer, .. } = self.decision else {
            return None;
        };
        let may_pass = matches!(
            layer,
            Layer::Heat | Layer::Cache | Layer::Grace | Layer::Threshold
        );
        [Layer::Veto, Layer::Busy]
            .into_iter()
            .find(|obstacle| may_pass && self.protects(*obstacle))
    }

    pub(super) fn undecided(view: &ModuleView, policy: &Policy, facts: SweepFacts) -> Verdict {
        let heat = policy.heat.heat(view.recent_calls);
        Verdict {
            module: view.index,
            decision: Decision::Keep {
                layer: Layer::Threshold,
                until: None,
            },
            view: view.clone(),
            heat,
            for_good: policy.critical_is_forever
                && (view.critical_since_load || heat == Heat::Critical),
            detached: policy.cache_dependencies == CacheDependencies::Detach,
            grace: policy.grace_after(view.ping_pongs),
            its_turn: false,
            facts,
        }
    }

    /// Whether only threshold, a cooler module or its own refusal can still keep it.
    pub(super) fn is_idle(&self) -> bool {
        let yields_to_nothing = self.for_good || self.heat >= Heat::Hot;
        !yields_to_nothing
            && ![
                Layer::Pinned,
                Layer::Unsafe,
                Layer::References,
                Layer::Cache,
                Layer::Grace,
            ]
            .into_iter()
            .any(|layer| self.protects(layer))
    }

    pub(super) fn can_yield_before_warm(&self) -> bool {
        self.heat == Heat::Cold && !self.refuses()
    }

    /// Whether it has refused to go, as far as it was asked.
    pub(super) fn refuses(&self) -> bool {
        self.view.veto.is_some() || self.view.busy.is_some()
    }

    pub(super) fn keep(&self) -> Decision {
        let layer = Layer::ALL.into_iter().find(|layer| self.protects(*layer));
        // There always is one: a module that no layer protects was chosen for unloading.
        let layer = layer.unwrap_or(Layer::Threshold);
        Decision::Keep {
            layer,
            until: self.until(layer),
        }
    }

    /// Whether it is kept, but not for ever.
    pub(super) fn stays_for_now(&self) -> bool {
        matches!(self.decision, Decision::Keep { .. })
            && !(self.for_good || self.protects(Layer::Pinned) || self.protects(Layer::Unsafe))
    }

    fn protects(&self, layer: Layer) -> bool {
        let (view, facts) = (&self.view, &self.facts);
        match layer {
            Layer::Pinned => view.pinned,
            Layer::Unsafe => view.unload_unsafe.is_some(),
            Layer::References => view.references > 0,
            Layer::Heat => match self.heat {
                _ if self.for_good => true,
                Heat::Hot | Heat::Critical => true,
                Heat::Warm => facts.cold_left > 0,
                Heat::Cold => false,
            },
            Layer::Cache => !self.detached && view.cached.any_at(facts.now),
            Layer::Grace => !facts.pressed && self.idle() < self.grace,
            Layer::Threshold => !self.its_turn && facts.wants_room().is_none(),
            Layer::Veto => view.veto.is_some(),
            Layer::Busy => view.busy.is_some(),
        }
    }

    fn until(&self, layer: Layer) -> Option<Duration> {
        if !self.protects(layer) {
            return None;
        }
        match layer {
            Layer::Heat if !self.for_good => self.view.cools_at,
            Layer::Cache => Some(self.view.cached.last_expiry),
            Layer::Grace => Some(self.view.last_used.saturating_add(self.grace)),
            _ => None,
        }
    }

    fn idle(&self) -> Duration {
        self.facts.now.saturating_sub(self.view.last_used)
    }

    fn finding(&self, layer: Layer) -> Finding<'_> {
        let (view, facts) = (&self.view, &self.facts);
        match layer {
            Layer::Pinned => Finding::Pinned {
                pinned: view.pinned,
            },
            Layer::Unsafe => Finding::Unsafe {
                reason: view.unload_unsafe.as_deref(),
            },
            Layer::References => Finding::References {
                held: view.references,
            },
            Layer::Heat => Finding::Heat {
                heat: self.heat,
                calls: view.recent_calls,
                window: facts.heat_window,
                for_good: self.for_good,
                cold_left: facts.cold_left,
            },
            Layer::Cache => Finding::Cache {
                live: view.cached,
                detached: self.detached,
            },
            Layer::Grace => Finding::Grace {
                in_use: view.references > 0,
                idle: self.idle(),
                grace: self.grace,
                overridden: facts.pressed,
            },
            Layer::Threshold => Finding::Threshold {
                its_turn: self.its_turn,
                facts: *facts,
            },
            Layer::Veto => Finding::Veto {
                reason: view.veto.as_deref(),
            },
            Layer::Busy => Finding::Busy {
                reason: view.busy.as_deref(),
            },
        }
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let deciding = match self.decision {
            Decision::Keep { layer, .. } => {
                let foremost = self.obstacle().unwrap_or(layer);
                write!(f, "stays loaded: {}", self.view_of(foremost))?;
                Some(foremost)
            }
            Decision::Unload { rank, cause } => {
                write!(
                    f,
                    "to be unloaded, number {} in this sweep: {cause}",
                    u64::from(rank) + 1
                )?;
                None
            }
        };
        for view in self.layers() {
            let mark = if deciding == Some(view.layer) {
                '>'
            } else {
                ' '
            };
            let stand = if view.protects { "protects" } else { "passes" };
            write!(f, "\n{mark} {:<12} {stand:<8}  {view}", view.layer.label())?;
        }
        Ok(())
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("Verdict", 4)?;
        fields.serialize_field("module", &self.module)?;
        fields.serialize_field("decision", &self.decision)?;
        fields.serialize_field("obstacle", &self.obstacle())?;
        fields.serialize_field("layers", &self.layers())?;
        fields.end()
    }
}
