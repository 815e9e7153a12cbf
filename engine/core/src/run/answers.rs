//! Answers given beforehand: `--answers FILE`.
//!
//! It says which answer fits which ask, each once, the first that fits. What it deliberately does not do: judge
//! whether the answer is allowed. The run does that, with the same rules as for an answer from a screen.

use super::answer_shapes::{ANSWER, ANSWERS};
use super::{Answer, AskId, Needs, Word};
use crate::plan::StepPath;
use crate::runbook::shape::Shape;
use crate::runbook::tree::{Node, NodeKind, parse_tree};
use crate::source::{Diagnostic, DidYouMean, Finding, Names, SourceFile, Span, did_you_mean};

/// Whose answers a file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voices {
    /// Those of the person who runs the command: `as:` is an error.
    Own,
    /// Those of anybody it names with `as:`: drills and rehearsals only.
    Named,
}

/// An answer that waits for its ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedAnswer {
    /// Which ask it is for.
    pub path: StepPath,
    /// The word.
    pub word: Word,
    /// Why.
    pub reason: Option<String>,
    /// What was seen.
    pub evidence: Option<String>,
    /// The fact an approval asks for.
    pub fact: Option<String>,
    /// The plan's hash that was agreed to.
    pub plan: Option<String>,
    /// The word or phrase typed in confirmation.
    pub typed: Option<String>,
    /// `wait`: how much longer, milliseconds.
    pub wait_ms: Option<u64>,
    /// Who says it; `None`: the person who runs the command.
    pub speaker: Option<String>,
    /// Where it stands in its file.
    pub span: Span,
}

impl PreparedAnswer {
    fn fits(&self, ask: &AskId, words: &[Word]) -> bool {
        self.path == ask.path && words.contains(&self.word)
    }

    /// The answer to one ask.
    #[must_use]
    pub fn to(&self, ask: AskId) -> Answer {
        Answer {
            ask,
            word: self.word,
            reason: self.reason.clone(),
            evidence: self.evidence.clone(),
            fact: self.fact.clone(),
            plan: self.plan.clone(),
            typed: self.typed.clone(),
            wait_ms: self.wait_ms,
            prepared: true,
        }
    }
}

/// The answers of one file, in its order, each used at most once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    waiting: Vec<PreparedAnswer>,
}

impl Answers {
    /// Reads a file. Findings of all its answers come together; with an error among them there are no answers at all,
    /// because half of what somebody prepared is not what they prepared.
    #[must_use]
    pub fn parse(source: &SourceFile, voices: Voices) -> (Option<Self>, Vec<Diagnostic>) {
        let (tree, mut findings) = parse_tree(source);
        let mut reader = Reader { voices, findings: Vec::new() };
        let answers = tree.as_ref().map(|tree| reader.file(tree));
        findings.append(&mut reader.findings);
        let good = !findings.iter().any(Diagnostic::is_error);
        (answers.filter(|_| good).map(|waiting| Self { waiting }), findings)
    }

    /// Reads the list of answers inside another file: a simulated world brings its people along.
    pub(crate) fn parse_list(list: &Node, voices: Voices) -> (Self, Vec<Diagnostic>) {
        let mut reader = Reader { voices, findings: Vec::new() };
        let waiting = reader.list(list);
        (Self { waiting }, reader.findings)
    }

    /// Takes the first answer that is for this ask's path and says one of the words it allows.
    pub fn take(&mut self, ask: &AskId, words: &[Word]) -> Option<PreparedAnswer> {
        let at = self.waiting.iter().position(|answer| answer.fits(ask, words))?;
        Some(self.waiting.remove(at))
    }

    /// Whether there is an answer that [`Self::take`] would give.
    #[must_use]
    pub fn has(&self, ask: &AskId, words: &[Word]) -> bool {
        self.waiting.iter().any(|answer| answer.fits(ask, words))
    }

    /// Those that no ask has taken.
    #[must_use]
    pub fn unused(&self) -> &[PreparedAnswer] {
        &self.waiting
    }

    /// The warning for one that the run did not take, and why.
    #[must_use]
    pub fn rejected(answer: &PreparedAnswer, why: &super::Rejected) -> Diagnostic {
        let (step, word, why) = (answer.path.to_string(), answer.word.to_string(), why.to_string());
        Diagnostic::new(Finding::AnswerRejected { step, word, why }, answer.span)
    }

    /// A warning for each that no ask has taken.
    #[must_use]
    pub fn warnings(&self) -> Vec<Diagnostic> {
        let warn = |a: &PreparedAnswer| {
            Diagnostic::new(Finding::AnswerUnused { step: a.path.to_string(), word: a.word.to_string() }, a.span)
        };
        self.waiting.iter().map(warn).collect()
    }
}

struct Reader {
    voices: Voices,
    findings: Vec<Diagnostic>,
}

impl Reader {
    fn report(&mut self, finding: Finding, span: Span) {
        self.findings.push(Diagnostic::new(finding, span));
    }

    fn file(&mut self, tree: &Node) -> Vec<PreparedAnswer> {
        let NodeKind::Mapping(entries) = &tree.kind else {
            self.shape("it is not a mapping", tree);
            return Vec::new();
        };
        for entry in entries.iter().filter(|entry| !ANSWERS.has(&entry.key.value)) {
            self.unknown(&entry.key.value, &ANSWERS, entry.key.span);
        }
        match tree.get("answers") {
            Some(node) => self.list(node),
            None => {
                self.shape("it has no `answers`", tree);
                Vec::new()
            }
        }
    }

    fn list(&mut self, node: &Node) -> Vec<PreparedAnswer> {
        let NodeKind::Sequence(items) = &node.kind else {
            self.shape("`answers` is not a list", node);
            return Vec::new();
        };
        items.iter().filter_map(|item| self.answer(item)).collect()
    }

    fn answer(&mut self, node: &Node) -> Option<PreparedAnswer> {
        let NodeKind::Mapping(entries) = &node.kind else {
            self.shape("an answer is not a mapping", node);
            return None;
        };
        for entry in entries.iter().filter(|entry| !ANSWER.has(&entry.key.value)) {
            self.unknown(&entry.key.value, &ANSWER, entry.key.span);
        }
        let path = self.step(node);
        let word = self.word(node);
        let mut text = |field| self.text(node, field);
        let (reason, evidence, fact) = (text("reason"), text("evidence"), text("fact"));
        let (plan, typed, speaker) = (text("plan"), text("typed"), text("as"));
        if let Some(word) = word {
            self.needed(word, reason.is_some(), evidence.is_some(), node.span);
        }
        if let (Some(name), Voices::Own) = (&speaker, self.voices) {
            let span = node.get("as").map_or(node.span, |node| node.span);
            self.report(Finding::AnswerNamesSpeaker { name: name.clone() }, span);
        }
        let wait_ms = self.wait(node);
        Some(PreparedAnswer {
            path: path?,
            word: word?,
            reason,
            evidence,
            fact,
            plan,
            typed,
            wait_ms,
            speaker,
            span: node.span,
        })
    }

    fn step(&mut self, node: &Node) -> Option<StepPath> {
        let text = self.required(node, "step")?;
        match StepPath::parse(&text) {
            Ok(path) => Some(path),
            Err(error) => {
                let span = node.get("step").map_or(node.span, |node| node.span);
                self.report(Finding::AnswerStep { why: error.to_string() }, span);
                None
            }
        }
    }

    fn word(&mut self, node: &Node) -> Option<Word> {
        let text = self.required(node, "answer")?;
        let word = Word::from_word(&text);
        let span = node.get("answer").map_or(node.span, |node| node.span);
        if let Some(word) = word.filter(|word| !word.may_be_prepared()) {
            self.report(Finding::AnswerMustBeTyped { word: word.to_string() }, span);
            return None;
        }
        if word.is_none() {
            let similar = did_you_mean(&text, Word::prepared().map(Word::as_str));
            self.report(Finding::AnswerWord { word: text, similar, known: Names::of(Word::prepared()) }, span);
        }
        word
    }

    /// What a word needs wherever it is said; what only some asks need is for the run to demand.
    fn needed(&mut self, word: Word, reason: bool, evidence: bool, span: Span) {
        let missing = match word.needs_anywhere() {
            Needs::Reason if !reason => "reason",
            Needs::Evidence if !evidence => "evidence",
            _ => return,
        };
        self.report(Finding::AnswerNeeds { word: word.to_string(), field: missing.to_owned() }, span);
    }

    fn wait(&mut self, node: &Node) -> Option<u64> {
        let text = self.text(node, "wait")?;
        let millis = (text.len() <= 64)
            .then(|| humantime::parse_duration(&text).ok())
            .flatten()
            .and_then(|wait| u64::try_from(wait.as_millis()).ok())
            .filter(|wait| *wait > 0);
        if millis.is_none() {
            let span = node.get("wait").map_or(node.span, |node| node.span);
            self.report(
                Finding::AnswerValue { field: "wait".to_owned(), expected: "a time such as `30s`".to_owned() },
                span,
            );
        }
        millis
    }

    fn required(&mut self, node: &Node, field: &'static str) -> Option<String> {
        if node.get(field).is_none() {
            self.report(Finding::AnswerIncomplete { field: field.to_owned() }, node.span);
        }
        self.text(node, field)
    }

    /// A text that says something. A number is taken as it is written: `fact: 12` is what people write.
    fn text(&mut self, node: &Node, field: &'static str) -> Option<String> {
        let node = node.get(field)?;
        match &node.kind {
            NodeKind::Scalar(text) if !text.value.trim().is_empty() && !node.is_null() => Some(text.value.clone()),
            NodeKind::Refused => None,
            _ => {
                let (field, expected) = (field.to_owned(), "a text that says something".to_owned());
                self.report(Finding::AnswerValue { field, expected }, node.span);
                None
            }
        }
    }

    fn shape(&mut self, why: &str, node: &Node) {
        if !matches!(node.kind, NodeKind::Refused) {
            self.report(Finding::AnswersShape { why: why.to_owned() }, node.span);
        }
    }

    fn unknown(&mut self, field: &str, shape: &Shape, span: Span) {
        let similar: DidYouMean = did_you_mean(field, shape.names());
        let (field, place) = (field.to_owned(), shape.place.to_owned());
        self.report(Finding::UnknownField { field, place, similar, known: Names::of(shape.names()) }, span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, voices: Voices) -> Result<Answers, String> {
        let source = SourceFile::new("answers.yaml", text);
        let (answers, findings) = Answers::parse(&source, voices);
        let line = |f: &Diagnostic| {
            let at = source.position(f.span.start);
            format!("{}:{} {} {} | {}", at.line, at.column, f.code, f.message, f.help)
        };
        answers.ok_or_else(|| findings.iter().map(line).collect::<Vec<_>>().join("\n"))
    }

    fn ask(path: &str, number: u32) -> AskId {
        AskId { path: StepPath::parse(path).unwrap(), number }
    }

    #[test]
    fn the_example_of_the_book() {
        let text = "answers:\n  - { step: approval, answer: approve, fact: \"12\", plan: \"sha256:ab\" }\n  - { step: \"restore/@web-2/copy\", answer: skip, reason: \"already whole, checked by hand\" }\n";
        let mut answers = parse(text, Voices::Own).unwrap();
        let first = answers.take(&ask("approval", 1), &[Word::Approve, Word::Refuse]).unwrap();
        let expect = Answer {
            ask: ask("approval", 1),
            word: Word::Approve,
            reason: None,
            evidence: None,
            fact: Some("12".into()),
            plan: Some("sha256:ab".into()),
            typed: None,
            wait_ms: None,
            prepared: true,
        };
        assert_eq!(first.to(ask("approval", 1)), expect);
        let warnings: Vec<_> = answers.warnings().into_iter().map(|w| (w.is_error(), w.message)).collect();
        assert_eq!(warnings, [(false, "no ask took the answer `skip` for `restore/@web-2/copy`".to_owned())]);
    }

    #[test]
    fn each_is_taken_once_by_the_first_ask_it_fits() {
        let text = "\
answers:
  - { step: go, answer: continue }
  - { step: a/@h, answer: wait, wait: 30s }
  - { step: a/@h, answer: kill }
  - { step: a/@h, answer: wait, wait: 1m }
";
        let mut answers = parse(text, Voices::Own).unwrap();
        let timeout = [Word::Wait, Word::Kill, Word::Leave];
        assert_eq!(answers.take(&ask("a", 1), &timeout), None, "a path is exact");
        assert_eq!(answers.take(&ask("a/@h", 1), &[Word::Retry]), None, "the word must be one of the ask's");
        let mut taken = |number| answers.take(&ask("a/@h", number), &timeout).map(|a| (a.word, a.wait_ms));
        assert_eq!(taken(1), Some((Word::Wait, Some(30_000))));
        assert_eq!(taken(2), Some((Word::Kill, None)));
        assert_eq!(taken(3), Some((Word::Wait, Some(60_000))));
        assert_eq!(taken(4), None);
        assert_eq!(answers.unused().len(), 1);
    }

    #[test]
    fn who_speaks_may_be_named_in_drills_only() {
        let text = "answers: [{ step: a, answer: approve, as: bob }]\n";
        let mut named = parse(text, Voices::Named).unwrap();
        let taken = named.take(&ask("a", 1), &[Word::Approve]).unwrap();
        assert_eq!(taken.speaker.as_deref(), Some("bob"));
        insta::assert_snapshot!(parse(text, Voices::Own).unwrap_err());
    }

    #[test]
    fn the_glass_is_not_broken_beforehand() {
        let text = "answers: [{ step: a, answer: break-glass, reason: alone }]\n";
        insta::assert_snapshot!(parse(text, Voices::Named).unwrap_err());
    }

    #[test]
    fn all_that_is_wrong_is_said_at_its_place() {
        let text = "\
answers:
  - { step: Approval, answer: aprove, facts: 3 }
  - { answer: skip }
  - { step: a/@h, answer: by-hand, reason: x }
  - { step: a/@h, answer: wait, wait: soon }
  - { step: a, answer: continue, reason: [] }
  - continue
more: 1
";
        insta::assert_snapshot!(parse(text, Voices::Own).unwrap_err());
        insta::assert_snapshot!(
            ["[]", "answers: 3", "{}", "a: &x 1"].map(|t| parse(t, Voices::Own).unwrap_err()).join("\n")
        );
    }
}
