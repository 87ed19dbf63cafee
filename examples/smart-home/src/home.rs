//! Which home is meant, where its modules are, and the gateway that is opened for it.
#![forbid(unsafe_code)]

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use home_types::HomeTarget;
use lmms::Policy;
use lmms::policy::CacheDependencies;

use crate::error::Error;
use crate::gateway::SmartHome;
use crate::timeline::Timeline;

/// The environment variable with Home Assistant's access token.
pub const TOKEN_VARIABLE: &str = "HOME_ASSISTANT_TOKEN";

/// A home as it is named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HomeChoice {
    /// `virtual`, or `virtual:PATH` with its database file.
    Virtual(Option<PathBuf>),
    /// `http://…` or `https://…`: a Home Assistant server.
    HomeAssistant(String),
}

/// An opened gateway and the home it is for.
#[derive(Debug)]
pub struct Session {
    /// The gateway.
    pub gateway: SmartHome,
    /// The home.
    pub target: HomeTarget,
}

/// How a gateway is opened.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// The modules folder, if it was named.
    pub modules: Option<PathBuf>,
    /// The most modules that stay resident when they are idle.
    pub max_resident: Option<usize>,
    /// How long a module stays after its last use.
    pub grace: Option<Duration>,
    /// Whether modules may go while results of theirs are in the cache.
    pub detach_cached: bool,
}

impl FromStr for HomeChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = text
            .strip_prefix("http://")
            .or(text.strip_prefix("https://"));
        match text.split_once(':') {
            _ if address.is_some_and(|rest| !rest.is_empty()) => {
                Ok(Self::HomeAssistant(text.to_owned()))
            }
            None if text == "virtual" => Ok(Self::Virtual(None)),
            Some(("virtual", path)) if !path.is_empty() => Ok(Self::Virtual(Some(path.into()))),
            _ => Err("a home is `virtual`, `virtual:FILE` or a Home Assistant server such as `http://homeassistant.local:8123`".to_owned()),
        }
    }
}

impl HomeChoice {
    /// The home itself. A virtual one lives in its own file, in `database`, or in a file that every
    /// user of the system has; the folder is made. Home Assistant's token comes from `variable`,
    /// which looks up environment variables.
    ///
    /// # Errors
    /// No token, no folder for the file, or a file named twice.
    pub fn target(
        &self,
        database: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<HomeTarget, Error> {
        let no_token = || Error::NoToken {
            url: self.to_string(),
        };
        let filled = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        match self {
            Self::HomeAssistant(url) => {
                if database.is_some() {
                    let problem = "--database is for virtual homes; Home Assistant keeps its own";
                    return Err(Error::Options {
                        problem: problem.to_owned(),
                    });
                }
                // Variables that come from files have a newline at the end.
                let token = filled(TOKEN_VARIABLE).ok_or_else(no_token)?;
                let token = token.trim().trim_start_matches('\u{feff}').to_owned();
                if token.contains(|c: char| !c.is_ascii_graphic()) {
                    let problem = format!(
                        "the token in {TOKEN_VARIABLE} has a space, a line break or the like in it; copy it again"
                    );
                    return Err(Error::Options { problem });
                }
                let url = url.clone();
                Ok(HomeTarget::HomeAssistant { url, token })
            }
            Self::Virtual(path) => {
                let path = match (path.as_deref(), database) {
                    (Some(_), Some(_)) => {
                        let problem = "the home's file is named twice: by --home and by --database";
                        return Err(Error::Options {
                            problem: problem.to_owned(),
                        });
                    }
                    (Some(path), None) | (None, Some(path)) => path.to_owned(),
                    (None, None) => default_database(filled)?,
                };
                Ok(HomeTarget::Virtual {
                    path: path.to_string_lossy().into_owned(),
                })
            }
        }
    }
}

impl fmt::Display for HomeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Virtual(None) => f.write_str("virtual"),
            Self::Virtual(Some(path)) => write!(f, "virtual:{}", path.display()),
            Self::HomeAssistant(url) => f.write_str(url),
        }
    }
}

impl Session {
    /// Opens the gateway. No module is loaded.
    ///
    /// # Errors
    /// There are no built modules, or their manifest can't be read.
    pub fn open(
        opening: &Opening,
        target: HomeTarget,
        timeline: Option<&Timeline>,
    ) -> Result<Self, Error> {
        let builder = SmartHome::builder()
            .modules(opening.modules_folder()?)
            .policy(opening.policy());
        let builder = match timeline {
            // A replay sweeps by itself, so that it can tell what each sweep did.
            Some(timeline) => timeline.set(builder),
            None => builder,
        };
        Ok(Self {
            gateway: builder.open()?,
            target,
        })
    }
}

impl Opening {
    /// The folder with the built modules: the one that was named, else where a gateway looks by itself.
    ///
    /// # Errors
    /// None was named, and there are none in the usual places.
    pub fn modules_folder(&self) -> Result<PathBuf, Error> {
        match &self.modules {
            Some(folder) => Ok(folder.clone()),
            None => Ok(lmms::loader::modules_folder()?),
        }
    }

    /// The documented defaults, but for what was given.
    pub fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        if let Some(count) = self.max_resident {
            policy = policy.max_resident(count);
        }
        if let Some(grace) = self.grace {
            policy = policy.grace(grace);
        }
        if self.detach_cached {
            policy = policy.cache_dependencies(CacheDependencies::Detach);
        }
        policy
    }
}

fn default_database(filled: impl Fn(&str) -> Option<String>) -> Result<PathBuf, Error> {
    let data = filled("XDG_DATA_HOME")
        .map(PathBuf::from)
        // The specification wants relative paths in it ignored.
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(PathBuf::from(filled("HOME")?).join(".local/share")))
        .ok_or(Error::NoDataFolder)?;
    let folder = data.join("smart-home");
    std::fs::create_dir_all(&folder).map_err(|error| Error::file("make", &folder, error))?;
    Ok(folder.join("home.db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_variable(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn homes_are_read_as_they_are_written() {
        for text in [
            "virtual",
            "virtual:/var/home.db",
            "virtual::memory:",
            "http://ha:8123",
            "https://ha",
        ] {
            assert_eq!(text.parse::<HomeChoice>().unwrap().to_string(), text);
        }
        for text in [
            "", "Virtual", "virtual:", "http://", "https://", "ftp://ha", "ha:8123",
        ] {
            assert!(text.parse::<HomeChoice>().is_err(), "{text}");
        }
    }

    #[test]
    fn home_assistant_needs_a_token() {
        let home: HomeChoice = "http://ha:8123".parse().unwrap();
        let error = home.target(None, no_variable).unwrap_err().to_string();
        assert!(error.contains("HOME_ASSISTANT_TOKEN"), "{error}");
        assert!(home.target(None, |_| Some("  ".into())).is_err());
        let target = home
            .target(None, |name| Some(format!(" the_{name}\r\n")))
            .unwrap();
        assert_eq!(
            target,
            HomeTarget::HomeAssistant {
                url: "http://ha:8123".into(),
                token: "the_HOME_ASSISTANT_TOKEN".into()
            }
        );
        let two_lines = home.target(None, |_| Some("one\ntwo".into()));
        assert!(two_lines.unwrap_err().to_string().contains("copy it again"));
        let twice = home.target(Some(Path::new("a.db")), |_| Some("t".into()));
        assert!(twice.is_err());
    }

    #[test]
    fn a_virtual_home_lives_in_the_file_that_was_named() {
        let file = |choice: &str, database: Option<&str>| {
            let choice: HomeChoice = choice.parse().unwrap();
            choice.target(database.map(Path::new), no_variable)
        };
        let at = |path: &str| HomeTarget::Virtual { path: path.into() };
        assert_eq!(file("virtual:a.db", None).unwrap(), at("a.db"));
        assert_eq!(file("virtual", Some("b.db")).unwrap(), at("b.db"));
        assert!(file("virtual:a.db", Some("b.db")).is_err());
        assert!(matches!(file("virtual", None), Err(Error::NoDataFolder)));
    }

    #[test]
    fn a_virtual_home_has_a_folder_of_its_user_by_default() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data").to_string_lossy().into_owned();
        let variable = |name: &str| (name == "XDG_DATA_HOME").then(|| data.clone());
        let target = HomeChoice::Virtual(None).target(None, variable).unwrap();
        let path = format!("{data}/smart-home/home.db");
        assert_eq!(target, HomeTarget::Virtual { path });
        assert!(folder.path().join("data/smart-home").is_dir());
    }
}
