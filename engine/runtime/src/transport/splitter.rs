//! Where a command's output ends and the wrapper's words begin.

/// Bytes of a wrapper's last words; what a child left behind prints after them is nobody's.
const MAX_TAIL: usize = 64 * 1024;

/// Divides a stream into what the command printed and what the wrapper added: from the nonce on. What was printed is
/// handed on as it lies in its chunk: a copy of every byte costs as much as all that follows.
pub(super) struct Splitter {
    nonce: Vec<u8>,
    /// How far a place where the nonce does not end lies before the next where it can, by the byte that is there.
    skip: [usize; 256],
    /// The end of the last chunk, if it begins like the nonce.
    held: Vec<u8>,
    /// What follows the nonce, once it came.
    tail: Option<Vec<u8>>,
}

impl Splitter {
    pub(super) fn new(nonce: &str) -> Self {
        let nonce = nonce.as_bytes().to_vec();
        let mut skip = [nonce.len().max(1); 256];
        for (to_last, byte) in nonce.iter().rev().enumerate().skip(1) {
            let least = &mut skip[usize::from(*byte)];
            *least = to_last.min(*least);
        }
        Self { nonce, skip, held: Vec::new(), tail: None }
    }

    /// Takes a chunk; gives what the command printed.
    pub(super) fn push(&mut self, chunk: &[u8], mut printed: impl FnMut(&[u8])) {
        if let Some(tail) = &mut self.tail {
            let room = MAX_TAIL.saturating_sub(tail.len()).min(chunk.len());
            tail.extend_from_slice(&chunk[..room]);
            return;
        }
        let joined;
        let bytes = match self.held.is_empty() {
            true => chunk,
            false => {
                joined = [&std::mem::take(&mut self.held), chunk].concat();
                &joined
            }
        };
        let clear = match self.find(bytes) {
            Some(at) => {
                self.tail = Some(bytes[at + self.nonce.len()..].to_vec());
                at
            }
            None => {
                let clear = bytes.len() - self.begun(bytes);
                self.held.extend_from_slice(&bytes[clear..]);
                clear
            }
        };
        if clear > 0 {
            printed(&bytes[..clear]);
        }
    }

    /// Whether the command's part is over.
    pub(super) fn is_over(&self) -> bool {
        self.tail.is_some()
    }

    /// What stands between the first nonce and the second.
    pub(super) fn body(&self) -> Option<String> {
        let tail = self.tail.as_ref()?;
        let end = self.find(tail)?;
        Some(String::from_utf8_lossy(&tail[..end]).into_owned())
    }

    /// Where the nonce begins. Looks at one byte in many: most tell that it ends neither there nor soon after.
    fn find(&self, text: &[u8]) -> Option<usize> {
        let mut from = 0;
        while let Some(window) = text.get(from..from + self.nonce.len()) {
            if window == self.nonce {
                return Some(from);
            }
            from += window.last().map_or(1, |last| self.skip[usize::from(*last)]);
        }
        None
    }

    /// How many bytes at the end of a text may be the nonce's first.
    fn begun(&self, text: &[u8]) -> usize {
        let most = self.nonce.len().saturating_sub(1).min(text.len());
        (1..=most).rev().find(|many| text.ends_with(&self.nonce[..*many])).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(nonce: &str, text: &[u8], size: usize) -> (String, Option<String>) {
        let mut splitter = Splitter::new(nonce);
        let mut out = Vec::new();
        for chunk in text.chunks(size) {
            splitter.push(chunk, |printed| out.extend_from_slice(printed));
        }
        (String::from_utf8(out).unwrap(), splitter.body())
    }

    #[test]
    fn finds_the_end_wherever_chunks_end() {
        let text = b"NON output NONCNONCEexit 7NONCEnoise";
        for size in 1..=text.len() {
            assert_eq!(split("NONCE", text, size), ("NON output NONC".to_owned(), Some("exit 7".to_owned())));
        }
    }

    #[test]
    fn only_what_may_be_the_end_is_held_back() {
        assert_eq!(split("NONCE", b"Password: ", 4), ("Password: ".to_owned(), None));
        assert_eq!(split("NONCE", b"no end in sight NONC", 3), ("no end in sight ".to_owned(), None));
    }

    #[test]
    fn what_follows_the_end_has_a_limit() {
        let mut splitter = Splitter::new("NONCE");
        splitter.push(b"NONCE", |_| panic!("nothing was printed"));
        for _ in 0..10 {
            splitter.push(&[b'x'; MAX_TAIL], |_| panic!("nothing was printed"));
        }
        assert_eq!(splitter.tail.map(|tail| tail.len()), Some(MAX_TAIL));
    }

    proptest! {
        #[test]
        fn divides_like_a_plain_search(nonce in "[ab]{1,5}", text in "[abc]{0,60}", size in 1..20usize) {
            let (printed, body) = split(&nonce, text.as_bytes(), size);
            match text.split_once(&nonce) {
                Some((before, after)) => {
                    prop_assert_eq!(printed, before);
                    prop_assert_eq!(body.as_deref(), after.split_once(&nonce).map(|(body, _)| body));
                }
                None => {
                    prop_assert!(text.starts_with(&printed));
                    prop_assert!(nonce.starts_with(&text[printed.len()..]));
                    prop_assert_eq!(body, None);
                }
            }
        }
    }
}
