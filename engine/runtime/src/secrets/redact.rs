//! Blots secrets out of streams of bytes.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::Secret;

/// What stands in the place of a secret.
pub const MARK: &str = "[redacted]";

/// Everything that must be blotted out. Cheap to clone; all streams of a run share one.
#[derive(Clone)]
pub struct RedactionSet(Arc<Patterns>);

struct Patterns {
    /// Longest first, so that at one place the longest wins.
    texts: Vec<Vec<u8>>,
    /// Whether any pattern begins with a byte: almost all bytes of a stream are settled by this table alone.
    begins: [bool; 256],
}

/// What a place in a stream is.
enum Look {
    /// No pattern begins here.
    Clear,
    /// One does, with this many bytes.
    Match(usize),
    /// More bytes must come before it can be said.
    Undecided,
}

impl fmt::Debug for RedactionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedactionSet({} patterns)", self.0.texts.len())
    }
}

impl Default for RedactionSet {
    fn default() -> Self {
        Self::new([])
    }
}

impl RedactionSet {
    /// The patterns of some secrets: each as it is, and in base64 wherever in a longer text it stands.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut texts: Vec<Vec<u8>> = secrets.into_iter().flat_map(|s| patterns_of(s.expose())).collect();
        texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        let mut begins = [false; 256];
        for first in texts.iter().filter_map(|t| t.first()) {
            begins[usize::from(*first)] = true;
        }
        Self(Arc::new(Patterns { texts, begins }))
    }

    /// A redactor for one stream.
    #[must_use]
    pub fn redactor(&self) -> Redactor {
        Redactor { set: self.clone(), pending: Vec::new(), covered: 0, count: 0 }
    }

    /// A whole text, blotted, and how often.
    #[must_use]
    pub fn redact(&self, text: &str) -> (String, u64) {
        let mut redactor = self.redactor();
        let mut out = Vec::with_capacity(text.len());
        redactor.push(text.as_bytes(), &mut out);
        redactor.finish(&mut out);
        // A secret that is not UTF-8 can cut a character in two; then the halves are replaced.
        (String::from_utf8_lossy(&out).into_owned(), redactor.count())
    }
}

impl Patterns {
    fn look(&self, rest: &[u8], last: bool) -> Look {
        for text in &self.texts {
            if rest.starts_with(text) {
                return Look::Match(text.len());
            }
            if !last && text.starts_with(rest) {
                return Look::Undecided;
            }
        }
        Look::Clear
    }
}

/// The forms a secret is looked for in. Of base64 inside a longer text only the characters that the secret alone
/// decides are known: at each border up to one character, which holds bits of its neighbour, stays.
fn patterns_of(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms =
        vec![secret.to_vec(), STANDARD.encode(secret).into_bytes(), STANDARD_NO_PAD.encode(secret).into_bytes()];
    for shift in 0..3usize {
        let shifted = [&[0; 3][..shift], secret].concat();
        let text = STANDARD_NO_PAD.encode(&shifted).into_bytes();
        let known = (shift * 8).div_ceil(6)..shifted.len() * 8 / 6;
        forms.extend(text.get(known).map(<[u8]>::to_vec));
    }
    forms
}

/// Blots secrets out of one stream, across the borders of its chunks. Overlapping finds become one mark.
pub struct Redactor {
    set: RedactionSet,
    /// Bytes that cannot be settled yet; always shorter than the longest pattern.
    pending: Vec<u8>,
    /// How many bytes of `pending` a find already covers.
    covered: usize,
    count: u64,
}

impl Redactor {
    /// Takes a chunk and appends to `out` what is settled.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        if self.set.0.texts.is_empty() {
            out.extend_from_slice(chunk);
            return;
        }
        self.pending.extend_from_slice(chunk);
        self.settle(false, out);
    }

    /// Appends what was held back: the stream is over.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.settle(true, out);
    }

    /// How many places were blotted out so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    fn settle(&mut self, last: bool, out: &mut Vec<u8>) {
        let patterns = &self.set.0;
        let mut rest = self.pending.as_slice();
        let mut covered = self.covered;
        while !rest.is_empty() {
            if covered == 0 {
                let clear = rest.iter().position(|b| patterns.begins[usize::from(*b)]).unwrap_or(rest.len());
                let (settled, after) = rest.split_at(clear);
                out.extend_from_slice(settled);
                rest = after;
            }
            let Some((byte, after)) = rest.split_first() else { break };
            match patterns.look(rest, last) {
                Look::Undecided => break,
                Look::Match(len) => {
                    if covered == 0 {
                        out.extend_from_slice(MARK.as_bytes());
                        self.count += 1;
                    }
                    covered = covered.max(len);
                }
                Look::Clear if covered == 0 => out.push(*byte),
                Look::Clear => {}
            }
            covered = covered.saturating_sub(1);
            rest = after;
        }
        self.covered = covered;
        let settled = self.pending.len() - rest.len();
        self.pending.drain(..settled);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(secrets: &[&[u8]]) -> RedactionSet {
        let secrets: Vec<Secret> = secrets.iter().map(|s| Secret::new(s.to_vec()).ok().unwrap()).collect();
        RedactionSet::new(&secrets)
    }

    fn in_chunks(set: &RedactionSet, input: &[u8], sizes: &[usize]) -> (Vec<u8>, u64) {
        let (mut redactor, mut out, mut rest) = (set.redactor(), Vec::new(), input);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*size).clamp(1, rest.len()));
            redactor.push(chunk, &mut out);
            rest = after;
        }
        redactor.finish(&mut out);
        (out, redactor.count())
    }

    fn check(secrets: &[&[u8]], input: &[u8], expect: &str, count: u64) {
        for sizes in [&[1][..], &[2, 5], &[7], &[1000]] {
            let (out, n) = in_chunks(&set(secrets), input, sizes);
            assert_eq!((String::from_utf8_lossy(&out).as_ref(), n), (expect, count), "in chunks of {sizes:?}");
        }
    }

    #[test]
    fn blots_values_wherever_chunks_end() {
        check(&[b"hunter2!"], b"pw=hunter2! again hunter2!", "pw=[redacted] again [redacted]", 2);
        check(&[b"hunter2!"], b"hunter2!hunter2!", "[redacted][redacted]", 2);
        check(&[b"hunter2!"], b"hunter2 hunter2", "hunter2 hunter2", 0);
        check(&[b"hunter2!"], b"", "", 0);
        check(&[], b"anything", "anything", 0);
    }

    #[test]
    fn longest_wins_and_overlaps_are_covered_whole() {
        check(
            &[b"secret", b"secret-longer"],
            b"a secret-longer b secret-long c",
            "a [redacted] b [redacted]-long c",
            2,
        );
        check(&[b"abcdef", b"defghi"], b"-abcdefghi-", "-[redacted]-", 1);
        check(&[b"aaaaaa"], b"aaaaaaaa", "[redacted]", 1);
    }

    #[test]
    fn blots_base64_in_every_alignment() {
        let secret = b"correct horse";
        for before in 0..4 {
            for after in 0..4 {
                let text = [vec![b'<'; before], secret.to_vec(), vec![b'>'; after]].concat();
                let (out, count) = in_chunks(&set(&[secret]), STANDARD.encode(&text).as_bytes(), &[3]);
                assert_eq!(count, 1, "{before} before, {after} after");
                let left = String::from_utf8(out).unwrap().replace(MARK, "").replace('=', "");
                let borders = (before * 8).div_ceil(6) + (after * 8 + 4).div_ceil(6);
                assert!(left.len() <= borders, "`{left}` is left of {before} before, {after} after");
            }
        }
        assert_eq!(set(&[secret]).redact(&STANDARD.encode(secret)), (MARK.to_owned(), 1));
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", set(&[b"hunter2!"])), "RedactionSet(6 patterns)");
    }

    /// Where a secret must go and everything else must stay: the slow way, on the whole input at once.
    fn model(patterns: &[Vec<u8>], input: &[u8]) -> Vec<u8> {
        let mut covered = vec![false; input.len()];
        let mut fresh = vec![false; input.len()];
        let mut until = 0;
        for at in 0..input.len() {
            if let Some(len) = patterns.iter().filter(|p| input[at..].starts_with(p)).map(Vec::len).max() {
                fresh[at] = at >= until;
                until = until.max(at + len);
            }
            covered[at] = at < until;
        }
        let mut out = Vec::new();
        for (at, byte) in input.iter().enumerate() {
            if fresh[at] {
                out.extend_from_slice(MARK.as_bytes());
            } else if !covered[at] {
                out.push(*byte);
            }
        }
        out
    }

    fn contains(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|w| w == needle)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn never_leaks_and_never_touches_the_rest(
            secrets in prop::collection::vec(prop::collection::vec(prop::sample::select(b"abX\xff".to_vec()), 6..12), 1..4),
            parts in prop::collection::vec((0..4u8, prop::collection::vec(prop::sample::select(b"abX\xff\n ".to_vec()), 0..20)), 0..12),
            sizes in prop::collection::vec(1..9usize, 1..6),
        ) {
            let mut input = Vec::new();
            for (what, noise) in &parts {
                let secret = &secrets[noise.len() % secrets.len()];
                match what {
                    0 => input.extend_from_slice(secret),
                    1 => input.extend_from_slice(STANDARD.encode(secret).as_bytes()),
                    2 => input.extend_from_slice(STANDARD.encode([noise, secret.as_slice()].concat()).as_bytes()),
                    _ => input.extend_from_slice(noise),
                }
            }
            let refs: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
            let (out, _) = in_chunks(&set(&refs), &input, &sizes);
            for secret in &secrets {
                prop_assert!(!contains(&out, secret));
                prop_assert!(!contains(&out, STANDARD_NO_PAD.encode(secret).as_bytes()));
            }
            let patterns: Vec<Vec<u8>> = secrets.iter().flat_map(|s| patterns_of(s)).collect();
            prop_assert_eq!(out, model(&patterns, &input));
        }
    }
}
