//! The operations one after the other on the one configuration of the process.

#![forbid(unsafe_code)]

use config::parameters::{
    describe_parameter, get_category, get_parameter, list_categories, parse_parameter,
    set_parameter, unset_parameter,
};
use config::presets::{get_state, list_presets, reset, switch_preset, validate_all};
use config::sources::{export, load_file, load_text, reload};
use home_types::config::ConfigValue::{Integer, Text};
use home_types::config::{ConfigError, ConfigFormat, ConfigSource};

#[test]
fn a_day_in_the_life_of_a_configuration() {
    assert_eq!(get_parameter("http.retries", None), Ok(Integer(2)));
    assert_eq!(get_parameter("no.such", Some(Integer(9))), Ok(Integer(9)));
    let unknown = get_parameter("htp.retries", None).unwrap_err();
    assert!(
        unknown.to_string().contains("did you mean `http.retries`"),
        "{unknown}"
    );
    assert_eq!(reload(), Err(ConfigError::NothingToReload));

    assert_eq!(set_parameter("http.retries", Integer(3)), Ok(Integer(2)));
    assert!(set_parameter("http.retries", Integer(11)).is_err());
    assert!(set_parameter("http.retries", Text("3".into())).is_err());
    assert_eq!(parse_parameter("http.retries", "4"), Ok(Integer(4)));
    assert_eq!(
        describe_parameter("http.retries").unwrap().source,
        ConfigSource::Call
    );
    let http = list_categories()
        .into_iter()
        .find(|category| category.name == "http")
        .unwrap();
    assert_eq!((http.parameters, http.changed), (3, 1));
    assert_eq!(get_category("http").unwrap().len(), 3);
    assert!(matches!(
        get_category("htp"),
        Err(ConfigError::UnknownCategory { .. })
    ));

    let changed = switch_preset("maximum").unwrap();
    assert!(changed.contains(&"cache.max_bytes".to_owned()));
    assert!(
        !changed.contains(&"http.retries".to_owned()),
        "the call is stronger"
    );
    assert_eq!(
        unset_parameter("http.retries"),
        Ok(Integer(4)),
        "the preset's, which is 4 too"
    );
    assert!(
        switch_preset("huge")
            .unwrap_err()
            .to_string()
            .contains("minimum, standard, maximum")
    );
    assert_eq!(
        list_presets().iter().filter(|preset| preset.active).count(),
        1
    );
    switch_preset("standard").unwrap();
    assert_eq!(unset_parameter("http.retries"), Ok(Integer(2)));

    assert_eq!(validate_all(), []);
    set_parameter("home_assistant.url", Text("http://10.0.0.2:8123".into())).unwrap();
    assert_eq!(validate_all().len(), 1, "a token is missing");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("home.toml");
    let path = path.to_str().unwrap();
    std::fs::write(path, "[http]\nretries = 5").unwrap();
    assert_eq!(load_file(path).unwrap().applied, ["http.retries"]);
    std::fs::write(path, "[http]\nretries = 6").unwrap();
    reload().unwrap();
    assert_eq!(get_parameter("http.retries", None), Ok(Integer(6)));
    std::fs::write(path, "[http]\nretries = 600").unwrap();
    assert!(reload().is_err());
    assert_eq!(get_parameter("http.retries", None), Ok(Integer(6)));

    let state = get_state();
    assert_eq!(
        state.values,
        [(ConfigSource::File, 1), (ConfigSource::Call, 1)]
    );
    let text = export(ConfigFormat::Toml).unwrap();
    assert_eq!(reset(), 2);
    assert_eq!(get_parameter("http.retries", None), Ok(Integer(2)));
    load_text(&text, ConfigFormat::Toml).unwrap();
    assert_eq!(get_parameter("http.retries", None), Ok(Integer(6)));
}
