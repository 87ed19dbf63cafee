//! Every parameter of the program is followed by the module that it is about.
#![forbid(unsafe_code)]

mod support;

use home_types::config::ConfigValue::{Integer, Text};
use home_types::config::{ConfigValue, ParameterKind};
use smart_home::gateway::SmartHome;

use support::MODULES;

/// What the module that follows a parameter says of it.
fn followed(home: &SmartHome, key: &str) -> ConfigValue {
    match key {
        "cache.max_bytes" => Integer(home.cache().get_stats().unwrap().max_bytes as i64),
        "logging.level" => {
            let level = home.logging().get_stats().unwrap().level;
            Text(level.to_string().to_lowercase())
        }
        "logging.recent_lines" => Integer(home.logging().get_stats().unwrap().capacity.into()),
        "metrics.max_series" => Integer(home.metrics().get_stats().unwrap().max_series.into()),
        other => panic!("this test doesn't know who follows `{other}`"),
    }
}

#[test]
fn what_a_parameter_is_set_to_is_in_force_where_it_matters() {
    let builder = SmartHome::builder().modules(MODULES.clone());
    let home = builder.background_sweeps(false).open().unwrap();
    let categories = home.config().list_categories().unwrap();
    let parameters: Vec<_> = categories
        .iter()
        .flat_map(|category| home.config().get_category(&category.name).unwrap())
        .collect();
    assert!(!parameters.is_empty());
    for parameter in parameters {
        let key = parameter.declaration.key.as_str();
        let other = match &parameter.declaration.kind {
            ParameterKind::Integer { minimum, .. } => Integer(*minimum),
            ParameterKind::Choice { options } => Text(options.last().unwrap().clone()),
            kind => panic!("this test has no value for {key}, {kind:?}"),
        };
        assert_eq!(followed(&home, key), parameter.value, "{key} by default");
        home.config().set_parameter(key, other.clone()).unwrap();
        assert_eq!(followed(&home, key), other, "{key}");
        home.config().unset_parameter(key).unwrap();
        assert_eq!(followed(&home, key), parameter.value, "{key} as before");
    }
}
