//! Puts questions to the operator, one at a time, and brings the answers back.

use std::collections::VecDeque;
use std::fmt::Write as _;

use banister_core::run::{Answer, AskId, Command, RunningAtAbort, Word};
use banister_core::source::visible;
use banister_runtime::driver::{AskEvent, Engine, Inbox, Interrupts, Question, Refusal};
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedReceiver;

use super::shell::Shell;
use super::tty::{Tty, Typed};
use super::words::{Needs, does, needs};

/// Everything the operator can be asked with.
pub(crate) struct Dialog {
    tty: Tty,
    events: UnboundedReceiver<AskEvent>,
    /// What waits for an answer; the first is being asked.
    open: VecDeque<Question>,
    interrupted: bool,
    /// The engine has ended.
    over: bool,
    inbox: Inbox,
    interrupts: Interrupts,
    operator: banister_core::run::Actor,
    shell: Shell,
    handle: Handle,
}

/// Why a question was left.
enum Left {
    /// Other news came first; the question is put again if it is still open.
    News,
    /// The terminal is gone.
    Gone,
}

impl Dialog {
    pub(crate) fn new(tty: Tty, events: UnboundedReceiver<AskEvent>, engine: &Engine, handle: Handle) -> Self {
        Self {
            tty,
            events,
            open: VecDeque::new(),
            interrupted: false,
            over: false,
            inbox: engine.inbox(),
            interrupts: engine.interrupts(),
            operator: engine.operator().clone(),
            shell: Shell::new(engine.dir().out_path(), engine.plan()),
            handle,
        }
    }

    /// Asks until the engine has ended or the terminal is gone.
    pub(crate) fn run(mut self) {
        while !self.over {
            if !self.interrupted && self.open.is_empty() {
                let Some(event) = self.events.blocking_recv() else { return };
                self.take(event);
            }
            let left = if self.interrupted {
                self.interruption()
            } else if let Some(question) = self.open.front().cloned() {
                self.question(&question)
            } else {
                Ok(())
            };
            if let Err(Left::Gone) = left {
                return;
            }
        }
    }

    fn take(&mut self, event: AskEvent) {
        match event {
            AskEvent::Opened(question) => self.open.push_back(*question),
            AskEvent::Closed(ask) => self.close(&ask),
            AskEvent::Interrupted => self.interrupted = true,
        }
    }

    fn close(&mut self, ask: &AskId) {
        self.open.retain(|question| question.ask.id != *ask);
    }

    /// One typed line, unless other news comes first.
    fn line(&mut self, prompt: &str) -> Result<String, Left> {
        let before = self.subject();
        loop {
            let mut fresh = Vec::new();
            let events = &mut self.events;
            let typed = self.tty.ask(prompt, || {
                while let Ok(event) = events.try_recv() {
                    fresh.push(event);
                }
                !fresh.is_empty() || events.is_closed()
            });
            fresh.into_iter().for_each(|event| self.take(event));
            self.over |= self.events.is_closed() && self.events.is_empty();
            if self.over || self.subject() != before {
                self.tty.show("\n");
                return Err(Left::News);
            }
            match typed {
                Typed::Line(line) => return Ok(line),
                Typed::Refused(why) => self.tty.show(&format!("({why})\n")),
                // News that is not about this question.
                Typed::Interrupted => {}
                Typed::Gone => return Err(Left::Gone),
            }
        }
    }

    /// What is being asked: an interruption comes before any question.
    fn subject(&self) -> (bool, Option<AskId>) {
        (self.interrupted, self.open.front().map(|question| question.ask.id.clone()))
    }

    /// One of several words, by number or in full.
    fn choose(&mut self, words: &[&str]) -> Result<usize, Left> {
        loop {
            let line = self.line(&format!("choose 1 to {}: ", words.len()))?;
            let by_number = line.parse::<usize>().ok().filter(|n| (1..=words.len()).contains(n)).map(|n| n - 1);
            if let Some(chosen) = by_number.or_else(|| words.iter().position(|word| *word == line)) {
                return Ok(chosen);
            }
            if !line.is_empty() {
                self.tty.show(&format!("`{}` is none of them\n", visible(&line)));
            }
        }
    }

    /// A line that says something.
    fn text(&mut self, prompt: &str) -> Result<String, Left> {
        loop {
            let line = self.line(prompt)?;
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }

    fn question(&mut self, question: &Question) -> Result<(), Left> {
        self.tty.show(&shown(question));
        let ask = &question.ask;
        let names: Vec<&str> = ask.words.iter().map(|word| word.as_str()).collect();
        let chosen = self.choose(&names)?;
        let Some(word) = ask.words.get(chosen).copied() else { return Ok(()) };
        let mut answer = Answer {
            ask: ask.id.clone(),
            word,
            reason: None,
            evidence: None,
            fact: None,
            plan: None,
            typed: None,
            wait_ms: None,
            prepared: false,
        };
        match needs(word, ask.kind) {
            Needs::Nothing => {}
            Needs::Reason => answer.reason = Some(self.text("reason: ")?),
            Needs::Evidence => answer.evidence = Some(self.text("what shows it: ")?),
            Needs::Time => answer.wait_ms = Some(self.time()?),
        }
        if matches!(word, Word::Approve | Word::BreakGlass) {
            answer.plan = Some(question.plan_hash.clone());
            if let Some(fact) = &ask.fact {
                answer.fact = Some(self.text(&format!("{} ", visible(fact)))?);
            }
        }
        if let Some(phrase) = ask.typed.as_ref().filter(|_| word.is_typed()) {
            answer.typed = Some(self.text(&format!("type `{}` to confirm: ", visible(phrase)))?);
        }
        if word == Word::Shell
            && let Err(why) = self.shell.open(question)
        {
            self.tty.show(&format!("no shell: {why}\n"));
            return Ok(());
        }
        match self.handle.block_on(self.inbox.answer(self.operator.clone(), answer)) {
            Ok(_) => self.close(&ask.id),
            Err(Refusal::Rejected(rejected)) => self.tty.show(&format!("not taken: {rejected}\n")),
            Err(error) => {
                self.tty.show(&format!("{error}\n"));
                self.over = true;
            }
        }
        Ok(())
    }

    fn time(&mut self) -> Result<u64, Left> {
        loop {
            let line = self.text("how much longer (such as 30s, 5m): ")?;
            match crate::ask::duration_ms(&line) {
                Some(ms) => return Ok(ms),
                None => self.tty.show(&format!("`{}` is no time\n", visible(&line))),
            }
        }
    }

    /// The first interrupt: nothing new starts until the operator says how to go on.
    fn interruption(&mut self) -> Result<(), Left> {
        self.tty.show(
            "\nINTERRUPTED: nothing new starts, what runs goes on\n  \
             1  continue  the run goes on\n  \
             2  detach    this program ends, running commands go on; `banister resume` finds them\n  \
             3  abort     the run ends\n",
        );
        match self.choose(&["continue", "detach", "abort"])? {
            0 => {
                let done = self.handle.block_on(self.inbox.command(self.operator.clone(), Command::Continue));
                self.said(done);
            }
            1 => self.interrupts.leave(),
            _ => {
                self.tty.show(
                    "what runs:\n  1  wait   it may finish\n  2  kill   it is stopped\n  \
                     3  leave  it runs on, its outcome stays unknown\n",
                );
                let running = match self.choose(&["wait", "kill", "leave"])? {
                    0 => RunningAtAbort::Wait,
                    1 => RunningAtAbort::Kill,
                    _ => RunningAtAbort::Leave,
                };
                let command = Command::Abort { running };
                let done = self.handle.block_on(self.inbox.command(self.operator.clone(), command));
                self.said(done);
            }
        }
        self.interrupted = false;
        self.interrupts.answered();
        Ok(())
    }

    fn said(&mut self, done: Result<u64, Refusal>) {
        if let Err(error) = done {
            self.tty.show(&format!("not taken: {error}\n"));
        }
    }
}

/// A question as it stands on the screen.
fn shown(question: &Question) -> String {
    let ask = &question.ask;
    let mut text = format!("\nASK {}\n    {}\n", ask.id.path, visible(&ask.question).replace('\n', "\n    "));
    if let Some(host) = question.host.as_ref().filter(|host| ask.id.path.host() != Some(host)) {
        let _ = writeln!(text, "    host: {host}");
    }
    let _ = writeln!(text, "    if it fails: {}", visible(&question.if_it_fails));
    if ask.words.contains(&Word::Approve) {
        let _ = writeln!(text, "    plan: {}", question.plan_hash);
    }
    if let Some(why) = &question.rejected {
        let _ = writeln!(text, "    the answer given beforehand was not taken: {}", visible(why));
    }
    let width = ask.words.iter().map(|word| word.as_str().len()).max().unwrap_or(0);
    for (n, word) in ask.words.iter().enumerate() {
        let _ = writeln!(text, "  {}  {:<width$}  {}", n + 1, word.as_str(), does(*word, ask.kind));
    }
    text
}

#[cfg(test)]
mod tests {
    use banister_core::plan::StepPath;
    use banister_core::run::{Ask, AskKind, BootId, Stamp};

    use super::*;

    #[test]
    fn a_question_shows_what_each_word_does_and_hides_nothing() {
        let since =
            Stamp { wall: chrono::DateTime::from_timestamp(0, 0).unwrap(), elapsed: 0, boot: BootId("b".into()) };
        let path = StepPath::parse("restart/@web-2/stop").unwrap();
        let question = Question {
            host: path.host().cloned(),
            ask: Ask {
                id: AskId { path, number: 3 },
                kind: AskKind::Failure,
                question: "stop: ended with status 1 \x1b[2J".into(),
                words: vec![Word::Retry, Word::Skip, Word::ByHand, Word::Shell],
                typed: None,
                fact: None,
                since,
                unavailable: None,
            },
            if_it_fails: "Call the owner.".into(),
            plan_hash: "sha256:00".into(),
            rejected: Some("this answer needs evidence".into()),
        };
        insta::assert_snapshot!(shown(&question));
    }
}
