//! What somebody may have meant who mistyped a name.

#![forbid(unsafe_code)]

/// The candidate with the smallest edit distance to `wanted`, if it is small enough to be meant.
pub fn similar<S: AsRef<str>>(wanted: &str, candidates: impl Iterator<Item = S>) -> Option<String> {
    let limit = (wanted.chars().count() / 3).max(2);
    candidates
        .map(|candidate| (distance(wanted, candidate.as_ref()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.as_ref().cmp(b.1.as_ref())))
        .map(|(_, candidate)| candidate.as_ref().to_owned())
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_suggested_and_a_far_one_is_not() {
        let names = ["images.thumbnail", "images.crop", "sun.sunrise"];
        assert_eq!(
            similar("images.thumbnial", names.iter()).as_deref(),
            Some("images.thumbnail")
        );
        assert_eq!(similar("weather.forecast", names.iter()), None);
    }

    #[test]
    fn distances_are_levenshteins() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
