//! The operations one after the other on the one configuration of the process.

#![forbid(unsafe_code)]

use config::declarations::declare_parameter;
use config::parameters::{
    describe_parameter, get_category, get_parameter, list_categories, parse_parameter,
    set_parameter, unset_parameter,
};
use config::presets::{get_state, list_presets, reset, switch_preset, validate_all};
use config::sources::{export, load_file, load_text, reload};
use home_types::config::ConfigValue::{Integer, Text};
use home_types::config::{
    ConfigError, ConfigFormat, ConfigSource, ParameterDeclaration, ParameterKind,
};
use lmms::Context;

#[test]
fn a_day_in_the_life_of_a_configuration() {
    let cx = &Context::detached();
    let retries = ParameterDeclaration {
        key: "http.retries".into(),
        kind: ParameterKind::Integer {
            minimum: 0,
            maximum: 10,
        },
        default: Integer(2),
        secret: false,
        description: "How often a failed request is tried again".into(),
    };
    declare_parameter(retries.clone()).unwrap();
    assert_eq!(get_parameter("http.retries", None), Ok(Integer(2)));
    assert_eq!(get_parameter("no.such", Some(Integer(9))), Ok(Integer(9)));
    let unknown = get_parameter("htp.retries", None).unwrap_err();
    assert!(
        unknown.to_string().contains("did you mean `http.retries`"),
        "{unknown}"
    );
    assert_eq!(reload(cx), Err(ConfigError::NothingToReload));

    assert_eq!(
        set_parameter(cx, "http.retries", Integer(3)),
        Ok(Integer(2))
    );
    assert!(set_parameter(cx, "http.retries", Integer(11)).is_err());
    assert!(set_parameter(cx, "http.retries", Text("3".into())).is_err());
    assert_eq!(parse_parameter(cx, "http.retries", "4"), Ok(Integer(4)));
    assert_eq!(
        describe_parameter("http.retries").unwrap().source,
        ConfigSource::Call
    );
    let http = list_categories()
        .into_iter()
        .find(|category| category.name == "http")
        .unwrap();
    assert_eq!((http.parameters, http.changed), (1, 1));
    assert_eq!(get_category("http").unwrap().len(), 1);
    assert!(matches!(
        get_category("htp"),
        Err(ConfigError::UnknownCategory { .. })
    ));
    assert_eq!(unset_parameter(cx, "http.retries"), Ok(Integer(2)));

    assert!(
        switch_preset(cx, "huge")
            .unwrap_err()
            .to_string()
            .contains("minimum, standard, maximum")
    );
    assert_eq!(
        list_presets().iter().filter(|preset| preset.active).count(),
        1
    );
    // What another module follows is not in force where that can't be told.
    let error = set_parameter(cx, "logging.level", Text("error".into())).unwrap_err();
    assert!(matches!(error, ConfigError::NotInForce { .. }), "{error}");
    assert!(switch_preset(cx, "maximum").is_err());
    assert_eq!(
        get_parameter("cache.max_bytes", None),
        Ok(Integer(64 << 20))
    );
    assert!(switch_preset(cx, "standard").is_err());
    assert_eq!(
        unset_parameter(cx, "logging.level"),
        Ok(Text("info".into())),
        "nothing is left to be told"
    );
    assert_eq!(validate_all(), []);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("home.toml");
    let path = path.to_str().unwrap();
    std::fs::write(path, "[http]\nretries = 5").unwrap();
    assert_eq!(load_file(cx, path).unwrap().applied, ["http.retries"]);
    std::fs::write(path, "[http]\nretries = 6").unwrap();
    reload(cx).unwrap();
    assert_eq!(get_parameter("http.retries", None), Ok(Integer(6)));
    std::fs::write(path, "[http]\nretries = 600").unwrap();
    assert!(reload(cx).is_err());
    assert_eq!(get_parameter("http.retries", None), Ok(Integer(6)));

    assert_eq!(get_state().values, [(ConfigSource::File, 1)]);
    let text = export(ConfigFormat::Toml).unwrap();
    assert_eq!(reset(cx), Ok(1));
    assert!(get_parameter("http.retries", None).is_err());
    declare_parameter(retries).unwrap();
    load_text(cx, &text, ConfigFormat::Toml).unwrap();
    assert_eq!(get_parameter("http.retries", None), Ok(Integer(6)));
    assert!(load_text(cx, &" ".repeat(2 << 20), ConfigFormat::Toml).is_err());
}
