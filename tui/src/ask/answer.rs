//! What a word needs beside itself is asked for, and the answer is given.

use banister_core::run::{Needs, Word};
use banister_core::source::visible;
use banister_runtime::control::{AnswerSaid, Verb};

use super::dialog::{Dialog, Left};
use super::phrase::phrase;
use super::question::Question;

impl Dialog {
    /// Asks for a word and for what it needs, and says it.
    pub(super) fn answer(&mut self, question: &Question) -> Result<(), Left> {
        let ask = &question.ask;
        let names: Vec<&str> = ask.words.iter().map(|word| word.as_str()).collect();
        let Some(chosen) = self.choose_or_more(&names)? else { return self.menu_at(question) };
        let Some(word) = ask.words.get(chosen).copied() else { return Ok(()) };
        // Said now, before anything is typed or a shell is opened for it.
        if let Some((_, why)) = question.not_yours.iter().find(|(other, _)| *other == word) {
            self.tty.show(&format!("not yours to say: {}\n", visible(why)));
            return Ok(());
        }
        self.is_about(Some(format!("{} {word}", ask.id.path)));
        let mut answer = AnswerSaid {
            ask: ask.id.clone(),
            word,
            reason: None,
            evidence: None,
            fact: None,
            plan: None,
            typed: None,
            wait_ms: None,
        };
        match word.needs(ask.kind) {
            Needs::Nothing => {}
            Needs::Reason => answer.reason = Some(self.text("reason: ")?),
            Needs::Evidence => answer.evidence = Some(self.text("what shows it: ")?),
            Needs::Time => answer.wait_ms = Some(self.time()?),
        }
        if matches!(word, Word::Approve | Word::BreakGlass) {
            // Whoever agrees has seen to its end what is agreed to, as it is now.
            if !self.has_read(question) && !self.read(question)? {
                return Ok(());
            }
            answer.plan = Some(question.plan_hash.clone());
            if let Some(fact) = &ask.fact {
                answer.fact = Some(self.text(&format!("{} ", visible(fact)))?);
            }
        }
        let wanted = phrase(word, &ask.id, ask.typed.as_deref(), Some(&self.board.view()));
        if let Some(phrase) = wanted {
            if !self.confirms(&phrase, "confirm")? {
                return Ok(());
            }
            answer.typed = Some(phrase);
        }
        if word == Word::Shell
            && let Err(why) = self.open_shell(question)
        {
            self.tty.show(&format!("no shell: {why}\n"));
            return Ok(());
        }
        if self.act(Verb::Answer(Box::new(answer))) {
            self.put_aside(&ask.id);
        }
        Ok(())
    }

    fn open_shell(&self, question: &Question) -> Result<(), String> {
        let host = question.host.as_ref().ok_or("this step has no host")?;
        self.shell.open(host.as_str(), question.ask.id.number)
    }

    fn time(&mut self) -> Result<u64, Left> {
        loop {
            let line = self.text("how much longer (such as 30s, 5m): ")?;
            match super::duration_ms(&line) {
                Some(ms) => return Ok(ms),
                None => self.tty.show(&format!("`{}` is no time\n", visible(&line))),
            }
        }
    }
}
