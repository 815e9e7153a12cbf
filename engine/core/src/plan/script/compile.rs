//! From a script's text to a checked [`Template`].

use std::collections::BTreeMap;

use super::marked::Marked;
use super::parser::{Reader, with_stack};
use super::place::Place;
use super::plain::is_plain;
use super::scanner::scan;
use super::walk::Walk;
use crate::plan::template::{Draft, resolve};
use crate::plan::{NameTable, Quoting, Shell, Template};
use crate::source::{Finding, Span, Spanned};

/// Bytes a script may have.
pub const MAX_SCRIPT: usize = 64 << 10;

/// Levels of brackets, loops and conditions a script may nest. The shell parser recurses, and no stack holds the
/// thousands of levels that fit into [`MAX_SCRIPT`]; nobody reads more than a handful.
const MAX_DEPTH: usize = 250;

type Findings = Vec<Spanned<Finding>>;

/// Checks scripts, each different text once: a runbook with a step for each of many hosts repeats itself.
#[derive(Debug, Default)]
pub struct Scripts {
    checked: BTreeMap<(bool, String), Findings>,
}

impl Scripts {
    /// A checker that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the text of `run:`: every placeholder must be one shell word or part of one, the script must parse, and
    /// `sh` must be able to read it.
    ///
    /// # Errors
    /// Everything that is wrong with it; spans are bytes of `text`.
    pub fn compile(&mut self, text: &str, shell: Shell, names: &dyn NameTable) -> Result<Template, Findings> {
        if text.len() > MAX_SCRIPT {
            let finding = Finding::ScriptTooLong { bytes: text.len(), limit: MAX_SCRIPT };
            return Err(vec![Spanned::new(finding, Span::new(0, 0))]);
        }
        if let Some(at) = too_deep(text) {
            return Err(vec![Spanned::new(Finding::ScriptTooDeep { limit: MAX_DEPTH }, Span::new(at, at + 1))]);
        }
        let draft = Draft::parse(text)?;
        let mut findings = self.check(text, &draft, shell);
        match resolve(&draft, Quoting::Shell, names) {
            Ok(template) if findings.is_empty() => return Ok(template),
            Ok(_) => {}
            Err(unresolved) => findings.extend(unresolved),
        }
        findings.sort_by_key(|finding| finding.span);
        Err(findings)
    }

    /// What is wrong with a script whatever its placeholders will hold.
    fn check(&mut self, text: &str, draft: &Draft, shell: Shell) -> Findings {
        let marked = Marked::new(text, draft);
        if is_plain(&marked) {
            return Findings::new();
        }
        let read = || with_stack(text, || read(text, &marked, shell));
        self.checked.entry((shell == Shell::Bash, text.to_owned())).or_insert_with(read).clone()
    }
}

/// What the two readers find in a script.
pub(super) fn read(text: &str, marked: &Marked, shell: Shell) -> Findings {
    let scanned = scan(marked);
    let reader = Reader::new(shell);
    let mut findings = Findings::new();
    let parsed = match reader.program(&marked.text) {
        Ok(program) => {
            let mut walk = Walk::new(marked, &reader, shell);
            walk.program(&program);
            Some(walk)
        }
        Err(error) => {
            let at = error.at.unwrap_or_else(|| last_line(&marked.text));
            let bash = shell == Shell::Sh && Reader::new(Shell::Bash).program(&marked.text).is_ok();
            let (finding, at) = match bashism(&marked.text).filter(|_| bash) {
                Some((sign, written, instead)) => (Finding::NotPosix { written: written.to_owned(), instead }, sign),
                None if bash => {
                    (Finding::NotPosix { written: "this".to_owned(), instead: "what POSIX has for it" }, at)
                }
                None => (Finding::ScriptDoesNotParse { why: error.why }, at),
            };
            findings.push(Spanned::new(finding, marked.origin(at)));
            None
        }
    };
    for (index, marker) in marked.markers.iter().enumerate() {
        let scanner = scanned.get(index).copied().unwrap_or(Place::Lost);
        let parser = parsed.as_ref().map_or(Place::Word, |walk| walk.places.get(index).copied().unwrap_or(Place::Lost));
        // The scanner speaks first: it knows comments, which the parser cannot see. Both must agree on a word.
        let finding = scanner.finding(&marker.name).or_else(|| parser.finding(&marker.name)).or_else(|| {
            let again = parsed.as_ref()?.read_again.iter().find(|(marker, _)| *marker == index)?;
            Some(Finding::PlaceholderReadAgain { name: marker.name.clone(), command: again.1.clone() })
        });
        findings.extend(finding.map(|finding| Spanned::new(finding, marker.span)));
    }
    for (at, finding) in parsed.map(|walk| walk.findings).unwrap_or_default() {
        let span = at.map_or_else(|| first_code(text), |at| marked.origin(at));
        let finding = Spanned::new(finding, span);
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings
}

/// Where a script begins to nest deeper than [`MAX_DEPTH`], counted by brackets and keywords alone: where quotes make
/// that too many, the script is still one that nobody can read.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut word = 0;
    for (at, c) in text.char_indices() {
        if !c.is_ascii_alphanumeric() && c != '_' {
            match text.get(word..at).unwrap_or("") {
                "if" | "while" | "until" | "for" | "case" => depth += 1,
                "fi" | "done" | "esac" => depth = depth.saturating_sub(1),
                _ => {}
            }
            word = at + c.len_utf8();
        }
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(text.floor_char_boundary(at));
        }
    }
    None
}

/// Where a script that ends too early ends.
fn last_line(text: &str) -> usize {
    let end = text.trim_end().len();
    text[..end].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The first line, for what has no better place.
fn first_code(text: &str) -> Span {
    let start = text.len() - text.trim_start().len();
    Span::new(start, text[start..].find('\n').map_or(text.trim_end().len().max(start), |newline| start + newline))
}

/// What makes a script bash that `sh` cannot read: where it stands, what it is, and what to write.
fn bashism(text: &str) -> Option<(usize, &'static str, &'static str)> {
    let signs = [
        ("<<<", "<<<", "`printf '%s\\n' … |`"),
        ("<(", "<( )", "a pipe or a temporary file"),
        (">(", ">( )", "a pipe or a temporary file"),
        ("((", "(( ))", "`[ … ]` or `: $(( … ))`"),
        ("=(", "an array", "`set -- …` and `\"$@\"`"),
        ("|&", "|&", "`2>&1 |`"),
        ("&>", "&>", "`> FILE 2>&1`"),
        ("[[", "[[", "`[ … ]` or `case`"),
    ];
    signs.iter().find_map(|(sign, written, instead)| Some((text.find(sign)?, *written, *instead)))
}
