//! Events and spans from inside modules, as those of the host's `tracing` subscriber.
//!
//! A subscriber keeps the metadata of what it sees for ever, so what it gets must not lie in a module. For each place
//! in a module's source one host-owned copy of its metadata is made and kept, once, however often the module is
//! reloaded; see [`places`].

pub(crate) mod callbacks;
mod places;
mod spans;

use std::borrow::Cow;
use std::fmt::Write as _;

use tracing_core::field::{DisplayValue, Field, Value, ValueSet, display};
use tracing_core::{Dispatch, Event, LevelFilter, Metadata, dispatcher};

use crate::boundary::abi::{LogField, LogKind, LogLevel, LogParent, LogRecord, LogValue, Text};
use crate::host::reentrance::contained::tell;
use places::{HostPlace, Place, probe};

pub(crate) use spans::Spans;

/// The most fields `tracing` can record in one event.
const MAX_FIELDS: usize = 32;

/// A record that a module lends.
pub(crate) struct Lent<'r> {
    record: &'r LogRecord,
    fields: &'r [LogField],
}

impl<'r> Lent<'r> {
    /// # Safety
    /// The record and all it points to must be valid for `'r`.
    pub(crate) unsafe fn new(record: *const LogRecord) -> Self {
        // SAFETY: the caller's promise.
        let record = unsafe { &*record };
        let fields = if record.field_count == 0 {
            &[]
        } else {
            // SAFETY: the caller's promise.
            unsafe { std::slice::from_raw_parts(record.fields, record.field_count) }
        };
        Self {
            record,
            fields: &fields[..fields.len().min(MAX_FIELDS)],
        }
    }

    fn text(&self, text: Text) -> Cow<'r, str> {
        // SAFETY: a text of the record's (`new`).
        unsafe { text.as_str() }
    }

    fn place(&self, module: &'static str) -> Place {
        let owned = |text| self.text(text).into_owned();
        Place {
            module,
            kind: self.record.kind,
            level: self.record.level,
            target: owned(self.record.target),
            name: owned(self.record.name),
            file: owned(self.record.file),
            line: self.record.line,
            fields: self.fields.iter().map(|field| owned(field.name)).collect(),
        }
    }

    fn values(&self) -> Vec<(Cow<'r, str>, HostValue<'r>)> {
        let value = |field: &LogField| {
            let value = HostValue::new(field.value, self)?;
            Some((self.text(field.name), value))
        };
        self.fields.iter().filter_map(value).collect()
    }

    /// The values as the host's place of this record has them.
    fn values_for(&self, place: &HostPlace) -> Vec<(Cow<'r, str>, HostValue<'r>)> {
        if !place.is_shared() {
            return self.values();
        }
        let mut message = String::new();
        if self.record.kind == LogKind::Span {
            message.push_str(&self.text(self.record.name));
        }
        for (name, value) in self.values() {
            let before = if message.is_empty() { "" } else { " " };
            // A `String` takes all there is memory for.
            let _ = match &*name {
                "message" => write!(message, "{before}{value}"),
                name => write!(message, "{before}{name}={value}"),
            };
        }
        let target = self.text(self.record.target);
        vec![
            ("message".into(), HostValue::Debug(display(message.into()))),
            ("target".into(), HostValue::Text(target)),
        ]
    }
}

/// Whether the subscriber wants what has this level and comes from this target. Asked before an event or span is put
/// together, so with a place that has nothing but these, which filters go by.
pub(crate) fn enabled(kind: LogKind, level: LogLevel, target: &str) -> bool {
    if places::tracing_level(level) > LevelFilter::current() {
        return false;
    }
    let ask =
        || dispatcher::get_default(|subscriber| subscriber.enabled(&probe(kind, level, target)));
    tell(ask).unwrap_or_default()
}

/// Hands an event to the host's subscriber, if that wants it.
pub(crate) fn forward(module: &'static str, event: &Lent<'_>, spans: &Spans) {
    tell(|| {
        dispatcher::get_default(|subscriber| {
            let Some(place) = wanted(module, event, subscriber) else {
                return;
            };
            let metadata = place.metadata();
            with_values(metadata, &event.values_for(place), |values| {
                let event = match event.record.parent {
                    LogParent::Current => Event::new(metadata, values),
                    LogParent::Root => Event::new_child_of(None, metadata, values),
                    LogParent::Span(id) => match spans.id(id) {
                        Some(parent) => Event::new_child_of(parent, metadata, values),
                        None => Event::new(metadata, values),
                    },
                };
                subscriber.event(&event);
            });
        });
    });
}

/// The host's place of what a module reports, if the subscriber wants that. A place that nobody wants is not kept.
fn wanted(
    module: &'static str,
    lent: &Lent<'_>,
    subscriber: &Dispatch,
) -> Option<&'static HostPlace> {
    let place = lent.place(module);
    let host = match places::find(&place) {
        Some(known) => known,
        None if subscriber.enabled(&probe(place.kind, place.level, &place.target)) => {
            places::keep(place)
        }
        None => return None,
    };
    // What shares its place with others is filtered by the target it has. Asked last: a filter may remember its answer
    // for what follows.
    let wanted = if host.is_shared() {
        let target = lent.text(lent.record.target);
        subscriber.enabled(&probe(lent.record.kind, lent.record.level, &target))
    } else {
        subscriber.enabled(host.metadata())
    };
    wanted.then_some(host)
}

/// Hands `then` the values that have the names of the place's fields.
fn with_values<R>(
    metadata: &'static Metadata<'static>,
    values: &[(Cow<'_, str>, HostValue<'_>)],
    then: impl FnOnce(&ValueSet<'_>) -> R,
) -> R {
    let mut fields: Vec<Field> = metadata.fields().iter().collect();
    let mut pairs: Vec<(Field, &dyn Value)> = Vec::with_capacity(values.len());
    for (name, value) in values {
        // A name may be there twice: each has its turn.
        if let Some(place) = fields.iter().position(|field| field.name() == name) {
            pairs.push((fields.remove(place), value.as_value()));
        }
    }
    let Some((last, _)) = pairs.last() else {
        let none: &[(&Field, Option<&dyn Value>); 0] = &[];
        return then(&metadata.fields().value_set(none));
    };
    // Value sets have a fixed length: what is left over is filled with nothing.
    let set: [(&Field, Option<&dyn Value>); MAX_FIELDS] = std::array::from_fn(|index| {
        pairs
            .get(index)
            .map_or((last, None), |(field, value)| (field, Some(*value)))
    });
    then(&metadata.fields().value_set(&set))
}

/// A field's value in a form that `tracing` records.
enum HostValue<'t> {
    Text(Cow<'t, str>),
    /// Text that stands for itself, as a `Debug` value does.
    Debug(DisplayValue<Cow<'t, str>>),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
}

impl<'t> HostValue<'t> {
    /// `None`: there is none yet.
    fn new(value: LogValue, lent: &Lent<'t>) -> Option<Self> {
        Some(match value {
            LogValue::Text(value) => Self::Text(lent.text(value)),
            LogValue::Debug(value) => Self::Debug(display(lent.text(value))),
            LogValue::Signed(value) => Self::Signed(value),
            LogValue::Unsigned(value) => Self::Unsigned(value),
            LogValue::Float(value) => Self::Float(value),
            LogValue::Bool(value) => Self::Bool(value),
            LogValue::Empty => return None,
        })
    }

    fn as_value(&self) -> &dyn Value {
        match self {
            Self::Text(text) => match text {
                Cow::Borrowed(text) => text,
                Cow::Owned(text) => text,
            },
            Self::Debug(text) => text,
            Self::Signed(number) => number,
            Self::Unsigned(number) => number,
            Self::Float(number) => number,
            Self::Bool(truth) => truth,
        }
    }
}

impl std::fmt::Display for HostValue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Debug(text) => std::fmt::Display::fmt(text, f),
            Self::Signed(number) => number.fmt(f),
            Self::Unsigned(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Bool(truth) => truth.fmt(f),
        }
    }
}
