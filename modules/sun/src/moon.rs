//! The moon's phase.

use home_types::sun::{MoonPhase, MoonPhaseName, SunError};
use lmms::{Context, operation};

use crate::astronomy::{centuries, cos, sin};
use crate::zones::moment_or_now;

/// Days from one new moon to the next, on average.
const SYNODIC_MONTH: f64 = 29.530588861;

/// How the moon looks at the Unix time `at`, now if left out.
#[operation(interface = "sun")]
pub fn moon_phase(cx: &Context, at: Option<i64>) -> Result<MoonPhase, SunError> {
    Ok(phase_at(moment_or_now(cx, at)? as f64))
}

/// After Meeus, *Astronomical Algorithms*, formula 48.4.
pub(crate) fn phase_at(unix: f64) -> MoonPhase {
    let t = centuries(unix);
    let elongation = 297.8501921 + t * (445_267.1114034 - t * 0.0018819);
    let sun = 357.5291092 + t * (35_999.0502909 - t * 0.0001536);
    let moon = 134.9633964 + t * (477_198.8675055 + t * 0.0087414);
    let correction = 6.289 * sin(moon) - 2.100 * sin(sun)
        + 1.274 * sin(2.0 * elongation - moon)
        + 0.658 * sin(2.0 * elongation)
        + 0.214 * sin(2.0 * moon)
        + 0.110 * sin(elongation);
    let elongation = (elongation + correction).rem_euclid(360.0);
    MoonPhase {
        name: name_of(elongation),
        illumination: (1.0 - cos(elongation)) / 2.0,
        elongation,
        age_days: elongation / 360.0 * SYNODIC_MONTH,
    }
}

/// The four principal phases hold for about a day, the others for the days between.
fn name_of(elongation: f64) -> MoonPhaseName {
    const HALF_A_DAY: f64 = 360.0 / SYNODIC_MONTH / 2.0;
    let near = |angle: f64| (elongation - angle).abs() <= HALF_A_DAY;
    match elongation {
        _ if near(0.0) || near(360.0) => MoonPhaseName::NewMoon,
        _ if near(90.0) => MoonPhaseName::FirstQuarter,
        _ if near(180.0) => MoonPhaseName::FullMoon,
        _ if near(270.0) => MoonPhaseName::LastQuarter,
        ..90.0 => MoonPhaseName::WaxingCrescent,
        ..180.0 => MoonPhaseName::WaxingGibbous,
        ..270.0 => MoonPhaseName::WaningGibbous,
        _ => MoonPhaseName::WaningCrescent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lit_part_matches_meeus() {
        // Example 48.a: 12 April 1992, 0h Terrestrial Time, k = 0.6786 by the full theory.
        let moon = phase_at(703_036_800.0);
        assert!((moon.illumination - 0.6786).abs() < 0.005, "{moon:?}");
        assert_eq!(moon.name, MoonPhaseName::WaxingGibbous);
    }

    #[test]
    fn eclipses_happen_at_new_and_full_moon() {
        // Greatest eclipse after NASA's catalogues: solar on 21 August 2017, 18:26 UT, and 8 April 2024, 18:17 UT.
        for moment in [1_503_339_960.0, 1_712_600_220.0] {
            let moon = phase_at(moment);
            assert_eq!(moon.name, MoonPhaseName::NewMoon);
            let off = moon.elongation.min(360.0 - moon.elongation);
            assert!(off < 1.0 && moon.illumination < 0.001, "{moon:?}");
        }
        // Lunar: 16 May 2022, 04:11 UT.
        let full = phase_at(1_652_674_260.0);
        assert_eq!(full.name, MoonPhaseName::FullMoon);
        assert!(
            (full.elongation - 180.0).abs() < 1.0 && full.illumination > 0.999,
            "{full:?}"
        );
    }

    #[test]
    fn a_month_has_all_eight_phases_in_order() {
        let mut names: Vec<MoonPhaseName> = Vec::new();
        for hour in 0..29 * 24 {
            let moon = phase_at(1_712_600_220.0 + f64::from(hour) * 3600.0);
            assert!((0.0..SYNODIC_MONTH).contains(&moon.age_days));
            if names.last() != Some(&moon.name) {
                names.push(moon.name);
            }
        }
        use MoonPhaseName::*;
        let month = [
            NewMoon,
            WaxingCrescent,
            FirstQuarter,
            WaxingGibbous,
            FullMoon,
            WaningGibbous,
            LastQuarter,
            WaningCrescent,
            NewMoon,
        ];
        assert_eq!(names, month);
    }
}
