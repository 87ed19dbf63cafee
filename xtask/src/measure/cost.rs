//! `cost`: what calls a month cost on AWS Lambda, with the formula beside the figure.

#![forbid(unsafe_code)]

mod limits;
pub mod scenarios;

use std::fmt::Write as _;

use serde::Serialize;

use crate::common::error::CostError;
use crate::common::screen::{Screen, Style, number};

/// Where the default prices and the rules of billing are published.
pub const SOURCE: &str = "https://aws.amazon.com/lambda/pricing/";

/// How GB-seconds and cost are worked out.
const FORMULA: &str = "\
GB-seconds as AWS bills them = billed time x max(configured, 128 MB) / 1,024 MB
billed time                  = warm calls x time + cold starts x (INIT + time), each rounded up to 1 ms
GB-seconds by memory used    = (calls x time + cold starts x INIT) x used / 1,024 MB   (nobody bills this)
rounding                     = what is billed beyond that: time up to 1 ms, then memory up to what is configured
AWS's MB are MiB
cost                         = GB-seconds beyond the free ones x price + calls beyond the free ones x price";

/// What a provider charges.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Prices {
    /// Dollars a GB-second.
    pub gb_second: f64,
    /// Dollars a million calls.
    pub million_calls: f64,
    /// GB-seconds a month that cost nothing.
    pub free_gb_seconds: f64,
    /// Calls a month that cost nothing.
    pub free_calls: f64,
    /// The least memory that can be configured, in MB of 1,048,576 bytes.
    pub least_mb: f64,
    /// The most memory that can be configured, in the same MB.
    pub most_mb: f64,
    /// The most time that one call may take, in milliseconds.
    pub most_ms: f64,
    /// Time is billed in steps of so many milliseconds.
    pub step_ms: f64,
}

impl Default for Prices {
    /// x86-64 in us-east-1, the first price tier.
    fn default() -> Self {
        Self {
            gb_second: 0.000_016_666_7,
            million_calls: 0.20,
            free_gb_seconds: 400_000.0,
            free_calls: 1_000_000.0,
            least_mb: 128.0,
            most_mb: 10_240.0,
            most_ms: 900_000.0,
            step_ms: 1.0,
        }
    }
}

/// What is called how often.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Usage {
    /// Calls a month.
    pub calls: f64,
    /// Milliseconds a call.
    pub milliseconds: f64,
    /// How many of the calls find no environment and start one.
    pub cold_starts: f64,
    /// Milliseconds of INIT before the call that starts an environment; they are billed too.
    pub init_milliseconds: f64,
    /// Memory configured for the function, in MB of 1,048,576 bytes.
    pub configured_mb: f64,
    /// Memory that it uses, in the same MB.
    pub used_mb: f64,
}

/// What a usage comes to in a month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// What it was worked out from.
    pub usage: Usage,
    /// What one call in a running environment is billed as, in milliseconds.
    pub billed_ms: f64,
    /// What a call that starts an environment is billed as, INIT included, in milliseconds.
    pub billed_cold_ms: f64,
    /// The memory that is billed, in MB.
    pub billed_mb: f64,
    /// GB-seconds by configured memory, time rounded up: what is billed.
    pub gb_seconds_billed: f64,
    /// GB-seconds by used memory and exact time: what is needed.
    pub gb_seconds_used: f64,
    /// The share of the billed GB-seconds that is time rounded up; `None` if nothing is billed.
    pub time_rounding_share: Option<f64>,
    /// The share of the billed GB-seconds that is memory billed and not used, at the exact time.
    pub memory_rounding_share: Option<f64>,
    /// Billed GB-seconds as a share of the free ones; 1 is all of them, `None` that there are none.
    pub free_gb_seconds_share: Option<f64>,
    /// Calls as a share of the free ones; `None`: there are none.
    pub free_calls_share: Option<f64>,
    /// Dollars a month after the free tier.
    pub dollars: f64,
    /// Dollars a month without a free tier.
    pub dollars_without_free_tier: f64,
}

/// Works out what a usage costs.
///
/// # Errors
/// [`CostError`]: nobody can have used, or be charged, so much.
pub fn cost(usage: Usage, prices: &Prices) -> Result<Cost, CostError> {
    prices.check()?;
    usage.check(prices)?;
    let rounded = |milliseconds: f64| (milliseconds / prices.step_ms).ceil() * prices.step_ms;
    let billed_ms = rounded(usage.milliseconds);
    let billed_cold_ms = rounded(usage.init_milliseconds + usage.milliseconds);
    let billed_mb = usage.configured_mb.max(prices.least_mb);
    let warm = usage.calls - usage.cold_starts;
    let billed = gb_seconds(warm, billed_ms, billed_mb)
        + gb_seconds(usage.cold_starts, billed_cold_ms, billed_mb);
    let exact = |megabytes: f64| {
        gb_seconds(usage.calls, usage.milliseconds, megabytes)
            + gb_seconds(usage.cold_starts, usage.init_milliseconds, megabytes)
    };
    let used = exact(usage.used_mb);
    let price_of = |gb_seconds: f64, calls: f64| {
        gb_seconds.max(0.0) * prices.gb_second + calls.max(0.0) / 1e6 * prices.million_calls
    };
    Ok(Cost {
        usage,
        billed_ms,
        billed_cold_ms,
        billed_mb,
        gb_seconds_billed: billed,
        gb_seconds_used: used,
        time_rounding_share: share(billed - exact(billed_mb), billed),
        memory_rounding_share: share(exact(billed_mb) - used, billed),
        free_gb_seconds_share: share(billed, prices.free_gb_seconds),
        free_calls_share: share(usage.calls, prices.free_calls),
        dollars: price_of(
            billed - prices.free_gb_seconds,
            usage.calls - prices.free_calls,
        ),
        dollars_without_free_tier: price_of(billed, usage.calls),
    })
}

/// `part` as a share of `whole`, if there is any.
fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// `calls` of so many milliseconds with so much memory; AWS counts 1,024 MB to the GB.
pub fn gb_seconds(calls: f64, milliseconds: f64, megabytes: f64) -> f64 {
    calls * milliseconds / 1000.0 * megabytes / 1024.0
}

impl Cost {
    /// The cost for a person, with formula and source.
    pub fn text(&self, prices: &Prices, screen: Screen) -> String {
        let row = |name: &str, figure: String, how: String| [name.to_owned(), figure, how];
        let usage = self.usage;
        let mut billed = format!(
            "{} calls x {} ms x {} MB",
            number(usage.calls - usage.cold_starts),
            number(self.billed_ms),
            number(self.billed_mb)
        );
        let mut used = format!(
            "{} calls x {} ms x {} MB",
            number(usage.calls),
            number(usage.milliseconds),
            number(usage.used_mb)
        );
        if usage.cold_starts > 0.0 {
            let starts = number(usage.cold_starts);
            let _ = write!(
                billed,
                ", {starts} cold ones x {} ms",
                number(self.billed_cold_ms)
            );
            let _ = write!(
                used,
                ", {starts} x {} ms of INIT",
                number(usage.init_milliseconds)
            );
        }
        let table = screen.table(
            ["a month", "", "how"],
            [
                row(
                    "GB-seconds as billed",
                    number(self.gb_seconds_billed),
                    billed,
                ),
                row(
                    "of them time rounded up",
                    percent_or(self.time_rounding_share, "nothing is billed"),
                    "each call to the next ms".to_owned(),
                ),
                row(
                    "of them memory not used",
                    percent_or(self.memory_rounding_share, "nothing is billed"),
                    format!(
                        "{} MB of {} MB",
                        number(self.billed_mb - usage.used_mb),
                        number(self.billed_mb)
                    ),
                ),
                row(
                    "GB-seconds by memory used",
                    number(self.gb_seconds_used),
                    used,
                ),
                row(
                    "free GB-seconds used up",
                    percent_or(self.free_gb_seconds_share, NONE_FREE),
                    format!("of {}", number(prices.free_gb_seconds)),
                ),
                row(
                    "free calls used up",
                    percent_or(self.free_calls_share, NONE_FREE),
                    format!("of {}", number(prices.free_calls)),
                ),
                row(
                    "cost",
                    dollars(self.dollars),
                    format!(
                        "${} a GB-second, ${} a million calls",
                        prices.gb_second, prices.million_calls
                    ),
                ),
                row(
                    "cost without the free tier",
                    dollars(self.dollars_without_free_tier),
                    String::new(),
                ),
            ],
        );
        let mut text = table;
        let _ = write!(text, "\n\n{}", footer(screen));
        text
    }
}

/// Formula and source, for below a table.
pub(crate) fn footer(screen: Screen) -> String {
    format!(
        "{}\n{}",
        screen.paint(Style::Faint, FORMULA),
        screen.paint(
            Style::Faint,
            format_args!("prices and rules: {SOURCE} (x86-64, us-east-1, first tier)")
        )
    )
}

/// A share for people.
pub(crate) fn percent(share: f64) -> String {
    format!("{}%", number(share * 100.0))
}

/// A share for people, or why there is none.
pub(crate) fn percent_or(share: Option<f64>, none: &str) -> String {
    share.map_or_else(|| none.to_owned(), percent)
}

/// What stands for a share of nothing.
pub(crate) const NONE_FREE: &str = "none are free";

fn dollars(amount: f64) -> String {
    if amount > 0.0 && amount < 0.01 {
        format!("${amount:.6}")
    } else {
        format!("${amount:.2}")
    }
}

#[cfg(test)]
mod tests;
