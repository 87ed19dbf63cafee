//! Finding devices by the names people say.
use home_types::{Command, Device, DeviceKind, DeviceMatch, GroupOutcome, HomeError, HomeTarget};
use lmms::{Context, operation};

use crate::home::Home;
use crate::names::{likeness, within};
use crate::peers::open;

/// How alike names must be if the caller does not say.
const THRESHOLD: f64 = 0.6;

/// Two matches closer than this cannot be told apart by what was said.
const TOO_CLOSE: f64 = 0.03;

/// The devices whose names are like `search_name`, best first, with how alike they are. A device is also found by its
/// room and name, or its room and kind: `kitchen lamp`. `threshold` is between 0 and 1, 0.6 if not given.
#[operation(interface = "devices")]
pub fn find_fuzzy(
    cx: &Context,
    home: &HomeTarget,
    search_name: &str,
    threshold: Option<f64>,
) -> Result<Vec<DeviceMatch>, HomeError> {
    matches(open(cx, home).devices()?, search_name, threshold)
}

/// Tells the device whose name is most like `search_name`, among those that can do it, what to do. An error if no name
/// is like it, or several are equally so. `threshold` as in `find_fuzzy`.
#[operation(interface = "devices")]
pub fn apply_by_name(
    cx: &Context,
    home: &HomeTarget,
    search_name: &str,
    command: &Command,
    threshold: Option<f64>,
) -> Result<GroupOutcome, HomeError> {
    let home = open(cx, home);
    let device = one_match(&home, search_name, command, threshold)?;
    Ok(GroupOutcome {
        result: home.apply(&device.id, command),
        device_id: device.id,
    })
}

fn one_match(
    home: &dyn Home,
    search_name: &str,
    command: &Command,
    threshold: Option<f64>,
) -> Result<Device, HomeError> {
    let mut devices = home.devices()?;
    devices.retain(|device| device.can(command.needs()));
    let found = matches(devices, search_name, threshold)?;
    let refuse = |reason: String| Err(HomeError::invalid_input("search_name", reason));
    match found.as_slice() {
        [] => refuse(format!(
            "no device that can {command} is called like {search_name:?}"
        )),
        [best, second, ..] if best.score < 1.0 && best.score - second.score < TOO_CLOSE => {
            let alike = found
                .iter()
                .take_while(|found| best.score - found.score < TOO_CLOSE);
            let names: Vec<&str> = alike.map(|found| found.device.name.as_str()).collect();
            refuse(format!(
                "{search_name:?} could be any of {}",
                names.join(", ")
            ))
        }
        [best, ..] => Ok(best.device.clone()),
    }
}

fn matches(
    devices: Vec<Device>,
    search_name: &str,
    threshold: Option<f64>,
) -> Result<Vec<DeviceMatch>, HomeError> {
    within("search_name", search_name)?;
    let threshold = threshold.unwrap_or(THRESHOLD);
    if !(0.0..=1.0).contains(&threshold) {
        return Err(HomeError::InvalidValue {
            what: "threshold".to_owned(),
            value: threshold,
            minimum: 0.0,
            maximum: 1.0,
        });
    }
    let score = |device: Device| DeviceMatch {
        score: score(search_name, &device),
        device,
    };
    let mut found: Vec<DeviceMatch> = devices
        .into_iter()
        .map(score)
        .filter(|found| found.score >= threshold)
        .collect();
    found.sort_by(|one, other| {
        other
            .score
            .total_cmp(&one.score)
            .then_with(|| one.device.name.cmp(&other.device.name))
    });
    Ok(found)
}

fn score(said: &str, device: &Device) -> f64 {
    let by_name = likeness(said, &device.name);
    if device.room.is_empty() || by_name == 1.0 {
        return by_name;
    }
    let by_room_and_name = 0.95 * likeness(said, &format!("{} {}", device.room, device.name));
    let words = kind_words(device.kind).iter();
    let by_kind = words.map(|word| likeness(said, &format!("{} {word}", device.room)));
    // Alike is not enough here: a room that merely sounds like another is another.
    let by_room_and_kind = by_kind
        .filter(|score| *score > 0.9)
        .map(|score| 0.9 * score);
    by_room_and_kind.fold(by_name.max(by_room_and_name), f64::max)
}

fn kind_words(kind: DeviceKind) -> &'static [&'static str] {
    match kind {
        DeviceKind::Light => &["light", "lamp", "licht", "lampe"],
        DeviceKind::Switch => &["switch", "plug", "schalter", "steckdose"],
        DeviceKind::Thermostat => &["thermostat", "heating", "heizung"],
        DeviceKind::WaterHeater => &["water heater", "boiler", "warmwasser"],
        DeviceKind::Humidifier => &["humidifier", "luftbefeuchter"],
        DeviceKind::Lock => &["lock", "door", "schloss", "tür"],
        DeviceKind::Sensor => &["sensor"],
        DeviceKind::Camera => &["camera", "kamera"],
        DeviceKind::Fan => &["fan", "ventilator"],
        DeviceKind::Cover => &[
            "blind",
            "shutter",
            "curtain",
            "rollladen",
            "jalousie",
            "vorhang",
        ],
        DeviceKind::Shutter => &["shutter", "awning", "rollladen", "markise"],
        DeviceKind::GarageDoor => &["garage", "gate", "door", "tor", "garagentor"],
        DeviceKind::Door => &["door", "tür"],
        DeviceKind::Window => &["window", "fenster"],
        DeviceKind::Valve => &["valve", "ventil"],
        DeviceKind::MediaPlayer => &[
            "television",
            "speaker",
            "player",
            "fernseher",
            "lautsprecher",
        ],
        DeviceKind::Vacuum => &["vacuum", "hoover", "staubsauger"],
        DeviceKind::Scene | DeviceKind::Other => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeHome;

    fn names(said: &str) -> Vec<String> {
        let devices = FakeHome::new().devices().unwrap();
        matches(devices, said, None)
            .unwrap()
            .into_iter()
            .map(|found| found.device.name)
            .collect()
    }

    #[test]
    fn devices_are_found_by_what_people_say() {
        for (said, name) in [
            ("floor lamp", "Floor lamp"),
            ("the florr lamp", "Floor lamp"),
            ("Stehlampe", "Stehlampe 1"),
            ("stehlampe zwei", "Stehlampe 2"),
            ("living room thermostat", "Thermostat"),
            ("movie times", "Movie time"),
        ] {
            assert_eq!(
                names(said).first().map(String::as_str),
                Some(name),
                "{said}: {:?}",
                names(said)
            );
        }
        assert_eq!(names("the submarine"), [""; 0]);
    }

    #[test]
    fn room_and_kind_find_all_of_that_kind() {
        let found = names("kitchen light");
        assert!(
            found.contains(&"Ceiling".to_owned()) && found.contains(&"Counter".to_owned()),
            "{found:?}"
        );
        assert!(!found.contains(&"Floor lamp".to_owned()), "{found:?}");
    }

    #[test]
    fn the_best_match_that_can_do_it_is_told() {
        let home = FakeHome::new();
        let told = |said: &str, command: Command| {
            one_match(&home, said, &command, None).map(|device| device.id)
        };
        assert_eq!(
            told("floor lamp", Command::TurnOn).as_deref(),
            Ok("light.floor_lamp")
        );
        let ambiguous = told("kitchen light", Command::TurnOn)
            .unwrap_err()
            .to_string();
        assert!(
            ambiguous.contains("Ceiling") && ambiguous.contains("Counter"),
            "{ambiguous}"
        );
        let lock = told("floor lamp", Command::Lock).unwrap_err().to_string();
        assert!(lock.contains("can lock"), "{lock}");
    }

    #[test]
    fn thresholds_are_honoured() {
        let devices = || FakeHome::new().devices().unwrap();
        assert_eq!(matches(devices(), "florr lamp", Some(1.0)).unwrap(), []);
        assert_eq!(
            matches(devices(), "anything", Some(0.0)).unwrap().len(),
            devices().len()
        );
        assert!(matches(devices(), "x", Some(1.5)).is_err());
        assert!(matches(devices(), "x", Some(f64::NAN)).is_err());
    }
}
