//! Standard output and standard error: data there, talk here.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;

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
    bytes(text.as_bytes())
}

/// Writes data that need not be text to standard output.
///
/// # Errors
/// As [`data`].
pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))
}

/// Says a line to the operator on standard error, once the terminal is not lent. That nobody reads it changes nothing.
pub fn talk(line: &str) {
    talk_lines(&format!("{line}\n"));
}

/// Says lines, each with its end, at once: a write for each is most of what it costs to show what a command prints.
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
    talk(&format!("{red}error{plain}: {}", failure.message));
    if !failure.hint.is_empty() {
        talk(&format!("{cyan}hint{plain}: {}", failure.hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_a_lent_terminal_is_kept_within_bounds() {
        let mut unsaid = Unsaid::default();
        (0..MOST_UNSAID + 7).for_each(|n| unsaid.take(&n.to_string()));
        let last = unsaid.lines.last().map(String::as_str);
        assert_eq!((unsaid.lines.len(), last, unsaid.more), (MOST_UNSAID, Some("999"), 7));
    }
}
