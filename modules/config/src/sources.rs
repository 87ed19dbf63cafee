//! Loading configuration from files, text and the environment, and writing it out.

use std::ffi::OsString;
use std::fs;

use home_types::config::{
    ConfigError, ConfigFormat, ConfigProblem, ConfigSource, ConfigValue, LoadReport,
};
use lmms::{Context, operation};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

use crate::effects::put_into_force;
use crate::store::{Store, Values, fit, lock, parse};

/// Loads a TOML or JSON file (told by its ending), a table for each category, in place of the file loaded before.
#[operation(interface = "config")]
pub fn load_file(cx: &Context, filepath: &str) -> Result<LoadReport, ConfigError> {
    let text = read(filepath)?;
    let origin = format!("the file `{filepath}`");
    let report = {
        let mut store = lock();
        let report = load(&mut store, &origin, &text, format_of(filepath)?)?;
        store.file = Some(filepath.to_owned());
        report
    };
    put_into_force(cx)?;
    Ok(report)
}

/// Loads configuration from text, in place of the file loaded before.
#[operation(interface = "config")]
pub fn load_text(
    cx: &Context,
    text: &str,
    format: ConfigFormat,
) -> Result<LoadReport, ConfigError> {
    if text.len() as u64 > LONGEST_FILE {
        return Err(ConfigError::Malformed {
            origin: "the text".into(),
            reason: format!("it has {} bytes, more than {LONGEST_FILE}", text.len()),
        });
    }
    let report = {
        let mut store = lock();
        let report = load(&mut store, "the text", text, format)?;
        store.file = None;
        report
    };
    put_into_force(cx)?;
    Ok(report)
}

/// Loads variables such as `SMART_HOME_CACHE_MAX_BYTES` (for the prefix `SMART_HOME_`, which is used if none is given).
#[operation(interface = "config")]
pub fn load_environment(cx: &Context, prefix: Option<&str>) -> Result<LoadReport, ConfigError> {
    let prefix = prefix.unwrap_or("SMART_HOME_");
    let report = {
        let mut store = lock();
        let report = load_variables(&mut store, prefix, std::env::vars_os())?;
        store.environment_prefix = Some(prefix.to_owned());
        report
    };
    put_into_force(cx)?;
    Ok(report)
}

/// Loads the file and the environment again that were loaded last; if either fails neither changes.
#[operation(interface = "config")]
pub fn reload(cx: &Context) -> Result<LoadReport, ConfigError> {
    let report = load_again(&mut lock(), std::env::vars_os())?;
    put_into_force(cx)?;
    Ok(report)
}

/// Writes the values in force, without secrets, so that `load_text` reads them again.
#[operation(interface = "config")]
pub fn export(format: ConfigFormat) -> Result<String, ConfigError> {
    let document = document(&lock());
    let written = match format {
        ConfigFormat::Toml => toml::to_string(&document).map_err(|error| error.to_string()),
        ConfigFormat::Json => {
            serde_json::to_string_pretty(&document).map_err(|error| error.to_string())
        }
    };
    written.map_err(|reason| ConfigError::Malformed {
        origin: "the configuration".into(),
        reason,
    })
}

const LONGEST_FILE: u64 = 1 << 20;

fn read(path: &str) -> Result<String, ConfigError> {
    let unreadable = |reason: String| ConfigError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let metadata = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > LONGEST_FILE {
        return Err(unreadable(format!(
            "it is not a file of at most {LONGEST_FILE} bytes"
        )));
    }
    fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))
}

fn format_of(path: &str) -> Result<ConfigFormat, ConfigError> {
    let ending = path
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match ending.as_str() {
        "toml" => Ok(ConfigFormat::Toml),
        "json" => Ok(ConfigFormat::Json),
        _ => Err(ConfigError::Unreadable {
            path: path.to_owned(),
            reason: "its name ends neither in .toml nor in .json".into(),
        }),
    }
}

fn load(
    store: &mut Store,
    origin: &str,
    text: &str,
    format: ConfigFormat,
) -> Result<LoadReport, ConfigError> {
    let parsed: Result<Map<String, Value>, String> = match format {
        ConfigFormat::Toml => toml::from_str(text).map_err(|error| toml_mistake(text, &error)),
        ConfigFormat::Json => serde_json::from_str(text).map_err(|error| json_mistake(&error)),
    };
    let tables = parsed.map_err(|reason| ConfigError::Malformed {
        origin: origin.to_owned(),
        reason,
    })?;
    let (mut values, mut problems) = (Values::new(), Vec::new());
    for (category, table) in tables {
        let Value::Object(table) = table else {
            let problem = "values belong into the table of a category".to_owned();
            problems.push(ConfigProblem {
                key: category,
                problem,
            });
            continue;
        };
        for (name, value) in table {
            let key = format!("{category}.{name}");
            match take(store, &key, value) {
                Ok(value) => drop(values.insert(key, value)),
                Err(problem) => problems.push(ConfigProblem { key, problem }),
            }
        }
    }
    apply(store, ConfigSource::File, origin, values, problems)
}

/// Where a text is no TOML. What stands there is not told, nor what the parser says of it: it may be a secret.
fn toml_mistake(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else {
        return "it is not TOML".into();
    };
    let before = &text[..text.floor_char_boundary(span.start)];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    format!("it is not TOML in line {line}, column {column}")
}

/// Where a text is no JSON object, told like a mistake in TOML.
fn json_mistake(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => format!("it is JSON that ends too early, in line {line}, column {column}"),
        Category::Data => format!("it must be a JSON object; see line {line}, column {column}"),
        _ => format!("it is not JSON in line {line}, column {column}"),
    }
}

fn load_again(
    store: &mut Store,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<LoadReport, ConfigError> {
    let (file, prefix) = (store.file.clone(), store.environment_prefix.clone());
    if file.is_none() && prefix.is_none() {
        return Err(ConfigError::NothingToReload);
    }
    let previous = store
        .layers
        .get(&ConfigSource::File)
        .cloned()
        .unwrap_or_default();
    let mut report = LoadReport::default();
    if let Some(path) = &file {
        report = load(
            store,
            &format!("the file `{path}`"),
            &read(path)?,
            format_of(path)?,
        )?;
    }
    if let Some(prefix) = prefix {
        match load_variables(store, &prefix, variables) {
            Ok(loaded) => {
                report.origins.extend(loaded.origins);
                report.applied.extend(loaded.applied);
                report.ignored.extend(loaded.ignored);
            }
            Err(error) => {
                store.replace(ConfigSource::File, previous);
                return Err(error);
            }
        }
    }
    Ok(report)
}

fn take(store: &Store, key: &str, value: Value) -> Result<ConfigValue, String> {
    let declaration = store.declaration(key).map_err(|error| error.to_string())?;
    let value = match value {
        Value::Bool(value) => ConfigValue::Boolean(value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => ConfigValue::Integer(number),
            (None, Some(number)) => ConfigValue::Number(number),
            (None, None) => return Err("the number is too large".into()),
        },
        Value::String(text) => ConfigValue::Text(text),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Err(format!("it must be {}", declaration.kind));
        }
    };
    fit(declaration, value)
}

fn load_variables(
    store: &mut Store,
    prefix: &str,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<LoadReport, ConfigError> {
    let origin = format!("environment {prefix}*");
    let (mut values, mut problems, mut ignored) = (Values::new(), Vec::new(), Vec::new());
    for (variable, text) in variables {
        let Some(rest) = variable.to_str().and_then(|name| name.strip_prefix(prefix)) else {
            continue;
        };
        let name = rest.to_ascii_lowercase();
        let declaration = store
            .declarations
            .values()
            .find(|known| known.key.replace('.', "_") == name);
        let Some(declaration) = declaration else {
            ignored.push(format!("{prefix}{rest}"));
            continue;
        };
        let key = declaration.key.clone();
        let value = text.to_str().ok_or_else(|| "it is not UTF-8".to_owned());
        match value.and_then(|text| parse(declaration, text)) {
            Ok(value) => drop(values.insert(key, value)),
            Err(problem) => problems.push(ConfigProblem { key, problem }),
        }
    }
    ignored.sort();
    let report = apply(store, ConfigSource::Environment, &origin, values, problems)?;
    Ok(LoadReport { ignored, ..report })
}

fn apply(
    store: &mut Store,
    source: ConfigSource,
    origin: &str,
    values: Values,
    problems: Vec<ConfigProblem>,
) -> Result<LoadReport, ConfigError> {
    if !problems.is_empty() {
        return Err(ConfigError::Rejected {
            origin: origin.to_owned(),
            problems,
        });
    }
    let applied = values.keys().cloned().collect();
    store.replace(source, values);
    Ok(LoadReport {
        origins: vec![origin.to_owned()],
        applied,
        ignored: vec![],
    })
}

fn document(store: &Store) -> Map<String, Value> {
    let mut document = Map::new();
    for declaration in store
        .declarations
        .values()
        .filter(|declaration| !declaration.secret)
    {
        let Ok((_, value)) = store.value(&declaration.key) else {
            continue;
        };
        let value = match value {
            ConfigValue::Boolean(value) => Value::Bool(value),
            ConfigValue::Integer(value) => Value::Number(value.into()),
            ConfigValue::Number(value) => {
                Number::from_f64(value).map_or(Value::Null, Value::Number)
            }
            ConfigValue::Text(value) => Value::String(value),
        };
        if let Some((category, name)) = declaration.key.split_once('.') {
            let table = document
                .entry(category)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(table) = table {
                table.insert(name.to_owned(), value);
            }
        }
    }
    document
}

#[cfg(test)]
mod tests;
