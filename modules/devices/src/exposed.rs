//! A home of which some entities are left out, or called otherwise.
//!
//! Each question goes through here, so that an entity that isn't shown can be asked for, told and found in no way.
use std::collections::HashMap;
use std::time::Duration;

use glob::Pattern;
use home_types::{
    CATEGORIES, CameraStream, Command, Device, DeviceReport, DeviceState, EntitySettings, Exposure,
    HomeError, Reading,
};
use serde_json::Value;

use crate::home::Home;
use crate::services;

/// Home Assistant has no longer ids, and longer ones would take long to compare with patterns.
const LONGEST_ID: usize = 255;

/// All patterns of a home together: each is compared with each entity.
const MOST_PATTERN_BYTES: usize = 10_000;

/// A home as some exposures show it, all of which must show an entity.
pub(crate) struct Exposed<'a, H> {
    home: H,
    views: Result<Vec<View<'a>>, HomeError>,
}

impl<'a, H: Home> Exposed<'a, H> {
    pub(crate) fn new(home: H, exposures: &[&'a Exposure]) -> Exposed<'a, H> {
        let views = || {
            check_patterns(exposures)?;
            exposures.iter().copied().map(View::new).collect()
        };
        Exposed {
            home,
            views: views(),
        }
    }

    fn views(&self) -> Result<&[View<'a>], HomeError> {
        self.views.as_deref().map_err(HomeError::clone)
    }

    /// An entity that isn't shown is one that there isn't.
    fn check(&self, id: &str) -> Result<(), HomeError> {
        if self.views()?.iter().all(|view| view.shows(id)) {
            return Ok(());
        }
        Err(HomeError::NoSuchDevice { id: id.to_owned() })
    }

    fn shown(&self, mut device: Device) -> Result<Device, HomeError> {
        for view in self.views()? {
            view.name(&mut device);
        }
        Ok(device)
    }
}

impl<H: Home> Home for Exposed<'_, H> {
    fn devices(&self) -> Result<Vec<Device>, HomeError> {
        let views = self.views()?;
        let mut devices = self.home.devices()?;
        devices.retain(|device| views.iter().all(|view| view.shows(&device.id)));
        devices
            .into_iter()
            .map(|device| self.shown(device))
            .collect()
    }

    fn states(&self) -> Result<Vec<DeviceState>, HomeError> {
        let views = self.views()?;
        let mut states = self.home.states()?;
        states.retain(|state| views.iter().all(|view| view.shows(&state.device_id)));
        Ok(states)
    }

    fn device(&self, id: &str) -> Result<Device, HomeError> {
        self.check(id)?;
        self.shown(self.home.device(id)?)
    }

    fn state(&self, id: &str) -> Result<DeviceState, HomeError> {
        self.check(id)?;
        self.home.state(id)
    }

    fn apply(&self, id: &str, command: &Command) -> Result<DeviceState, HomeError> {
        self.check(id)?;
        self.home.apply(id, command)
    }

    fn report(&self, id: &str) -> Result<DeviceReport, HomeError> {
        self.check(id)?;
        let DeviceReport { device, state } = self.home.report(id)?;
        let device = self.shown(device)?;
        Ok(DeviceReport { device, state })
    }

    fn control(&self, id: &str, command: &Command) -> Result<DeviceReport, HomeError> {
        self.check(id)?;
        let DeviceReport { device, state } = self.home.control(id, command)?;
        let device = self.shown(device)?;
        Ok(DeviceReport { device, state })
    }

    fn call_service(
        &self,
        domain: &str,
        service: &str,
        entity_id: Option<&str>,
        data: Option<&str>,
    ) -> Result<Option<()>, HomeError> {
        if !self
            .views()?
            .iter()
            .all(|view| view.exposure.shows_everything())
        {
            let data: Value = serde_json::from_str(data.unwrap_or("{}")).unwrap_or_default();
            let ids = services::entity_ids(entity_id, &data);
            let areas = ["area_id", "device_id", "floor_id", "label_id"];
            if ids.is_empty() || areas.iter().any(|area| data.get(area).is_some()) {
                let reason = "only some entities of this home are shown: name those that are meant, one by one";
                return Err(HomeError::invalid_input("entity_id", reason));
            }
            for id in &ids {
                self.check(id)?;
            }
            // As commands for these entities: a service's own name and its other fields can mean entities as well.
            return Ok(None);
        }
        self.home.call_service(domain, service, entity_id, data)
    }

    fn record(&self, id: &str, quantity: &str, value: f64) -> Result<(), HomeError> {
        self.check(id)?;
        self.home.record(id, quantity, value)
    }

    fn readings(
        &self,
        id: &str,
        quantity: &str,
        from: Duration,
        to: Duration,
    ) -> Result<Vec<Reading>, HomeError> {
        self.check(id)?;
        self.home.readings(id, quantity, from, to)
    }

    fn picture(&self, id: &str) -> Result<Vec<u8>, HomeError> {
        self.check(id)?;
        self.home.picture(id)
    }

    fn stream(&self, id: &str) -> Result<CameraStream, HomeError> {
        self.check(id)?;
        self.home.stream(id)
    }
}

fn check_patterns(exposures: &[&Exposure]) -> Result<(), HomeError> {
    let of = |exposure: &&Exposure| {
        let globs = exposure.include_entity_globs.iter();
        let globs = globs.chain(&exposure.exclude_entity_globs);
        globs.map(String::len).sum::<usize>()
    };
    let bytes: usize = exposures.iter().map(of).sum();
    if bytes > MOST_PATTERN_BYTES {
        let reason = format!("the patterns have {bytes} bytes, more than {MOST_PATTERN_BYTES}");
        return Err(HomeError::invalid_input("entity_globs", reason));
    }
    Ok(())
}

/// Whether this is the id of one entity, in the one spelling that filters are compared with: Home Assistant also takes
/// `all`, capitals and the ids of its registry.
fn is_id(id: &str) -> bool {
    let is_slug = |part: &str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        !part.is_empty() && part.bytes().all(known)
    };
    let parts = id.split_once('.');
    id.len() <= LONGEST_ID && parts.is_some_and(|(domain, name)| is_slug(domain) && is_slug(name))
}

/// An exposure with its patterns read.
struct View<'a> {
    exposure: &'a Exposure,
    included: Vec<Pattern>,
    excluded: Vec<Pattern>,
    settings: HashMap<&'a str, &'a EntitySettings>,
}

impl<'a> View<'a> {
    fn new(exposure: &'a Exposure) -> Result<View<'a>, HomeError> {
        let patterns = |what: &str, globs: &[String]| {
            let read = |glob: &String| {
                Pattern::new(glob).map_err(|error| {
                    HomeError::invalid_input(what, format!("the pattern {glob:?}: {error}"))
                })
            };
            globs.iter().map(read).collect::<Result<Vec<_>, _>>()
        };
        let settings = exposure.entities.iter();
        for EntitySettings {
            id,
            display_category,
            ..
        } in &exposure.entities
        {
            if let Some(category) = display_category
                && !CATEGORIES.contains(&category.as_str())
            {
                let reason = format!("{id}: there is no display category {category:?}");
                return Err(HomeError::invalid_input("entities", reason));
            }
        }
        Ok(View {
            included: patterns("include_entity_globs", &exposure.include_entity_globs)?,
            excluded: patterns("exclude_entity_globs", &exposure.exclude_entity_globs)?,
            settings: settings
                .map(|entity| (entity.id.as_str(), entity))
                .collect(),
            exposure,
        })
    }

    /// Whether the entity is shown. The more exactly it is named, the more that counts, as in Home Assistant: its id,
    /// then a pattern, then its domain; of what is named alike, to include counts more.
    fn shows(&self, id: &str) -> bool {
        if !is_id(id) {
            return false;
        }
        let Exposure {
            include_domains,
            include_entities,
            exclude_domains,
            exclude_entities,
            ..
        } = self.exposure;
        let domain = id.split_once('.').map_or(id, |(domain, _)| domain);
        let has = |list: &[String], name: &str| list.iter().any(|listed| listed == name);
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(id));
        let excludes = !(exclude_domains.is_empty()
            && exclude_entities.is_empty()
            && self.excluded.is_empty());
        let includes_some = !(include_domains.is_empty() && self.included.is_empty());
        let includes = includes_some || !include_entities.is_empty();
        if has(include_entities, id) {
            return true;
        }
        if has(exclude_entities, id) {
            return false;
        }
        match (includes, excludes) {
            (false, false) => true,
            (false, true) => !has(exclude_domains, domain) && !any(&self.excluded),
            (true, false) => has(include_domains, domain) || any(&self.included),
            (true, true) if includes_some => {
                any(&self.included) || (has(include_domains, domain) && !any(&self.excluded))
            }
            // Single entities are included beside whatever isn't excluded.
            (true, true) if !exclude_domains.is_empty() || !self.excluded.is_empty() => {
                !has(exclude_domains, domain) && !any(&self.excluded)
            }
            (true, true) => false,
        }
    }

    fn name(&self, device: &mut Device) {
        let Some(settings) = self.settings.get(device.id.as_str()) else {
            return;
        };
        if let Some(name) = &settings.name {
            device.name.clone_from(name);
        }
        if settings.description.is_some() {
            device.description.clone_from(&settings.description);
        }
        if settings.display_category.is_some() {
            device
                .display_category
                .clone_from(&settings.display_category);
        }
    }
}

#[cfg(test)]
mod tests;
