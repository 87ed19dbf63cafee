//! The command line.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand, ValueEnum};
use home_types::Exposure;
use home_types::time::parse_utc;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::afterwards::Afterwards;
use crate::demo::{self, Demo};
use crate::error::Error;
use crate::home::{HomeChoice, Opening, Session};
use crate::output::Screen;
use crate::recording::Recording;
use crate::replay::Replay;
use crate::report::{self, Form};
use crate::timeline::Timeline;
use crate::{call, entities, invoke, operations};

/// Answers Alexa Smart Home directives (API version 3) for a virtual home or Home Assistant.
///
/// Every feature is a module of its own: loaded when it is needed, unloaded when it is not.
#[derive(Debug, Parser)]
#[command(name = "smart-home", version, propagate_version = true)]
#[command(after_help = "Examples:\n  \
    smart-home invoke turn-on.json                        one event, the response on stdout\n  \
    smart-home replay day.jsonl --clock simulated         a recorded day, as fast as it goes\n  \
    smart-home call devices find_fuzzy '{\"search_name\": \"kitchn\"}'\n  \
    smart-home operations sun                             what the sun module can do\n  \
    smart-home --entities entities.toml invoke event.json only some of the home, under other names\n  \
    smart-home demo                                       a day in a home, and its memory\n\n\
    Exit codes: 0 there is an answer, 1 there is none, 2 wrong usage. Logs go to stderr.")]
pub struct Cli {
    /// What holds for all commands.
    #[command(flatten)]
    pub options: Options,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for all commands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of all commands")]
pub struct Options {
    /// The home: `virtual`, `virtual:FILE`, or the address of a Home Assistant server, whose access token is read from
    /// HOME_ASSISTANT_TOKEN; if an authority of your own signs its certificate, SSL_CERT_FILE names a file with that
    /// authority's [default: virtual]
    #[arg(long, global = true, value_name = "HOME")]
    pub home: Option<HomeChoice>,
    /// The virtual home's database, made on first use [default: smart-home/home.db in your data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// A TOML file that says which entities are shown and how they are called, with the keys of Home Assistant's
    /// `alexa: smart_home:`: `filter` (include_domains, include_entity_globs, include_entities, and exclude_… of each)
    /// and `entity_config.ID` (name, description, display_categories); what isn't shown can't be addressed either
    #[arg(long, global = true, value_name = "FILE")]
    pub entities: Option<PathBuf>,
    /// The folder with the built modules [default: `modules` beside the program, else LMMS_MODULES, else the build
    /// folder's]
    #[arg(long, global = true, value_name = "DIR")]
    pub modules: Option<PathBuf>,
    /// What is logged: off, error, warn, info, debug, trace, or by target as in `warn,lmms=debug`
    #[arg(long, global = true, value_name = "LEVEL", default_value = "warn")]
    pub log: Targets,
    /// Idle modules are unloaded while more than this many are resident [default: 8]
    #[arg(long, global = true, value_name = "COUNT")]
    pub max_resident: Option<usize>,
    /// Seconds that a module stays after its last use [default: 30]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub grace: Option<Duration>,
    /// Let modules go while results of theirs are in the cache, which by default protect them
    #[arg(long, global = true)]
    pub detach_cached: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer one event.
    ///
    /// Any bytes get a response; an Alexa error response is one, too.
    #[command(after_help = "Examples:\n  \
        smart-home invoke event.json\n  \
        echo '{\"health_check\": true}' | smart-home invoke -\n  \
        smart-home --home http://homeassistant.local:8123 invoke event.json")]
    Invoke {
        /// The event; `-` is the standard input.
        #[arg(value_name = "FILE", default_value = "-")]
        file: PathBuf,
        /// What is told afterwards.
        #[command(flatten)]
        afterwards: Afterwards,
    },
    /// Answer many events, one after the other.
    ///
    /// A line of the file is an event, or {"at": TIME, "event": {…}}, or {"at": TIME, "call": {"interface": …,
    /// "operation": …, "kwargs": {…}}}; TIME is RFC 3339 or seconds. Malformed lines are reported and skipped; then the
    /// exit code is 1. From a pipe each line is answered when it comes.
    Replay(ReplayCommand),
    /// Call one operation by name.
    ///
    /// The home need not be named in the arguments. An error of the operation is JSON on stderr, with exit code 1.
    #[command(after_help = "Examples:\n  \
        smart-home call devices list\n  \
        smart-home call sun sunset '{\"date\": \"2026-06-21\", \"latitude\": 52.5, \"longitude\": 13.4}'\n  \
        smart-home call templates render @arguments.json\n  \
        smart-home call devices camera_picture '{\"id\": \"camera.porch\"}' --save porch.jpg\n  \
        smart-home operations devices                         names and parameters")]
    Call {
        /// The interface.
        interface: String,
        /// The operation.
        operation: String,
        /// Arguments by name: a JSON object, @FILE with one, or - for the standard input.
        #[arg(value_name = "KWARGS")]
        kwargs: Option<String>,
        /// Write the result to a file instead: pictures and other bytes as such, texts as they are, the rest as JSON.
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        /// What is told afterwards.
        #[command(flatten)]
        afterwards: Afterwards,
    },
    /// List the operations; loads no module.
    #[command(after_help = "Examples:\n  \
        smart-home operations\n  \
        smart-home operations images.thumbnail\n  \
        smart-home operations --json | jq -r '.[] | .interface + \".\" + .name'")]
    Operations {
        /// Part of a module's, interface's or operation's name.
        filter: Option<String>,
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a whole day in a virtual home, on a simulated clock.
    ///
    /// Tells for each event where its answer came from, what was loaded and unloaded for it, and how long it took; then
    /// the memory over the day. The home is a temporary one.
    #[command(after_help = "Examples:\n  \
        smart-home demo\n  \
        smart-home demo --max-resident 8                      with the default policy\n  \
        smart-home demo --detach-cached                       cached results don't keep modules\n  \
        smart-home demo --explain images")]
    Demo {
        /// Where charts and pictures of the day go [default: the folder `demo` beside the modules folder]
        #[arg(long, value_name = "DIR")]
        save_to: Option<PathBuf>,
        /// The module whose verdict is explained at the end.
        #[arg(long, value_name = "MODULE", default_value = demo::EXPLAINED)]
        explain: String,
    },
}

/// How a recording is replayed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    smart-home replay day.jsonl                           at once, and sweeps at the recorded times\n  \
    smart-home replay day.jsonl --clock real --speed 60   an hour in a minute\n  \
    smart-home replay day.jsonl --json | jq 'select(.error)'")]
pub struct ReplayCommand {
    /// The recording, one JSON document a line; `-` is the standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whether to wait between events, or to let time jump.
    #[arg(long, value_enum, default_value_t = ClockChoice::Simulated)]
    pub clock: ClockChoice,
    /// On the real clock: how much faster than recorded.
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed)]
    pub speed: f64,
    /// When a recording without dates begins, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub start: Option<Duration>,
    /// Print a JSON document for each event.
    #[arg(long)]
    pub json: bool,
    /// With --json: with the responses.
    #[arg(long, requires = "json")]
    pub responses: bool,
    /// Where lines with `save` put their answers.
    #[arg(long, value_name = "DIR")]
    pub save_to: Option<PathBuf>,
    /// What is told afterwards.
    #[command(flatten)]
    pub afterwards: Afterwards,
}

/// Which clock a replay goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClockChoice {
    /// The system's: waits as long as the recording says.
    Real,
    /// One that jumps from event to event.
    Simulated,
}

/// Runs a command; gives the exit code.
///
/// # Errors
/// Why it has no answer.
pub fn run(cli: Cli, out: &mut dyn Write) -> Result<u8, Error> {
    let Cli { options, command } = cli;
    match command {
        Command::Invoke { file, afterwards } => {
            let session = options.open(None)?;
            invoke::invoke(&session, &file, Screen::stdout(), out)?;
            afterwards.tell(&session, &mut io::stderr())?;
            Ok(0)
        }
        Command::Replay(command) => command.run(&options, out),
        Command::Call {
            interface,
            operation,
            kwargs,
            save,
            afterwards,
        } => {
            let kwargs = call::kwargs(kwargs.as_deref())?;
            let session = options.open(None)?;
            let mut stderr = io::stderr();
            let answered = call::call(
                &session,
                (&interface, &operation),
                kwargs,
                save.as_deref(),
                (Screen::stdout(), Screen::stderr()),
                (out, &mut stderr),
            )?;
            afterwards.tell(&session, &mut stderr)?;
            Ok(u8::from(!answered))
        }
        Command::Operations { filter, json } => {
            operations::operations(filter.as_deref(), json, Screen::stdout(), out)?;
            Ok(0)
        }
        Command::Demo { save_to, explain } => {
            if options.home.is_some() || options.database.is_some() {
                let problem = "the demo brings a home of its own: leave out --home and --database";
                return Err(Error::Options {
                    problem: problem.to_owned(),
                });
            }
            let demo = Demo {
                opening: options.opening(),
                exposure: options.exposure()?,
                save_to,
                explain,
                started: demo::started(),
            };
            demo.run(Screen::stdout(), out)?;
            Ok(0)
        }
    }
}

impl Options {
    /// Sends log lines to stderr.
    pub fn start_logging(&self, screen: Screen) {
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(screen.has_colour());
        // It fails only where there is a logger already, which then does the work.
        let _ = tracing_subscriber::registry()
            .with(lines)
            // Dumps of what comes over the wire, in which nothing recognises a secret.
            .with(
                self.log
                    .clone()
                    .with_target("ureq_proto::util", LevelFilter::OFF),
            )
            .try_init();
    }

    fn opening(&self) -> Opening {
        Opening {
            modules: self.modules.clone(),
            max_resident: self.max_resident,
            grace: self.grace,
            detach_cached: self.detach_cached,
        }
    }

    fn exposure(&self) -> Result<Exposure, Error> {
        let file = self.entities.as_deref();
        file.map_or_else(|| Ok(Exposure::default()), entities::read)
    }

    fn open(&self, timeline: Option<&Timeline>) -> Result<Session, Error> {
        let home = self.home.clone().unwrap_or(HomeChoice::Virtual(None));
        let variable = |name: &str| std::env::var(name).ok();
        let target = home.target(self.database.as_deref(), variable)?;
        let target = target.exposed(self.exposure()?);
        Session::open(&self.opening(), target, timeline)
    }
}

impl ReplayCommand {
    /// The recording, which is read a line at a time: somebody may be writing it together with the replay.
    fn recording(&self) -> Result<Recording<'static>, Error> {
        let start = self.start.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.unwrap_or_default()
        });
        let failed = |error| Error::file("read", &self.file, error);
        if self.file == Path::new("-") {
            return Recording::new(io::stdin().lock(), start).map_err(failed);
        }
        let open = || File::open(&self.file).map(BufReader::new).map_err(failed);
        let file = open()?;
        // A file, unlike a pipe, can be read twice to find when it begins.
        let found = match std::fs::metadata(&self.file) {
            Ok(metadata) if metadata.is_file() => Recording::find_start(open()?).map_err(failed)?,
            _ => None,
        };
        Recording::new(file, found.unwrap_or(start)).map_err(failed)
    }

    fn run(&self, options: &Options, out: &mut dyn Write) -> Result<u8, Error> {
        let recording = self.recording()?;
        let timeline = match self.clock {
            ClockChoice::Simulated => Timeline::simulated(recording.start()),
            ClockChoice::Real => Timeline::real(self.speed),
        };
        let session = options.open(Some(&timeline))?;
        let form = if self.json {
            Form::Json {
                responses: self.responses,
            }
        } else {
            writeln!(out, "{}", report::head(Screen::stdout()))?;
            Form::Text(Screen::stdout())
        };
        let replay = Replay {
            session: &session,
            timeline: &timeline,
            save_to: self.save_to.clone(),
        };
        let outcome = replay.run(recording, Duration::ZERO, &mut |step| {
            form.write(out, step)?;
            // Somebody may be waiting for the next event together with the replay.
            Ok(out.flush()?)
        })?;
        if self.json {
            self.afterwards.tell_json(&session, out)?;
        } else {
            writeln!(
                out,
                "{} asked, {} answered with an error, {} malformed lines",
                outcome.asked, outcome.errors, outcome.malformed
            )?;
            self.afterwards.tell(&session, out)?;
        }
        Ok(u8::from(outcome.malformed > 0))
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if factor > 0.0 && f64::is_finite(factor) => Ok(factor),
        _ => Err("a speed is a number above 0; 1 is as recorded".to_owned()),
    }
}

fn moment(text: &str) -> Result<Duration, String> {
    parse_utc(text).ok_or_else(|| "not a time such as 2026-03-18T06:00:00+01:00".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_command_shows_examples() {
        let mut command = Cli::command();
        command.build();
        command.clone().debug_assert();
        for sub in command
            .get_subcommands_mut()
            .filter(|sub| sub.get_name() != "help")
        {
            let help = sub.render_long_help().to_string();
            assert!(help.contains("Examples:"), "{help}");
        }
    }

    #[test]
    fn global_options_stand_before_or_behind_the_command() {
        let cli = |line: &str| Cli::try_parse_from(line.split(' '));
        let before = cli("smart-home --grace 2.5 --home virtual:x.db invoke").unwrap();
        assert_eq!(before.options.grace, Some(Duration::from_millis(2_500)));
        let behind = cli("smart-home invoke e.json --log lmms=debug --max-resident 3").unwrap();
        assert_eq!(behind.options.max_resident, Some(3));
        for wrong in [
            "smart-home invoke --home castle",
            "smart-home invoke --log loud=very",
            "smart-home replay x --speed 0",
            "smart-home replay x --responses",
            "smart-home replay x --start noon",
            "smart-home invoke --grace -1",
        ] {
            assert!(cli(wrong).is_err(), "{wrong}");
        }
    }
}
