//! Standard output and standard error: data there, talk here.

use std::io::{self, IsTerminal, Write};

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

/// Says a line to the operator on standard error. That nobody reads it changes nothing.
pub fn talk(line: &str) {
    let mut err = io::stderr().lock();
    // The way not taken: failing here. A run must not end because its terminal was closed.
    drop(writeln!(err, "{line}"));
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
