//! The text of an ask's dialog, and its form.

use banister_core::plan::{PrintStyle, print_step};
use banister_core::run::{AskKind, Purpose, Word};
use banister_core::source::visible_bytes;
use banister_core::view::{Attempt, RunView, duration};
use banister_runtime::output::StreamKind;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::AskDialog;
use super::evidence::{Piece, count};
use crate::ask::{ATTEMPTS, Extent, FIRST, LAST, does, lines_of, not_stored};
use crate::ui::run::overlay::paper::Paper;
use crate::ui::run::overlay::posted::refusal;
use crate::ui::run::overlay::sheet::{inner_height, inner_width};
use crate::ui::run::view::clock;
use crate::ui::run::{RunModel, StreamKey};
use crate::ui::text::{cut, shown, width, wrap};

const PLAIN: Style = Style::new();

impl AskDialog {
    pub(super) fn paper(&self, run: &RunModel, width: usize, has_columns: bool) -> Paper {
        let (ask, theme, mut paper) = (&self.ask, run.theme, Paper::new(width));
        if let Some(destroys) = self.destroys(run).filter(|_| has_columns) {
            paper.text(theme.attention(), &destroys);
        }
        paper.text(theme.label(), &ask.question);
        let Some(view) = &run.view else { return paper };
        let task = view.state().graph().find(&ask.id.path);
        let row = task.map(|task| view.step(task));
        let host = row.as_ref().and_then(|row| row.host.clone()).or_else(|| ask.id.path.host().cloned());
        if let Some(host) = host.filter(|host| ask.id.path.host() != Some(host)) {
            paper.field("host", PLAIN, host.as_str());
        }
        if let Some(why) = row.as_ref().and_then(|row| row.why.as_deref()).filter(|_| ask.kind == AskKind::Approve) {
            paper.field("asked again", theme.attention(), why);
        }
        paper.field("if it fails", PLAIN, &ask.if_it_fails);
        if let Some(row) = &row {
            self.attempts(&row.attempts, run, &mut paper);
            if let Some(sample) = &row.sample {
                let word = if sample.good { "good" } else { "bad" };
                let says = format!("{word}, number {}; {} of {} in a row", sample.sample, sample.streak, sample.needed);
                paper.field("last sample", PLAIN, &says);
                for (host, why) in &sample.bad {
                    paper.field("", theme.attention(), &format!("{host}: {why}"));
                }
                if sample.bad_hosts as usize > sample.bad.len() {
                    paper.field("", PLAIN, &format!("{} hosts in all", sample.bad_hosts));
                }
            }
            if ask.kind == AskKind::Timeout {
                let limit = row.limit_ms.map(duration).unwrap_or_default();
                paper.field("limit", PLAIN, &format!("{limit}; it still runs"));
            }
        }
        if ask.kind == AskKind::Approve {
            self.approval(view, run, &mut paper, has_columns);
        } else {
            self.trouble(run, &mut paper);
        }
        paper
    }

    fn attempts(&self, attempts: &[Attempt], run: &RunModel, paper: &mut Paper) {
        let tried: Vec<&Attempt> = attempts.iter().filter(|attempt| attempt.purpose != Purpose::Preview).collect();
        let skipped = tried.len().saturating_sub(ATTEMPTS);
        for (n, attempt) in tried.into_iter().skip(skipped).enumerate() {
            let what = if attempt.purpose == Purpose::Verify { "verify" } else { "try" };
            let took = attempt.took_ms.map(|ms| format!("  took {}", duration(ms))).unwrap_or_default();
            let why = attempt.why.as_ref().map(|why| format!("  {why}")).unwrap_or_default();
            let began = clock(run, attempt.began);
            let line = format!("{what} {}  {}{took}  {began}{why}", attempt.attempt, attempt.word);
            let label = match (n, skipped) {
                (0, 0) => "attempts".to_owned(),
                (0, skipped) => format!("{skipped} more"),
                _ => String::new(),
            };
            paper.field(&label, run.theme.word(&attempt.word), &line);
        }
    }

    /// The error itself: its first and its last lines.
    fn trouble(&self, run: &RunModel, paper: &mut Paper) {
        for piece in self.evidence.pieces.iter().filter(|piece| piece.extent == Extent::Tail) {
            let head = self.evidence.pieces.iter().find(|p| p.extent == Extent::Head && p.stream == piece.stream);
            let Some(total) = piece.total else {
                kept_here(piece, run, paper);
                continue;
            };
            let lines: Vec<&[u8]> = lines_of(&piece.bytes);
            if lines.is_empty() {
                continue;
            }
            paper.heading(run.theme.label(), &format!("{} of try {}, {total} bytes", piece.stream, piece.key.attempt));
            if piece.from > 0 {
                let first: Vec<&[u8]> = head.map(|head| lines_of(&head.bytes)).unwrap_or_default();
                first.iter().take(FIRST).for_each(|line| paper.text(PLAIN, &visible_bytes(line)));
                paper.text(run.theme.dim(), ".. lines are left out here ..");
                lines.iter().rev().take(LAST).rev().for_each(|line| paper.text(PLAIN, &visible_bytes(line)));
            } else {
                first_and_last(&lines, run, paper);
            }
        }
    }

    /// What is agreed to: who must, to what, and what it will do.
    fn approval(&self, view: &RunView, run: &RunModel, paper: &mut Paper, has_columns: bool) {
        let Some(approve) = self.approve(run) else { return };
        if let Some(undo) = self.undo(run).filter(|_| has_columns) {
            paper.field("undo", PLAIN, undo);
        }
        if let (true, Some(starter), Some(began)) = (has_columns, view.state().starter(), view.began()) {
            paper.field("started by", PLAIN, &format!("{starter} at {}", clock(run, began)));
        }
        let mut needs = format!(
            "{} of {}",
            approve.by,
            if approve.of.is_empty() { "anybody".to_owned() } else { approve.of.join(", ") }
        );
        if approve.not_starter {
            let starter = view.state().starter().map_or_else(|| "who started".to_owned(), ToString::to_string);
            needs.push_str(&format!(", not {starter}, who started it"));
        }
        paper.field("needs", PLAIN, &needs);
        let said = view.waits().iter().rev().find(|wait| wait.ask == self.ask.id).map(|wait| wait.said.as_slice());
        for said in said.unwrap_or_default() {
            paper.field(
                "said",
                run.theme.word("ok"),
                &format!("{} by {} at {}", said.word, said.by, clock(run, said.at)),
            );
        }
        let may = match self.why_not(Word::Approve, run) {
            None => "may approve".to_owned(),
            Some(why) => format!("may not: {why}"),
        };
        paper.field("you", PLAIN, &format!("{}: {may}", run.you));
        paper.vital(true);
        paper.field("plan", PLAIN, view.state().plan_hash());
        let style = PrintStyle { ascii: !run.theme.boxes };
        for step in &approve.allows {
            paper.heading(run.theme.label(), "TO BE ALLOWED, as the plan has it");
            paper.text(PLAIN, &print_step(view.plan(), *step, style));
        }
        if has_columns {
            paper.column();
        }
        for piece in &self.evidence.pieces {
            paper.heading(run.theme.label(), &format!("{}, try {}", piece.label, piece.key.attempt));
            if let (true, Some(ended), Some(_)) = (has_columns, piece.ended, piece.total) {
                // Beside what must be read: another width must not ask for another reading.
                paper.vital(false);
                paper.text(run.theme.dim(), &format!("{}, printed at {}", count(piece.lines()), clock(run, ended)));
                paper.vital(true);
            }
            self.shown(piece, run, paper);
        }
        paper.vital(false);
        if has_columns && self.evidence.pieces.iter().any(|piece| piece.key.purpose == Purpose::Preview) {
            paper.blank();
            let says =
                "The preview runs again right before the step; if it gives something else, the approval is void.";
            paper.text(run.theme.dim(), says);
        }
    }

    fn shown(&self, piece: &Piece, run: &RunModel, paper: &mut Paper) {
        match (&piece.refused, piece.total) {
            (Some(why), _) => paper.text(run.theme.attention(), &format!("cannot be shown: {why}")),
            (None, None) => {
                let key = StreamKey { path: piece.key.path.clone(), host: piece.key.host.clone(), stderr: false };
                match run.outputs.of(&key) {
                    Some(stream) => stream.shown().for_each(|line| paper.text(PLAIN, &visible_bytes(line))),
                    None => paper.text(run.theme.dim(), "not here yet"),
                }
            }
            (None, Some(0)) if piece.printed > 0 => paper.text(run.theme.attention(), &not_stored(piece.printed)),
            (None, Some(0)) => paper.text(run.theme.dim(), "it printed nothing"),
            (None, Some(total)) => {
                lines_of(&piece.bytes).iter().for_each(|line| paper.text(PLAIN, &visible_bytes(line)));
                if piece.left_out() > 0 {
                    let says =
                        format!(".. {} of {total} bytes; all of it: banister output RUN STEP", piece.bytes.len());
                    paper.text(run.theme.attention(), &says);
                }
            }
        }
    }
}

/// Where nothing is read from the store: what this screen has kept.
fn kept_here(piece: &Piece, run: &RunModel, paper: &mut Paper) {
    let stderr = piece.stream == StreamKind::Stderr;
    let key = StreamKey { path: piece.key.path.clone(), host: piece.key.host.clone(), stderr };
    let Some(stream) = run.outputs.of(&key) else { return };
    let lines: Vec<&[u8]> = stream.shown().collect();
    if !lines.is_empty() {
        paper.heading(run.theme.label(), &format!("{}, as it came to this screen", piece.stream));
        first_and_last(&lines, run, paper);
    }
}

fn first_and_last(lines: &[&[u8]], run: &RunModel, paper: &mut Paper) {
    let left_out = lines.len().saturating_sub(FIRST + LAST);
    for (n, line) in lines.iter().enumerate() {
        if left_out > 1 && n == FIRST {
            paper.text(run.theme.dim(), &format!(".. {left_out} lines are left out here .."));
        }
        if left_out <= 1 || n < FIRST || n >= FIRST + left_out {
            paper.text(PLAIN, &visible_bytes(line));
        }
    }
}

impl AskDialog {
    /// The form at the bottom: the words, or the fields of the one that was chosen.
    pub(super) fn lines_of_form(&self, run: &RunModel, room: Rect) -> Vec<Line<'static>> {
        let (cells, theme) = (inner_width(room), run.theme);
        let attention = |text: &str| -> Vec<Line<'static>> {
            wrap(&shown(text), cells).into_iter().map(|line| Line::styled(line, theme.attention())).collect()
        };
        if let Some(over) = &self.over {
            let mut lines = attention(over);
            lines.push(Line::raw("any key closes this"));
            return lines;
        }
        let mut lines = match &self.form {
            None => self.words(run, room),
            Some(form) => {
                let head = format!("{}  {}", form.word, does(form.word, self.ask.kind));
                let mut lines = vec![Line::styled(cut(&head, cells).into_owned(), theme.label())];
                if !self.posted.is_sent() && !self.in_shell {
                    lines.extend(form.lines(cells, theme));
                }
                lines
            }
        };
        lines.extend(self.posted.lines(cells, theme));
        if self.in_shell {
            lines.push(Line::raw("a shell is open; when it is closed, the answer is sent"));
        }
        if let Some(said) = &self.said {
            lines.extend(attention(said));
        } else if self.form.is_none() {
            match self.why_nothing(run) {
                Some(why) => lines.extend(refusal(&why, cells, theme)),
                None => lines.push(Line::from(vec![
                    Span::styled("> number or word  ", theme.label()),
                    Span::raw(shown(&self.begun)),
                    Span::raw("_"),
                ])),
            }
        }
        lines
    }

    /// Each word on a line with what it does; side by side where there is no room for that.
    fn words(&self, run: &RunModel, room: Rect) -> Vec<Line<'static>> {
        let (cells, theme) = (inner_width(room), run.theme);
        let widest = self.ask.words.iter().map(|word| width(word.as_str())).max().unwrap_or(0);
        let common = self.why_nothing(run);
        let why_not = |word: Word| self.why_not(word, run).filter(|_| common.is_none());
        // The error itself matters more than what a word does, which is said again where it is chosen.
        let high = inner_height(room);
        let is_few = self.ask.words.len() <= 3 && high >= 10;
        if is_few || self.laid(run, cells, false).columns()[0].len() + self.ask.words.len() + 2 <= high {
            let line = |(n, word): (usize, &Word)| {
                let (does, style) = match why_not(*word) {
                    Some(why) => (format!("({why})"), theme.dim()),
                    None => (does(*word, self.ask.kind).to_owned(), PLAIN),
                };
                let text = format!("{}  {:<widest$}  {}", n + 1, word.as_str(), shown(&does));
                Line::styled(cut(&text, cells).into_owned(), style)
            };
            return self.ask.words.iter().enumerate().map(line).collect();
        }
        let word = |(n, word): (usize, &Word)| match why_not(*word) {
            Some(_) => format!("({}\u{a0}{word})", n + 1),
            None => format!("{}\u{a0}{word}", n + 1),
        };
        let words: Vec<String> = self.ask.words.iter().enumerate().map(word).collect();
        // A number stays with its word.
        wrap(&words.join("  "), cells).into_iter().map(|line| Line::raw(line.replace('\u{a0}', " "))).collect()
    }
}
