//! Characters that are not what they look like.

use crate::source::{Diagnostic, Finding, SourceFile, Span, hidden};

/// Most of them that one file's findings list.
const MOST: usize = 10;

/// Whether a character is refused, and what it is called: controls (but tab and line feed), what turns the direction
/// of writing, and what has no width. All of them let a person approve something else than what runs.
pub(super) fn refused(c: char) -> Option<&'static str> {
    match c {
        '\t' | '\n' => None,
        _ => hidden(c),
    }
}

/// Says that a character is refused.
pub(super) fn finding(c: char, what: &str) -> Finding {
    Finding::HiddenCharacter { what: what.to_owned(), character: format!("U+{:04X}", c as u32) }
}

/// Finds every refused character of a file as it is written. A byte order mark at its start and carriage returns
/// before line feeds are fine.
pub(super) fn check(source: &SourceFile) -> Vec<Diagnostic> {
    let text = source.text();
    // Nearly every file is free of them, and nearly all bytes are plain ASCII.
    let found = text.char_indices().filter_map(|(at, c)| {
        if (' '..='~').contains(&c) {
            return None;
        }
        let what = refused(c)?;
        let fine = (c == '\u{feff}' && at == 0) || (c == '\r' && text.as_bytes().get(at + 1) == Some(&b'\n'));
        (!fine).then(|| Diagnostic::new(finding(c, what), Span::new(at, at + c.len_utf8())))
    });
    found.take(MOST).collect()
}
