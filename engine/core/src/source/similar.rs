//! "Did you mean …?"

use super::DidYouMean;

/// The name nearest to what was written, if one is near enough that a slip of the finger explains it.
#[must_use]
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> DidYouMean {
    // Nobody's slip is longer than this, and the distance is quadratic.
    const LONGEST: usize = 64;
    if written.len() > LONGEST {
        return DidYouMean(None);
    }
    let most = (written.chars().count() / 3).max(1);
    let near = known
        .into_iter()
        .filter(|name| name.len().abs_diff(written.len()) <= most && *name != written)
        .map(|name| (distance(written, name), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance);
    DidYouMean(near.map(|(_, name)| name.to_owned()))
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 0..from.len() {
        let mut row = vec![i + 1];
        for j in 0..to.len() {
            let replaced = last[j] + usize::from(from[i] != to[j]);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j] {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, distance};

    #[test]
    fn distances() {
        let cases = [("", "", 0), ("a", "", 1), ("id", "di", 1), ("timeout", "timout", 1), ("run", "exec", 4)];
        for (from, to, expect) in cases {
            assert_eq!((distance(from, to), distance(to, from)), (expect, expect), "{from} {to}");
        }
    }

    #[test]
    fn only_slips_are_guessed() {
        let known = ["run", "exec", "timeout", "if_it_fails"];
        let guess = |written| did_you_mean(written, known).0;
        assert_eq!(guess("rnu").as_deref(), Some("run"));
        assert_eq!(guess("tiemout").as_deref(), Some("timeout"));
        assert_eq!(guess("if_fails").as_deref(), None);
        assert_eq!(guess("zzz"), None);
        assert_eq!(guess(&"x".repeat(10_000)), None);
    }
}
