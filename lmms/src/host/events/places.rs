//! The host's copies of places in modules' sources: a few hundred bytes each, kept for ever.
//!
//! There is a place for each target, too, and a program can make targets as it runs. So a module has [`MOST`] places of
//! its own at most; what comes from further ones shares one place for each kind and level, which has the module's name
//! as its target and the real one as a field.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock, RwLock};

use tracing_core::callsite::{self, Callsite, Identifier};
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;
use tracing_core::{Level, Metadata};

use crate::boundary::abi::{LogKind, LogLevel};
use crate::sync::Unpoisoned as _;

/// The most places of one module that are told apart.
const MOST: usize = 1024;

/// Where an event or span comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) module: &'static str,
    pub(super) kind: LogKind,
    pub(super) level: LogLevel,
    pub(super) target: String,
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) fields: Vec<String>,
}

impl Place {
    /// What stands for all places beyond the first ones.
    fn shared(&self) -> Self {
        Self {
            target: self.module.to_owned(),
            name: match self.kind {
                LogKind::Event => "event",
                LogKind::Span => "span",
            }
            .to_owned(),
            file: String::new(),
            line: 0,
            fields: vec!["message".to_owned(), "target".to_owned()],
            ..*self
        }
    }
}

/// A place as `tracing` wants it: alive for ever.
#[derive(Debug)]
pub(super) struct HostPlace {
    metadata: OnceLock<Metadata<'static>>,
    shared: bool,
}

impl HostPlace {
    pub(super) fn metadata(&'static self) -> &'static Metadata<'static> {
        self.metadata
            .get()
            .expect("set before the place is handed out")
    }

    /// Whether it stands for several places.
    pub(super) fn is_shared(&self) -> bool {
        self.shared
    }

    fn leak(place: &Place, shared: bool) -> &'static Self {
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        let this: &'static Self = Box::leak(Box::new(Self {
            metadata: OnceLock::new(),
            shared,
        }));
        let names: Vec<&'static str> = place.fields.iter().map(|name| leak(name)).collect();
        let file = (!place.file.is_empty()).then(|| leak(&place.file));
        let line = (place.line > 0).then_some(place.line);
        this.metadata.get_or_init(|| {
            Metadata::new(
                leak(&place.name),
                leak(&place.target),
                tracing_level(place.level),
                file,
                line,
                None,
                FieldSet::new(names.leak(), Identifier(this)),
                tracing_kind(place.kind),
            )
        });
        this
    }
}

impl Callsite for HostPlace {
    /// The subscriber is asked each time: an interest remembered here would outlive its filter.
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata
            .get()
            .expect("set before the place is handed out")
    }
}

#[derive(Debug, Default)]
struct Places {
    known: HashMap<Place, &'static HostPlace>,
    /// How many are the module's own.
    own: HashMap<&'static str, usize>,
}

static PLACES: LazyLock<RwLock<Places>> = LazyLock::new(RwLock::default);

/// The host's copy of a place that was kept, or what stands for it.
pub(super) fn find(place: &Place) -> Option<&'static HostPlace> {
    let places = PLACES.read().unpoisoned();
    if let Some(known) = places.known.get(place) {
        return Some(known);
    }
    let full = places.own.get(place.module).copied() >= Some(MOST);
    if full {
        places.known.get(&place.shared()).copied()
    } else {
        None
    }
}

/// The host's copy of a place, which is made if need be, or what stands for it. The subscriber hears of a new one: no
/// lock is held then.
pub(super) fn keep(place: Place) -> &'static HostPlace {
    let (host, new) = {
        let mut places = PLACES.write().unpoisoned();
        let Places { known, own } = &mut *places;
        let own = own.entry(place.module).or_default();
        let shared = *own >= MOST && !known.contains_key(&place);
        let place = if shared { place.shared() } else { place };
        let before = known.len();
        let host = *known
            .entry(place)
            .or_insert_with_key(|place| HostPlace::leak(place, shared));
        let new = known.len() > before;
        *own += usize::from(new && !shared);
        (host, new)
    };
    if new {
        callsite::register(host);
    }
    host
}

/// A place for a question only: it is not kept, and all such look alike but for what is given here.
pub(super) fn probe(kind: LogKind, level: LogLevel, target: &str) -> Metadata<'_> {
    Metadata::new(
        "",
        target,
        tracing_level(level),
        None,
        None,
        None,
        FieldSet::new(&["message"], Identifier(&Probe)),
        tracing_kind(kind),
    )
}

struct Probe;

static PROBED: Metadata<'static> = Metadata::new(
    "",
    "",
    Level::TRACE,
    None,
    None,
    None,
    FieldSet::new(&["message"], Identifier(&Probe)),
    Kind::EVENT,
);

impl Callsite for Probe {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &PROBED
    }
}

pub(super) fn tracing_level(level: LogLevel) -> Level {
    match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    }
}

fn tracing_kind(kind: LogKind) -> Kind {
    match kind {
        LogKind::Event => Kind::EVENT,
        LogKind::Span => Kind::SPAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(module: &'static str, target: String) -> Place {
        Place {
            module,
            kind: LogKind::Event,
            level: LogLevel::Info,
            target,
            name: "log".to_owned(),
            file: String::new(),
            line: 0,
            fields: vec!["message".to_owned()],
        }
    }

    #[test]
    fn a_module_has_so_many_places_and_one_for_all_others() {
        let (module, quiet) = ("places::noisy", "places::quiet");
        let target = |number: usize| format!("connection-{number}");
        let kept: Vec<_> = (0..MOST + 100)
            .map(|number| keep(place(module, target(number))))
            .collect();
        assert_eq!(kept[MOST - 1].metadata().target(), target(MOST - 1));
        assert!(
            kept[MOST..]
                .iter()
                .all(|&other| std::ptr::eq(other, kept[MOST]))
        );
        let shared = kept[MOST].metadata();
        assert_eq!(shared.target(), module);
        let fields: Vec<_> = shared.fields().iter().map(|field| field.name()).collect();
        assert_eq!(fields, ["message", "target"]);
        // The same again, as after a reload: nothing new.
        for (number, &known) in kept.iter().enumerate() {
            let found = find(&place(module, target(number))).expect("it was kept");
            assert!(std::ptr::eq(found, known));
            assert!(std::ptr::eq(keep(place(module, target(number))), known));
        }
        // Another module has its own.
        assert_eq!(
            keep(place(quiet, target(5000))).metadata().target(),
            target(5000)
        );
    }
}
