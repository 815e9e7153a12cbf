//! The first reader: a small state machine over the text, which knows nothing of the grammar.
//!
//! It errs to one side only. Where shell syntax is ambiguous for a reader without a grammar (`$((` may open a
//! subshell, a `)` in `case` may close nothing), it takes the reading in which the placeholder is refused, or leaves
//! it to the parser, which must agree anyway.

use super::marked::Marked;
use super::place::Place;

/// What the scanner is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// `(…)` or `$(…)`: words again.
    Commands,
    /// `"…"`.
    Double,
}

struct HereDocument {
    end: Vec<u8>,
    strip_tabs: bool,
}

struct Scanner<'m> {
    marked: &'m Marked,
    text: &'m [u8],
    at: usize,
    next_marker: usize,
    places: Vec<Place>,
    stack: Vec<Frame>,
    pending: Vec<HereDocument>,
    word_start: bool,
}

/// The place of every marker, in order.
pub(super) fn scan(marked: &Marked) -> Vec<Place> {
    let mut scanner = Scanner {
        marked,
        text: marked.text.as_bytes(),
        at: 0,
        next_marker: 0,
        places: Vec::new(),
        stack: Vec::new(),
        pending: Vec::new(),
        word_start: true,
    };
    while scanner.at < scanner.text.len() {
        match scanner.stack.last() {
            Some(Frame::Double) => scanner.in_double_quotes(),
            _ => scanner.in_commands(),
        }
    }
    scanner.places
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Takes the marker that begins here, if one does.
    fn marker(&mut self, place: Place) -> bool {
        match self.marked.markers.get(self.next_marker) {
            Some(marker) if marker.at.start == self.at => {
                self.places.push(place);
                self.next_marker += 1;
                self.at = marker.at.end;
                self.word_start = false;
                true
            }
            _ => false,
        }
    }

    /// Takes everything while `inside` says so; every marker in it stands at `place`.
    fn skip(&mut self, place: Place, mut inside: impl FnMut(&Self) -> bool) {
        while self.at < self.text.len() && inside(self) {
            if !self.marker(place) {
                self.at += 1;
            }
        }
    }

    fn in_double_quotes(&mut self) {
        if self.marker(Place::DoubleQuotes) {
            return;
        }
        match self.peek(0) {
            b'"' => {
                self.at += 1;
                self.stack.pop();
            }
            b'\\' => {
                self.at += 1;
                if !self.marker(Place::DoubleQuotes) {
                    self.at += 1;
                }
            }
            b'$' => self.dollar(Place::DoubleQuotes),
            b'`' => self.backquotes(),
            _ => self.at += 1,
        }
    }

    fn in_commands(&mut self) {
        if self.marker(Place::Word) {
            return;
        }
        let byte = self.peek(0);
        match byte {
            b'\\' => {
                self.at += 1;
                if !self.marker(Place::AfterBackslash) {
                    self.at += 1;
                }
                self.word_start = false;
            }
            b'\'' => self.single_quotes(false),
            b'"' => {
                self.at += 1;
                self.stack.push(Frame::Double);
                self.word_start = false;
            }
            b'`' => self.backquotes(),
            b'$' => self.dollar(Place::Word),
            b'#' if self.word_start => self.skip(Place::Comment, |s| s.peek(0) != b'\n'),
            b'~' if self.word_start || matches!(self.text.get(self.at.wrapping_sub(1)), Some(b':' | b'=')) => {
                self.at += 1;
                self.marker(Place::Tilde);
                self.word_start = false;
            }
            b'<' if self.peek(1) == b'<' && self.peek(2) == b'<' => self.at += 3,
            b'<' if self.peek(1) == b'<' => self.here_operator(),
            b'(' => {
                self.at += 1;
                self.stack.push(Frame::Commands);
                self.word_start = true;
            }
            b')' => {
                self.at += 1;
                self.stack.pop();
                self.word_start = false;
            }
            b'\n' => {
                self.at += 1;
                self.word_start = true;
                for document in std::mem::take(&mut self.pending) {
                    self.here_document(&document);
                }
            }
            _ => {
                self.word_start = matches!(byte, b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>');
                self.at += 1;
            }
        }
    }

    fn single_quotes(&mut self, escapes: bool) {
        self.at += 1;
        let mut escaped = false;
        self.skip(Place::SingleQuotes, |s| {
            let byte = s.peek(0);
            let ends = byte == b'\'' && !escaped;
            escaped = escapes && byte == b'\\' && !escaped;
            !ends
        });
        self.at += 1;
        self.word_start = false;
    }

    fn backquotes(&mut self) {
        self.at += 1;
        let mut escaped = false;
        self.skip(Place::Backquotes, |s| {
            let byte = s.peek(0);
            let ends = byte == b'`' && !escaped;
            escaped = byte == b'\\' && !escaped;
            !ends
        });
        self.at += 1;
        self.word_start = false;
    }

    fn dollar(&mut self, around: Place) {
        self.at += 1;
        self.word_start = false;
        match (self.peek(0), self.peek(1)) {
            (b'(', b'(') => self.nested(Place::Arithmetic, b'(', b')'),
            (b'(', _) => {
                self.at += 1;
                self.stack.push(Frame::Commands);
                self.word_start = true;
            }
            (b'{', _) => self.nested(Place::Expansion, b'{', b'}'),
            (b'\'', _) if around == Place::Word => self.single_quotes(true),
            _ => {
                self.marker(Place::Expansion);
            }
        }
    }

    /// Takes a bracketed part in which no placeholder may stand, whatever else is nested in it.
    fn nested(&mut self, place: Place, open: u8, close: u8) {
        let mut depth = 0_usize;
        let mut done = false;
        self.skip(place, |s| {
            if done {
                return false;
            }
            match s.peek(0) {
                byte if byte == open => depth += 1,
                byte if byte == close => {
                    depth -= 1;
                    done = depth == 0;
                }
                _ => {}
            }
            true
        });
    }

    fn here_operator(&mut self) {
        self.at += 2;
        let strip_tabs = self.peek(0) == b'-';
        if strip_tabs {
            self.at += 1;
        }
        self.skip(Place::HereDelimiter, |s| matches!(s.peek(0), b' ' | b'\t'));
        let start = self.at;
        let mut quote = 0;
        self.skip(Place::HereDelimiter, |s| {
            let byte = s.peek(0);
            match byte {
                b'\'' | b'"' if quote == 0 => quote = byte,
                _ if quote != 0 && byte == quote => quote = 0,
                _ => {}
            }
            quote != 0 || !matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
        });
        let end = self.text[start..self.at].iter().copied().filter(|b| !b"'\"\\".contains(b)).collect();
        self.pending.push(HereDocument { end, strip_tabs });
        self.word_start = true;
    }

    /// Takes the lines of a here-document and the line that ends it. A `$( )` in it is not followed: the values in it
    /// would be quoted for a reader that is not there.
    fn here_document(&mut self, document: &HereDocument) {
        while self.at < self.text.len() {
            let start = self.at;
            self.skip(Place::HereDocument, |s| s.peek(0) != b'\n');
            let mut line = &self.text[start..self.at];
            self.at += 1;
            if document.strip_tabs {
                line = line.trim_ascii_start();
            }
            if line == document.end {
                return;
            }
        }
    }
}
