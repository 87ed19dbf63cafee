//! What minijinja's fuel can't bound by itself: it charges for the text of a list or map only once the text is there.
//!
//! Lists that hold one another several times are small in memory and huge as text, and the deeper ones are nested the
//! more stack their text takes. So whatever is about to be written out or compared is weighed before: the walk ends
//! where the fuel would.

use std::sync::LazyLock;

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{
    Environment, Error, ErrorKind, State, UndefinedBehavior, Value, escape_formatter, filters,
};

/// Steps and pieces of 64 bytes that one rendering may cost: about 16 MB and some hundredths of a second.
pub(crate) const FUEL: u64 = 250_000;
/// Text of lists and maps costs sixteen times as much as other text, so a step pays for four bytes.
const BYTES_FOR_A_STEP: u64 = 4;
/// The text of a list that is repeated: `*` makes up to 100,000 of one.
const MOST_REPEATED: u64 = 256;
/// One more than the levels that JSON may have.
const DEEPEST: usize = 129;

pub(crate) use crate::guards::guarded;

use crate::guards::{REPEATED, WEIGHED};

/// Filters that write their arguments out or compare them.
const FILTERS: [&str; 29] = [
    "capitalize",
    "dictsort",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "join",
    "lines",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "select",
    "selectattr",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
];

/// Tests that compare.
const TESTS: [&str; 16] = [
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "eq",
    "equalto",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "le",
    "lessthan",
    "lt",
    "ne",
];

/// Gives an environment its fuel, and puts the weighing before everything that needs it.
pub(crate) fn install(environment: &mut Environment<'_>) {
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(100);
    environment.set_formatter(|out, state, value| {
        weigh(state, value, 0)?;
        escape_formatter(out, state, value)
    });
    for name in FILTERS {
        let filter = move |state: &mut State<'_, '_>, args: Rest<Value>, named: Kwargs| {
            let args = arguments(args, named);
            weigh_all(state, name, &args)?;
            let mut plain = plain(state.undefined_behavior()).empty_state();
            let result = plain.apply_filter(name, &args);
            charge(state, &plain)?;
            result
        };
        environment.add_filter(name, filter);
    }
    environment.add_filter(WEIGHED, |state: &State<'_, '_>, value: Value| {
        weigh(state, &value, 0).map(|()| value)
    });
    environment.add_filter(REPEATED, |value: Value| {
        if is_container(&value) && text_size(&value, 0, MOST_REPEATED).is_none() {
            return Err(Error::from(ErrorKind::OutOfFuel));
        }
        Ok(value)
    });
    for name in ["e", "escape", "safe"] {
        environment.add_filter(name, move |state: &mut State<'_, '_>, value: Value| {
            weigh(state, &value, 0)?;
            match name {
                "safe" => Ok(Value::from_safe_string(value.to_string())),
                _ => filters::escape(state, &value),
            }
        });
    }
    for name in TESTS {
        environment.add_test(name, move |state: &mut State<'_, '_>, args: Rest<Value>| {
            weigh_all(state, name, &args)?;
            let mut plain = plain(state.undefined_behavior()).empty_state();
            let result = plain.perform_test(name, &args);
            charge(state, &plain)?;
            result
        });
    }
}

/// An environment with minijinja's own filters and tests, which the weighed ones call.
fn plain(undefined: UndefinedBehavior) -> &'static Environment<'static> {
    static PLAIN: LazyLock<[Environment<'static>; 2]> = LazyLock::new(|| {
        [UndefinedBehavior::Lenient, UndefinedBehavior::Strict].map(|undefined| {
            let mut environment = Environment::new();
            environment.set_fuel(Some(FUEL));
            environment.set_undefined_behavior(undefined);
            environment
        })
    });
    &PLAIN[usize::from(undefined == UndefinedBehavior::Strict)]
}

/// Arguments as a filter gets them: those with names in the last one.
fn arguments(args: Rest<Value>, named: Kwargs) -> Vec<Value> {
    let mut all = args.0;
    if named.args().next().is_some() {
        all.push(Value::from(named));
    }
    all
}

/// Charges what the plain environment has used.
fn charge(state: &State<'_, '_>, plain: &State<'_, '_>) -> Result<(), Error> {
    let used = plain.fuel_levels().map_or(0, |(used, _)| used);
    state.consume_fuel(used)
}

fn weigh_all(state: &State<'_, '_>, name: &str, args: &[Value]) -> Result<(), Error> {
    let indent = match name {
        "tojson" | "indent" => args.iter().skip(1).filter_map(indentation).max(),
        _ => None,
    };
    args.iter()
        .try_for_each(|arg| weigh(state, arg, indent.unwrap_or(0)))
}

/// The number given as `indent` or `width`, by place or by name.
fn indentation(arg: &Value) -> Option<u64> {
    let named = ["indent", "width"].map(|name| arg.get_attr(name).ok());
    let number = |value: &Value| value.as_usize().map(|number| number as u64);
    number(arg).or_else(|| named.iter().flatten().filter_map(number).max())
}

/// Charges for the text of a value before it is made. Plain text is charged by minijinja.
fn weigh(state: &State<'_, '_>, value: &Value, indent: u64) -> Result<(), Error> {
    if !is_container(value) {
        return Ok(());
    }
    let left = state.fuel_levels().map_or(FUEL, |(_, left)| left);
    let budget = left.saturating_mul(BYTES_FOR_A_STEP);
    match text_size(value, indent, budget) {
        // The making of the text is charged, too.
        Some(bytes) => state.consume_fuel(bytes / 64),
        None => {
            let _ = state.consume_fuel(left.saturating_add(1));
            Err(Error::from(ErrorKind::OutOfFuel))
        }
    }
}

/// About how many bytes the text of a value has, or `None` if there are more than `budget` or it is nested too deep.
fn text_size(value: &Value, indent: u64, budget: u64) -> Option<u64> {
    let mut bytes: u64 = 0;
    let whole = std::iter::once(value.clone());
    let mut open: Vec<Box<dyn Iterator<Item = Value>>> = vec![Box::new(whole)];
    while let Some(level) = open.last_mut() {
        let Some(item) = level.next() else {
            open.pop();
            continue;
        };
        let line = indent.saturating_mul(open.len() as u64).saturating_add(4);
        bytes = bytes.saturating_add(line).saturating_add(own_size(&item));
        if bytes > budget {
            return None;
        }
        if is_container(&item) {
            if open.len() > DEEPEST {
                return None;
            }
            open.push(parts(&item));
        }
    }
    Some(bytes)
}

fn parts(value: &Value) -> Box<dyn Iterator<Item = Value>> {
    let Ok(keys) = value.try_iter() else {
        return Box::new(std::iter::empty());
    };
    if value.kind() != ValueKind::Map {
        return Box::new(keys);
    }
    let map = value.clone();
    Box::new(keys.flat_map(move |key| {
        let field = map.get_item(&key).unwrap_or_default();
        [key, field]
    }))
}

fn own_size(value: &Value) -> u64 {
    match value.as_str() {
        Some(text) => text.len() as u64,
        None => 16,
    }
}

fn is_container(value: &Value) -> bool {
    !value.is_undefined()
        && matches!(
            value.kind(),
            ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::Plain
        )
}
