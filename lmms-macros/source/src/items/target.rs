//! The target that modules are built for, which is that of the program that loads them.

use std::env::{self, consts};
use std::sync::OnceLock;

/// What a target makes of conditions; what isn't known of it is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    os: Option<&'static str>,
    architecture: Option<&'static str>,
    family: Option<&'static str>,
    environment: Option<&'static str>,
    pointer_width: Option<&'static str>,
    endian: Option<&'static str>,
}

/// As a triple writes them, with the values of `target_os` and `target_family`.
const SYSTEMS: [(&str, &str, &str); 7] = [
    ("linux-android", "android", "unix"),
    ("linux", "linux", "unix"),
    ("darwin", "macos", "unix"),
    ("windows", "windows", "windows"),
    ("freebsd", "freebsd", "unix"),
    ("netbsd", "netbsd", "unix"),
    ("openbsd", "openbsd", "unix"),
];

/// As a triple writes them, with the values of `target_arch`, `target_pointer_width` and `target_endian`.
const ARCHITECTURES: [(&str, &str, &str, &str); 10] = [
    ("x86_64", "x86_64", "64", "little"),
    ("i686", "x86", "32", "little"),
    ("i586", "x86", "32", "little"),
    ("aarch64", "aarch64", "64", "little"),
    ("armv7", "arm", "32", "little"),
    ("arm", "arm", "32", "little"),
    ("riscv64gc", "riscv64", "64", "little"),
    ("powerpc64le", "powerpc64", "64", "little"),
    ("loongarch64", "loongarch64", "64", "little"),
    ("s390x", "s390x", "64", "big"),
];

impl Target {
    /// The target of this compiler's run; outside of a compiler that of this program.
    pub(crate) fn current() -> &'static Target {
        static CURRENT: OnceLock<Target> = OnceLock::new();
        CURRENT.get_or_init(|| {
            asked_for(env::args()).map_or_else(Target::host, |triple| Target::of(&triple))
        })
    }

    fn host() -> Target {
        let environment = [
            (cfg!(target_env = "gnu"), "gnu"),
            (cfg!(target_env = "musl"), "musl"),
            (cfg!(target_env = "msvc"), "msvc"),
        ];
        Target {
            os: Some(consts::OS),
            architecture: Some(consts::ARCH),
            family: Some(consts::FAMILY),
            environment: environment
                .iter()
                .find(|(is_it, _)| *is_it)
                .map(|(_, name)| *name),
            pointer_width: Some(match usize::BITS {
                32 => "32",
                _ => "64",
            }),
            endian: Some(match cfg!(target_endian = "big") {
                true => "big",
                false => "little",
            }),
        }
    }

    /// The target of a triple such as `aarch64-unknown-linux-gnu`.
    fn of(triple: &str) -> Target {
        let (architecture, rest) = triple.split_once('-').unwrap_or((triple, ""));
        let system = SYSTEMS.iter().find(|(part, ..)| rest.contains(part));
        let architecture = ARCHITECTURES
            .iter()
            .find(|(part, ..)| *part == architecture);
        let last = rest.rsplit('-').next().unwrap_or_default();
        let environments = ["gnu", "musl", "msvc"];
        Target {
            os: system.map(|(_, os, _)| *os),
            family: system.map(|(.., family)| *family),
            architecture: architecture.map(|(_, name, ..)| *name),
            pointer_width: architecture.map(|(_, _, width, _)| *width),
            endian: architecture.map(|(.., endian)| *endian),
            environment: environments.into_iter().find(|it| last.starts_with(it)),
        }
    }

    /// Whether `cfg(word)` holds, if the target decides that.
    pub(crate) fn has(&self, word: &str) -> Option<bool> {
        match word {
            "unix" | "windows" => self.family.map(|family| family == word),
            _ => None,
        }
    }

    /// Whether `cfg(key = "value")` holds, if the target decides that.
    pub(crate) fn has_value(&self, key: &str, value: &str) -> Option<bool> {
        let known = match key {
            "target_os" => self.os,
            "target_arch" => self.architecture,
            "target_family" => self.family,
            "target_env" => self.environment,
            "target_pointer_width" => self.pointer_width,
            "target_endian" => self.endian,
            _ => None,
        };
        known.map(|known| known == value)
    }
}

/// The triple after `--target`, if these are a compiler's arguments.
fn asked_for(arguments: impl Iterator<Item = String>) -> Option<String> {
    let arguments: Vec<String> = arguments.collect();
    if !arguments.iter().any(|argument| argument == "--crate-name") {
        return None;
    }
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        match argument.strip_prefix("--target") {
            Some("") => return rest.next(),
            Some(value) => return value.strip_prefix('=').map(str::to_owned),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triple_says_what_the_compiler_would() {
        let target = Target::of("aarch64-unknown-linux-musl");
        for (key, value) in [
            ("target_os", "linux"),
            ("target_arch", "aarch64"),
            ("target_family", "unix"),
            ("target_env", "musl"),
            ("target_pointer_width", "64"),
            ("target_endian", "little"),
        ] {
            assert_eq!(target.has_value(key, value), Some(true), "{key}");
            assert_eq!(target.has_value(key, "else"), Some(false), "{key}");
        }
        assert_eq!(target.has("unix"), Some(true));
        assert_eq!(target.has("windows"), Some(false));
        assert_eq!(target.has("debug_assertions"), None);
        assert_eq!(target.has_value("target_feature", "avx2"), None);
        assert_eq!(
            Target::of("x86_64-pc-windows-msvc").has("unix"),
            Some(false)
        );
        assert_eq!(Target::of("armv7-linux-androideabi").os, Some("android"));
        assert_eq!(Target::of("strange"), Target::default());
    }

    #[test]
    fn the_own_target_is_that_of_its_triple() {
        // The compiler that built this test decides these.
        let host = Target::host();
        assert_eq!(host.has("unix"), Some(cfg!(unix)));
        let is_linux = cfg!(target_os = "linux");
        assert_eq!(host.has_value("target_os", "linux"), Some(is_linux));
        if cfg!(all(
            target_arch = "x86_64",
            target_os = "linux",
            target_env = "gnu"
        )) {
            assert_eq!(host, Target::of("x86_64-unknown-linux-gnu"));
        }
    }

    #[test]
    fn only_a_compilers_arguments_name_a_target() {
        let asked = |arguments: &[&str]| asked_for(arguments.iter().map(|it| (*it).to_owned()));
        let triple = Some("a-b-c".to_owned());
        assert_eq!(
            asked(&["rustc", "--crate-name", "x", "--target", "a-b-c"]),
            triple
        );
        assert_eq!(
            asked(&["rustc", "--crate-name", "x", "--target=a-b-c"]),
            triple
        );
        assert_eq!(asked(&["rustc", "--crate-name", "x"]), None);
        assert_eq!(asked(&["tool", "--target", "a-b-c"]), None);
    }
}
