//! Presets, and the configuration as a whole.

use home_types::config::{
    ConfigError, ConfigProblem, ConfigSource, ConfigState, ParameterDeclaration, PresetInfo,
};
use lmms::{Context, operation};

use crate::catalogue;
use crate::effects::put_into_force;
use crate::store::{Store, Values, fit, lock};

/// Lists the presets, what each sets, and which is switched on.
#[operation(interface = "config")]
pub fn list_presets() -> Vec<PresetInfo> {
    let active = lock().preset;
    catalogue::presets()
        .into_iter()
        .map(|preset| PresetInfo {
            name: preset.name.to_owned(),
            description: preset.description.to_owned(),
            active: preset.name == active,
            values: preset
                .values
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        })
        .collect()
}

/// Switches to another preset (`minimum`, `standard`, `maximum`); gives the keys whose value in force changed.
#[operation(interface = "config")]
pub fn switch_preset(cx: &Context, preset_name: &str) -> Result<Vec<String>, ConfigError> {
    let presets = catalogue::presets();
    let known = || {
        presets
            .iter()
            .map(|preset| preset.name.to_owned())
            .collect()
    };
    let preset = presets
        .iter()
        .find(|preset| preset.name == preset_name)
        .ok_or_else(|| ConfigError::UnknownPreset {
            preset: preset_name.to_owned(),
            known: known(),
        })?;
    let values: Values = preset
        .values
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    let changed = {
        let mut store = lock();
        store.preset = preset.name;
        store.replace(ConfigSource::Preset, values)
    };
    put_into_force(cx)?;
    Ok(changed)
}

/// Checks every value in force; an empty list means that all is well.
#[operation(interface = "config")]
pub fn validate_all() -> Vec<ConfigProblem> {
    problems(&lock())
}

/// Tells how many parameters and values there are, from which sources.
#[operation(interface = "config")]
pub fn get_state() -> ConfigState {
    let store = lock();
    ConfigState {
        parameters: store.declarations.len() as u32,
        declared: (store.declarations.len() - store.built_in) as u32,
        preset: store.preset.to_owned(),
        file: store.file.clone(),
        environment_prefix: store.environment_prefix.clone(),
        values: store
            .layers
            .iter()
            .map(|(source, values)| (*source, values.len() as u32))
            .collect(),
        changes: store.changes,
    }
}

/// Forgets all values, declared parameters and sources, so that only the defaults are left; gives how many values there
/// were.
#[operation(interface = "config")]
pub fn reset(cx: &Context) -> Result<u64, ConfigError> {
    let values = {
        let mut store = lock();
        let values: usize = store.layers.values().map(Values::len).sum();
        *store = Store {
            changes: store.changes + values as u64,
            told: std::mem::take(&mut store.told),
            ..Store::new()
        };
        values as u64
    };
    put_into_force(cx)?;
    Ok(values)
}

fn problems(store: &Store) -> Vec<ConfigProblem> {
    let problem = |declaration: &ParameterDeclaration| {
        let (_, value) = store.value(&declaration.key).ok()?;
        let problem = fit(declaration, value).err()?;
        Some(ConfigProblem {
            key: declaration.key.clone(),
            problem,
        })
    };
    store.declarations.values().filter_map(problem).collect()
}
