//! What a discovery lists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Failure;

/// One endpoint of a discovery response.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// As the server calls the entity: `light.bed_light`.
    pub entity: String,
    /// Its capabilities, by interface; interfaces with instances have several.
    pub capabilities: BTreeMap<String, Vec<Value>>,
    /// Its display categories.
    pub categories: BTreeSet<String>,
}

impl Endpoint {
    /// Reads the endpoints of a discovery response.
    pub fn all(response: &Value) -> Result<BTreeMap<String, Endpoint>, Failure> {
        let endpoints = response["event"]["payload"]["endpoints"].as_array();
        let endpoints =
            endpoints.ok_or_else(|| Failure::new(format!("no discovery: {response}")))?;
        Ok(endpoints
            .iter()
            .map(Endpoint::new)
            .map(|endpoint| (endpoint.entity.clone(), endpoint))
            .collect())
    }

    fn new(endpoint: &Value) -> Self {
        let mut capabilities: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for capability in endpoint["capabilities"].as_array().into_iter().flatten() {
            let interface = capability["interface"].as_str().unwrap_or_default();
            let of_interface = capabilities.entry(interface.to_owned()).or_default();
            of_interface.push(capability.clone());
        }
        let categories = endpoint["displayCategories"].as_array();
        Self {
            entity: endpoint["endpointId"]
                .as_str()
                .unwrap_or_default()
                .replacen('#', ".", 1),
            capabilities,
            categories: categories
                .into_iter()
                .flatten()
                .filter_map(|category| category.as_str().map(str::to_owned))
                .collect(),
        }
    }

    /// The entity's domain: `light`.
    pub fn domain(&self) -> &str {
        domain(&self.entity)
    }

    /// The interfaces that do or tell something of the device.
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        self.capabilities
            .keys()
            .map(String::as_str)
            .filter(|interface| !["Alexa", "Alexa.EndpointHealth"].contains(interface))
    }
}

/// The domain of an entity's id: `light`.
pub fn domain(entity: &str) -> &str {
    entity.split('.').next().unwrap_or_default()
}
