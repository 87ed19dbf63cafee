//! The four scenarios of the description that LMMS began with, worked out again.
//!
//! That description counts the memory *used*, in GB of 1,000 MB. Each scenario is recomputed so,
//! to see whether its arithmetic holds, and then as AWS bills it. Memory and time are the
//! description's own, for a Python engine; none of them was measured here.

#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::iter::once;

use serde::Serialize;

use super::{Cost, NONE_FREE, Prices, Usage, cost, footer, percent, percent_or, share};
use crate::common::error::CostError;
use crate::common::screen::{Screen, Style, number};

/// Days in a month, as the description counts.
const DAYS: f64 = 30.0;

/// One scenario, claimed and recomputed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// What happens in it.
    pub what: &'static str,
    /// Without LMMS and with it.
    pub sides: Vec<Side>,
    /// What the description says of the two together.
    pub claims: Vec<Claim>,
    /// What has to be known to read the figures.
    pub notes: Vec<&'static str>,
}

/// One way to run a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// `traditional` or `LMMS`.
    pub name: &'static str,
    /// GB-seconds that the description claims, if it does.
    pub claimed_gb_seconds: Option<f64>,
    /// GB-seconds by the description's own method: memory used, 1,000 MB to the GB.
    pub recomputed_gb_seconds: f64,
    /// As AWS bills it.
    pub cost: Cost,
}

/// One claim beside what the arithmetic gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// What is claimed.
    pub what: &'static str,
    /// The claim.
    pub claimed: &'static str,
    /// What its own figures give.
    pub recomputed: String,
    /// Whether they agree.
    pub holds: bool,
}

/// Memory and time of one kind of call in a scenario.
struct Given {
    calls: f64,
    milliseconds: f64,
    megabytes: f64,
    claimed: Option<f64>,
}

impl Given {
    fn side(self, name: &'static str, prices: &Prices) -> Result<Side, CostError> {
        Ok(Side {
            name,
            claimed_gb_seconds: self.claimed,
            recomputed_gb_seconds: self.calls * self.milliseconds / 1000.0 * self.megabytes
                / 1000.0,
            cost: cost(
                Usage {
                    calls: self.calls,
                    milliseconds: self.milliseconds,
                    // The description has none apart: its times are of whole calls.
                    cold_starts: 0.0,
                    init_milliseconds: 0.0,
                    // The smallest configuration that holds it.
                    configured_mb: self.megabytes.max(prices.least_mb),
                    used_mb: self.megabytes,
                },
                prices,
            )?,
        })
    }
}

/// All four, at these prices.
///
/// # Errors
/// [`CostError`]: a price is none.
pub fn scenarios(prices: &Prices) -> Result<Vec<Scenario>, CostError> {
    [smart_home, burst, monthly, container]
        .map(|scenario| scenario(prices))
        .into_iter()
        .collect()
}

fn smart_home(prices: &Prices) -> Result<Scenario, CostError> {
    let given = |milliseconds, megabytes, claimed| Given {
        calls: 200.0 * DAYS,
        milliseconds,
        megabytes,
        claimed: Some(claimed),
    };
    let before = given(180.0, 45.0, 48.6).side("traditional", prices)?;
    let after = given(110.0, 26.0, 17.16).side("LMMS", prices)?;
    let free = |side: &Side| share_of_free(side, prices);
    Ok(Scenario {
        name: "smart home",
        what: "200 device commands a day, over a month",
        claims: vec![
            claim("free tier, traditional", "12.15%", free(&before), false),
            claim("free tier, LMMS", "4.29%", free(&after), false),
            claim(
                "GB-seconds by memory used",
                "-65%",
                saved(&before, &after, used),
                true,
            ),
            claim(
                "GB-seconds as billed",
                "none",
                saved(&before, &after, billed),
                false,
            ),
        ],
        sides: vec![before, after],
        notes: vec!["The shares of the free tier are a thousand times too high."],
    })
}

fn burst(prices: &Prices) -> Result<Scenario, CostError> {
    let given = |milliseconds, megabytes, claimed| Given {
        calls: 50.0,
        milliseconds,
        megabytes,
        claimed: Some(claimed),
    };
    let before = given(140.0, 45.0, 0.0675).side("traditional", prices)?;
    let after = given(119.0, 32.0, 0.024).side("LMMS", prices)?;
    Ok(Scenario {
        name: "burst",
        what: "50 commands within 30 seconds",
        claims: less_gb_seconds(&before, &after, ["-64%", "none"], false).into(),
        sides: vec![before, after],
        notes: vec![
            "No time per command is given: these are the averages of elsewhere in the description, \
             140 and 119 ms, and LMMS' peak of 32 MB. The claimed sums would need 30 ms and 15 ms.",
        ],
    })
}

fn monthly(prices: &Prices) -> Result<Scenario, CostError> {
    let given = |milliseconds, megabytes, claimed| Given {
        calls: 50_000.0,
        milliseconds,
        megabytes,
        claimed: Some(claimed),
    };
    let before = given(140.0, 45.0, 315.0).side("traditional", prices)?;
    let after = given(119.0, 27.0, 160.65).side("LMMS", prices)?;
    let free = |side: &Side| share_of_free(side, prices);
    let more = before.recomputed_gb_seconds / after.recomputed_gb_seconds;
    Ok(Scenario {
        name: "monthly projection",
        what: "50,000 calls a month",
        claims: vec![
            claim("free tier, traditional", "78.75%", free(&before), false),
            claim("free tier, LMMS", "40.16%", free(&after), false),
            claim("capacity", "2.5x", format!("{}x", number(more)), false),
            claim(
                "GB-seconds as billed",
                "none",
                saved(&before, &after, billed),
                false,
            ),
        ],
        sides: vec![before, after],
        notes: vec!["Both cost nothing: the free tier holds over a thousand times as much."],
    })
}

/// Requests in one container's life: the description's memory profile has 20.
const REQUESTS: f64 = 20.0;

fn container(prices: &Prices) -> Result<Scenario, CostError> {
    // One cold start and the requests, as one long call: AWS bills the time of both.
    let given = |milliseconds, megabytes| Given {
        calls: 1.0,
        milliseconds,
        megabytes,
        claimed: None,
    };
    let before = given(950.0 + REQUESTS * 140.0, 45.0).side("traditional", prices)?;
    let after = given(270.0 + 160.0 + (REQUESTS - 1.0) * 110.0, 20.0).side("LMMS", prices)?;
    let faster = 950.0 / 270.0;
    Ok(Scenario {
        name: "container life",
        what: "a cold start and 20 requests in one container",
        claims: once(claim(
            "cold start",
            "3x faster",
            format!("{}x", number(faster)),
            true,
        ))
        .chain(less_gb_seconds(&before, &after, ["lower", "lower"], true))
        .collect(),
        sides: vec![before, after],
        notes: vec![
            "Counted as one call: 950 + 20 x 140 ms against 270 + 160 + 19 x 110 ms. AWS bills the \
             initialisation too. LMMS' 20 MB is what is left after idling, so the least it can be.",
            "That a container lives longer because it uses less is nowhere documented by AWS.",
        ],
    })
}

fn share_of_free(side: &Side, prices: &Prices) -> String {
    percent_or(
        share(side.recomputed_gb_seconds, prices.free_gb_seconds),
        NONE_FREE,
    )
}

/// What is claimed to be saved by memory used and as billed, recomputed.
fn less_gb_seconds(
    before: &Side,
    after: &Side,
    [by_use, by_bill]: [&'static str; 2],
    hold: bool,
) -> [Claim; 2] {
    [
        claim(
            "GB-seconds by memory used",
            by_use,
            saved(before, after, used),
            hold,
        ),
        claim(
            "GB-seconds as billed",
            by_bill,
            saved(before, after, billed),
            hold,
        ),
    ]
}

fn claim(what: &'static str, claimed: &'static str, recomputed: String, holds: bool) -> Claim {
    Claim {
        what,
        claimed,
        recomputed,
        holds,
    }
}

fn used(side: &Side) -> f64 {
    side.recomputed_gb_seconds
}

fn billed(side: &Side) -> f64 {
    side.cost.gb_seconds_billed
}

fn saved(before: &Side, after: &Side, figure: fn(&Side) -> f64) -> String {
    percent(figure(after) / figure(before) - 1.0)
}

/// The scenarios for a person.
pub fn text(scenarios: &[Scenario], screen: Screen) -> String {
    let mut text = String::from(
        "The scenarios of the original description, recomputed. Its memory and time are for a Python engine;\n\
         nothing here was measured.\n",
    );
    for scenario in scenarios {
        let _ = write!(
            text,
            "\n{}: {}\n",
            screen.paint(Style::Strong, scenario.name),
            scenario.what
        );
        let rows = scenario.sides.iter().map(|side| {
            [
                side.name.to_owned(),
                format!(
                    "{} x {} ms x {} MB",
                    number(side.cost.usage.calls),
                    number(side.cost.usage.milliseconds),
                    number(side.cost.usage.used_mb)
                ),
                side.claimed_gb_seconds
                    .map_or_else(|| "-".to_owned(), number),
                number(side.recomputed_gb_seconds),
                number(side.cost.gb_seconds_billed),
                percent_or(side.cost.free_gb_seconds_share, NONE_FREE),
            ]
        });
        let head = [
            "",
            "calls, time, memory used",
            "GB-s claimed",
            "recomputed",
            "as AWS bills",
            "of the free tier",
        ];
        let _ = writeln!(text, "{}\n", screen.table(head, rows));
        let rows = scenario.claims.iter().map(|claim| {
            [
                claim.what.to_owned(),
                claim.claimed.to_owned(),
                claim.recomputed.clone(),
                if claim.claimed == "none" {
                    String::new()
                } else if claim.holds {
                    "holds".to_owned()
                } else {
                    "does not hold".to_owned()
                },
            ]
        });
        let _ = writeln!(
            text,
            "{}",
            screen.table(["", "claimed", "recomputed", ""], rows)
        );
        for note in &scenario.notes {
            let _ = writeln!(text, "{note}");
        }
    }
    let _ = write!(text, "\n{}", footer(screen));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GB-seconds claimed, recomputed and billed of one side of a scenario.
    fn figures(scenario: usize, side: usize) -> (Option<f64>, f64, f64) {
        let side = scenarios(&Prices::default()).unwrap()[scenario].sides[side].clone();
        let round = |value: f64| (value * 1e5).round() / 1e5;
        (
            side.claimed_gb_seconds,
            round(side.recomputed_gb_seconds),
            round(side.cost.gb_seconds_billed),
        )
    }

    #[test]
    fn the_recomputed_sums_are_those_of_a_pocket_calculator() {
        assert_eq!(figures(0, 0), (Some(48.6), 48.6, 135.0));
        assert_eq!(figures(0, 1), (Some(17.16), 17.16, 82.5));
        assert_eq!(figures(1, 0), (Some(0.0675), 0.315, 0.875));
        assert_eq!(figures(1, 1), (Some(0.024), 0.1904, 0.74375));
        assert_eq!(figures(2, 0), (Some(315.0), 315.0, 875.0));
        assert_eq!(figures(2, 1), (Some(160.65), 160.65, 743.75));
        assert_eq!(figures(3, 0), (None, 0.16875, 0.46875));
        assert_eq!(figures(3, 1), (None, 0.0504, 0.315));
    }

    #[test]
    fn what_is_said_to_hold_does() {
        let found = scenarios(&Prices::default()).unwrap();
        let recomputed = |scenario: usize, claim: usize| {
            let claim = &found[scenario].claims[claim];
            (claim.holds, claim.recomputed.as_str())
        };
        assert_eq!(recomputed(0, 0), (false, "0.01215%"));
        assert_eq!(recomputed(0, 2), (true, "-64.69%"));
        assert_eq!(recomputed(1, 0), (false, "-39.56%"));
        assert_eq!(recomputed(2, 0), (false, "0.07875%"));
        assert_eq!(recomputed(2, 2), (false, "1.96x"));
        assert_eq!(recomputed(3, 0), (true, "3.52x"));
    }

    #[test]
    fn the_text_names_formula_and_source() {
        let text = text(&scenarios(&Prices::default()).unwrap(), Screen::plain());
        for part in ["smart home", "burst", "1,024 MB", super::super::SOURCE] {
            assert!(text.contains(part), "{part} is missing: {text}");
        }
    }
}
