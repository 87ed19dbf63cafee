//! Secrets that are known by their looks: tokens of well-known services, and keys in PEM.

/// Beginnings of tokens, and how many letters and digits follow at least.
const PREFIXES: [(&str, usize); 37] = [
    ("AGE-SECRET-KEY-1", 20),
    ("AIza", 30),
    ("AKIA", 16),
    ("ASIA", 16),
    ("Atza|", 10),
    ("Atzr|", 10),
    ("dapi", 32),
    ("dckr_pat_", 20),
    ("dop_v1_", 32),
    ("dp.pt.", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghr_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("glsa_", 20),
    ("hf_", 30),
    ("hvs.", 20),
    ("lin_api_", 20),
    ("npm_", 30),
    ("pypi-", 40),
    ("rk_live_", 16),
    ("rk_test_", 16),
    ("shpat_", 20),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("SG.", 30),
    ("whsec_", 16),
    ("xapp-", 16),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxs-", 10),
    ("ya29.", 20),
];

/// Shorter ones are shown: they may be words.
const SHORTEST_WEB_TOKEN: usize = 30;
const LONGEST_PEM_LABEL: usize = 64;

/// A run of letters, digits, `_`, `-` and `.`, and what decides about tokens in it.
pub(super) struct Word<'a> {
    bytes: &'a [u8],
    end: usize,
    last_digit: Option<usize>,
    second_last_dot: Option<usize>,
}

impl<'a> Word<'a> {
    pub(super) fn new(bytes: &'a [u8], start: usize, end: usize) -> Word<'a> {
        let indices = || (start..end).rev();
        Word {
            bytes,
            end,
            last_digit: indices().find(|at| bytes[*at].is_ascii_digit()),
            second_last_dot: indices().filter(|at| bytes[*at] == b'.').nth(1),
        }
    }

    /// Where the token ends that begins at `at`, if one does.
    pub(super) fn token_end(&self, at: usize) -> Option<usize> {
        let rest = &self.bytes[at..];
        if rest.starts_with(b"eyJ") {
            let long = self.end - at >= SHORTEST_WEB_TOKEN;
            return (long && self.second_last_dot.is_some_and(|dot| dot > at)).then_some(self.end);
        }
        let (prefix, least) = PREFIXES
            .iter()
            .find(|(prefix, _)| rest.starts_with(prefix.as_bytes()))?;
        let start = at + prefix.len();
        if prefix.ends_with('|') {
            let end = self.bytes[start..]
                .iter()
                .position(|byte| !is_token_byte(*byte));
            let end = end.map_or(self.bytes.len(), |length| start + length);
            return (end - start >= *least).then_some(end);
        }
        // What is a word after all, such as `sk-learn-something-or-other`, has no digits.
        let mixed = self.last_digit.is_some_and(|digit| digit >= start);
        (self.end >= start + least && mixed).then_some(self.end)
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Where the private key ends that begins at `at` with `-----BEGIN`; one without an end goes on to the end of the text.
pub(super) fn private_key_end(bytes: &[u8], at: usize) -> Option<usize> {
    let label = bytes[at..].strip_prefix(b"-----BEGIN ")?;
    let label_end = find(&label[..label.len().min(LONGEST_PEM_LABEL)], b"-----")?;
    find(&label[..label_end], b"PRIVATE KEY")?;
    let body = bytes.len() - label.len() + label_end;
    let Some(footer) = find(&bytes[body..], b"-----END ") else {
        return Some(bytes.len());
    };
    let footer = body + footer + b"-----END ".len();
    let window = &bytes[footer..bytes.len().min(footer + LONGEST_PEM_LABEL)];
    Some(match find(window, b"-----") {
        Some(dashes) => footer + dashes + b"-----".len(),
        None => bytes.len(),
    })
}

/// Whether a value is one long word of letters and digits mixed, as tokens are. So are checksums: this is for values of
/// which nothing is known, such as those of environment variables.
///
/// ```
/// use home_types::redaction::is_token_like;
/// assert!(is_token_like("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"));
/// assert!(!is_token_like("/usr/local/bin"));
/// ```
pub fn is_token_like(value: &str) -> bool {
    let token_like = |letter: char| letter.is_ascii_alphanumeric() || "-_.+=".contains(letter);
    let has = |kind: fn(&char) -> bool| value.chars().filter(kind).count();
    value.len() >= 32
        && value.chars().all(token_like)
        && has(char::is_ascii_digit) >= 4
        && has(char::is_ascii_alphabetic) >= 8
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
