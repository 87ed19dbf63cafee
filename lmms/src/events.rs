//! Events from inside modules, as events of the host's `tracing` subscriber.
//!
//! A subscriber keeps the metadata of the events it sees for ever, so what it gets must not lie in
//! a module. For each place in a module's source that an event comes from, one host-owned copy of
//! its metadata is made and kept: a few hundred bytes a place, once, however often the module is
//! reloaded.

use crate::abi::{LogField, LogLevel, LogRecord, LogValue, Text};

use tracing_core::callsite::{Callsite, Identifier};
use tracing_core::field::{DisplayValue, Field, FieldSet, Value, display};
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;
use tracing_core::{Event, Level, Metadata, dispatcher};

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock, PoisonError, RwLock};

/// The most fields `tracing` can record in one event.
const MAX_FIELDS: usize = 32;

/// Where an event comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    module: &'static str,
    level: LogLevel,
    target: String,
    name: String,
    file: String,
    line: u32,
    fields: Vec<String>,
}

/// A place as `tracing` wants it: alive for ever.
#[derive(Debug)]
struct HostPlace {
    metadata: OnceLock<Metadata<'static>>,
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

static PLACES: LazyLock<RwLock<HashMap<Place, &'static HostPlace>>> =
    LazyLock::new(RwLock::default);

/// Whether the subscriber wants events of this level from this target: asked before an event is put
/// together, so with a place that has nothing but these two, which filters go by.
pub(crate) fn enabled(level: LogLevel, target: &str) -> bool {
    if tracing_level(level) > tracing_core::LevelFilter::current() {
        return false;
    }
    let probe = place(Cow::Owned(Place {
        module: "",
        level,
        target: target.to_owned(),
        name: String::new(),
        file: String::new(),
        line: 0,
        fields: vec!["message".to_owned()],
    }));
    dispatcher::get_default(|subscriber| subscriber.enabled(probe.metadata()))
}

/// Hands an event to the host's subscriber, if that wants it.
pub(crate) fn forward(module: &'static str, record: &LogRecord, fields: &[LogField]) {
    // SAFETY: the module lends all texts of the record for this call.
    let text = |text: Text| unsafe { text.as_str() };
    let fields = &fields[..fields.len().min(MAX_FIELDS)];
    let place = place(Cow::Owned(Place {
        module,
        level: record.level,
        target: text(record.target).into_owned(),
        name: text(record.name).into_owned(),
        file: text(record.file).into_owned(),
        line: record.line,
        fields: fields
            .iter()
            .map(|field| text(field.name).into_owned())
            .collect(),
    }));
    let metadata = place.metadata();
    dispatcher::get_default(|subscriber| {
        if subscriber.enabled(metadata) {
            dispatch(metadata, fields, &text, subscriber);
        }
    });
}

fn dispatch<'t>(
    metadata: &'static Metadata<'static>,
    fields: &[LogField],
    text: &dyn Fn(Text) -> Cow<'t, str>,
    subscriber: &tracing_core::Dispatch,
) {
    let values: Vec<HostValue<'_>> = fields
        .iter()
        .map(|field| HostValue::new(field.value, text))
        .collect();
    let names: Vec<Field> = metadata.fields().iter().collect();
    let Some(last) = names.last() else {
        let none: &[(&Field, Option<&dyn Value>); 0] = &[];
        let set = metadata.fields().value_set(none);
        subscriber.event(&Event::new(metadata, &set));
        return;
    };
    // Value sets have a fixed length: what is left over is filled with nothing.
    let pairs: [(&Field, Option<&dyn Value>); MAX_FIELDS] =
        std::array::from_fn(|index| match (names.get(index), values.get(index)) {
            (Some(name), Some(value)) => (name, Some(value.as_value())),
            _ => (last, None),
        });
    let set = metadata.fields().value_set(&pairs);
    subscriber.event(&Event::new(metadata, &set));
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
    fn new(value: LogValue, text: &dyn Fn(Text) -> Cow<'t, str>) -> Self {
        match value {
            LogValue::Text(value) => Self::Text(text(value)),
            LogValue::Debug(value) => Self::Debug(display(text(value))),
            LogValue::Signed(value) => Self::Signed(value),
            LogValue::Unsigned(value) => Self::Unsigned(value),
            LogValue::Float(value) => Self::Float(value),
            LogValue::Bool(value) => Self::Bool(value),
        }
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

/// The host's copy of a place; made when the place is first seen.
fn place(place: Cow<'_, Place>) -> &'static HostPlace {
    let known = PLACES.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(place.as_ref()) {
        return known;
    }
    drop(known);
    let mut places = PLACES.write().unwrap_or_else(PoisonError::into_inner);
    places
        .entry(place.into_owned())
        .or_insert_with_key(|place| HostPlace::leak(place))
}

impl HostPlace {
    fn leak(place: &Place) -> &'static Self {
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        let this: &'static Self = Box::leak(Box::new(Self {
            metadata: OnceLock::new(),
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
                FieldSet::new(Vec::leak(names), Identifier(this)),
                Kind::EVENT,
            )
        });
        this
    }
}

fn tracing_level(level: LogLevel) -> Level {
    match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    }
}
