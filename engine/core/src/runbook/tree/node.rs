//! The tree of one file.

use std::ops::Range;

use crate::source::{SourceFile, Span};

/// How a text was written; it decides whether a place in the text is a place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextStyle {
    /// Without quotes. Only these are read as numbers, booleans or nothing.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// A block after `|`.
    Literal,
    /// A block after `>`.
    Folded,
}

/// A text with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it says, escapes and indentation resolved.
    pub value: String,
    /// Where it stands; quotes belong to it, the header of a block does not.
    pub span: Span,
    /// How it was written.
    pub style: TextStyle,
}

impl Text {
    /// Where a range of bytes of [`Text::value`] stands in the file. Exact for what stands on one line or in a `|`
    /// block; the whole text for folded blocks, escapes and texts over several lines, where a guess would point at
    /// the wrong word.
    #[must_use]
    pub fn locate(&self, source: &SourceFile, range: Range<usize>) -> Span {
        self.exact(source, range).unwrap_or(self.span)
    }

    fn exact(&self, source: &SourceFile, range: Range<usize>) -> Option<Span> {
        let written = source.slice(self.span);
        match self.style {
            TextStyle::Plain if written == self.value => {
                Some(Span::new(self.span.start + range.start, self.span.start + range.end))
            }
            TextStyle::Quoted if written.get(1..written.len().checked_sub(1)?)? == self.value => {
                Some(Span::new(self.span.start + 1 + range.start, self.span.start + 1 + range.end))
            }
            TextStyle::Literal => {
                let start = self.in_block(source, range.start)?;
                Some(Span::new(start, self.in_block(source, range.end)?.max(start)))
            }
            _ => None,
        }
    }

    /// The place of one byte of a `|` block: the same line, behind the indentation that YAML took away.
    fn in_block(&self, source: &SourceFile, offset: usize) -> Option<usize> {
        let before = self.value.get(..offset)?;
        let index = before.matches('\n').count();
        let line = source.position(self.span.start).line + index;
        let (text, written) = (self.value.split('\n').nth(index)?, source.line(line));
        let indentation = written.strip_suffix(text)?.len();
        let column = offset - before.rfind('\n').map_or(0, |at| at + 1);
        Some(source.line_start(line) + indentation + column)
    }
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Text,
    /// Its value.
    pub value: Node,
}

/// One value of the file with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// One value: text, number, boolean or nothing, depending on how it is read.
    Scalar(Text),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order written; no key stands twice.
    Mapping(Vec<Entry>),
    /// Something that was refused and reported already: whoever meets it says nothing more.
    Refused,
}

impl Node {
    /// The value of a key of this mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            NodeKind::Mapping(entries) => entries.iter().find(|e| e.key.value == key).map(|e| &e.value),
            _ => None,
        }
    }

    /// What it is, in words for a message: "a list", "the number `12`".
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Sequence(_) => "a list".to_owned(),
            NodeKind::Mapping(_) => "a mapping".to_owned(),
            NodeKind::Refused => "something refused".to_owned(),
            NodeKind::Scalar(text) => match scalar_value(text) {
                serde_yaml::Value::Null => "nothing".to_owned(),
                serde_yaml::Value::Bool(b) => format!("the boolean `{b}`"),
                serde_yaml::Value::Number(_) => format!("the number `{}`", text.value),
                _ => "a text".to_owned(),
            },
        }
    }

    /// The text, where the value is one: everything quoted, and what YAML 1.2 reads as nothing else.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            NodeKind::Scalar(text) if matches!(scalar_value(text), serde_yaml::Value::String(_)) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(text) if scalar_value(text).is_null())
    }

    /// The value under the YAML 1.2 core schema, for what is decoded by serde (the inventory, answers). Loses places.
    #[must_use]
    pub fn to_value(&self) -> serde_yaml::Value {
        match &self.kind {
            NodeKind::Scalar(text) => scalar_value(text),
            NodeKind::Sequence(items) => serde_yaml::Value::Sequence(items.iter().map(Self::to_value).collect()),
            NodeKind::Mapping(entries) => serde_yaml::Value::Mapping(
                entries.iter().map(|e| (e.key.value.clone().into(), e.value.to_value())).collect(),
            ),
            NodeKind::Refused => serde_yaml::Value::Null,
        }
    }
}

/// What a scalar is under the YAML 1.2 core schema: only plain ones are typed, and a number with a leading zero stays
/// a text, because 0755 and 010 mean different things to different readers.
fn scalar_value(text: &Text) -> serde_yaml::Value {
    use serde_yaml::Value;
    if text.style != TextStyle::Plain {
        return Value::String(text.value.clone());
    }
    let value = text.value.as_str();
    match value {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let starts_as_number = digits.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if starts_as_number && !leading_zero {
        if let Ok(number) = value.parse::<i64>() {
            return Value::Number(number.into());
        }
        if let Some(Ok(number)) = digits.strip_prefix("0x").map(|hex| i64::from_str_radix(hex, 16)) {
            return Value::Number(number.into());
        }
        let is_float = digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
        if let Some(number) = is_float.then(|| value.parse::<f64>().ok()).flatten() {
            return Value::Number(number.into());
        }
    }
    Value::String(text.value.clone())
}

#[cfg(test)]
mod tests {
    use super::{Node, NodeKind};
    use crate::runbook::tree::parse_tree;
    use crate::source::SourceFile;

    fn node(text: &str) -> (SourceFile, Node) {
        let source = SourceFile::new("a.yaml", format!("a: {text}"));
        let (tree, findings) = parse_tree(&source);
        assert_eq!(findings, []);
        let node = tree.expect("there is a tree").get("a").expect("there is an a").clone();
        (source, node)
    }

    #[test]
    fn core_schema() {
        let cases = [
            ("no", "a text"),
            ("yes", "a text"),
            ("on", "a text"),
            ("0755", "a text"),
            ("1.2.3", "a text"),
            ("30s", "a text"),
            ("\"12\"", "a text"),
            ("'true'", "a text"),
            ("2026-01-01", "a text"),
            ("12", "the number `12`"),
            ("-3", "the number `-3`"),
            ("1.5", "the number `1.5`"),
            ("1e3", "the number `1e3`"),
            ("0x1f", "the number `0x1f`"),
            ("true", "the boolean `true`"),
            ("FALSE", "the boolean `false`"),
            ("~", "nothing"),
            ("", "nothing"),
            ("null", "nothing"),
            ("[a]", "a list"),
            ("{a: b}", "a mapping"),
        ];
        for (written, expect) in cases {
            assert_eq!(node(written).1.describe(), expect, "{written}");
        }
    }

    #[test]
    fn places_inside_a_text() {
        let cases = [
            "say WORD twice",
            "'say WORD twice'",
            "\"say WORD twice\"",
            "|\n  one\n    two WORD\n  three",
            "|-\r\n  one\r\n  é WORD\r\n",
            "|2\n    one\n   WORD\n",
        ];
        for written in cases {
            let (source, node) = node(written);
            let NodeKind::Scalar(text) = &node.kind else { panic!("{written} is a text") };
            let at = text.value.find("WORD").expect("the word is there");
            assert_eq!(source.slice(text.locate(&source, at..at + 4)), "WORD", "{written}");
        }
    }

    #[test]
    fn where_a_place_would_be_a_guess_the_whole_text_is_named() {
        for written in ["\"a\\tWORD\"", ">\n  one\n  WORD\n", "one\n   WORD"] {
            let (source, node) = node(written);
            let NodeKind::Scalar(text) = &node.kind else { panic!("{written} is a text") };
            let at = text.value.find("WORD").expect("the word is there");
            assert_eq!(text.locate(&source, at..at + 4), text.span, "{written}");
        }
    }
}
