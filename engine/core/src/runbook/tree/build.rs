//! Builds the tree from the parser's events.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError};

use super::characters;
use super::{Entry, Node, NodeKind, Text, TextStyle};
use crate::source::{Diagnostic, Finding, Place, SourceFile, Span};

/// Bytes that a file may have.
pub const MAX_BYTES: usize = 8 << 20;
/// Values and keys that a file may have: ten thousand steps of thirty lines and more.
pub const MAX_NODES: usize = 1_000_000;
/// Levels that a file may nest: a runbook needs about ten.
pub const MAX_DEPTH: usize = 40;
/// Anchors, aliases and tags after which reading stops: their meaning is lost anyhow, and a bomb has thousands.
const MAX_REFUSALS: usize = 10;
/// Keys of one mapping above which a map is kept to find the second of two equal ones.
const FEW_KEYS: usize = 24;

/// Reads the tree of a file with everything that can be said about it. The tree is `None` where the text could not
/// be read to its end: what a half-read file means is a guess.
#[must_use]
pub fn parse_tree(source: &SourceFile) -> (Option<Node>, Vec<Diagnostic>) {
    let text = source.text();
    let whole = Span::new(0, 0);
    if let Some(at) = source.not_utf8_at() {
        return (None, vec![Diagnostic::new(Finding::NotUtf8, Span::new(at, at + '\u{fffd}'.len_utf8()))]);
    }
    if text.len() > MAX_BYTES {
        let finding = Finding::FileTooLarge { bytes: text.len(), limit: MAX_BYTES };
        return (None, vec![Diagnostic::new(finding, whole)]);
    }
    let hidden = characters::check(source);
    if !hidden.is_empty() {
        // What the parser makes of a NUL or an escape is of no use to anybody.
        return (None, hidden);
    }
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.disallow_directives = true;
    options.emit_unresolved_aliases = true;
    options.emit_anchor_events = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;

    let mut builder = Builder { source, open: Vec::new(), root: None, nodes: 0, refusals: 0, findings: Vec::new() };
    for event in Parser::new_from_str_with_options(text, options) {
        let more = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => Err(builder.scan_error(&error)),
        };
        if let Err(fatal) = more {
            builder.findings.push(*fatal);
            return (None, builder.findings);
        }
    }
    let root = builder.root;
    if root.as_ref().is_none_or(Node::is_null) && builder.findings.is_empty() {
        return (None, vec![Diagnostic::new(Finding::EmptyFile, whole)]);
    }
    (root, builder.findings)
}

/// The text of a refused key that was a placeholder without quotes.
const PLACEHOLDER: &str = "{{}}";

/// A collection that is still being read.
enum Open {
    Sequence { span: Span, items: Vec<Node> },
    Mapping { span: Span, entries: Vec<Entry>, seen: BTreeMap<String, Span>, key: Option<Key>, placeholder: bool },
}

/// A key that waits for its value.
struct Key {
    text: Text,
    /// Reported already; its value is read and dropped.
    refused: bool,
}

struct Builder<'a> {
    source: &'a SourceFile,
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    refusals: usize,
    findings: Vec<Diagnostic>,
}

/// What a whole file fails of.
type Fatal = Box<Diagnostic>;

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: granit_parser::Span) -> Result<(), Fatal> {
        let place = bytes(&span);
        if let Event::Scalar(_, _, _, Some(_))
        | Event::SequenceStart(_, _, Some(_))
        | Event::MappingStart(_, _, Some(_)) = &event
        {
            let tag = span.tag_span().map_or(place, |tag| bytes(&tag));
            self.refuse(Finding::Tag { tag: self.source.slice(tag).to_owned() }, tag)?;
        }
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                return Err(Box::new(Diagnostic::new(Finding::SecondDocument, place)));
            }
            Event::Anchor(_, name) => {
                self.refuse(Finding::Anchor { name: name.into_owned() }, place)?;
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let name = self.source.slice(place).trim_start_matches('*').to_owned();
                self.refuse(Finding::Alias { name }, place)?;
                self.add(Node { span: place, kind: NodeKind::Refused })?;
            }
            Event::Scalar(value, style, _, _) => {
                let style = match style {
                    ScalarStyle::Plain => TextStyle::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => TextStyle::Quoted,
                    ScalarStyle::Literal => TextStyle::Literal,
                    ScalarStyle::Folded => TextStyle::Folded,
                };
                let text = Text { value: value.into_owned(), span: place, style };
                if style == TextStyle::Quoted {
                    self.check_escapes(&text);
                }
                self.add(Node { span: place, kind: NodeKind::Scalar(text) })?;
            }
            Event::SequenceStart(..) => self.push(Open::Sequence { span: place, items: Vec::new() })?,
            Event::MappingStart(..) => {
                self.push(Open::Mapping {
                    span: place,
                    entries: Vec::new(),
                    seen: BTreeMap::new(),
                    key: None,
                    placeholder: false,
                })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place)?,
            _ => {}
        }
        Ok(())
    }

    /// Says that an anchor, alias or tag is refused.
    fn refuse(&mut self, finding: Finding, place: Span) -> Result<(), Fatal> {
        self.refusals += 1;
        if self.refusals > MAX_REFUSALS {
            return Err(Box::new(Diagnostic::new(Finding::TooManyRefusals { limit: MAX_REFUSALS }, place)));
        }
        self.findings.push(Diagnostic::new(finding, place));
        Ok(())
    }

    fn push(&mut self, open: Open) -> Result<(), Fatal> {
        if self.open.len() >= MAX_DEPTH {
            let (Open::Sequence { span, .. } | Open::Mapping { span, .. }) = open;
            return Err(Box::new(Diagnostic::new(Finding::TooDeep { limit: MAX_DEPTH }, span)));
        }
        self.open.push(open);
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Fatal> {
        let (mut span, kind, last) = match self.open.pop() {
            Some(Open::Sequence { span, items }) => {
                let last = items.last().map(|n| n.span);
                (span, NodeKind::Sequence(items), last)
            }
            // Braces without quotes were meant as a placeholder: nothing more is said about the mapping they make.
            Some(Open::Mapping { span, placeholder: true, .. }) => (span, NodeKind::Refused, None),
            Some(Open::Mapping { span, entries, .. }) => {
                let last = entries.last().map(|e| e.value.span.to(e.key.span));
                (span, NodeKind::Mapping(entries), last)
            }
            None => return Ok(()),
        };
        // A block collection ends where its last value ends, not where the parser notices it, some lines later.
        span.end = if end.end > end.start { end.end } else { last.map_or(span.end, |last| last.end) };
        self.add(Node { span, kind })
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, node: Node) -> Result<(), Fatal> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Box::new(Diagnostic::new(Finding::TooManyValues { limit: MAX_NODES }, node.span)));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { entries, seen, key, placeholder, .. }) => match key.take() {
                Some(Key { refused: true, .. }) => {}
                Some(Key { text, refused: false }) => entries.push(Entry { key: text, value: node }),
                None => {
                    let (read, finding) = read_key(self.source, node, entries, seen);
                    *placeholder |= read.refused && read.text.value == PLACEHOLDER;
                    self.findings.extend(finding);
                    *key = Some(read);
                }
            },
        }
        Ok(())
    }

    /// An escape of a quoted text can smuggle in what the file itself may not hold.
    fn check_escapes(&mut self, text: &Text) {
        let hidden = text.value.char_indices().find_map(|(at, c)| characters::refused(c).map(|what| (at, c, what)));
        if let Some((at, c, what)) = hidden {
            let place = text.locate(self.source, at..at + c.len_utf8());
            self.findings.push(Diagnostic::new(characters::finding(c, what), place));
        }
    }

    fn scan_error(&self, error: &ScanError) -> Fatal {
        let text = self.source.text();
        let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
        let position = self.source.position(at);
        let rest = text.get(at..).unwrap_or("");
        let length = rest.chars().next().filter(|c| *c != '\n' && *c != '\r').map_or(0, char::len_utf8);
        let here = Span::new(at, at + length);
        // `run: {{x}} now` is a mapping for YAML; what it then stumbles over helps nobody.
        let braces = text.get(..at).is_some_and(|before| before.ends_with('{')) && rest.starts_with('{');
        if rest.starts_with("{{") || braces {
            let start = if braces { at - 1 } else { at };
            return Box::new(Diagnostic::new(Finding::PlaceholderUnquoted, Span::new(start, start + 2)));
        }
        let line = self.source.line(position.line);
        if let Some(brace) = line.find(": {{").filter(|brace| !line[..*brace].contains(['"', '\''])) {
            let start = self.source.line_start(position.line) + brace + 2;
            return Box::new(Diagnostic::new(Finding::PlaceholderUnquoted, Span::new(start, start + 2)));
        }
        let finding = match error.kind() {
            ErrorKind::RecursionLimitExceeded => Finding::TooDeep { limit: MAX_DEPTH },
            ErrorKind::DirectiveDisallowed => Finding::Directive,
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar => Finding::Tab,
            _ => Finding::NotYaml { why: error.info() },
        };
        Box::new(Diagnostic::new(finding, here))
    }
}

/// Reads a key, and says what is wrong with it.
fn read_key(
    source: &SourceFile,
    node: Node,
    entries: &[Entry],
    seen: &mut BTreeMap<String, Span>,
) -> (Key, Option<Diagnostic>) {
    let Node { span, kind } = node;
    let refuse = |finding: Option<Finding>| {
        let text = Text { value: String::new(), span, style: TextStyle::Plain };
        (Key { text, refused: true }, finding.map(|f| Diagnostic::new(f, span)))
    };
    let text = match kind {
        NodeKind::Scalar(text) => text,
        NodeKind::Refused => return refuse(None),
        // `{{ x }}` without quotes is a mapping whose key is a mapping.
        NodeKind::Mapping(_) if span.start > 0 && source.text().as_bytes().get(span.start - 1) == Some(&b'{') => {
            let (mut key, finding) = refuse(Some(Finding::PlaceholderUnquoted));
            PLACEHOLDER.clone_into(&mut key.text.value);
            return (key, finding);
        }
        NodeKind::Mapping(_) | NodeKind::Sequence(_) => return refuse(Some(Finding::KeyIsNoWord)),
    };
    if text.style == TextStyle::Plain && text.value == "<<" {
        return refuse(Some(Finding::MergeKey));
    }
    if seen.is_empty() && entries.len() >= FEW_KEYS {
        seen.extend(entries.iter().map(|e| (e.key.value.clone(), e.key.span)));
    }
    let first = if seen.is_empty() {
        entries.iter().find(|e| e.key.value == text.value).map(|e| e.key.span)
    } else {
        seen.get(&text.value).copied()
    };
    match first {
        None => {
            if !seen.is_empty() {
                seen.insert(text.value.clone(), text.span);
            }
            (Key { text, refused: false }, None)
        }
        Some(first) => {
            let finding = Diagnostic::new(Finding::DuplicateKey { key: text.value.clone() }, text.span);
            (Key { text, refused: true }, Some(finding.with(&Place::FirstDefined, first)))
        }
    }
}

/// The bytes of a span. The parser always knows them for a text in memory.
fn bytes(span: &granit_parser::Span) -> Span {
    let range = span.byte_range().unwrap_or(0..0);
    Span::new(range.start, range.end.max(range.start))
}
