//! The parameters and presets that are always there.

use home_types::config::{ConfigValue, ParameterDeclaration, ParameterKind};

/// The preset that changes nothing.
pub(crate) const STANDARD: &str = "standard";

/// The parameters of the application itself.
pub(crate) fn parameters() -> Vec<ParameterDeclaration> {
    let day = 24 * 3600;
    vec![
        choice(
            "alexa.region",
            &["NA", "EU", "FE"],
            "EU",
            "Which event gateway answers for the home",
        ),
        number(
            "alexa.match_threshold",
            0.0,
            1.0,
            0.6,
            "How similar a spoken name must be to a device's",
        ),
        boolean(
            "alexa.proactive_reports",
            false,
            "Whether changes are reported without being asked",
        ),
        integer(
            "cache.default_ttl_seconds",
            1,
            30 * day,
            300,
            "How long cached values live",
        ),
        integer(
            "cache.max_bytes",
            4096,
            1 << 32,
            8 << 20,
            "How much the explicit cache may hold",
        ),
        integer(
            "circuit_breaker.failure_threshold",
            1,
            1000,
            5,
            "Failures in a row that open a breaker",
        ),
        integer(
            "circuit_breaker.timeout_seconds",
            1,
            day,
            60,
            "How long an open breaker refuses calls",
        ),
        text("home.name", 64, "Home", "What the home is called"),
        choice(
            "home.temperature_unit",
            &["celsius", "fahrenheit"],
            "celsius",
            "How temperatures are spoken",
        ),
        text(
            "home.time_zone",
            64,
            "UTC",
            "Name in the IANA time zone database",
        ),
        number(
            "home.latitude",
            -90.0,
            90.0,
            0.0,
            "Degrees north of the equator",
        ),
        number(
            "home.longitude",
            -180.0,
            180.0,
            0.0,
            "Degrees east of Greenwich",
        ),
        text(
            "home_assistant.url",
            2048,
            "",
            "Where Home Assistant answers; empty: the virtual home",
        ),
        secret(
            "home_assistant.token",
            4096,
            "Long-lived access token of Home Assistant",
        ),
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
        integer(
            "lifecycle.grace_seconds",
            0,
            day,
            30,
            "How long an idle module stays loaded",
        ),
        integer(
            "lifecycle.max_resident",
            0,
            1000,
            8,
            "How many modules stay loaded without reason",
        ),
        choice(
            "logging.level",
            &["debug", "info", "warning", "error"],
            "info",
            "The least level that is logged",
        ),
        integer(
            "logging.recent_lines",
            0,
            100_000,
            1000,
            "How many log lines are kept in memory",
        ),
        boolean("metrics.enabled", true, "Whether operations are measured"),
        integer(
            "metrics.max_series",
            10,
            100_000,
            2000,
            "How many series of measurements are kept",
        ),
        integer(
            "security.token_lifetime_seconds",
            1,
            365 * day,
            3600,
            "How long tokens are valid",
        ),
        boolean(
            "security.redact_logs",
            true,
            "Whether secrets are removed from log lines",
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
    use ConfigValue::{Boolean, Integer};
    vec![
        Preset {
            name: "minimum",
            description: "As little memory as possible: small caches, few modules, no measurements",
            values: vec![
                ("cache.default_ttl_seconds", Integer(60)),
                ("cache.max_bytes", Integer(1 << 20)),
                ("lifecycle.grace_seconds", Integer(5)),
                ("lifecycle.max_resident", Integer(2)),
                ("logging.recent_lines", Integer(100)),
                ("metrics.enabled", Boolean(false)),
                ("metrics.max_series", Integer(100)),
            ],
        },
        Preset {
            name: STANDARD,
            description: "The defaults",
            values: vec![],
        },
        Preset {
            name: "maximum",
            description: "As fast as possible: large caches, modules stay, everything is reported",
            values: vec![
                ("alexa.proactive_reports", Boolean(true)),
                ("cache.default_ttl_seconds", Integer(3600)),
                ("cache.max_bytes", Integer(64 << 20)),
                ("http.retries", Integer(4)),
                ("lifecycle.grace_seconds", Integer(600)),
                ("lifecycle.max_resident", Integer(64)),
                ("logging.recent_lines", Integer(10_000)),
                ("metrics.max_series", Integer(20_000)),
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

fn text(key: &str, max_length: u32, default: &str, description: &str) -> ParameterDeclaration {
    let kind = ParameterKind::Text { max_length };
    parameter(
        key,
        kind,
        ConfigValue::Text(default.to_owned()),
        description,
    )
}

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
