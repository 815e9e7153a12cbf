//! A script with a meaningless word in each placeholder's place.

use crate::plan::template::{Draft, DraftPiece};
use crate::source::Span;

/// A script as both readers get it: no value was ever in it.
pub(super) struct Marked {
    /// The text with its markers.
    pub(super) text: String,
    /// What every marker begins with.
    prefix: String,
    /// The markers, in order.
    pub(super) markers: Vec<Marker>,
    /// Pieces of the text: where each begins here, and where it stands in the template.
    origins: Vec<(usize, Span)>,
}

/// One placeholder.
pub(super) struct Marker {
    /// Its bytes in the marked text.
    pub(super) at: Span,
    /// Its bytes in the template.
    pub(super) span: Span,
    /// What stands between its braces.
    pub(super) name: String,
}

impl Marked {
    pub(super) fn new(template: &str, draft: &Draft) -> Self {
        let mut prefix = "bnr_q_".to_owned();
        while template.contains(&prefix) {
            prefix.insert(5, 'q');
        }
        let mut marked = Self { text: String::new(), prefix, markers: Vec::new(), origins: Vec::new() };
        let mut end = 0;
        let mut pieces = draft.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            let start = marked.text.len();
            match piece {
                DraftPiece::Text(text) => {
                    let next = match pieces.peek() {
                        Some(DraftPiece::Placeholder(next)) => next.span.start,
                        _ => template.len(),
                    };
                    marked.origins.push((start, Span::new(end, next)));
                    marked.text.push_str(text);
                    end = next;
                }
                DraftPiece::Placeholder(name) => {
                    marked.origins.push((start, name.span));
                    marked.text.push_str(&format!("{}{}_x", marked.prefix, marked.markers.len()));
                    let at = Span::new(start, marked.text.len());
                    marked.markers.push(Marker { at, span: name.span, name: name.value.clone() });
                    end = name.span.end;
                }
            }
        }
        marked
    }

    /// Whether a text holds a marker.
    pub(super) fn has(&self, text: &str) -> bool {
        !self.markers.is_empty() && text.contains(&self.prefix)
    }

    /// The markers in a text, by number, each as often as it stands there.
    pub(super) fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = usize> + 't {
        text.match_indices(self.prefix.as_str()).filter_map(|(at, prefix)| {
            let rest = &text[at + prefix.len()..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest[digits..].starts_with("_x").then(|| rest[..digits].parse().ok())?
        })
    }

    /// Where a place of the marked text stands in the template; a few bytes wide, so that it can be underlined.
    pub(super) fn origin(&self, offset: usize) -> Span {
        let index = self.origins.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        let Some((start, span)) = self.origins.get(index) else {
            return Span::default();
        };
        let end = self.origins.get(index + 1).map_or(self.text.len(), |(next, _)| *next);
        // A text with escaped braces is shorter here than there, and a marker is never as long as its placeholder.
        if end - start != span.end - span.start || self.markers.iter().any(|m| m.at.start == *start) {
            return *span;
        }
        let here = &self.text[offset.min(end)..end];
        let word = here.find(|c: char| c.is_whitespace() || ";&|()".contains(c)).unwrap_or(here.len());
        let width = if word == 0 { here.chars().next().map_or(0, char::len_utf8) } else { word };
        let at = span.start + (offset - start);
        Span::new(at.min(span.end), (at + width).min(span.end))
    }
}
