//! Temperatures with their scale.
use std::fmt;

/// The scale a temperature is given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum TemperatureScale {
    /// Degrees Celsius.
    Celsius,
    /// Degrees Fahrenheit.
    Fahrenheit,
    /// Kelvin.
    Kelvin,
}

impl TemperatureScale {
    /// All scales.
    pub const ALL: [TemperatureScale; 3] = [
        TemperatureScale::Celsius,
        TemperatureScale::Fahrenheit,
        TemperatureScale::Kelvin,
    ];

    /// The word in capitals: `CELSIUS`.
    pub fn name(self) -> &'static str {
        match self {
            TemperatureScale::Celsius => "CELSIUS",
            TemperatureScale::Fahrenheit => "FAHRENHEIT",
            TemperatureScale::Kelvin => "KELVIN",
        }
    }

    /// The scale with that name, exactly as [`TemperatureScale::name`] writes it.
    pub fn from_name(name: &str) -> Option<TemperatureScale> {
        Self::ALL.into_iter().find(|scale| scale.name() == name)
    }

    /// A difference of `delta` on this scale as a difference in degrees Celsius.
    pub fn delta_to_celsius(self, delta: f64) -> f64 {
        match self {
            TemperatureScale::Celsius | TemperatureScale::Kelvin => delta,
            TemperatureScale::Fahrenheit => delta * 5.0 / 9.0,
        }
    }
}

impl fmt::Display for TemperatureScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A temperature and the scale it is given in.
#[derive(Debug, Clone, Copy, PartialEq, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Temperature {
    /// The number on the scale.
    pub value: f64,
    /// The scale.
    pub scale: TemperatureScale,
}

impl Temperature {
    /// The temperature of `value` degrees Celsius.
    pub fn celsius(value: f64) -> Temperature {
        Temperature {
            value,
            scale: TemperatureScale::Celsius,
        }
    }

    /// The same temperature in degrees Celsius.
    pub fn to_celsius(self) -> f64 {
        match self.scale {
            TemperatureScale::Celsius => self.value,
            TemperatureScale::Fahrenheit => (self.value - 32.0) * 5.0 / 9.0,
            TemperatureScale::Kelvin => self.value - 273.15,
        }
    }

    /// The same temperature to a millionth of a degree: what lies below is the noise of conversions. Coarser steps
    /// would add up when a temperature is changed again and again on another scale.
    pub fn without_noise(self) -> Temperature {
        Temperature {
            value: (self.value * 1e6).round() / 1e6,
            scale: self.scale,
        }
    }

    /// The same temperature on another scale, rounded to hundredths so that a conversion there and back is exact.
    pub fn to_scale(self, scale: TemperatureScale) -> Temperature {
        if scale == self.scale {
            return self;
        }
        let celsius = self.to_celsius();
        let value = match scale {
            TemperatureScale::Celsius => celsius,
            TemperatureScale::Fahrenheit => celsius * 9.0 / 5.0 + 32.0,
            TemperatureScale::Kelvin => celsius + 273.15,
        };
        Temperature {
            value: (value * 100.0).round() / 100.0,
            scale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_convert() {
        let fahrenheit = Temperature {
            value: 68.0,
            scale: TemperatureScale::Fahrenheit,
        };
        assert_eq!(fahrenheit.to_celsius(), 20.0);
        assert_eq!(fahrenheit.to_scale(TemperatureScale::Kelvin).value, 293.15);
        assert_eq!(
            Temperature::celsius(21.5)
                .to_scale(TemperatureScale::Fahrenheit)
                .value,
            70.7
        );
        assert_eq!(TemperatureScale::Fahrenheit.delta_to_celsius(9.0), 5.0);
        assert_eq!(TemperatureScale::Kelvin.delta_to_celsius(2.0), 2.0);
        assert_eq!(TemperatureScale::from_name("celsius"), None);
    }
}
