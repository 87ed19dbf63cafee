//! Which home is meant.
use std::fmt;

use crate::Exposure;

/// Which home an operation talks to.
///
/// `Debug` and `Display` never show the token.
#[derive(Clone, PartialEq, Eq, Hash, lmms::Portable)]
pub enum HomeTarget {
    /// The embedded home: a database file, made and filled with example devices on first use.
    Virtual {
        /// The database file. `:memory:` is a home that lasts as long as its module stays loaded.
        path: String,
    },
    /// A Home Assistant server.
    HomeAssistant {
        /// Its base address: `http://homeassistant.local:8123`.
        url: String,
        /// A long-lived access token.
        token: String,
    },
    /// Another home with some of its entities left out, or called otherwise.
    Exposed {
        /// The home.
        home: Box<HomeTarget>,
        /// What is shown of it, and how.
        exposure: Exposure,
    },
}

impl HomeTarget {
    /// This home as `exposure` shows it; itself if that shows everything as it is.
    pub fn exposed(self, exposure: Exposure) -> HomeTarget {
        if exposure == Exposure::default() {
            return self;
        }
        HomeTarget::Exposed {
            home: Box::new(self),
            exposure,
        }
    }
}

impl fmt::Display for HomeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HomeTarget::Virtual { path } => write!(f, "the virtual home in {path}"),
            HomeTarget::HomeAssistant { url, .. } => write!(f, "Home Assistant at {url}"),
            HomeTarget::Exposed { home, .. } => home.fmt(f),
        }
    }
}

impl fmt::Debug for HomeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HomeTarget::Virtual { path } => f.debug_struct("Virtual").field("path", path).finish(),
            HomeTarget::HomeAssistant { url, token } => {
                let token = if token.is_empty() { "" } else { "(hidden)" };
                f.debug_struct("HomeAssistant")
                    .field("url", url)
                    .field("token", &token)
                    .finish()
            }
            HomeTarget::Exposed { home, exposure } => f
                .debug_struct("Exposed")
                .field("home", home)
                .field("exposure", exposure)
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_never_shown() {
        let home = HomeTarget::HomeAssistant {
            url: "http://ha:8123".into(),
            token: "secret-token".into(),
        };
        let exposure = Exposure {
            exclude_domains: vec!["lock".into()],
            ..Exposure::default()
        };
        let part = home.clone().exposed(exposure);
        assert!(!format!("{home:?} {home} {part:?} {part}").contains("secret"));
        assert_eq!(part.to_string(), home.to_string());
        assert_eq!(home.clone().exposed(Exposure::default()), home);
        assert!(format!("{home:?}").contains("http://ha:8123"));
    }
}
