//! Bytes of a terminal → keys and pasted text.
//!
//! Of our own, because a reader must end when it is told to, when the terminal is gone, and within a paste that never
//! ends; and because an escape sequence that a slow line tears apart must not become the key `esc` and some letters.

use crate::ui::{Key, Message};

/// Bytes of a sequence that is waited for; what is longer is no key.
const LONGEST: usize = 64;
/// Bytes of a paste that are kept.
const MOST_PASTED: usize = 64 * 1024;
const PASTE_ENDS: &[u8] = b"\x1b[201~";
const CTRL_C: u8 = 3;

/// What came and means nothing yet.
#[derive(Debug, Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    /// A paste has begun; its text so far.
    paste: Option<Vec<u8>>,
}

/// What the beginning of the bytes is.
enum Head<N> {
    /// So many bytes mean this, or nothing.
    Known(usize, Option<Message<N>>),
    /// A paste begins behind so many bytes.
    Paste(usize),
    /// More must come.
    Open,
}

impl Input {
    /// Takes what was read; gives what it means.
    pub(super) fn feed<N>(&mut self, bytes: &[u8]) -> Vec<Message<N>> {
        let mut messages = Vec::new();
        // A paste whose end was lost would swallow every key for ever.
        if bytes == [CTRL_C]
            && let Some(mut text) = self.paste.take()
        {
            text.append(&mut self.bytes);
            return vec![pasted(text)];
        }
        self.bytes.extend_from_slice(bytes);
        loop {
            if self.paste.is_some() {
                match self.pasting() {
                    Some(text) => messages.push(pasted(text)),
                    None => return messages,
                }
            }
            match head(&self.bytes) {
                Head::Known(0, _) | Head::Open => return messages,
                Head::Known(len, message) => {
                    self.bytes.drain(..len);
                    messages.extend(message);
                }
                Head::Paste(len) => {
                    self.bytes.drain(..len);
                    self.paste = Some(Vec::new());
                }
            }
        }
    }

    /// Whether something waits for its end that may never come.
    pub(super) fn is_open(&self) -> bool {
        !self.bytes.is_empty() && self.paste.is_none()
    }

    /// Nothing more came for a while: a lone escape is the key, anything else is nothing.
    pub(super) fn settle<N>(&mut self) -> Option<Message<N>> {
        if self.paste.is_some() {
            return None;
        }
        let bytes = std::mem::take(&mut self.bytes);
        (bytes == [0x1b]).then_some(Message::Key(Key::Esc))
    }

    /// Moves what was pasted out of the way; gives the whole text at its end.
    fn pasting(&mut self) -> Option<Vec<u8>> {
        let text = self.paste.as_mut()?;
        let end = self.bytes.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS);
        // The end's own beginning may be the last that came.
        let take = end.unwrap_or_else(|| self.bytes.len().saturating_sub(PASTE_ENDS.len() - 1));
        let room = MOST_PASTED.saturating_sub(text.len());
        text.extend(self.bytes.drain(..take).take(room));
        end?;
        self.bytes.drain(..PASTE_ENDS.len());
        self.paste.take()
    }
}

fn pasted<N>(text: Vec<u8>) -> Message<N> {
    Message::Paste(String::from_utf8_lossy(&text).replace("\r\n", "\n").replace('\r', "\n"))
}

fn head<N>(bytes: &[u8]) -> Head<N> {
    let known = |len, key: Option<Key>| Head::Known(len, key.map(Message::Key));
    match bytes {
        [] => Head::Open,
        [0x1b, rest @ ..] => escape(rest),
        [b'\r' | b'\n', ..] => known(1, Some(Key::Enter)),
        [b'\t', ..] => known(1, Some(Key::Tab)),
        [0x7f | 0x08, ..] => known(1, Some(Key::Backspace)),
        [byte @ 1..=26, ..] => known(1, Some(Key::Ctrl(char::from(b'a' + byte - 1)))),
        [0..=31, ..] => known(1, None),
        _ => match character(bytes) {
            Character::Is(c, len) => known(len, (!c.is_control()).then_some(Key::Char(c))),
            Character::Open => Head::Open,
            Character::Broken => known(1, None),
        },
    }
}

enum Character {
    Is(char, usize),
    Open,
    Broken,
}

fn character(bytes: &[u8]) -> Character {
    let len = match bytes.first() {
        Some(0x00..=0x7f) => 1,
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return Character::Broken,
    };
    let Some(one) = bytes.get(..len) else {
        let is_whole_so_far = bytes.iter().skip(1).all(|byte| (0x80..=0xbf).contains(byte));
        return if is_whole_so_far { Character::Open } else { Character::Broken };
    };
    match std::str::from_utf8(one).ok().and_then(|text| text.chars().next()) {
        Some(c) => Character::Is(c, len),
        None => Character::Broken,
    }
}

/// What follows an escape.
fn escape<N>(rest: &[u8]) -> Head<N> {
    match rest {
        [] => Head::Open,
        // Twice: the first was the key.
        [0x1b, ..] => Head::Known(1, Some(Message::Key(Key::Esc))),
        // The Linux console's function keys.
        [b'[', b'[', tail @ ..] => if_there(tail, 3, None),
        [b'[', tail @ ..] => control(tail),
        [b'O', tail @ ..] => {
            let key = tail.first().and_then(|last| arrow(*last).or((*last == b'M').then_some(Key::Enter)));
            if_there(tail, 2, key)
        }
        // Answers to questions that were never put: up to their end.
        [b']' | b'P' | b'_' | b'^' | b'X', tail @ ..] => {
            let end = tail.iter().position(|byte| *byte == 0x07).map(|at| at + 1);
            let end = end.or_else(|| tail.windows(2).position(|pair| pair == b"\x1b\\").map(|at| at + 2));
            end.map_or(Head::Open, |end| Head::Known(2 + end, None))
        }
        // With Alt: means nothing here.
        _ => match character(rest) {
            Character::Is(_, len) => Head::Known(1 + len, None),
            Character::Open => Head::Open,
            Character::Broken => Head::Known(2, None),
        },
    }
}

fn if_there<N>(tail: &[u8], before: usize, key: Option<Key>) -> Head<N> {
    if tail.is_empty() { Head::Open } else { Head::Known(before + 1, key.map(Message::Key)) }
}

/// A control sequence behind `ESC [`.
fn control<N>(tail: &[u8]) -> Head<N> {
    let Some(end) = tail.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        return if tail.len() > LONGEST { Head::Known(2 + tail.len(), None) } else { Head::Open };
    };
    let (parameters, last) = (tail.get(..end).unwrap_or_default(), tail.get(end).copied().unwrap_or_default());
    // Something else broke in: what came so far is nothing, and that begins anew.
    if !(0x40..=0x7e).contains(&last) {
        return Head::Known(2 + end, None);
    }
    let len = 2 + end + 1;
    let first = parameters.split(|byte| *byte == b';').next().unwrap_or_default();
    let key = match (first, last) {
        (b"200", b'~') => return Head::Paste(len),
        (b"1" | b"7", b'~') => Some(Key::Home),
        (b"4" | b"8", b'~') => Some(Key::End),
        (b"3", b'~') => Some(Key::Delete),
        (b"5", b'~') => Some(Key::PageUp),
        (b"6", b'~') => Some(Key::PageDown),
        (_, b'Z') => Some(Key::BackTab),
        (_, last) => arrow(last),
    };
    Head::Known(len, key.map(Message::Key))
}

fn arrow(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::Heard;

    fn said(messages: Vec<Message>) -> Vec<String> {
        messages
            .into_iter()
            .map(|message| match message {
                Message::Key(key) => key.name(),
                Message::Paste(text) => format!("paste {text:?}"),
                other => format!("{other:?}"),
            })
            .collect()
    }

    /// Whole, and byte by byte: how a line tears it apart changes nothing.
    fn check(bytes: &[u8], expect: &[&str]) {
        let mut input = Input::default();
        let mut whole = said(input.feed(bytes));
        whole.extend(said(input.settle::<Heard>().into_iter().collect()));
        assert_eq!(whole, expect, "{:?}", String::from_utf8_lossy(bytes));
        let mut torn = Vec::new();
        let mut input = Input::default();
        for byte in bytes {
            torn.extend(said(input.feed(&[*byte])));
        }
        torn.extend(said(input.settle::<Heard>().into_iter().collect()));
        assert_eq!(torn, expect, "torn: {:?}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn keys_are_what_terminals_send_for_them() {
        check(b"go\r", &["g", "o", "enter"]);
        check(b"\x03\x1a \t\x7f", &["ctrl-c", "ctrl-z", "space", "tab", "backspace"]);
        check(b"\x1b[A\x1bOB\x1b[1;5C\x1b[D", &["up", "down", "right", "left"]);
        check(
            b"\x1b[H\x1b[4~\x1b[3~\x1b[5~\x1b[6~\x1b[Z",
            &["home", "end", "delete", "page-up", "page-down", "shift-tab"],
        );
        check("ä日\u{1f600}".as_bytes(), &["ä", "日", "\u{1f600}"]);
        check(b"\x1b", &["esc"]);
        check(b"\x1b\x1b[A", &["esc", "up"]);
    }

    #[test]
    fn what_is_no_key_is_nothing() {
        check(b"a\x1bxb", &["a", "b"]);
        check(b"a\x1b[15~\x1b[[A\x1b[?1;2cb", &["a", "b"]);
        check(b"a\x1b]11;rgb:0000/0000/0000\x07b\x1bP1$r0m\x1b\\c", &["a", "b", "c"]);
        check(b"a\xff\xc3b\x00\x1fc", &["a", "b", "c"]);
        check("\u{85}x".as_bytes(), &["x"]);
        check(b"a\x1b[12", &["a"]);
    }

    #[test]
    fn a_paste_is_one_thing_and_none_of_its_letters_is_a_key() {
        check(b"a\x1b[200~go\r\nq\x1b[A\x1b[201~b", &["a", "paste \"go\\nq\\u{1b}[A\"", "b"]);
        check(b"\x1b[200~\x1b[201~", &["paste \"\""]);
    }

    #[test]
    fn a_paste_without_an_end_is_ended_by_ctrl_c() {
        let mut input = Input::default();
        assert!(said(input.feed(b"\x1b[200~abc")).is_empty());
        assert!(!input.is_open(), "nothing is settled by waiting");
        assert!(said(input.feed(b"q")).is_empty());
        assert_eq!(said(input.feed(b"\x03")), ["paste \"abcq\""]);
        assert_eq!(said(input.feed(b"q")), ["q"]);
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_something(bytes in proptest::collection::vec(prop_oneof![
            any::<u8>(), Just(0x1b), Just(b'['), Just(b'~'), Just(b';'), 0x30_u8..0x3a], 0..200)) {
            let mut input = Input::default();
            input.feed::<Heard>(&bytes);
            input.settle::<Heard>();
            // After the end of whatever was begun, a key is a key again.
            input.feed::<Heard>(PASTE_ENDS);
            input.feed::<Heard>(b"\x07");
            input.settle::<Heard>();
            prop_assert_eq!(said(input.feed(b"q")), ["q"]);
        }
    }
}
