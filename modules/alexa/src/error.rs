//! Errors as the Alexa Smart Home API defines them.
use home_types::{AlexaError, HomeError, Temperature, TemperatureScale};
use lmms::operation;
use serde_json::{Map, Value, json};

use crate::directive::Reference;
use crate::message::{Header, number, temperature};

/// Why a directive is answered with an `ErrorResponse`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    /// What the payload holds besides type and message.
    pub(crate) details: Map<String, Value>,
}

/// Declares the error types with the name Alexa knows each by and the interface it belongs to.
macro_rules! kinds {
    ($($variant:ident $name:literal $namespace:literal,)*) => {
        /// An error type of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($variant,)* }

        impl Kind {
            /// All types.
            const ALL: &[Kind] = &[$(Kind::$variant,)*];

            /// The name the API gives it.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }

            /// The interface whose error it is.
            pub(crate) fn namespace(self) -> &'static str {
                match self { $(Kind::$variant => $namespace,)* }
            }
        }
    };
}

kinds! {
    AlreadyInOperation "ALREADY_IN_OPERATION" "Alexa",
    BridgeUnreachable "BRIDGE_UNREACHABLE" "Alexa",
    EndpointBusy "ENDPOINT_BUSY" "Alexa",
    EndpointLowPower "ENDPOINT_LOW_POWER" "Alexa",
    EndpointUnreachable "ENDPOINT_UNREACHABLE" "Alexa",
    ExpiredAuthorizationCredential "EXPIRED_AUTHORIZATION_CREDENTIAL" "Alexa",
    FirmwareOutOfDate "FIRMWARE_OUT_OF_DATE" "Alexa",
    HardwareMalfunction "HARDWARE_MALFUNCTION" "Alexa",
    InsufficientPermissions "INSUFFICIENT_PERMISSIONS" "Alexa",
    InternalError "INTERNAL_ERROR" "Alexa",
    InvalidAuthorizationCredential "INVALID_AUTHORIZATION_CREDENTIAL" "Alexa",
    InvalidDirective "INVALID_DIRECTIVE" "Alexa",
    InvalidValue "INVALID_VALUE" "Alexa",
    NoSuchEndpoint "NO_SUCH_ENDPOINT" "Alexa",
    NotInOperation "NOT_IN_OPERATION" "Alexa",
    RateLimitExceeded "RATE_LIMIT_EXCEEDED" "Alexa",
    TemperatureValueOutOfRange "TEMPERATURE_VALUE_OUT_OF_RANGE" "Alexa",
    ValueOutOfRange "VALUE_OUT_OF_RANGE" "Alexa",
    AcceptGrantFailed "ACCEPT_GRANT_FAILED" "Alexa.Authorization",
    DualSetpointsUnsupported "DUAL_SETPOINTS_UNSUPPORTED" "Alexa.ThermostatController",
    ThermostatIsOff "THERMOSTAT_IS_OFF" "Alexa.ThermostatController",
    TripleSetpointsUnsupported "TRIPLE_SETPOINTS_UNSUPPORTED" "Alexa.ThermostatController",
    UnsupportedThermostatMode "UNSUPPORTED_THERMOSTAT_MODE" "Alexa.ThermostatController",
    UnwillingToSetSchedule "UNWILLING_TO_SET_SCHEDULE" "Alexa.ThermostatController",
}

/// Builds an `ErrorResponse` of the given type, such as `ENDPOINT_BUSY`, as the answer to `event`, from which the
/// correlation token and the endpoint are taken as far as it has them.
///
/// An error if the API has no such type.
#[operation(interface = "alexa")]
pub fn build_error_response(event: &str, kind: &str, message: &str) -> Result<String, AlexaError> {
    let Some(kind) = Kind::ALL.iter().copied().find(|known| known.name() == kind) else {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        let message = format!(
            "the API has no error type `{kind}`; it has {}",
            known.join(", ")
        );
        return Err(Failure::new(Kind::InvalidValue, message).into());
    };
    let event = serde_json::from_str(event).unwrap_or(Value::Null);
    Ok(Failure::new(kind, message)
        .response(&Reference::of(&event))
        .to_string())
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Failure {
        Failure {
            kind,
            message: message.into(),
            details: Map::new(),
        }
    }

    pub(crate) fn invalid_directive(message: impl Into<String>) -> Failure {
        Failure::new(Kind::InvalidDirective, message)
    }

    /// The whole answer.
    pub(crate) fn response(&self, reference: &Reference) -> Value {
        let mut payload = self.details.clone();
        payload.insert("type".to_owned(), json!(self.kind.name()));
        payload.insert("message".to_owned(), json!(self.message));
        let header = Header::new(self.kind.namespace(), "ErrorResponse");
        let mut event = json!({ "header": header.with_token(reference), "payload": payload });
        if let Some(endpoint) = &reference.endpoint_id {
            event["endpoint"] = json!({ "endpointId": endpoint });
        }
        json!({ "event": event })
    }

    /// The same failure with temperatures on the scale the customer used.
    pub(crate) fn on_scale(mut self, scale: TemperatureScale) -> Failure {
        for bound in ["minimumValue", "maximumValue"] {
            let Some(value) = self
                .details
                .get_mut("validRange")
                .and_then(|range| range.get_mut(bound))
            else {
                continue;
            };
            if let Some(celsius) = value["value"].as_f64() {
                *value = temperature(Temperature::celsius(celsius).to_scale(scale));
            }
        }
        self
    }

    fn with_range(mut self, minimum: Value, maximum: Value) -> Failure {
        let range = json!({ "minimumValue": minimum, "maximumValue": maximum });
        self.details.insert("validRange".to_owned(), range);
        self
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Failure {
        let kind = match &error {
            // The home's file is the bridge of a home that has no other.
            HomeError::Unreachable { .. } | HomeError::Storage { .. } => Kind::BridgeUnreachable,
            HomeError::DeviceUnreachable { .. } => Kind::EndpointUnreachable,
            HomeError::NoSuchDevice { .. } => Kind::NoSuchEndpoint,
            HomeError::InvalidValue { .. } => Kind::ValueOutOfRange,
            HomeError::TemperatureOutOfRange { .. } => Kind::TemperatureValueOutOfRange,
            HomeError::UnsupportedMode { .. } => Kind::UnsupportedThermostatMode,
            HomeError::ThermostatOff { .. } => Kind::ThermostatIsOff,
            HomeError::Unsupported { .. } => Kind::InvalidDirective,
            HomeError::Unauthorized { expired: true, .. } => Kind::ExpiredAuthorizationCredential,
            HomeError::Unauthorized { .. } => Kind::InvalidAuthorizationCredential,
            HomeError::InvalidInput { .. } => Kind::InvalidValue,
            HomeError::Busy { .. } => Kind::RateLimitExceeded,
            HomeError::DeviceFailed { .. } => Kind::HardwareMalfunction,
            _ => Kind::InternalError,
        };
        let failure = Failure::new(kind, error.to_string());
        match error {
            HomeError::InvalidValue {
                minimum, maximum, ..
            } => failure.with_range(number(minimum), number(maximum)),
            HomeError::TemperatureOutOfRange {
                minimum, maximum, ..
            } => failure.with_range(
                temperature(Temperature::celsius(minimum)),
                temperature(Temperature::celsius(maximum)),
            ),
            _ => failure,
        }
    }
}

impl From<Failure> for AlexaError {
    fn from(failure: Failure) -> AlexaError {
        AlexaError {
            namespace: failure.kind.namespace().to_owned(),
            kind: failure.kind.name().to_owned(),
            message: failure.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(error: HomeError) -> Value {
        Failure::from(error).response(&Reference::default())["event"]["payload"].clone()
    }

    #[test]
    fn ranges_are_told_as_the_api_wants_them() {
        let brightness = HomeError::InvalidValue {
            what: "brightness".into(),
            value: 150.0,
            minimum: 0.0,
            maximum: 100.0,
        };
        let payload_of = payload(brightness);
        assert_eq!(payload_of["type"], "VALUE_OUT_OF_RANGE");
        assert_eq!(
            payload_of["validRange"],
            json!({ "minimumValue": 0, "maximumValue": 100 })
        );
        let setpoint = HomeError::TemperatureOutOfRange {
            celsius: 80.0,
            minimum: 5.0,
            maximum: 30.0,
        };
        let failure = Failure::from(setpoint).on_scale(TemperatureScale::Fahrenheit);
        let response = failure.response(&Reference::default());
        assert_eq!(response["event"]["header"]["namespace"], "Alexa");
        assert_eq!(
            response["event"]["payload"]["type"],
            "TEMPERATURE_VALUE_OUT_OF_RANGE"
        );
        assert_eq!(
            response["event"]["payload"]["validRange"],
            json!({
                "minimumValue": { "value": 41.0, "scale": "FAHRENHEIT" },
                "maximumValue": { "value": 86.0, "scale": "FAHRENHEIT" },
            })
        );
    }

    #[test]
    fn every_error_of_a_home_has_its_type() {
        let home = || "the home".to_owned();
        for (error, kind) in [
            (
                HomeError::Unreachable {
                    home: home(),
                    reason: home(),
                },
                "BRIDGE_UNREACHABLE",
            ),
            (
                HomeError::DeviceUnreachable { id: home() },
                "ENDPOINT_UNREACHABLE",
            ),
            (HomeError::NoSuchDevice { id: home() }, "NO_SUCH_ENDPOINT"),
            (
                HomeError::Unauthorized {
                    home: home(),
                    expired: true,
                },
                "EXPIRED_AUTHORIZATION_CREDENTIAL",
            ),
            (
                HomeError::Unauthorized {
                    home: home(),
                    expired: false,
                },
                "INVALID_AUTHORIZATION_CREDENTIAL",
            ),
            (
                HomeError::Unsupported {
                    subject: home(),
                    action: home(),
                },
                "INVALID_DIRECTIVE",
            ),
            (HomeError::invalid_input("name", "none"), "INVALID_VALUE"),
            (
                HomeError::InvalidAnswer {
                    home: home(),
                    reason: home(),
                },
                "INTERNAL_ERROR",
            ),
            (HomeError::Busy { home: home() }, "RATE_LIMIT_EXCEEDED"),
            (
                HomeError::Refused {
                    home: home(),
                    reason: home(),
                },
                "INTERNAL_ERROR",
            ),
            (
                HomeError::DeviceFailed {
                    id: home(),
                    reason: home(),
                },
                "HARDWARE_MALFUNCTION",
            ),
            (
                HomeError::Module {
                    interface: home(),
                    reason: home(),
                },
                "INTERNAL_ERROR",
            ),
        ] {
            assert_eq!(payload(error)["type"], kind);
        }
        let off = Failure::from(HomeError::ThermostatOff { id: home() });
        assert_eq!(
            (off.kind.name(), off.kind.namespace()),
            ("THERMOSTAT_IS_OFF", "Alexa.ThermostatController")
        );
    }

    #[test]
    fn an_error_response_is_built_on_request() {
        let event =
            r#"{"directive":{"header":{"correlationToken":"t"},"endpoint":{"endpointId":"e"}}}"#;
        let response = build_error_response(event, "ENDPOINT_BUSY", "it is updating").unwrap();
        let response: Value = serde_json::from_str(&response).unwrap();
        assert_eq!(response["event"]["header"]["correlationToken"], "t");
        assert_eq!(response["event"]["endpoint"]["endpointId"], "e");
        assert_eq!(
            response["event"]["payload"],
            json!({ "type": "ENDPOINT_BUSY", "message": "it is updating" })
        );
        let without_event = build_error_response("not json", "ACCEPT_GRANT_FAILED", "no").unwrap();
        assert!(without_event.contains("Alexa.Authorization"));
        let unknown = build_error_response(event, "OUT_OF_MILK", "").unwrap_err();
        assert!(unknown.message.contains("ENDPOINT_BUSY"), "{unknown}");
    }
}
