use super::*;
use crate::testing::FakeHome;

fn list(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn shown(exposure: &Exposure) -> Vec<String> {
    let home = Exposed::new(FakeHome::new(), &[exposure]);
    let ids = home.devices().unwrap().into_iter().map(|device| device.id);
    let ids: Vec<String> = ids.collect();
    let states = home.states().unwrap().into_iter();
    let known: Vec<String> = states.map(|state| state.device_id).collect();
    assert_eq!(
        ids, known,
        "what is shown has a state, and nothing else has"
    );
    ids
}

/// Include and exclude, each domains, globs and entities.
type Lists<'a> = [&'a [&'a str]; 3];

fn exposure(include: Lists<'_>, exclude: Lists<'_>) -> Exposure {
    Exposure {
        include_domains: list(include[0]),
        include_entity_globs: list(include[1]),
        include_entities: list(include[2]),
        exclude_domains: list(exclude[0]),
        exclude_entity_globs: list(exclude[1]),
        exclude_entities: list(exclude[2]),
        entities: Vec::new(),
    }
}

#[test]
fn filters_mean_what_they_mean_to_home_assistant() {
    const NONE: Lists<'_> = [&[], &[], &[]];
    const ALL: &[&str] = &[
        "light.kitchen",
        "light.counter",
        "switch.coffee",
        "light.floor_lamp",
        "light.stehlampe_1",
        "light.stehlampe_2",
        "climate.living_room",
        "lock.front_door",
        "scene.movie",
    ];
    let without = |left_out: &[&str]| -> Vec<&str> {
        let stays = |id: &&&str| !left_out.iter().any(|out| id.contains(out));
        ALL.iter().filter(stays).copied().collect()
    };
    let lights: Vec<&str> = without(&["switch", "climate", "lock", "scene"]);
    for (include, exclude, expected) in [
        (NONE, NONE, ALL.to_vec()),
        // Only includes.
        ([&["light"], &[], &[]], NONE, lights.clone()),
        (
            [&["scene"], &["light.steh*_?"], &["lock.front_door"]],
            NONE,
            vec![
                "light.stehlampe_1",
                "light.stehlampe_2",
                "lock.front_door",
                "scene.movie",
            ],
        ),
        // Only excludes.
        (
            NONE,
            [&["light"], &["*room"], &["scene.movie"]],
            vec!["switch.coffee", "lock.front_door"],
        ),
        // A domain is included: of it, what is excluded isn't shown, unless it is included more exactly.
        (
            [&["light"], &[], &["light.stehlampe_2"]],
            [&["light"], &["light.steh*"], &["light.kitchen"]],
            vec!["light.counter", "light.floor_lamp", "light.stehlampe_2"],
        ),
        (
            [&[], &["light.steh*"], &[]],
            [&["light"], &["light.*"], &["light.stehlampe_1"]],
            vec!["light.stehlampe_2"],
        ),
        // Entities are included beside what isn't excluded.
        (
            [&[], &[], &["light.counter"]],
            [&["light"], &[], &["switch.coffee"]],
            vec![
                "light.counter",
                "climate.living_room",
                "lock.front_door",
                "scene.movie",
            ],
        ),
        // Only entities on both sides.
        (
            [&[], &[], &["light.counter", "scene.movie"]],
            [&[], &[], &["scene.movie", "switch.coffee"]],
            vec!["light.counter", "scene.movie"],
        ),
    ] {
        let exposure = exposure(include, exclude);
        assert_eq!(shown(&exposure), expected, "{exposure:?}");
    }
}

#[test]
fn what_is_not_shown_is_reached_in_no_way() {
    let exposure = exposure([&[], &[], &[]], [&["lock"], &[], &["light.kitchen"]]);
    let home = Exposed::new(FakeHome::new(), &[&exposure]);
    let gone = |id: &str| HomeError::NoSuchDevice { id: id.to_owned() };
    for id in ["lock.front_door", "light.kitchen"] {
        let (none, lost) = (Duration::ZERO, gone(id));
        assert_eq!(home.device(id).unwrap_err(), lost);
        assert_eq!(home.state(id).unwrap_err(), lost);
        assert_eq!(home.report(id).unwrap_err(), lost);
        assert_eq!(home.apply(id, &Command::TurnOff).unwrap_err(), lost);
        assert_eq!(home.control(id, &Command::Unlock).unwrap_err(), lost);
        assert_eq!(home.record(id, "x", 1.0).unwrap_err(), lost);
        assert_eq!(home.readings(id, "x", none, none).unwrap_err(), lost);
        assert_eq!(home.picture(id).unwrap_err(), lost);
        assert_eq!(home.stream(id).unwrap_err(), lost);
        let data = format!(r#"{{"entity_id":["light.counter","{id}"]}}"#);
        for (entity_id, data) in [(Some(id), None), (None, Some(data.as_str()))] {
            let call = home.call_service("homeassistant", "turn_off", entity_id, data);
            assert_eq!(call.unwrap_err(), lost);
        }
    }
    assert!(home.apply("light.counter", &Command::TurnOn).is_ok());
    let counter = Some("light.counter");
    assert_eq!(
        home.call_service("light", "turn_on", counter, None),
        Ok(None)
    );
    for data in [
        None,
        Some(r#"{"area_id":"hall"}"#),
        Some(r#"{"entity_id":[]}"#),
    ] {
        let error = home
            .call_service("light", "turn_on", None, data)
            .unwrap_err();
        assert!(error.to_string().contains("one by one"), "{error}");
    }
    let beside = home.call_service("light", "turn_on", counter, Some(r#"{"area_id":"hall"}"#));
    assert!(beside.is_err());
}

#[test]
fn other_ways_to_name_an_entity_reach_nothing() {
    let but_locks = exposure([&[], &[], &[]], [&["lock"], &[], &[]]);
    let home = Exposed::new(FakeHome::serving(), &[&but_locks]);
    let registry_id = "0123456789abcdef0123456789abcdef";
    for id in [
        "all",
        "none",
        "Lock.front_door",
        " lock.front_door",
        "lock.",
        registry_id,
    ] {
        let data = serde_json::json!({ "entity_id": id }).to_string();
        for (entity_id, data) in [(Some(id), None), (None, Some(data.as_str()))] {
            let call = home.call_service("lock", "unlock", entity_id, data);
            assert!(call.is_err(), "{id:?}");
        }
    }
    let light = Some("light.counter");
    let more = Some(r#"{"group_members":["lock.front_door"]}"#);
    // It isn't passed on, but left to commands for the light.
    let call = home.call_service("script", "open_gate", light, more);
    assert_eq!(call, Ok(None));
}

#[test]
fn two_views_show_what_both_show() {
    let lights = exposure([&["light"], &[], &[]], [&[], &[], &[]]);
    let lamps = exposure([&[], &["*lamp*"], &[]], [&[], &[], &[]]);
    let home = Exposed::new(FakeHome::new(), &[&lights, &lamps]);
    let ids: Vec<String> = home
        .devices()
        .unwrap()
        .into_iter()
        .map(|device| device.id)
        .collect();
    assert_eq!(
        ids,
        ["light.floor_lamp", "light.stehlampe_1", "light.stehlampe_2"]
    );
}

#[test]
fn entities_are_called_as_they_are_to_be() {
    let exposure = Exposure {
        entities: vec![EntitySettings {
            id: "light.counter".into(),
            name: Some("Bar".into()),
            description: Some("Behind the kitchen".into()),
            display_category: Some("CHRISTMAS_TREE".into()),
        }],
        ..Exposure::default()
    };
    let home = Exposed::new(FakeHome::new(), &[&exposure]);
    let bar = home.device("light.counter").unwrap();
    assert_eq!(
        (bar.name.as_str(), bar.description.as_deref()),
        ("Bar", Some("Behind the kitchen"))
    );
    assert_eq!(bar.display_category.as_deref(), Some("CHRISTMAS_TREE"));
    assert!(home.devices().unwrap().contains(&bar));
    assert_eq!(home.report("light.counter").unwrap().device, bar);
    let controlled = home.control("light.counter", &Command::TurnOn).unwrap();
    assert_eq!(controlled.device, bar);
    assert_eq!(home.device("light.kitchen").unwrap().name, "Ceiling");
    assert_eq!(shown(&exposure).len(), 9, "a name hides nothing");
}

#[test]
fn a_view_that_can_not_be_read_shows_nothing() {
    let mut broken = exposure([&[], &["light.["], &[]], [&[], &[], &[]]);
    let error = |exposure: &Exposure| {
        let home = Exposed::new(FakeHome::new(), &[exposure]);
        assert!(home.apply("light.counter", &Command::TurnOn).is_err());
        home.devices().unwrap_err().to_string()
    };
    let text = error(&broken);
    assert!(
        text.contains("include_entity_globs") && text.contains("light.["),
        "{text}"
    );
    broken.include_entity_globs.clear();
    broken.entities.push(EntitySettings {
        id: "light.counter".into(),
        display_category: Some("CASTLE".into()),
        ..EntitySettings::default()
    });
    let text = error(&broken);
    assert!(
        text.contains("CASTLE") && text.contains("light.counter"),
        "{text}"
    );
}

#[test]
fn what_patterns_cost_is_limited() {
    let globs = |count: usize| Exposure {
        exclude_entity_globs: vec!["*a?".repeat(10); count],
        ..Exposure::default()
    };
    let (most, some) = (globs(300), globs(34));
    let home = |exposures: &[&Exposure]| Exposed::new(FakeHome::new(), exposures).devices();
    assert!(home(&[&most]).is_ok());
    let error = home(&[&most, &some]).unwrap_err().to_string();
    assert!(error.contains("10020 bytes, more than 10000"), "{error}");
}

#[test]
fn an_id_that_is_too_long_is_no_entitys() {
    let everything_else = exposure([&[], &[], &[]], [&["lock"], &[], &[]]);
    let view = View::new(&everything_else).unwrap();
    let id = |length: usize| format!("light.{}", "a".repeat(length - "light.".len()));
    assert!(view.shows(&id(255)));
    assert!(!view.shows(&id(256)));
}
