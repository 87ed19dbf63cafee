//! Comparing names as people say them with names as devices have them.
use home_types::HomeError;
use lmms::operation;
use strsim::{jaro_winkler, normalized_damerau_levenshtein};

/// What is said around a name without being part of it, in English, German, French and Spanish.
const FILLERS: [&str; 42] = [
    "the", "a", "an", "my", "our", "in", "on", "at", "of", "to", "please", "der", "die", "das",
    "den", "dem", "des", "ein", "eine", "einen", "mein", "meine", "unser", "unsere", "im", "am",
    "bitte", "le", "la", "les", "l", "un", "une", "du", "de", "el", "los", "las", "una", "del",
    "and", "und",
];

/// Number words of English and German.
const NUMBERS: [(&str, &str, &str); 21] = [
    ("zero", "null", "0"),
    ("one", "eins", "1"),
    ("two", "zwei", "2"),
    ("three", "drei", "3"),
    ("four", "vier", "4"),
    ("five", "fuenf", "5"),
    ("six", "sechs", "6"),
    ("seven", "sieben", "7"),
    ("eight", "acht", "8"),
    ("nine", "neun", "9"),
    ("ten", "zehn", "10"),
    ("eleven", "elf", "11"),
    ("twelve", "zwoelf", "12"),
    ("thirteen", "dreizehn", "13"),
    ("fourteen", "vierzehn", "14"),
    ("fifteen", "fuenfzehn", "15"),
    ("sixteen", "sechzehn", "16"),
    ("seventeen", "siebzehn", "17"),
    ("eighteen", "achtzehn", "18"),
    ("nineteen", "neunzehn", "19"),
    ("twenty", "zwanzig", "20"),
];

/// Plurals that no rule finds.
const PLURALS: [(&str, &str); 18] = [
    ("lampen", "lampe"),
    ("lichter", "licht"),
    ("leuchten", "leuchte"),
    ("tueren", "tuer"),
    ("rolllaeden", "rollladen"),
    ("rollaeden", "rollladen"),
    ("steckdosen", "steckdose"),
    ("vorhaenge", "vorhang"),
    ("heizungen", "heizung"),
    ("ventilatoren", "ventilator"),
    ("jalousien", "jalousie"),
    ("szenen", "szene"),
    ("sensoren", "sensor"),
    ("schloesser", "schloss"),
    ("shelves", "shelf"),
    ("knives", "knife"),
    ("blinds", "blind"),
    ("stairs", "stair"),
];

/// A pair of words must be this alike to count as the same word, said or written a little differently.
const SAME_WORD: f64 = 0.87;

/// A name in the form in which names are compared: lower case, without accents (`ä` becomes `ae`), articles and other
/// fillers; plurals become singulars and number words digits. A name may have 256 characters.
#[operation(interface = "devices", cache(ttl = "10m"))]
pub fn normalize_name(name: &str) -> Result<String, HomeError> {
    within("name", name)?;
    Ok(normalized(name))
}

/// The form in which names are compared, of a name whose length is known.
pub(crate) fn normalized(name: &str) -> String {
    let words = words(name);
    let kept: Vec<&String> = words
        .iter()
        .filter(|word| !FILLERS.contains(&word.as_str()))
        .collect();
    // A name of fillers only, such as a lamp called "A", is kept as it is.
    let kept = if kept.is_empty() {
        words.iter().collect()
    } else {
        kept
    };
    let kept: Vec<String> = kept
        .into_iter()
        .map(|word| singular(&digits(word)))
        .collect();
    kept.join(" ")
}

/// How alike two names are: 0 to 1, where 1 says that they are the same in the form of `normalize_name`. The order of
/// words, and whether they are written together, matters little; different numbers matter much. Names may have 256
/// characters, since the work grows with the product of their lengths.
#[operation(interface = "devices", cache(ttl = "10m"))]
pub fn similarity(one: &str, other: &str) -> Result<f64, HomeError> {
    within("one", one)?;
    within("other", other)?;
    Ok(likeness(one, other))
}

/// The most characters of a name that is compared.
pub(crate) const LONGEST_NAME: usize = 256;

/// Refuses a name that is too long to be compared.
pub(crate) fn within(argument: &str, name: &str) -> Result<(), HomeError> {
    // Counting ends where the name is too long already.
    match name.chars().nth(LONGEST_NAME) {
        None => Ok(()),
        Some(_) => Err(HomeError::invalid_input(
            argument,
            format!("a name has at most {LONGEST_NAME} characters; shorten it"),
        )),
    }
}

/// The similarity of two names that are not too long; of a longer one the beginning counts.
pub(crate) fn likeness(one: &str, other: &str) -> f64 {
    let start = |name: &str| name.chars().take(LONGEST_NAME).collect::<String>();
    let (one, other) = (start(one), start(other));
    let (one, other) = (one.as_str(), other.as_str());
    let (one, other) = (normalized(one), normalized(other));
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    if one == other {
        return 1.0;
    }
    // Who says `u` for `ü` where another writes `ue` means the same.
    let (one, other) = (bare(&one), bare(&other));
    let together = |name: &str| name.replace(' ', "");
    let whole = normalized_damerau_levenshtein(&together(&one), &together(&other));
    let score = whole.max(by_words(&one, &other)).min(0.99);
    // Who says no number may mean any; who says another means another.
    let (mine, theirs) = (numbers(&one), numbers(&other));
    let contradict = !mine.is_empty() && !theirs.is_empty() && mine != theirs;
    if contradict { score / 2.0 } else { score }
}

/// The share of letters in words that both names have, less something for words that only one has.
fn by_words(one: &str, other: &str) -> f64 {
    let (one, other): (Vec<&str>, Vec<&str>) =
        (one.split(' ').collect(), other.split(' ').collect());
    let letters =
        |words: &[&str]| words.iter().map(|word| word.chars().count()).sum::<usize>() as f64;
    let (short, long) = if letters(&one) <= letters(&other) {
        (one, other)
    } else {
        (other, one)
    };
    let mut left = long.clone();
    let mut matched = 0.0;
    for word in &short {
        let scores = left
            .iter()
            .enumerate()
            .map(|(position, candidate)| (position, jaro_winkler(word, candidate)));
        let best = scores.max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((position, score)) = best.filter(|(_, score)| *score >= SAME_WORD) {
            matched += score * word.chars().count() as f64;
            left.remove(position);
        }
    }
    let coverage = letters(&short) / letters(&long);
    matched / letters(&short) * (0.7 + 0.3 * coverage)
}

fn words(name: &str) -> Vec<String> {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' | 'æ' => plain.push_str("ae"),
            'ö' | 'œ' | 'ø' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' | 'å' => plain.push('a'),
            'ç' => plain.push('c'),
            'è' | 'é' | 'ê' | 'ë' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ñ' => plain.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' => plain.push('o'),
            'ù' | 'ú' | 'û' => plain.push('u'),
            // A decomposed umlaut: the letter, then two dots.
            '\u{308}' => plain.push('e'),
            '\u{300}'..='\u{36f}' => {}
            '&' | '+' => plain.push_str(" and "),
            letter if letter.is_alphanumeric() => plain.push(letter),
            // `grandma's lamp` is said as `grandmas lamp`.
            '\'' | '’' => {}
            _ => plain.push(' '),
        }
    }
    plain.split_whitespace().map(str::to_owned).collect()
}

fn digits(word: &str) -> String {
    let found = NUMBERS
        .iter()
        .find(|(english, german, _)| *english == word || *german == word);
    match found {
        Some((.., digits)) => (*digits).to_owned(),
        // `lamp 01` is lamp 1.
        None if word.bytes().all(|byte| byte.is_ascii_digit()) => {
            let short = word.trim_start_matches('0');
            if short.is_empty() {
                "0".to_owned()
            } else {
                short.to_owned()
            }
        }
        None => word.to_owned(),
    }
}

fn singular(word: &str) -> String {
    if let Some((_, singular)) = PLURALS.iter().find(|(plural, _)| *plural == word) {
        return (*singular).to_owned();
    }
    if word.len() <= 3 || !word.is_ascii() {
        return word.to_owned();
    }
    let stem = |ending: &str| word.strip_suffix(ending);
    if let Some(stem) = stem("ies") {
        return format!("{stem}y");
    }
    if ["ches", "shes", "sses", "xes"]
        .iter()
        .any(|ending| word.ends_with(ending))
    {
        return word[..word.len() - 2].to_owned();
    }
    if ["ss", "us", "is"]
        .iter()
        .any(|ending| word.ends_with(ending))
    {
        return word.to_owned();
    }
    stem("s").unwrap_or(word).to_owned()
}

fn bare(name: &str) -> String {
    name.replace("ae", "a")
        .replace("oe", "o")
        .replace("ue", "u")
}

fn numbers(name: &str) -> Vec<&str> {
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    let mut numbers: Vec<&str> = name.split(' ').filter(is_number).collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_brought_into_one_form() {
        for (said, form) in [
            ("the Kitchen Lights", "kitchen light"),
            ("Lamp Two", "lamp 2"),
            ("Lampe zwölf", "lampe 12"),
            ("die Küchenlampen", "kuechenlampen"),
            ("in den Lampen", "lampe"),
            ("Café", "cafe"),
            ("Ku\u{308}che", "kueche"),
            ("grandma’s lamp", "grandma lamp"),
            ("lamp-01", "lamp 1"),
            ("Switches & Batteries", "switch battery"),
            ("Glass", "glass"),
            ("A", "a"),
            ("居間", "居間"),
            ("", ""),
            ("...", ""),
        ] {
            assert_eq!(normalized(said), form, "{said}");
        }
    }

    #[test]
    fn the_same_name_said_differently_is_the_same() {
        for (said, name) in [
            ("the living room lamp", "Living Room Lamp"),
            ("lamp two", "Lamp 2"),
            ("garden path light", "Garden path lights"),
            ("küche", "Kueche"),
        ] {
            assert_eq!(likeness(said, name), 1.0, "{said}");
        }
    }

    #[test]
    fn small_differences_count_little_and_large_ones_much() {
        for (said, name) in [
            ("livingroom lamp", "Living room lamp"),
            ("lamp in the living room", "Living room lamp"),
            ("kitchin light", "Kitchen light"),
            ("kuche", "Küche"),
            ("thermostat", "Thermostat bedroom"),
            ("florr lamp", "Floor lamp"),
        ] {
            assert!(
                likeness(said, name) >= 0.6,
                "{said} / {name}: {}",
                likeness(said, name)
            );
            assert_eq!(likeness(said, name), likeness(name, said), "{said}");
        }
        for (said, name) in [
            ("coffee machine", "Front door"),
            ("kitchen", "Bathroom mirror"),
            ("lamp 1", "Lamp 2"),
            ("lamp", "Television"),
            ("", "Lamp"),
            ("居間", "Lamp"),
        ] {
            assert!(
                likeness(said, name) < 0.6,
                "{said} / {name}: {}",
                likeness(said, name)
            );
        }
    }

    #[test]
    fn names_that_would_take_long_are_refused() {
        let long = "a ".repeat(LONGEST_NAME);
        for (one, other, argument) in [(&*long, "lamp", "`one`"), ("lamp", &long, "`other`")] {
            let error = similarity(one, other).unwrap_err().to_string();
            assert!(error.contains(argument) && error.contains("256"), "{error}");
        }
        assert!(normalize_name(&long).is_err());
        let longest = "ü".repeat(LONGEST_NAME);
        assert_eq!(similarity(&longest, &longest), Ok(1.0));
        assert!(likeness(&"x".repeat(1 << 20), &"y".repeat(1 << 20)) < 0.5);
    }
}
