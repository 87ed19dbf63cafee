//! What the `alexa` interface tells about directives besides answering them.
use std::fmt;
use std::time::Duration;

/// A directive that was found well-formed.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct DirectiveSummary {
    /// The interface it belongs to: `Alexa.PowerController`.
    pub namespace: String,
    /// What it asks for: `TurnOn`.
    pub name: String,
    /// The directive's own id.
    pub message_id: String,
    /// The version of its payload: `3`.
    pub payload_version: String,
    /// To be returned with the answer.
    pub correlation_token: Option<String>,
    /// The endpoint it is for, as Alexa names it.
    pub endpoint_id: Option<String>,
    /// The device it is for, as the home names it.
    pub device_id: Option<String>,
    /// When the token it carries expires, where the token tells: time since the Unix epoch.
    pub token_expires: Option<Duration>,
}

/// Why Alexa is answered with an error.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct AlexaError {
    /// The interface the error belongs to: `Alexa` or `Alexa.ThermostatController`.
    pub namespace: String,
    /// The error as Alexa names it: `INVALID_DIRECTIVE`.
    pub kind: String,
    /// What is wrong, for logs: customers do not hear it.
    pub message: String,
}

impl fmt::Display for AlexaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}: {}", self.kind, self.namespace, self.message)
    }
}

impl std::error::Error for AlexaError {}

/// An interface of the Alexa Smart Home API that is supported.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct NamespaceInfo {
    /// Its name: `Alexa.PowerController`.
    pub namespace: String,
    /// Its version, as discovery states it.
    pub version: String,
    /// The directives that are answered.
    pub directives: Vec<String>,
    /// The properties that are reported.
    pub properties: Vec<String>,
}
