//! Telling other modules what their parameters are.

use home_types::config::{ConfigError, ConfigValue};
use home_types::logging::LogLevel;
use lmms::Context;

use crate::catalogue::{
    CACHE_MAX_BYTES, LOGGING_LEVEL, LOGGING_RECENT_LINES, METRICS_MAX_SERIES, parameters,
};
use crate::store::lock;

lmms::gateway! {
    /// The modules that follow parameters.
    pub(crate) Peers { modules: ["../*"], interfaces: ["cache", "logging", "metrics"] }
}

/// The parameters that other modules follow: all that are always there.
pub(crate) const KEYS: [&str; 4] = [
    CACHE_MAX_BYTES,
    LOGGING_LEVEL,
    LOGGING_RECENT_LINES,
    METRICS_MAX_SERIES,
];

/// Who is told of a value.
pub(crate) trait Followers {
    /// Tells the module that follows the parameter; `None` is the default.
    fn tell(&self, key: &str, value: Option<&ConfigValue>) -> Result<(), String>;
}

impl Followers for Context {
    fn tell(&self, key: &str, value: Option<&ConfigValue>) -> Result<(), String> {
        let peers = Peers::new(self);
        let number = match value {
            Some(ConfigValue::Integer(number)) => u64::try_from(*number).ok(),
            _ => None,
        };
        let small = number.and_then(|number| u32::try_from(number).ok());
        match (key, value) {
            (CACHE_MAX_BYTES, _) => told(peers.cache().set_limit(number)),
            (METRICS_MAX_SERIES, _) => told(peers.metrics().set_limit(small)),
            (LOGGING_LEVEL, Some(ConfigValue::Text(level))) => {
                told(peers.logging().set_level(level_of(level)))
            }
            (LOGGING_LEVEL, _) => told(peers.logging().set_level(LogLevel::Info)),
            (LOGGING_RECENT_LINES, _) => told(peers.logging().set_capacity(small.unwrap_or(1000))),
            _ => Ok(()),
        }
    }
}

/// Tells all followers of values that they don't know yet. The lock on the configuration is not held meanwhile.
pub(crate) fn put_into_force(followers: &dyn Followers) -> Result<(), ConfigError> {
    let untold = lock().untold();
    for (key, value) in untold {
        let default = parameters()
            .iter()
            .any(|parameter| parameter.key == key && parameter.default == value);
        let shown = (!default).then_some(&value);
        followers
            .tell(key, shown)
            .map_err(|reason| ConfigError::NotInForce {
                key: key.to_owned(),
                reason,
            })?;
        lock().told.insert(key, value);
    }
    Ok(())
}

fn told<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<(), String> {
    result.map(drop).map_err(|error| error.to_string())
}

fn level_of(name: &str) -> LogLevel {
    match name {
        "debug" => LogLevel::Debug,
        "warning" => LogLevel::Warning,
        "error" => LogLevel::Error,
        _ => LogLevel::Info,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use home_types::config::ConfigSource;

    use super::*;

    #[derive(Default)]
    struct Heard(RefCell<Vec<(String, Option<String>)>>, bool);

    impl Followers for Heard {
        fn tell(&self, key: &str, value: Option<&ConfigValue>) -> Result<(), String> {
            if self.1 {
                return Err("it is not there".into());
            }
            let value = value.map(ToString::to_string);
            self.0.borrow_mut().push((key.to_owned(), value));
            Ok(())
        }
    }

    #[test]
    fn modules_are_told_of_each_change_once() {
        let set = |key: &str, value| {
            lock().set(ConfigSource::Call, key, value).unwrap();
        };
        let told = |heard: &Heard| std::mem::take(&mut *heard.0.borrow_mut());
        let heard = Heard::default();
        put_into_force(&heard).unwrap();
        assert_eq!(told(&heard), []);
        set(LOGGING_LEVEL, ConfigValue::Text("error".into()));
        set(METRICS_MAX_SERIES, ConfigValue::Integer(50));
        let deaf = Heard(RefCell::default(), true);
        let error = put_into_force(&deaf).unwrap_err().to_string();
        assert!(
            error.contains("logging.level") && error.contains("not there"),
            "{error}"
        );
        put_into_force(&heard).unwrap();
        let changes = [(LOGGING_LEVEL, "error"), (METRICS_MAX_SERIES, "50")];
        let changes = changes.map(|(key, value)| (key.to_owned(), Some(value.to_owned())));
        assert_eq!(told(&heard), changes);
        put_into_force(&heard).unwrap();
        assert_eq!(told(&heard), []);
        lock().replace(ConfigSource::Call, Default::default());
        put_into_force(&heard).unwrap();
        let back = [
            (LOGGING_LEVEL.to_owned(), None),
            (METRICS_MAX_SERIES.to_owned(), None),
        ];
        assert_eq!(told(&heard), back);
    }

    #[test]
    fn every_parameter_has_a_follower() {
        let keys: Vec<String> = parameters().into_iter().map(|one| one.key).collect();
        assert_eq!(keys, KEYS);
    }
}
