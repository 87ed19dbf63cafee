//! What keeps a house shut, and what only stands in front of it.
//!
//! A general "turn on" reaches whatever has [`Power`](home_types::Capability::Power) and whatever is a scene. So
//! nothing that opens, unlocks or disarms a house may be either: not a garage door, not a group or a scene with one in
//! it, not a switch whose name says that it opens one. What Home Assistant doesn't tell, such as what a script calls,
//! shows in names only. In doubt a device is left out: as a cover or a lock, which Home Assistant makes of any switch,
//! it can be had safely.
use serde_json::Value;

/// How deep groups may contain groups. What is deeper is not trusted.
const DEEPEST: usize = 8;

/// Words that undo what keeps a house shut: whole words in small letters, umlauts written out.
const UNDO: &str = "\
    unlock unlocks unlocked unlatch unlatched opener dooropener buzzer disarm disarmed unarm \
    entriegeln aufschliessen aufsperren entsperren unscharf entschaerfen tueroeffner toroeffner \
    summer deverrouiller desarmer desbloquear desarmar sblocca disarma ontgrendel";

/// Words that open: dangerous beside one of the next list, even beside a lamp.
const OPEN: &str = "\
    open opens opening auf oeffnen oeffne ouvrir ouvre abrir abre apri";

/// Words for what keeps a house shut.
const SHUT: &str = "\
    gate gates door doors doorway lock locks latch deadbolt bolt strike barrier bollard entrance \
    entry garagedoor frontdoor backdoor doorlock arm armed alarm security valve shutoff tor hoftor \
    garagentor gartentor rolltor einfahrtstor tuer tueren schloss riegel schranke scharf alarmanlage \
    ventil portail porte serrure alarme barriere puerta porton cerradura alarma cancello porta \
    serratura allarme poort deur slot slagboom";

/// Endings of compounds that name what keeps a house shut.
const SHUT_ENDINGS: &str = "tuer schloss deur poort";

/// Words for things beside a door or a gate that open nothing.
const HARMLESS: &str = "\
    light lights lamp lamps led leds lighting lantern camera sensor bell doorbell chime heater \
    heating fan freezer fridge outlet plug socket charger speaker radio tv clock notification \
    notifications licht lichter lampe lampen beleuchtung laterne kamera klingel heizung steckdose \
    wecker lumiere luz luce lampada verlichting";

/// Words that say nothing about what something is.
const FILLERS: &str = "\
    the my switch relay button toggle trigger remote control open close opening up down press 1 2 \
    schalter taster relais auf zu oeffnen schliessen";

/// Whether turning `entity` on, or activating it, may open, unlock or disarm the house. `find` gives other entities by
/// id; what it doesn't know is not trusted.
pub(crate) fn opens_the_house<'a>(
    entity: &Value,
    find: &dyn Fn(&str) -> Option<&'a Value>,
) -> bool {
    opens(id_of(entity), Some(entity), find, 0)
}

/// Whether its members decide, and more than their ids must be known of them.
pub(crate) fn depends_on_others(entity: &Value) -> bool {
    members(entity).any(|member| {
        let domain = member.split_once('.').map(|(domain, _)| domain);
        !matches!(domain, Some("light" | "climate" | "fan" | "media_player"))
    })
}

/// Whether the cover lets people in when it opens. A cover that doesn't say what it is may be a garage door.
pub(crate) fn is_entrance(cover: &Value) -> bool {
    !matches!(
        class_of(cover),
        "awning" | "blind" | "curtain" | "damper" | "shade" | "shutter"
    )
}

fn opens<'a>(
    id: &str,
    entity: Option<&Value>,
    find: &dyn Fn(&str) -> Option<&'a Value>,
    depth: usize,
) -> bool {
    let (domain, object) = id.split_once('.').unwrap_or_default();
    if depth > DEEPEST {
        return true;
    }
    let contains = entity.is_some_and(|entity| {
        members(entity).any(|member| member != id && opens(member, find(member), find, depth + 1))
    });
    contains
        || match domain {
            "alarm_control_panel" | "lock" | "valve" => true,
            "cover" => entity.is_none_or(is_entrance),
            // Its members decide; without them it may be anything.
            "group" => entity.is_none_or(|group| members(group).next().is_none()),
            "switch" if entity.is_some_and(|plug| class_of(plug) == "outlet") => false,
            // A lamp by a gate is called like the gate.
            "light" | "climate" | "fan" | "humidifier" | "media_player" => false,
            _ => {
                let name = entity.and_then(|entity| entity["attributes"]["friendly_name"].as_str());
                names_an_entrance(object) || name.is_some_and(names_an_entrance)
            }
        }
}

/// The entities that a group, a scene or the like consists of.
fn members(entity: &Value) -> impl Iterator<Item = &str> {
    let members = entity["attributes"]["entity_id"].as_array();
    members.into_iter().flatten().filter_map(Value::as_str)
}

fn class_of(entity: &Value) -> &str {
    entity["attributes"]["device_class"]
        .as_str()
        .unwrap_or_default()
}

fn id_of(entity: &Value) -> &str {
    entity["entity_id"].as_str().unwrap_or_default()
}

/// Whether a name says that its thing opens, unlocks or disarms something.
pub(crate) fn names_an_entrance(name: &str) -> bool {
    let plain = name
        .to_lowercase()
        .replace('ä', "ae")
        .replace('ö', "oe")
        .replace('ü', "ue")
        .replace('ß', "ss")
        .replace(['é', 'è', 'ê'], "e");
    let words: Vec<&str> = plain
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let any = |list: &str| words.iter().any(|word| has(list, word));
    let is_garage = |word: &str| matches!(word, "garage" | "garaje" | "carport");
    let shut = words.iter().any(|word| {
        has(SHUT, word) || SHUT_ENDINGS.split(' ').any(|ending| word.ends_with(ending))
    });
    // A garage is a room as well: alone the word means its door.
    let mut meaning = words.iter().filter(|word| !has(FILLERS, word));
    let garage = words.iter().any(|word| is_garage(word));
    let only_garage = garage && meaning.all(|word| is_garage(word));
    any(UNDO) || ((shut || garage) && any(OPEN)) || ((shut || only_garage) && !any(HARMLESS))
}

/// Whether a list of words, parted by spaces, has a word.
fn has(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_tell_what_a_switch_opens() {
        for name in [
            "Garage",
            "garage_door",
            "Open the garage",
            "Front door",
            "front_gate",
            "Tür",
            "Haustür",
            "Türöffner Flur",
            "Garagentor",
            "Hoftor",
            "Portail",
            "door_buzzer",
            "Disarm the house",
            "unlock_cellar",
            "Open gate and light",
            "Alarm",
            "Security system",
            "nuki_unlatch",
            "Main water valve",
        ] {
            assert!(names_an_entrance(name), "{name}");
        }
        for name in [
            "",
            "Kitchen",
            "garage_light",
            "Garage freezer",
            "Front door light",
            "Alarm clock",
            "Tor Lampe",
            "Monitor",
            "Motor",
            "Indoor plants",
            "Outdoor",
            "Doorbell",
            "Clockwork",
            "Good night",
            "Navigate",
            "Party arms",
            "Porch",
            "Switch 1",
        ] {
            assert!(!names_an_entrance(name), "{name}");
        }
    }

    #[test]
    fn groups_are_what_is_in_them() {
        let entity = |id: &str, class: &str, members: Value| json!({ "entity_id": id, "attributes": { "device_class": class, "entity_id": members } });
        let others = [
            entity("cover.blind", "blind", Value::Null),
            entity("cover.garage", "garage", Value::Null),
            entity("cover.plain", "", Value::Null),
            entity("group.blinds", "", json!(["cover.blind", "light.a"])),
            entity("group.entrances", "", json!(["cover.garage"])),
            entity("group.itself", "", json!(["group.itself", "light.a"])),
            entity("group.one", "", json!(["group.two"])),
            entity("group.two", "", json!(["group.one"])),
        ];
        let find = |id: &str| others.iter().find(|other| id_of(other) == id);
        for (members, opens) in [
            (json!(["light.a", "switch.b"]), false),
            (json!(["cover.blind"]), false),
            (json!(["group.blinds"]), false),
            (json!(["group.itself"]), false),
            (json!(["light.a", "cover.garage"]), true),
            (json!(["cover.plain"]), true),
            (json!(["cover.unknown"]), true),
            (json!(["group.entrances"]), true),
            (json!(["group.unknown"]), true),
            (json!(["group.one"]), true),
            (json!(["lock.x1"]), true),
            (json!(["alarm_control_panel.x1"]), true),
            (json!(["valve.x1"]), true),
            (json!(["switch.garage_door"]), true),
            (json!(["script.open_the_gate"]), true),
        ] {
            for id in ["group.x", "scene.x", "switch.x"] {
                let group = entity(id, "", members.clone());
                assert_eq!(opens_the_house(&group, &find), opens, "{id} of {members}");
            }
        }
        assert!(opens_the_house(&entity("group.x", "", json!([])), &find));
    }
}
