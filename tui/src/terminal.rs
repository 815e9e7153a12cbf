//! Standard output and standard error: data there, talk here.
//!
//! Whatever a text was made of, a terminal gets it with its control characters spelled out. Data that is no terminal's
//! goes out as it is.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use banister_core::source::{visible, visible_bytes};

use crate::failure::Failure;

/// Bytes of a line without an end that are shown at once.
const MAX_LINE: usize = 64 * 1024;

/// Whether a stream gets colour: only a terminal does, and none where `NO_COLOR` is set or the terminal is dumb.
#[must_use]
pub fn colour(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    stream.is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// Whether the locale says that more than ASCII can be shown: the first of the three that is set decides.
#[must_use]
pub fn knows_utf8() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Writes data to standard output.
///
/// # Errors
/// A silent [`Failure`] if the reader went away, a loud one if it could not be written.
pub fn data(text: &str) -> Result<(), Failure> {
    if io::stdout().is_terminal() { bytes(spelled(text).as_bytes()) } else { bytes(text.as_bytes()) }
}

/// Copies to standard output what a host printed: to a terminal line by line and spelled out, else byte for byte.
///
/// # Errors
/// As [`data`], and if it cannot be read.
pub fn printed(from: &mut impl Read) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let copied = if out.is_terminal() { spell(from, &mut out) } else { io::copy(from, &mut out).map(drop) };
    copied.and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))
}

/// Lines of one text, each with its control characters spelled out.
fn spelled(text: &str) -> Cow<'_, str> {
    let is_clean = |line: &str| matches!(visible(line), Cow::Borrowed(_));
    if text.split('\n').all(is_clean) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(visible).collect::<Vec<_>>().join("\n"))
}

fn spell(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut from = io::BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        if io::BufRead::read_until(&mut io::Read::take(&mut from, most), b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let (text, end) = line.strip_suffix(b"\n").map_or((line.as_slice(), ""), |text| (text, "\n"));
        write!(to, "{}{end}", visible_bytes(text))?;
    }
}

/// Writes data that need not be text to standard output.
///
/// # Errors
/// As [`data`].
pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))
}

/// Says a line, or several, to the operator on standard error, once the terminal is not lent. That nobody reads it
/// changes nothing.
pub fn talk(line: &str) {
    talk_lines(&format!("{}\n", spelled(line)));
}

/// Says lines that are spelled out already, or have colours of our own, each with its end. At once: a write for each is
/// most of what it costs to show what a command prints.
pub fn talk_lines(lines: &str) {
    if let Some(unsaid) = &mut *unsaid() {
        return lines.lines().for_each(|line| unsaid.take(line));
    }
    say(lines);
}

fn say(lines: &str) {
    // The way not taken: failing here. A run must not end because its terminal was closed.
    drop(io::stderr().lock().write_all(lines.as_bytes()));
}

/// Lines that are kept while the terminal is lent.
const MOST_UNSAID: usize = 1000;

/// What there was to say while another program had the terminal.
#[derive(Debug, Default)]
struct Unsaid {
    lines: Vec<String>,
    /// Lines that are not kept.
    more: usize,
}

impl Unsaid {
    fn take(&mut self, line: &str) {
        if self.lines.len() < MOST_UNSAID {
            self.lines.push(line.to_owned());
        } else {
            self.more += 1;
        }
    }
}

static UNSAID: Mutex<Option<Unsaid>> = Mutex::new(None);

fn unsaid() -> MutexGuard<'static, Option<Unsaid>> {
    UNSAID.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal, lent to another program until this is dropped: nothing is said on it meanwhile, and all of it
/// afterwards. One at a time.
#[derive(Debug)]
#[must_use]
pub struct Lent(());

/// Lends the terminal.
pub fn lend() -> Lent {
    *unsaid() = Some(Unsaid::default());
    Lent(())
}

/// Whether another program has the terminal.
pub fn is_lent() -> bool {
    unsaid().is_some()
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut unsaid = unsaid();
        let Unsaid { lines, more } = unsaid.take().unwrap_or_default();
        // With the lock: what is said from now on comes after it.
        lines.iter().for_each(|line| say(&format!("{line}\n")));
        if more > 0 {
            say(&format!("note: {more} lines more were not shown here, all of it is kept\n"));
        }
    }
}

/// Says why a command ended: `error: …`, and `hint: …` below it.
pub fn complain(failure: &Failure) {
    if failure.message.is_empty() {
        return;
    }
    let (red, cyan, plain) = if colour(&io::stderr()) { ("\x1b[1;31m", "\x1b[1;36m", "\x1b[0m") } else { ("", "", "") };
    talk_lines(&format!("{red}error{plain}: {}\n", spelled(&failure.message)));
    if !failure.hint.is_empty() {
        talk_lines(&format!("{cyan}hint{plain}: {}\n", spelled(&failure.hint)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(spelled(text), expect);
        let mut copied = Vec::new();
        spell(&mut text.as_bytes(), &mut copied).expect("a copy");
        assert_eq!(String::from_utf8_lossy(&copied), expect);
    }

    #[test]
    fn a_terminal_gets_no_control_character_of_anybodys() {
        check("two\nlines\tof text\n", "two\nlines\tof text\n");
        check("no end", "no end");
        check("a\x1b]0;evil\x07b\r\n\u{9b}2J\n\u{202e}c", "a\\x1b]0;evil\\x07b\\r\n\\u{9b}2J\n\\u{202e}c");
        let mut copied = Vec::new();
        spell(&mut b"\xff\x9b31m\n".as_slice(), &mut copied).expect("a copy");
        assert_eq!(copied, b"\\xff\\x9b31m\n");
    }

    #[test]
    fn what_is_said_to_a_lent_terminal_is_kept_within_bounds() {
        let mut unsaid = Unsaid::default();
        (0..MOST_UNSAID + 7).for_each(|n| unsaid.take(&n.to_string()));
        let last = unsaid.lines.last().map(String::as_str);
        assert_eq!((unsaid.lines.len(), last, unsaid.more), (MOST_UNSAID, Some("999"), 7));
    }
}
