//! The parameters and presets that are always there.

use home_types::config::{ConfigValue, ParameterDeclaration, ParameterKind};

/// The preset that changes nothing.
pub(crate) const STANDARD: &str = "standard";

pub(crate) const CACHE_MAX_BYTES: &str = "cache.max_bytes";
pub(crate) const LOGGING_LEVEL: &str = "logging.level";
pub(crate) const LOGGING_RECENT_LINES: &str = "logging.recent_lines";
pub(crate) const METRICS_MAX_SERIES: &str = "metrics.max_series";

/// The parameters of the application itself: those that another module follows (see [`crate::effects`]).
pub(crate) fn parameters() -> Vec<ParameterDeclaration> {
    vec![
        integer(
            CACHE_MAX_BYTES,
            4096,
            1 << 32,
            8 << 20,
            "How much the explicit cache may hold",
        ),
        choice(
            LOGGING_LEVEL,
            &["debug", "info", "warning", "error"],
            "info",
            "The least level that is logged",
        ),
        integer(
            LOGGING_RECENT_LINES,
            0,
            100_000,
            1000,
            "How many log lines are kept in memory",
        ),
        integer(
            METRICS_MAX_SERIES,
            10,
            100_000,
            2000,
            "How many series of measurements are kept",
        ),
    ]
}

/// A named set of values.
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) values: Vec<(&'static str, ConfigValue)>,
}

/// The presets, from the smallest to the largest.
pub(crate) fn presets() -> Vec<Preset> {
    use ConfigValue::Integer;
    vec![
        Preset {
            name: "minimum",
            description: "As little memory as possible: a small cache, few log lines and measurements",
            values: vec![
                (CACHE_MAX_BYTES, Integer(1 << 20)),
                (LOGGING_RECENT_LINES, Integer(100)),
                (METRICS_MAX_SERIES, Integer(100)),
            ],
        },
        Preset {
            name: STANDARD,
            description: "The defaults",
            values: vec![],
        },
        Preset {
            name: "maximum",
            description: "Much to look back at: a large cache, many log lines and measurements",
            values: vec![
                (CACHE_MAX_BYTES, Integer(64 << 20)),
                (LOGGING_RECENT_LINES, Integer(10_000)),
                (METRICS_MAX_SERIES, Integer(20_000)),
            ],
        },
    ]
}

fn parameter(
    key: &str,
    kind: ParameterKind,
    default: ConfigValue,
    description: &str,
) -> ParameterDeclaration {
    let description = description.to_owned();
    ParameterDeclaration {
        key: key.to_owned(),
        kind,
        default,
        secret: false,
        description,
    }
}

#[cfg(test)]
fn boolean(key: &str, default: bool, description: &str) -> ParameterDeclaration {
    parameter(
        key,
        ParameterKind::Boolean,
        ConfigValue::Boolean(default),
        description,
    )
}

fn integer(
    key: &str,
    minimum: i64,
    maximum: i64,
    default: i64,
    description: &str,
) -> ParameterDeclaration {
    let kind = ParameterKind::Integer { minimum, maximum };
    parameter(key, kind, ConfigValue::Integer(default), description)
}

#[cfg(test)]
fn number(
    key: &str,
    minimum: f64,
    maximum: f64,
    default: f64,
    description: &str,
) -> ParameterDeclaration {
    let kind = ParameterKind::Number { minimum, maximum };
    parameter(key, kind, ConfigValue::Number(default), description)
}

#[cfg(test)]
fn text(key: &str, max_length: u32, default: &str, description: &str) -> ParameterDeclaration {
    let kind = ParameterKind::Text { max_length };
    parameter(
        key,
        kind,
        ConfigValue::Text(default.to_owned()),
        description,
    )
}

#[cfg(test)]
fn secret(key: &str, max_length: u32, description: &str) -> ParameterDeclaration {
    ParameterDeclaration {
        secret: true,
        ..text(key, max_length, "", description)
    }
}

fn choice(key: &str, options: &[&str], default: &str, description: &str) -> ParameterDeclaration {
    let options = options.iter().map(|option| (*option).to_owned()).collect();
    let default = ConfigValue::Text(default.to_owned());
    parameter(key, ParameterKind::Choice { options }, default, description)
}

/// Parameters of every kind, for tests.
#[cfg(test)]
pub(crate) fn examples() -> Vec<ParameterDeclaration> {
    let home = [
        text("home.name", 64, "Home", "What the home is called"),
        number(
            "home.latitude",
            -90.0,
            90.0,
            0.0,
            "Degrees north of the equator",
        ),
        text(
            "home_assistant.url",
            2048,
            "",
            "Where Home Assistant answers",
        ),
        secret("home_assistant.token", 4096, "Its access token"),
        integer(
            "http.timeout_ms",
            50,
            300_000,
            5000,
            "How long one attempt may take",
        ),
        integer(
            "http.retries",
            0,
            10,
            2,
            "How often a failed request is tried again",
        ),
        boolean("http.verify_tls", true, "Whether certificates are checked"),
        boolean("metrics.enabled", true, "Whether operations are measured"),
    ];
    parameters().into_iter().chain(home).collect()
}
