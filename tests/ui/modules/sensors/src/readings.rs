use lmms::operation;
use lmms_tests as types;

type Fallible<T, E = types::DeviceError> = Result<T, E>;
type Celsius = f64;

/// The last reading.
#[operation(interface = "sensors")]
fn last(id: &str) -> Fallible<types::Reading> {
    Err(types::DeviceError::Unknown(id.to_owned()))
}

/// One interface may be served by several modules.
#[operation(interface = "lights", name = "warmth")]
fn light_warmth(id: &str) -> Celsius {
    let _ = id;
    2700.0
}
