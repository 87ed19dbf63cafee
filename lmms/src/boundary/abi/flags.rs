//! The compiler's flags that decide how memory is laid out and functions are called, in whatever way they are written.
//!
//! For the build script; here it is only tested.

#![forbid(unsafe_code)]

/// Options of `-C` and `-Z` that matter, as the compiler looks them up: `-` and `_` are the same to it.
const OPTIONS: [&str; 8] = [
    "fixed_x18",
    "layout_seed",
    "randomize_layout",
    "reg_struct_return",
    "regparm",
    "soft_float",
    "target_cpu",
    "target_feature",
];

/// Long flags whose value may stand in the next word, and so look like a flag.
const TAKE_A_WORD: [&str; 22] = [
    "allow",
    "cap-lints",
    "cfg",
    "check-cfg",
    "color",
    "crate-name",
    "crate-type",
    "deny",
    "diagnostic-width",
    "edition",
    "emit",
    "error-format",
    "explain",
    "extern",
    "forbid",
    "force-warn",
    "json",
    "out-dir",
    "print",
    "remap-path-prefix",
    "sysroot",
    "target",
];

/// The flags that matter, as `option=value`, sorted by option. Of an option that is given several times the last one
/// counts, but features add up.
pub fn layout_flags<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<(&str, Vec<&str>)> = OPTIONS.map(|option| (option, Vec::new())).into();
    for (name, value) in options(words) {
        let known = found.iter_mut().find(|(option, _)| *option == name);
        let Some((option, values)) = known else {
            continue;
        };
        if *option != "target_feature" {
            values.clear();
        }
        if !matches!(value, Some("n" | "no" | "off" | "false")) {
            values.push(value.unwrap_or("yes"));
        }
    }
    found.retain(|(_, values)| !values.is_empty());
    let written = found.iter().map(|(option, values)| {
        let values = match values.join(",").as_str() {
            "y" | "on" | "true" => "yes".to_owned(),
            other => other.to_owned(),
        };
        format!("{}={values}", option.replace('_', "-"))
    });
    written.collect()
}

/// All options of `-C` and `-Z`, with their values.
fn options<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<(String, Option<&'a str>)> {
    let mut words = words.into_iter();
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        let option = if let Some(long) = word.strip_prefix("--") {
            match long.split_once('=') {
                Some(("codegen", option)) => Some(option),
                Some(_) => None,
                None if long == "codegen" => words.next(),
                None => {
                    if TAKE_A_WORD.contains(&long) {
                        words.next();
                    }
                    None
                }
            }
        } else {
            word.strip_prefix('-')
                .and_then(|letters| in_letters(letters, &mut words))
        };
        if let Some(option) = option {
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (option, None),
            };
            options.push((name.replace('-', "_"), value));
        }
    }
    options
}

/// The option behind letters such as `Ctarget-cpu=native`, or `gO` before that.
fn in_letters<'a>(letters: &'a str, next: &mut impl Iterator<Item = &'a str>) -> Option<&'a str> {
    for (place, letter) in letters.char_indices() {
        let takes_option = matches!(letter, 'C' | 'Z');
        let takes_value = matches!(letter, 'A' | 'D' | 'F' | 'L' | 'W' | 'l' | 'o');
        if takes_option || takes_value {
            let rest = &letters[place + letter.len_utf8()..];
            let value = if rest.is_empty() {
                next.next()
            } else {
                Some(rest)
            };
            return value.filter(|_| takes_option);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::layout_flags;

    #[test]
    fn every_spelling_of_a_flag_is_the_same_flag() {
        for words in [
            &["-C", "target-cpu=native"][..],
            &["-Ctarget-cpu=native"],
            &["-C", "target_cpu=native"],
            &["--codegen", "target-cpu=native"],
            &["--codegen=target-cpu=native"],
            &["--codegen=target_cpu=native"],
            &["-gCtarget-cpu=native"],
            &["-O", "-gC", "target-cpu=native"],
            &["-Ctarget-cpu=generic", "-C", "target-cpu=native"],
            &[
                "-Copt-level=3",
                "--cfg",
                "-Ctarget-cpu=other",
                "-C",
                "target-cpu=native",
            ],
        ] {
            assert_eq!(
                layout_flags(words.iter().copied()),
                ["target-cpu=native"],
                "{words:?}"
            );
        }
    }

    #[test]
    fn what_matters_is_told_from_what_does_not() {
        for (words, expected) in [
            (&["-Zrandomize-layout"][..], &["randomize-layout=yes"][..]),
            (
                &["-Z", "randomize_layout=on", "-Zlayout-seed=7"],
                &["layout-seed=7", "randomize-layout=yes"],
            ),
            (&["-Zrandomize-layout=no"], &[]),
            (&["-Zrandomize-layout", "-Zrandomize-layout=off"], &[]),
            (&["-Csoft-float"], &["soft-float=yes"]),
            (
                &[
                    "-Ctarget-feature=+avx2",
                    "--codegen",
                    "target-feature=-sse4a",
                ],
                &["target-feature=+avx2,-sse4a"],
            ),
            (
                &["-Copt-level=3", "-L", "-Ctarget-cpu=x", "-Wunused", "-lfoo"],
                &[],
            ),
            (
                &[
                    "--check-cfg",
                    "cfg(a)",
                    "--cfg=target-cpu",
                    "target-cpu=x",
                    "-",
                ],
                &[],
            ),
            (&["--remap-path-prefix", "-Ctarget-cpu=x"], &[]),
            (&["--codegen"], &[]),
            (&[""], &[]),
        ] {
            assert_eq!(layout_flags(words.iter().copied()), expected, "{words:?}");
        }
    }
}
