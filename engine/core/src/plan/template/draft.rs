//! A text cut at its placeholders, as the template engine reads it; nothing is looked up here.

use handlebars::template::{Parameter, Template as Tree, TemplateElement};

use crate::source::{Finding, Span, Spanned};

/// A part of a [`Draft`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DraftPiece {
    /// Text, backslashes before braces resolved.
    Text(String),
    /// What stands between `{{` and `}}`, without blanks; the span covers the braces.
    Placeholder(Spanned<String>),
}

/// A text cut at its placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Draft {
    /// In order; two texts never stand side by side.
    pub(crate) pieces: Vec<DraftPiece>,
}

impl Draft {
    /// Cuts a text.
    ///
    /// # Errors
    /// Everything between braces that is not a plain placeholder, each with how to write it; spans are bytes of `text`.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<Spanned<Finding>>> {
        let slips = slips(text);
        if !slips.is_empty() {
            return Err(slips);
        }
        match simple(text) {
            Some(draft) => Ok(draft),
            None => Self::parse_with_engine(text),
        }
    }

    /// Cuts a text with the template engine's own parser.
    pub(super) fn parse_with_engine(text: &str) -> Result<Self, Vec<Spanned<Finding>>> {
        match Tree::compile(text) {
            Ok(tree) => collect(text, &tree),
            Err(error) => {
                let offset = error.pos().and_then(|(line, column)| offset(text, line, column)).unwrap_or(0);
                Err(vec![does_not_parse(text, offset)])
            }
        }
    }

    /// The placeholder, if the whole text is one and nothing else.
    #[must_use]
    pub(crate) fn only_placeholder(&self) -> Option<&Spanned<String>> {
        match self.pieces.as_slice() {
            [DraftPiece::Placeholder(name)] => Some(name),
            _ => None,
        }
    }
}

/// Cuts a text whose placeholders are all plain dotted names and which has no backslash before braces. The engine's
/// parser takes twenty microseconds for it, and there are ten thousand steps; a property test holds the two together.
fn simple(text: &str) -> Option<Draft> {
    let mut draft = Draft::default();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|i| at + i) {
        let length = text[start + 2..].find("}}")?;
        let end = start + 2 + length + 2;
        let name = text[start + 2..end - 2].trim_matches([' ', '\t', '\n', '\r']);
        let part =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if text[..start].ends_with('\\') || text[end..].starts_with('}') || !name.split('.').all(part) {
            return None;
        }
        if start > at {
            draft.pieces.push(DraftPiece::Text(text[at..start].to_owned()));
        }
        draft.pieces.push(DraftPiece::Placeholder(Spanned::new(name.to_owned(), Span::new(start, end))));
        at = end;
    }
    if at < text.len() {
        draft.pieces.push(DraftPiece::Text(text[at..].to_owned()));
    }
    Some(draft)
}

fn collect(text: &str, tree: &Tree) -> Result<Draft, Vec<Spanned<Finding>>> {
    let mut draft = Draft::default();
    let mut findings = Vec::new();
    for (element, mapping) in tree.elements.iter().zip(&tree.mapping) {
        match element {
            TemplateElement::RawString(part) => match draft.pieces.last_mut() {
                Some(DraftPiece::Text(before)) => before.push_str(part),
                _ if part.is_empty() => {}
                _ => draft.pieces.push(DraftPiece::Text(part.clone())),
            },
            other => {
                let start = offset(text, mapping.0, mapping.1).unwrap_or(0);
                let span = tag(text, start);
                match other {
                    TemplateElement::Expression(expression)
                        if expression.params.is_empty() && expression.hash.is_empty() =>
                    {
                        match (&expression.name, expression.name.as_name()) {
                            (Parameter::Path(_), Some(name)) => {
                                draft.pieces.push(DraftPiece::Placeholder(Spanned::new(name.to_owned(), span)));
                            }
                            _ => findings.push(Spanned::new(not_plain(text, span), span)),
                        }
                    }
                    _ => findings.push(Spanned::new(not_plain(text, span), span)),
                }
            }
        }
    }
    if findings.is_empty() { Ok(draft) } else { Err(findings) }
}

/// What people write between braces that is no plain placeholder, found before the engine reads the text: its own
/// words for these are the grammar's.
fn slips(text: &str) -> Vec<Spanned<Finding>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|i| at + i) {
        // An escaped pair of braces is text; an even number of backslashes escapes only itself.
        let backslashes = text[..start].bytes().rev().take_while(|b| *b == b'\\').count();
        let span = tag(text, start);
        at = span.end;
        if backslashes % 2 == 1 {
            at = start + 2 + text[start + 2..].bytes().take_while(|b| *b == b'{').count();
            continue;
        }
        let inside = inside(text, span);
        let finding = match inside.bytes().next() {
            Some(b'.') if inside.len() > 1 && !inside.starts_with("..") => {
                Finding::GoTemplate { written: text[span.start..span.end].to_owned() }
            }
            Some(b'~') => Finding::WhitespaceControl { name: inside.trim_matches('~').trim().to_owned() },
            _ if inside.ends_with('~') => {
                Finding::WhitespaceControl { name: inside.trim_end_matches('~').trim().to_owned() }
            }
            Some(b'#' | b'/' | b'^' | b'>' | b'!' | b'*' | b'&' | b'{') => not_plain(text, span),
            Some(_) if inside.split_whitespace().nth(1).is_some() || inside == "else" => not_plain(text, span),
            _ => continue,
        };
        found.push(Spanned::new(finding, span));
    }
    found
}

/// The finding for something between braces that is more than a name.
fn not_plain(text: &str, span: Span) -> Finding {
    let inside = inside(text, span);
    let name = || inside.trim_matches(|c: char| "{}&~#/^>!* ".contains(c)).to_owned();
    match inside.bytes().next() {
        Some(b'{' | b'&') => Finding::RawPlaceholder { name: name() },
        Some(b'#' | b'/' | b'^') => Finding::TemplateBlock { written: inside.to_owned() },
        _ if inside == "else" => Finding::TemplateBlock { written: inside.to_owned() },
        Some(b'!') => Finding::TemplateComment,
        Some(b'>' | b'*') => Finding::TemplatePartial { written: inside.to_owned() },
        _ => Finding::TemplateHelper { written: inside.to_owned() },
    }
}

fn does_not_parse(text: &str, offset: usize) -> Spanned<Finding> {
    // The grammar points at where it gave up, usually just behind the braces that opened.
    let start = text[..offset].rfind("{{").unwrap_or(offset.min(text.len()));
    let span = tag(text, start);
    let finding = if text[span.start..span.end].ends_with("}}") {
        Finding::PlaceholderName { written: inside(text, span).to_owned() }
    } else {
        Finding::PlaceholderNotClosed
    };
    Spanned::new(finding, span)
}

/// The whole tag that begins at `start`, its braces included.
fn tag(text: &str, start: usize) -> Span {
    let open = text[start..].bytes().take_while(|b| *b == b'{').count().max(2);
    let close = "}".repeat(open.min(4));
    let find = |close: &str| text[start..].find(close).map(|i| start + i + close.len());
    let end = find(&close).or_else(|| find("}}")).unwrap_or_else(|| line_end(text, start));
    Span::new(start, end)
}

fn line_end(text: &str, start: usize) -> usize {
    text[start..].find('\n').map_or(text.len(), |i| start + i)
}

/// What stands inside a tag; a third brace belongs to it.
fn inside(text: &str, span: Span) -> &str {
    let tag = &text[span.start..span.end];
    let tag = tag.strip_prefix("{{").unwrap_or(tag);
    tag.strip_suffix("}}").unwrap_or(tag).trim()
}

/// The byte of a line and column, both from 1, the column in characters.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += text[start..].find('\n')? + 1;
    }
    text[start..].char_indices().map(|(i, _)| start + i).chain(std::iter::once(text.len())).nth(column.checked_sub(1)?)
}
