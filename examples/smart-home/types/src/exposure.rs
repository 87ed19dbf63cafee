//! Which entities of a home are shown, and how they are called.

/// The display categories of the Alexa Smart Home API.
pub const CATEGORIES: [&str; 48] = [
    "ACTIVITY_TRIGGER",
    "AIR_CONDITIONER",
    "AIR_FRESHENER",
    "AIR_PURIFIER",
    "AUTO_ACCESSORY",
    "CAMERA",
    "CHRISTMAS_TREE",
    "COFFEE_MAKER",
    "COMPUTER",
    "CONTACT_SENSOR",
    "DOOR",
    "DOORBELL",
    "EXTERIOR_BLIND",
    "FAN",
    "GAME_CONSOLE",
    "GARAGE_DOOR",
    "HEADPHONES",
    "HUB",
    "INTERIOR_BLIND",
    "LAPTOP",
    "LIGHT",
    "MICROWAVE",
    "MOBILE_PHONE",
    "MOTION_SENSOR",
    "MUSIC_SYSTEM",
    "NETWORK_HARDWARE",
    "OTHER",
    "OVEN",
    "PHONE",
    "PRINTER",
    "ROUTER",
    "SCENE_TRIGGER",
    "SCREEN",
    "SECURITY_PANEL",
    "SECURITY_SYSTEM",
    "SLOW_COOKER",
    "SMARTLOCK",
    "SMARTPLUG",
    "SPEAKER",
    "STREAMING_DEVICE",
    "SWITCH",
    "TABLET",
    "TEMPERATURE_SENSOR",
    "THERMOSTAT",
    "TV",
    "VACUUM_CLEANER",
    "WATER_HEATER",
    "WEARABLE",
];

/// Which entities of a home are shown, and how they are called: what Home Assistant's `filter` and `entity_config` say.
///
/// An entity that isn't shown can't be addressed either: for whoever asks, the home doesn't have it. What is left out
/// for safety stays so whatever is included.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, lmms::Portable)]
#[portable(json = "fields")]
pub struct Exposure {
    /// Domains that are shown: `light`.
    pub include_domains: Vec<String>,
    /// Patterns for the ids of entities that are shown: `cover.*_blind`.
    pub include_entity_globs: Vec<String>,
    /// Ids of entities that are shown, whatever else says that they aren't.
    pub include_entities: Vec<String>,
    /// Domains that aren't shown.
    pub exclude_domains: Vec<String>,
    /// Patterns for the ids of entities that aren't shown.
    pub exclude_entity_globs: Vec<String>,
    /// Ids of entities that aren't shown.
    pub exclude_entities: Vec<String>,
    /// How single entities are shown.
    pub entities: Vec<EntitySettings>,
}

impl Exposure {
    /// Whether nothing is left out.
    pub fn shows_everything(&self) -> bool {
        let lists = [
            &self.include_domains,
            &self.include_entity_globs,
            &self.include_entities,
            &self.exclude_domains,
            &self.exclude_entity_globs,
            &self.exclude_entities,
        ];
        lists.into_iter().all(Vec::is_empty)
    }
}

/// How an entity is shown. What is `None` stays as the home has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, lmms::Portable)]
#[portable(json = "fields")]
pub struct EntitySettings {
    /// The entity's id: `light.kitchen_ceiling`.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What people are told it is.
    pub description: Option<String>,
    /// One of [`CATEGORIES`].
    pub display_category: Option<String>,
}
