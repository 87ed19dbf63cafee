//! The smart home beside a real Home Assistant: every directive on every entity, compared with what the server's own
//! Alexa endpoint does. `cargo xtask e2e home-assistant` installs the server and runs this.

#![forbid(unsafe_code)]

mod compare;
mod directives;
mod endpoint;
mod explained;
mod names;
mod prepare;
mod report;
mod server;
mod smart_home;

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;

use compare::Sides;
use directives::{Attempt, discover};
use endpoint::Endpoint;
use report::Report;
use server::Server;
use smart_home::SmartHome;

/// Compares the smart home with Home Assistant's own Alexa endpoint.
#[derive(Debug, Parser)]
#[command(
    after_help = "Exit codes: 0 every difference is explained, 1 there are others, 2 wrong usage or no comparison."
)]
struct Options {
    /// The `bin` folder of the Python environment that Home Assistant is installed in.
    #[arg(long, value_name = "DIR")]
    python: PathBuf,
    /// Where the server keeps its files; emptied first.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// The program `smart-home`.
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// The folder with its modules.
    #[arg(long, value_name = "DIR")]
    modules: PathBuf,
    /// Only entities whose id contains this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Print the comparisons as JSON.
    #[arg(long)]
    json: bool,
}

/// Why there is no comparison.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// With what happened.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        Self::new(error.to_string())
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(report) => {
            if options.json {
                println!("{}", report.to_json());
            } else {
                println!("{}", report.text());
            }
            if report.is_clean() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<Report, Failure> {
    eprintln!("starting Home Assistant; the first time it installs what its integrations need");
    let mut server = Server::start(&options.python, &options.folder)?;
    let (program, modules) = (&options.program, &options.modules);
    let mut home = SmartHome::start(program, modules, &server.url(), server.token())?;
    let ours = Endpoint::all(&home.ask(&discover())?)?;
    let theirs = Endpoint::all(&server.alexa(&discover())?)?;
    let mut report = Report::default();
    report.endpoints(&ours, &theirs);
    let chosen = ours
        .values()
        .filter(|endpoint| endpoint.entity.contains(&options.only));
    for endpoint in chosen {
        eprintln!("{}", endpoint.entity);
        let other = theirs.get(&endpoint.entity);
        for attempt in Attempt::all(endpoint) {
            let mut sides = Sides {
                server: &server,
                home: &mut home,
            };
            report.add(sides.compare(endpoint, &attempt, other)?);
        }
    }
    if let Some(endpoint) = ours.values().find(|endpoint| endpoint.domain() == "light") {
        outage(&mut server, options, home, endpoint, &mut report)?;
    }
    Ok(report)
}

/// A server that is killed and comes back.
fn outage(
    server: &mut Server,
    options: &Options,
    mut home: SmartHome,
    endpoint: &Endpoint,
    report: &mut Report,
) -> Result<(), Failure> {
    eprintln!("killing the server, and starting it again");
    let directive = Attempt::report().directive(&endpoint.entity);
    let error = |answer: &Value| answer["event"]["payload"]["type"].clone();
    server.kill();
    let gone = home.ask(&directive)?;
    report.expect(
        "while the server is gone",
        error(&gone) == "BRIDGE_UNREACHABLE",
        &gone,
    );
    server.restart()?;
    // A new start is a new login, and the token is given at the start of the program.
    let mut home = SmartHome::start(
        &options.program,
        &options.modules,
        &server.url(),
        server.token(),
    )?;
    let back = home.ask(&directive)?;
    report.expect(
        "once the server is back",
        back["event"]["header"]["name"] == "StateReport",
        &back,
    );
    Ok(())
}
