use home_types::config::ConfigValue::{Boolean, Integer, Number, Text};

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn toml(store: &mut Store, text: &str) -> Result<LoadReport, ConfigError> {
    load(store, "the text", text, ConfigFormat::Toml)
}

#[test]
fn a_file_sets_values_of_all_kinds() {
    let mut store = Store::example();
    let text = "[home]\nname = 'Küche'\nlatitude = 52\n[http]\nretries = 7\nverify_tls = false\n";
    let report = toml(&mut store, text).unwrap();
    assert_eq!(
        report.applied,
        [
            "home.latitude",
            "home.name",
            "http.retries",
            "http.verify_tls"
        ]
    );
    assert_eq!(
        store.value("home.latitude").unwrap(),
        (ConfigSource::File, Number(52.0))
    );
    assert_eq!(store.value("home.name").unwrap().1, Text("Küche".into()));
    assert_eq!(store.value("http.verify_tls").unwrap().1, Boolean(false));
    load(
        &mut store,
        "x",
        r#"{"http": {"retries": 1}}"#,
        ConfigFormat::Json,
    )
    .unwrap();
    assert_eq!(store.value("http.retries").unwrap().1, Integer(1));
    assert_eq!(
        store.value("home.name").unwrap().0,
        ConfigSource::Default,
        "the old file is gone"
    );
}

#[test]
fn one_bad_value_and_nothing_is_taken() {
    let mut store = Store::example();
    toml(&mut store, "[http]\nretries = 3").unwrap();
    let text = "loose = 1\n[http]\nretries = 4\ntimeout_ms = 'x'\ntimeout = 5\n[cache]\nmax_bytes = 1\n[home]\nname = []";
    let Err(ConfigError::Rejected { problems, .. }) = toml(&mut store, text) else {
        panic!("the text was taken");
    };
    let mut keys: Vec<_> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "cache.max_bytes",
            "home.name",
            "http.timeout",
            "http.timeout_ms",
            "loose"
        ]
    );
    let unknown = problems
        .iter()
        .find(|problem| problem.key == "http.timeout")
        .unwrap();
    assert!(
        unknown.problem.contains("did you mean `http.timeout_ms`"),
        "{}",
        unknown.problem
    );
    assert_eq!(store.value("http.retries").unwrap().1, Integer(3));
}

#[test]
fn malformed_text_is_refused() {
    let mut store = Store::example();
    for (text, format) in [
        ("[http\nretries=1", ConfigFormat::Toml),
        ("[]", ConfigFormat::Json),
        ("{\"http\":", ConfigFormat::Json),
        ("\u{0}", ConfigFormat::Toml),
    ] {
        let result = load(&mut store, "x", text, format);
        assert!(
            matches!(result, Err(ConfigError::Malformed { .. })),
            "{text}"
        );
    }
    let deep = load(&mut store, "x", &"[".repeat(100_000), ConfigFormat::Json);
    assert!(matches!(deep, Err(ConfigError::Malformed { .. })));
}

#[test]
fn the_environment_wins_over_files_and_calls_over_both() {
    let mut store = Store::example();
    toml(&mut store, "[http]\nretries = 3\n[metrics]\nenabled = true").unwrap();
    let set = variables(&[
        ("H_HTTP_RETRIES", " 5 "),
        ("H_METRICS_ENABLED", "off"),
        ("H_HOME_ASSISTANT_TOKEN", "abc"),
        ("H_NONSENSE", "1"),
        ("HTTP_RETRIES", "9"),
    ]);
    let report = load_variables(&mut store, "H_", set.into_iter()).unwrap();
    assert_eq!(report.ignored, ["H_NONSENSE"]);
    assert_eq!(report.applied.len(), 3);
    assert_eq!(
        store.value("http.retries").unwrap(),
        (ConfigSource::Environment, Integer(5))
    );
    assert_eq!(store.value("metrics.enabled").unwrap().1, Boolean(false));
    store
        .set(ConfigSource::Call, "http.retries", Integer(6))
        .unwrap();
    assert_eq!(
        store.value("http.retries").unwrap(),
        (ConfigSource::Call, Integer(6))
    );
    assert_eq!(
        store.state("home_assistant.token").unwrap().value,
        Text("[redacted]".into())
    );
}

#[test]
fn bad_variables_change_nothing_and_hide_secrets() {
    let mut store = Store::example();
    let long = "s3cret".repeat(1000);
    let set = variables(&[
        ("H_HTTP_RETRIES", "many"),
        ("H_HOME_ASSISTANT_TOKEN", &long),
        ("H_HOME_NAME", "x"),
    ]);
    let error = load_variables(&mut store, "H_", set.into_iter())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("a whole number from 0 to 10, not `many`"),
        "{error}"
    );
    assert!(!error.contains("s3cret"), "{error}");
    assert!(store.reason_to_stay().is_none());
}

#[test]
fn an_export_can_be_loaded_again() {
    let mut store = Store::example();
    store
        .set(ConfigSource::Call, "home.latitude", Number(-12.5))
        .unwrap();
    store
        .set(
            ConfigSource::Call,
            "home_assistant.token",
            Text("abc".into()),
        )
        .unwrap();
    let document = document(&store);
    for (text, format) in [
        (toml::to_string(&document).unwrap(), ConfigFormat::Toml),
        (
            serde_json::to_string(&document).unwrap(),
            ConfigFormat::Json,
        ),
    ] {
        assert!(!text.contains("abc"));
        let mut other = Store::example();
        let report = load(&mut other, "x", &text, format).unwrap();
        assert_eq!(report.applied.len(), other.declarations.len() - 1);
        assert_eq!(other.value("home.latitude").unwrap().1, Number(-12.5));
    }
}

#[test]
fn only_readable_files_with_a_known_ending_are_loaded() {
    assert!(matches!(
        load_file(&Context::detached(), "nowhere/at/all.toml"),
        Err(ConfigError::Unreadable { .. })
    ));
    assert!(matches!(
        load_file(&Context::detached(), "."),
        Err(ConfigError::Unreadable { .. })
    ));
    let context = Context::detached();
    let long = "#".repeat((1 << 20) + 1);
    let error = load_text(&context, &long, ConfigFormat::Toml).unwrap_err();
    assert!(error.to_string().contains("1048577 bytes"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.toml");
    fs::write(&file, &long).unwrap();
    let error = load_file(&context, &file.to_string_lossy()).unwrap_err();
    assert!(error.to_string().contains("at most"), "{error}");
    assert!(format_of("a.yaml").is_err() && format_of("toml").is_ok());
    assert_eq!(format_of("x/A.TOML").unwrap(), ConfigFormat::Toml);
}

#[test]
fn reloading_takes_both_sources_or_neither() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("home.json");
    let path = path.to_str().unwrap();
    let mut store = Store::example();
    store.file = Some(path.to_owned());
    store.environment_prefix = Some("H_".to_owned());
    std::fs::write(path, "{\"http\":{\"retries\":3}}").unwrap();
    let good = variables(&[("H_HOME_NAME", "Villa")]);
    let report = load_again(&mut store, good.into_iter()).unwrap();
    assert_eq!((report.origins.len(), report.applied.len()), (2, 2));
    std::fs::write(path, "{\"http\":{\"retries\":4}}").unwrap();
    let bad = variables(&[("H_HTTP_VERIFY_TLS", "perhaps")]);
    assert!(load_again(&mut store, bad.into_iter()).is_err());
    assert_eq!(
        store.value("http.retries").unwrap().1,
        Integer(3),
        "the file's change is undone"
    );
    assert_eq!(store.value("home.name").unwrap().1, Text("Villa".into()));
}

#[test]
fn mistakes_are_told_by_their_place_and_never_by_their_text() {
    use ConfigFormat::{Json, Toml};
    for (text, format, place) in [
        ("token = \"sekret\n", Toml, "line 1"),
        ("[home_assistant]\ntoken = sekret", Toml, "line 2"),
        ("[home_assistant]\ntoken = 'sekret", Toml, "line 2"),
        ("sekret", Toml, "line 1"),
        ("a = 1\nsekret = 2 sekret", Toml, "line 2"),
        (
            "[home_assistant]\ntoken = \"x\"\ntoken = \"sekret\"",
            Toml,
            "line 3",
        ),
        ("{\"token\": sekret}", Json, "line 1"),
        ("{\"token\": \"sekret", Json, "line 1"),
        ("\"sekret\"", Json, "line 1"),
        ("[\n\"sekret\"]", Json, "JSON object"),
        ("{\"a\": \"\\sekret\"}", Json, "line 1"),
    ] {
        let error = load(&mut Store::example(), "the text", text, format).unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(
            !told.contains("sekret") && told.contains(place),
            "{text}: {told}"
        );
    }
}
