//! The declared parameters and the values of each source.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use home_types::config::{
    ConfigError, ConfigSource, ConfigValue, ParameterDeclaration, ParameterKind, ParameterState,
};
use home_types::redaction::{REDACTED, redact_field};

use crate::{catalogue, effects};

/// The configuration of this process.
pub(crate) fn lock() -> MutexGuard<'static, Store> {
    static STORE: LazyLock<Mutex<Store>> = LazyLock::new(|| Mutex::new(Store::new()));
    STORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The longest key, in bytes.
pub(crate) const LONGEST_KEY: usize = 64;

/// Values by key.
pub(crate) type Values = BTreeMap<String, ConfigValue>;

/// Parameters, and what each source says of them.
pub(crate) struct Store {
    pub(crate) declarations: BTreeMap<String, ParameterDeclaration>,
    pub(crate) built_in: usize,
    pub(crate) preset: &'static str,
    pub(crate) layers: BTreeMap<ConfigSource, Values>,
    pub(crate) file: Option<String>,
    pub(crate) environment_prefix: Option<String>,
    pub(crate) changes: u64,
    /// What other modules were told last.
    pub(crate) told: BTreeMap<&'static str, ConfigValue>,
}

impl Store {
    pub(crate) fn new() -> Store {
        Store::with(catalogue::parameters())
    }

    /// With examples of all kinds beside the parameters of the application.
    #[cfg(test)]
    pub(crate) fn example() -> Store {
        Store::with(catalogue::examples())
    }

    fn with(parameters: Vec<ParameterDeclaration>) -> Store {
        let declarations: BTreeMap<_, _> = parameters
            .into_iter()
            .map(|declaration| (declaration.key.clone(), declaration))
            .collect();
        Store {
            built_in: declarations.len(),
            declarations,
            preset: catalogue::STANDARD,
            layers: BTreeMap::new(),
            file: None,
            environment_prefix: None,
            changes: 0,
            told: BTreeMap::new(),
        }
    }

    pub(crate) fn declaration(&self, key: &str) -> Result<&ParameterDeclaration, ConfigError> {
        self.declarations.get(key).ok_or_else(|| {
            // What is far longer than any key is like none of them, and would take long to compare.
            let comparable = self
                .declarations
                .keys()
                .filter(|_| key.len() <= LONGEST_KEY);
            let similar = comparable
                .map(|known| (strsim::jaro_winkler(key, known), known))
                .filter(|(similarity, _)| *similarity > 0.85)
                .max_by(|left, right| left.0.total_cmp(&right.0))
                .map(|(_, known)| known.clone());
            ConfigError::UnknownParameter {
                key: key.to_owned(),
                similar,
            }
        })
    }

    /// The value in force and where it comes from.
    pub(crate) fn value(&self, key: &str) -> Result<(ConfigSource, ConfigValue), ConfigError> {
        let declaration = self.declaration(key)?;
        let set = self
            .layers
            .iter()
            .rev()
            .find_map(|(source, values)| Some((*source, values.get(key)?)));
        let (source, value) = set.unwrap_or((ConfigSource::Default, &declaration.default));
        Ok((source, value.clone()))
    }

    /// The value in force as it may be shown.
    pub(crate) fn state(&self, key: &str) -> Result<ParameterState, ConfigError> {
        let declaration = self.declaration(key)?.clone();
        let (source, mut value) = self.value(key)?;
        if declaration.secret && value != declaration.default {
            value = ConfigValue::Text(REDACTED.to_owned());
        }
        Ok(ParameterState {
            declaration,
            value,
            source,
        })
    }

    /// Sets one value; gives the one that was in force.
    pub(crate) fn set(
        &mut self,
        source: ConfigSource,
        key: &str,
        value: ConfigValue,
    ) -> Result<ConfigValue, ConfigError> {
        let value =
            fit(self.declaration(key)?, value).map_err(|reason| ConfigError::InvalidValue {
                key: key.to_owned(),
                reason,
            })?;
        let (_, previous) = self.value(key)?;
        self.layers
            .entry(source)
            .or_default()
            .insert(key.to_owned(), value);
        self.changes += 1;
        Ok(previous)
    }

    /// Replaces all values of a source; values must fit already. Gives the keys whose value in force changed.
    pub(crate) fn replace(&mut self, source: ConfigSource, values: Values) -> Vec<String> {
        let keys: BTreeSet<String> = self
            .layers
            .get(&source)
            .into_iter()
            .flat_map(Values::keys)
            .chain(values.keys())
            .cloned()
            .collect();
        let before: Vec<_> = keys.iter().map(|key| self.value(key)).collect();
        if values.is_empty() {
            self.layers.remove(&source);
        } else {
            self.layers.insert(source, values);
        }
        let after = |key: &String| self.value(key).map(|(_, value)| value);
        let changed: Vec<String> = keys
            .iter()
            .zip(before)
            .filter(|(key, before)| before.as_ref().map(|(_, value)| value) != after(key).as_ref())
            .map(|(key, _)| key.clone())
            .collect();
        self.changes += changed.len() as u64;
        changed
    }

    /// The values that other modules follow, where they differ from what those were told last.
    pub(crate) fn untold(&self) -> Vec<(&'static str, ConfigValue)> {
        let keys = effects::KEYS.into_iter();
        keys.filter_map(|key| {
            let (_, value) = self.value(key).ok()?;
            let told = match self.told.get(key) {
                Some(told) => *told == value,
                None => self.declarations.get(key)?.default == value,
            };
            (!told).then_some((key, value))
        })
        .collect()
    }

    /// Why the module can't be unloaded now.
    pub(crate) fn reason_to_stay(&self) -> Option<String> {
        let values: usize = self.layers.values().map(Values::len).sum();
        let declared = self.declarations.len() - self.built_in;
        (values + declared > 0).then(|| {
            format!(
                "holds {values} configured values and {declared} declared parameters (preset `{}`); `config.reset` gives them up",
                self.preset
            )
        })
    }
}

/// The value as its parameter needs it, or what is wrong with it.
pub(crate) fn fit(
    declaration: &ParameterDeclaration,
    value: ConfigValue,
) -> Result<ConfigValue, String> {
    let kind = &declaration.kind;
    let fits = match (kind, &value) {
        (ParameterKind::Boolean, ConfigValue::Boolean(_)) => true,
        (ParameterKind::Integer { minimum, maximum }, ConfigValue::Integer(n)) => {
            (minimum..=maximum).contains(&n)
        }
        (ParameterKind::Number { minimum, maximum }, ConfigValue::Number(n)) => {
            (minimum..=maximum).contains(&n)
        }
        (ParameterKind::Number { .. }, ConfigValue::Integer(n)) => {
            return fit(declaration, ConfigValue::Number(*n as f64));
        }
        (ParameterKind::Text { max_length }, ConfigValue::Text(text)) => {
            text.chars().count() <= *max_length as usize && !text.contains(char::is_control)
        }
        (ParameterKind::Choice { options }, ConfigValue::Text(text)) => options.contains(text),
        _ => false,
    };
    match (fits, declaration.secret) {
        (true, _) => Ok(value),
        (false, true) => Err(format!("it must be {kind}")),
        (false, false) => {
            let value = value.to_string();
            let shown = redact_field(&declaration.key, &value);
            Err(format!("it must be {kind}, not `{shown:.100}`"))
        }
    }
}

/// Reads a value as its parameter's kind from text.
pub(crate) fn parse(declaration: &ParameterDeclaration, text: &str) -> Result<ConfigValue, String> {
    let word = text.trim();
    let value = match &declaration.kind {
        ParameterKind::Boolean => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(ConfigValue::Boolean(true)),
            "false" | "no" | "off" | "0" => Some(ConfigValue::Boolean(false)),
            _ => None,
        },
        ParameterKind::Integer { .. } => word.parse().ok().map(ConfigValue::Integer),
        ParameterKind::Number { .. } => word.parse().ok().map(ConfigValue::Number),
        ParameterKind::Text { .. } => Some(ConfigValue::Text(text.to_owned())),
        ParameterKind::Choice { .. } => Some(ConfigValue::Text(word.to_owned())),
    };
    fit(
        declaration,
        value.unwrap_or_else(|| ConfigValue::Text(text.to_owned())),
    )
}
