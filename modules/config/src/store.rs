//! The declared parameters and the values of each source.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use home_types::config::{
    ConfigError, ConfigProblem, ConfigSource, ConfigValue, ParameterDeclaration, ParameterKind,
    ParameterState,
};
use home_types::redaction::{REDACTED, redact_field};

use crate::catalogue;

/// The configuration of this process.
pub(crate) fn lock() -> MutexGuard<'static, Store> {
    static STORE: LazyLock<Mutex<Store>> = LazyLock::new(|| Mutex::new(Store::new()));
    STORE.lock().unwrap_or_else(PoisonError::into_inner)
}

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
}

impl Store {
    pub(crate) fn new() -> Store {
        let declarations: BTreeMap<_, _> = catalogue::parameters()
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
        }
    }

    pub(crate) fn declaration(&self, key: &str) -> Result<&ParameterDeclaration, ConfigError> {
        self.declarations.get(key).ok_or_else(|| {
            let similar = self
                .declarations
                .keys()
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

    /// Values that are possible each, but not together.
    pub(crate) fn conflicts(&self) -> Vec<ConfigProblem> {
        let text = |key: &str| {
            self.value(key)
                .map(|(_, value)| value.to_string())
                .unwrap_or_default()
        };
        let mut problems = Vec::new();
        let mut problem = |key: &str, problem: String| {
            problems.push(ConfigProblem {
                key: key.to_owned(),
                problem,
            });
        };
        let (url, token) = (text("home_assistant.url"), text("home_assistant.token"));
        if !url.is_empty() && token.is_empty() {
            problem(
                "home_assistant.token",
                "it is empty, but `home_assistant.url` is set; set both".into(),
            );
        }
        if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
            problem(
                "home_assistant.url",
                "it begins neither with http:// nor with https://".into(),
            );
        }
        if url.starts_with("http://") && text("http.verify_tls") == "false" {
            problem(
                "http.verify_tls",
                "it is off, which only https:// is affected by; leave it on".into(),
            );
        }
        if text("security.redact_logs") == "false" && text("logging.level") == "debug" {
            problem(
                "security.redact_logs",
                "debug lines would hold secrets; raise `logging.level`".into(),
            );
        }
        problems
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
