//! The text of one file, and where its lines begin.

use super::Span;

/// Holds the text of one file under the name people know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    name: String,
    text: String,
    line_starts: Vec<usize>,
    not_utf8_at: Option<usize>,
}

/// Names a place as editors do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl SourceFile {
    /// Takes a text that is already known to be UTF-8.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let newlines = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(newlines).collect();
        Self { name: name.into(), text, line_starts, not_utf8_at: None }
    }

    /// Takes what a file held. Bytes that are no UTF-8 are replaced and remembered: the compiler reports them with
    /// their place, which an error here could not.
    #[must_use]
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::new(name, text),
            Err(error) => {
                let file = Self::new(name, String::from_utf8_lossy(bytes));
                // Up to the first bad byte the lossy text is the original, byte for byte.
                Self { not_utf8_at: Some(error.valid_up_to()), ..file }
            }
        }
    }

    /// The name people know it by: the path as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the first byte stood that is no UTF-8, if there was one.
    #[must_use]
    pub fn not_utf8_at(&self) -> Option<usize> {
        self.not_utf8_at
    }

    /// The text of a span, cut to what the file has.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        let end = self.boundary(span.end);
        self.text.get(self.boundary(span.start).min(end)..end).unwrap_or("")
    }

    /// Line and column of a byte.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.boundary(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_start(line);
        Position { line, column: self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1 }
    }

    /// Where a line begins, lines from 1; the end of the text for a line it does not have.
    #[must_use]
    pub fn line_start(&self, line: usize) -> usize {
        line.checked_sub(1).and_then(|i| self.line_starts.get(i)).copied().unwrap_or(self.text.len())
    }

    /// A line without its end, lines from 1; empty for a line it does not have.
    #[must_use]
    pub fn line(&self, line: usize) -> &str {
        let text = self.text.get(self.line_start(line)..self.line_start(line + 1)).unwrap_or("");
        text.trim_end_matches(['\n', '\r'])
    }

    /// The nearest place at or before `offset` where a character begins.
    pub(super) fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, SourceFile};
    use crate::source::Span;

    #[test]
    fn positions_count_characters_from_one() {
        let file = SourceFile::new("a.yaml", "é: x\r\nb: y");
        let at = |offset| {
            let Position { line, column } = file.position(offset);
            (line, column)
        };
        assert_eq!([at(0), at(1), at(2), at(7), at(99)], [(1, 1), (1, 1), (1, 2), (2, 1), (2, 5)]);
        assert_eq!((file.line(1), file.line(2), file.line(3)), ("é: x", "b: y", ""));
        assert_eq!(file.slice(Span::new(7, 99)), "b: y");
        assert_eq!(file.slice(Span::new(5, 2)), "");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_remembered() {
        let file = SourceFile::from_bytes("a.yaml", b"ab\xffc");
        assert_eq!((file.not_utf8_at(), file.text()), (Some(2), "ab\u{fffd}c"));
        assert_eq!(SourceFile::from_bytes("a.yaml", b"abc").not_utf8_at(), None);
    }
}
