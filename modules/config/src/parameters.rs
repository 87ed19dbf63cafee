//! Single parameters.

use home_types::config::{CategorySummary, ConfigError, ConfigSource, ConfigValue, ParameterState};
use lmms::{Context, operation};

use crate::effects::put_into_force;
use crate::store::{Store, lock, parse};

/// Gives the value in force; `default` instead if there is no such parameter. Secrets are given as they are.
#[operation(interface = "config")]
pub fn get_parameter(key: &str, default: Option<ConfigValue>) -> Result<ConfigValue, ConfigError> {
    match (lock().value(key), default) {
        (Ok((_, value)), _) => Ok(value),
        (Err(ConfigError::UnknownParameter { .. }), Some(default)) => Ok(default),
        (Err(error), _) => Err(error),
    }
}

/// Sets a parameter until it is unset or reset, stronger than all files and variables; gives the value that was in
/// force.
#[operation(interface = "config")]
pub fn set_parameter(
    cx: &Context,
    key: &str,
    value: ConfigValue,
) -> Result<ConfigValue, ConfigError> {
    let previous = lock().set(ConfigSource::Call, key, value)?;
    put_into_force(cx)?;
    Ok(previous)
}

/// Sets a parameter from text, as from a command line: `on`, `250`, `EU`; gives the value that is in force now.
#[operation(interface = "config")]
pub fn parse_parameter(cx: &Context, key: &str, text: &str) -> Result<ConfigValue, ConfigError> {
    let value = {
        let mut store = lock();
        let value =
            parse(store.declaration(key)?, text).map_err(|reason| ConfigError::InvalidValue {
                key: key.to_owned(),
                reason,
            })?;
        store.set(ConfigSource::Call, key, value.clone())?;
        value
    };
    put_into_force(cx)?;
    Ok(value)
}

/// Takes back what a call set; gives the value that is in force now.
#[operation(interface = "config")]
pub fn unset_parameter(cx: &Context, key: &str) -> Result<ConfigValue, ConfigError> {
    let value = unset(&mut lock(), key)?;
    put_into_force(cx)?;
    Ok(value)
}

fn unset(store: &mut Store, key: &str) -> Result<ConfigValue, ConfigError> {
    store.declaration(key)?;
    let mut values = store
        .layers
        .get(&ConfigSource::Call)
        .cloned()
        .unwrap_or_default();
    if values.remove(key).is_some() {
        store.replace(ConfigSource::Call, values);
    }
    store.value(key).map(|(_, value)| value)
}

/// Tells everything of a parameter: kind, limits, default, value, and where the value comes from. Secrets are hidden.
#[operation(interface = "config")]
pub fn describe_parameter(key: &str) -> Result<ParameterState, ConfigError> {
    lock().state(key)
}

/// Gives all parameters of a category with their values, by key. Secrets are hidden.
#[operation(interface = "config")]
pub fn get_category(category: &str) -> Result<Vec<ParameterState>, ConfigError> {
    let store = lock();
    let keys = store
        .declarations
        .keys()
        .filter(|key| category_of(key) == category);
    let states = keys
        .map(|key| store.state(key))
        .collect::<Result<Vec<_>, _>>()?;
    if states.is_empty() {
        let known = categories(&store)
            .into_iter()
            .map(|category| category.name)
            .collect();
        return Err(ConfigError::UnknownCategory {
            category: category.to_owned(),
            known,
        });
    }
    Ok(states)
}

/// Lists the categories of parameters, and how many of each were changed.
#[operation(interface = "config")]
pub fn list_categories() -> Vec<CategorySummary> {
    categories(&lock())
}

fn category_of(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

fn categories(store: &Store) -> Vec<CategorySummary> {
    let mut found: Vec<CategorySummary> = Vec::new();
    for key in store.declarations.keys() {
        let name = category_of(key);
        let changed = store
            .value(key)
            .is_ok_and(|(source, _)| source != ConfigSource::Default);
        match found.last_mut().filter(|category| category.name == name) {
            Some(category) => {
                category.parameters += 1;
                category.changed += u32::from(changed);
            }
            None => found.push(CategorySummary {
                name: name.to_owned(),
                parameters: 1,
                changed: u32::from(changed),
            }),
        }
    }
    found
}
