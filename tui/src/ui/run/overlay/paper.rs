//! The text of a dialog, line by line, for a width.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::ui::text::{cut, fit, shown, wrap};

/// Where the values of labels begin, where there is room for that.
const LABEL: usize = 13;

/// Lines that are written from top to bottom. Whatever a host or a person wrote is made visible here.
pub(super) struct Paper {
    width: usize,
    pub(super) lines: Vec<Line<'static>>,
    /// Where the second column begins, if there is one.
    second: Option<usize>,
    hash: DefaultHasher,
    is_vital: bool,
}

impl Paper {
    pub(super) fn new(width: usize) -> Self {
        Self { width: width.max(1), lines: Vec::new(), second: None, hash: DefaultHasher::new(), is_vital: false }
    }

    /// From here on it is written what must have been read before something can be said, or no longer.
    pub(super) fn vital(&mut self, is_vital: bool) {
        self.is_vital = is_vital;
    }

    /// Names what must have been read, whatever the width: another text has another number.
    pub(super) fn digest(&self) -> u64 {
        self.hash.finish()
    }

    /// What comes now stands in a second column, of the same width.
    pub(super) fn column(&mut self) {
        self.second = Some(self.lines.len());
    }

    /// The lines of both columns; all in the first where there is one only.
    pub(super) fn columns(mut self) -> [Vec<Line<'static>>; 2] {
        let right = self.second.map(|at| self.lines.split_off(at)).unwrap_or_default();
        [self.lines, right]
    }

    fn read(&mut self, text: &str) {
        if self.is_vital {
            text.hash(&mut self.hash);
        }
    }

    pub(super) fn blank(&mut self) {
        // One between two parts, however the parts came about.
        let begins = self.second == Some(self.lines.len());
        if !begins && self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    /// A text of any number of lines, wrapped.
    pub(super) fn text(&mut self, style: Style, text: &str) {
        self.indented(0, style, text);
    }

    /// The same with blanks before each line.
    pub(super) fn indented(&mut self, indent: usize, style: Style, text: &str) {
        self.read(text);
        let indent = indent.min(self.width / 4);
        for part in text.lines() {
            // A command keeps its shape where it is broken.
            let own = part.chars().take_while(|c| *c == ' ').count().min(self.width / 4);
            let blanks = " ".repeat(indent + own);
            for line in wrap(&shown(part.trim_start_matches(' ')), self.width.saturating_sub(indent + own)) {
                self.lines.push(Line::styled(format!("{blanks}{line}"), style));
            }
        }
    }

    /// A label and its text, the text's lines below each other.
    pub(super) fn field(&mut self, label: &str, style: Style, text: &str) {
        self.read(text);
        if self.width < 50 {
            self.text(style, &format!("{label}: {text}"));
            return;
        }
        let parts = text.lines().flat_map(|part| wrap(&shown(part), self.width - LABEL)).collect::<Vec<_>>();
        for (n, part) in parts.into_iter().enumerate() {
            let label = fit(if n == 0 { label } else { "" }, LABEL);
            self.lines.push(Line::from(vec![Span::raw(label), Span::styled(part, style)]));
        }
    }

    /// A heading.
    pub(super) fn heading(&mut self, style: Style, text: &str) {
        self.blank();
        self.read(text);
        self.lines.push(Line::styled(cut(&shown(text), self.width).into_owned(), style));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(width: usize, write: impl Fn(&mut Paper), expect: &[&str]) -> u64 {
        let mut paper = Paper::new(width);
        write(&mut paper);
        assert_eq!(paper.lines.iter().map(ToString::to_string).collect::<Vec<_>>(), expect);
        paper.digest()
    }

    #[test]
    fn a_text_is_wrapped_with_its_indent_and_labels_hang() {
        let plain = Style::new();
        check(20, |p| p.text(plain, "  if true; then rm it\nfi"), &["  if true; then rm", "  it", "fi"]);
        check(20, |p| p.field("host", plain, "web-2"), &["host: web-2"]);
        let long = "one two three four five six seven eight nine";
        let expect = ["host         one two three four five six seven eight", "             nine"];
        check(52, |p| p.field("host", plain, long), &expect);
        check(20, |p| p.text(plain, "\x1b[2J"), &["\\x1b[2J"]);
    }

    #[test]
    fn a_second_column_begins_at_its_top_and_counts_as_the_one_below_the_other_would() {
        let write = |both: bool| {
            let (mut paper, plain) = (Paper::new(30), Style::new());
            paper.vital(true);
            paper.text(plain, "the plan");
            if both {
                paper.column();
            }
            paper.heading(plain, "the preview");
            paper.text(plain, "one file");
            let digest = paper.digest();
            (paper.columns().map(|lines| lines.iter().map(ToString::to_string).collect::<Vec<_>>()), digest)
        };
        let ([one, none], digest) = write(false);
        assert_eq!(
            (one.as_slice(), none.len()),
            (["the plan", "", "the preview", "one file"].map(str::to_owned).as_slice(), 0)
        );
        let (both, its) = write(true);
        assert_eq!(both, [vec!["the plan"], vec!["the preview", "one file"]]);
        assert_eq!(its, digest);
    }

    #[test]
    fn only_what_must_be_read_counts_and_at_any_width() {
        let write = |width: usize, vital: &str, other: &str| {
            let mut paper = Paper::new(width);
            paper.text(Style::new(), other);
            paper.vital(true);
            paper.text(Style::new(), vital);
            paper.digest()
        };
        assert_eq!(write(10, "will delete 38 files", "a"), write(80, "will delete 38 files", "b"));
        assert_ne!(write(80, "will delete 38 files", "a"), write(80, "will delete 39 files", "a"));
    }
}
