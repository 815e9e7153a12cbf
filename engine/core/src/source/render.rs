//! Shows findings to people and to machines.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

use super::{Diagnostic, Severity, SourceFile, Span};

/// Says whether findings are coloured. Colour is an extra: the plain text says all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// ASCII without escape sequences.
    #[default]
    Plain,
    /// With ANSI colours.
    Colour,
}

/// Width that lines are cut to: terminals at night are not always wide, and snapshots need one number.
const WIDTH: usize = 120;

/// Findings that are shown to people at once; nobody reads the hundred and first before mending the first.
const MOST: usize = 100;

/// Bytes of a line that are shown after the last place in it.
const AFTER: usize = 300;

/// Shows findings as people read them: severity, code and message, file:line:column, the line with the place
/// underlined, other places that belong to it, and what to do. Ordered by place, one blank line between two; of very
/// many the first hundred and how many more there are.
#[must_use]
pub fn render_human(source: &SourceFile, findings: &[Diagnostic], look: Look) -> String {
    let renderer = match look {
        Look::Plain => Renderer::plain(),
        Look::Colour => Renderer::styled(),
    };
    let renderer = renderer.term_width(WIDTH).decor_style(DecorStyle::Ascii);
    let shown = ordered(findings).take(MOST).map(|finding| renderer.render(&[group(source, finding)]) + "\n");
    let mut text = shown.collect::<Vec<_>>().join("\n");
    if findings.len() > MOST {
        text.push_str(&format!("\n… and {} more\n", findings.len() - MOST));
    }
    text
}

/// The findings by place: the order of the file is the order in which people mend it.
fn ordered(findings: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    let mut ordered: Vec<&Diagnostic> = findings.iter().collect();
    ordered.sort_by_key(|f| (f.span.start, f.span.end, f.code));
    ordered.into_iter()
}

/// The part of the text that holds the places of one finding: the renderer reads all it is given, and a file may be
/// large.
struct Window<'a> {
    text: &'a str,
    start: usize,
    line: usize,
}

impl<'a> Window<'a> {
    fn of(source: &'a SourceFile, finding: &Diagnostic) -> Self {
        let spans = || std::iter::once(finding.span).chain(finding.related.iter().map(|place| place.span));
        let first = spans().map(|span| span.start).min().unwrap_or(0);
        // An underline stays in the line it begins in, so the last line is the last in which one begins.
        let last = spans().map(|span| span.start).max().unwrap_or(0);
        let text = source.text();
        let line = source.position(first).line;
        // A byte order mark has a width of its own in some terminals.
        let start =
            if line == 1 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { source.line_start(line) };
        let last_line = source.position(last).line;
        let line_end = source.line_start(last_line) + source.line(last_line).len();
        let longest = spans().map(|span| span.end).max().unwrap_or(last).max(last);
        let end = source.boundary(line_end.min(longest.saturating_add(AFTER))).max(start);
        Self { text: &text[start..end], start, line }
    }

    /// A span of the file as a range of this text, on character boundaries, within one line: an underline below ten
    /// lines says less than one below the first.
    fn range(&self, span: Span) -> std::ops::Range<usize> {
        let start = self.text.floor_char_boundary(span.start.saturating_sub(self.start));
        let end = self.text.floor_char_boundary(span.end.saturating_sub(self.start)).max(start);
        let first_line = self.text[start..end].find(['\n', '\r']).unwrap_or(end - start);
        start..start + first_line
    }
}

fn group<'a>(source: &'a SourceFile, finding: &'a Diagnostic) -> annotate_snippets::Group<'a> {
    let window = Window::of(source, finding);
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let label = (!finding.label.is_empty()).then_some(finding.label.as_str());
    let primary = AnnotationKind::Primary.span(window.range(finding.span)).label(label);
    let related = finding
        .related
        .iter()
        .map(|place| AnnotationKind::Context.span(window.range(place.span)).label(place.label.as_str()));
    let snippet = Snippet::source(window.text)
        .line_start(window.line)
        .path(source.name())
        .annotation(primary)
        .annotations(related);
    let group = level.primary_title(finding.message.as_str()).id(finding.code).element(snippet);
    if finding.help.is_empty() { group } else { group.element(Level::HELP.message(finding.help.as_str())) }
}

/// One finding as a machine reads it.
#[derive(Serialize)]
struct Line<'a> {
    code: &'a str,
    severity: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    message: &'a str,
    label: &'a str,
    help: &'a str,
    related: Vec<RelatedLine<'a>>,
}

#[derive(Serialize)]
struct RelatedLine<'a> {
    line: usize,
    column: usize,
    message: &'a str,
}

/// Shows findings as JSON Lines: one object a finding with `code`, `severity`, `file`, `line`, `column`, `end_line`,
/// `end_column`, `message`, `label`, `help` and `related`. Lines and columns count from 1, columns in characters, the
/// end is exclusive. Ordered by place.
#[must_use]
pub fn render_json(source: &SourceFile, findings: &[Diagnostic]) -> String {
    let mut out = String::new();
    for finding in ordered(findings) {
        let (start, end) = (source.position(finding.span.start), source.position(finding.span.end));
        let related = finding.related.iter().map(|place| {
            let at = source.position(place.span.start);
            RelatedLine { line: at.line, column: at.column, message: &place.label }
        });
        let line = Line {
            code: finding.code,
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            file: source.name(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            message: &finding.message,
            label: &finding.label,
            help: &finding.help,
            related: related.collect(),
        };
        // Invariant: text and numbers under fixed names always serialise.
        out.push_str(&serde_json::to_string(&line).expect("a finding is JSON"));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{Look, render_human, render_json};
    use crate::source::{Diagnostic, Finding, Place, SourceFile, Span};

    fn findings() -> (SourceFile, Vec<Diagnostic>) {
        let text = "\u{feff}runbook: a\nsteps:\r\n  - id: é\n    id: y\n    run: |\n\tone\n";
        let at = |word: &str| {
            let start = text.rfind(word).expect("the word is there");
            Span::new(start, start + word.len())
        };
        let twice = Diagnostic::new(Finding::DuplicateKey { key: "id".into() }, at("id: y"));
        let first = text.find("id").expect("the word is there");
        let end = Diagnostic::new(Finding::NotYaml { why: "it ends".into() }, Span::new(text.len(), text.len() + 9));
        (SourceFile::new("a.yaml", text), vec![end, twice.with(&Place::FirstDefined, Span::new(first, first + 2))])
    }

    #[test]
    fn people() {
        let (source, findings) = findings();
        assert_snapshot!(render_human(&source, &findings, Look::Plain));
        assert!(render_human(&source, &findings, Look::Colour).contains("\u{1b}["));
    }

    #[test]
    fn machines() {
        let (source, findings) = findings();
        assert_snapshot!(render_json(&source, &findings));
    }
}
