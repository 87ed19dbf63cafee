//! All hazards in rotation, see `soak --help`.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use lmms_hazard_tests::soak::{self, Look, Options, Report};
use tracing_subscriber::filter::LevelFilter;
use xtask::common::screen::{Screen, Style, report, say, say_json, size};

/// Loads, calls and unloads all hazardous modules from several threads, replaces and breaks their
/// files meanwhile, and looks at what it costs.
///
/// Exits with 1 after a crash, a wrong result, or when more than a byte stays of each cycle.
#[derive(Debug, Parser)]
#[command(
    name = "soak",
    after_help = "Examples:\n  \
        soak --seconds 30\n  \
        soak --cycles 100000 --json"
)]
struct Cli {
    /// For how long [default: 60, or without end if --cycles is given].
    #[arg(long)]
    seconds: Option<u64>,
    /// Until so many unloads.
    #[arg(long)]
    cycles: Option<u64>,
    /// Threads that work.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
    /// Where the random numbers begin.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the facts as JSON.
    #[arg(long)]
    json: bool,
    /// Show the gateway's warnings on stderr: many.
    #[arg(long)]
    log: bool,
    /// The child's side: works in this folder.
    #[arg(long, hide = true)]
    inside: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let seconds = cli.seconds.or_else(|| cli.cycles.is_none().then_some(60));
    let options = Options {
        seconds,
        cycles: cli.cycles,
        threads: cli.threads.into(),
        seed: cli.seed,
        log: cli.log,
    };
    if let Some(folder) = cli.inside {
        if cli.log {
            tracing_subscriber::fmt()
                .with_writer(std::io::stderr)
                .with_max_level(LevelFilter::WARN)
                .init();
        }
        return match soak::work::run(options, &folder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        };
    }
    report(Screen::stderr().paint(Style::Strong, "building the hazards, if need be"));
    let mut told = 0;
    let show = |now: &Report| {
        line(now);
        for wrong in &now.wrong[told.min(now.wrong.len())..] {
            report(format_args!("wrong: {wrong}"));
        }
        told = now.wrong.len();
    };
    let ended = match soak::supervise(options, show) {
        Ok(ended) => ended,
        Err(error) => return failed(&error),
    };
    if cli.json {
        say_json(&facts(&ended));
    } else {
        say(table(&ended, Screen::stdout()).trim_end());
    }
    if ended.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn failed(error: &std::io::Error) -> ExitCode {
    report(format_args!(
        "{}: {error}",
        Screen::stderr().paint(Style::Bad, "error")
    ));
    ExitCode::FAILURE
}

/// One look, while the work goes on.
fn line(now: &Report) {
    let look = now.looks.last().copied().unwrap_or_default();
    report(format_args!(
        "{:>5.0} s  {:>8} cycles  {:>9} calls  {:>6} refused  {:>6} waited  {:>5} files replaced  {:>5} failed loads met  {:>9} resident  {:>9} allocated  {} wrong",
        now.seconds,
        now.cycles,
        now.calls,
        now.refusals.values().sum::<u64>(),
        now.waited,
        now.replaced,
        now.expected_failures,
        size(look.resident),
        size(look.live),
        now.wrong_count
    ));
}

fn growth(per_cycle: Option<f64>) -> String {
    match per_cycle {
        Some(bytes) => format!("{bytes:.2} bytes a cycle"),
        None => "too short to tell".to_owned(),
    }
}

fn table(ended: &Report, screen: Screen) -> String {
    let refusals: Vec<_> = ended
        .refusals
        .iter()
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    let from_to = |of: fn(&Look) -> u64| {
        let size = |look: Option<&Look>| size(look.map_or(0, of));
        let (first, last) = (size(ended.looks.first()), size(ended.looks.last()));
        format!("{first} at first, {last} at last")
    };
    let rows = [
        ("cycles", ended.cycles.to_string()),
        ("seconds", format!("{:.1}", ended.seconds)),
        ("calls", ended.calls.to_string()),
        ("crashes", ended.crashes.to_string()),
        ("wrong results", ended.wrong_count.to_string()),
        ("refusals", refusals.join(", ")),
        ("copies that waited", ended.waited.to_string()),
        ("files replaced or broken", ended.replaced.to_string()),
        ("failed loads met", ended.expected_failures.to_string()),
        ("given back", size(ended.given_back)),
        ("allocated by the host", from_to(|look| look.live)),
        (
            "growth of that after warm-up",
            growth(ended.live_per_cycle()),
        ),
        ("resident", from_to(|look| look.resident)),
        (
            "growth of that after warm-up",
            growth(ended.resident_per_cycle()),
        ),
        (
            "descriptors added after warm-up",
            ended.more_descriptors().to_string(),
        ),
        (
            "mappings added after warm-up",
            ended.more_mappings().to_string(),
        ),
    ];
    let mut text = screen.table(
        ["soak", ""],
        rows.map(|(name, value)| [name.to_owned(), value]),
    );
    for wrong in &ended.wrong {
        text += &format!("\n{}: {wrong}", screen.paint(Style::Bad, "wrong"));
    }
    if ended.grows() {
        text += &format!(
            "\n{}: memory, descriptors or mappings grow",
            screen.paint(Style::Bad, "wrong")
        );
    }
    text
}

/// The facts, with what is computed from them.
fn facts(ended: &Report) -> impl serde::Serialize {
    #[derive(serde::Serialize)]
    struct Facts<'a> {
        good: bool,
        live_per_cycle: Option<f64>,
        resident_per_cycle: Option<f64>,
        #[serde(flatten)]
        report: &'a Report,
    }
    Facts {
        good: ended.is_good(),
        live_per_cycle: ended.live_per_cycle(),
        resident_per_cycle: ended.resident_per_cycle(),
        report: ended,
    }
}
