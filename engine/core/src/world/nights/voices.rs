//! Who speaks in a night: whoever answers the asks, and an operator who says things out of the blue. What they may say,
//! word by word, is in `people.rs`.

use super::{Night, SECOND, people};
use crate::run::{AskUnavailableReason, Command, DrainReason, Input, Word};

impl Night {
    pub(super) fn person(&mut self) -> Result<(), String> {
        let state = self.run.state();
        let is_heard = |ask: &&crate::run::Ask| !self.are_patient || state.is_pressing(ask);
        let asks: Vec<_> = state.asks().filter(is_heard).cloned().collect();
        let Some(ask) = self.random.pick(&asks).cloned() else { return Ok(()) };
        let all = people::people();
        let Some(driver) = self.run.state().pen().cloned() else { return self.take_pen() };
        if self.is_calm() {
            let time = self.patience.entry(ask.id.path.clone()).or_default();
            *time += 1;
            let answer = people::calm_answer(&ask, *time);
            let word = answer.word;
            let actor = match word {
                Word::Approve | Word::BreakGlass => self.random.pick(&all).cloned().unwrap_or(driver),
                _ => driver,
            };
            self.count(format!("word: {word:?}"));
            return self.say(Input::Answered { actor, answer });
        }
        if self.random.permille(30) {
            self.count("fault: an ask could not be put");
            return self.say(Input::AskUnavailable { ask: ask.id, reason: AskUnavailableReason::NoTerminal });
        }
        let likes = if self.favourite == "breakglass.used" { &[Word::BreakGlass][..] } else { &[] };
        let (answer, is_wrong) = people::any_answer(&mut self.random, &ask, likes);
        let actor = if self.random.permille(700) { driver } else { self.random.pick(&all).cloned().unwrap_or(driver) };
        self.count(format!("word: {:?}", answer.word));
        let before = self.disk.records.len();
        let engine = self.engine;
        self.say(Input::Answered { actor, answer: answer.clone() })?;
        if is_wrong && engine == self.engine && self.disk.records.len() > before {
            return Err(format!("an answer was taken that must not be: {answer:?}"));
        }
        Ok(())
    }

    /// It was handed over: nobody drives before somebody has taken it up.
    fn take_pen(&mut self) -> Result<(), String> {
        let all = people::people();
        let actor = self.random.pick(&all).cloned().unwrap_or_else(|| all[0].clone());
        let command = if self.is_calm() || self.random.permille(700) { Command::Pen } else { Command::Hold };
        self.count("nobody has the pen");
        self.say(Input::Commanded { actor, command })
    }

    pub(super) fn operator(&mut self) -> Result<(), String> {
        let all = people::people();
        let Some(driver) = self.run.state().pen().cloned() else { return self.take_pen() };
        if self.is_calm() {
            if self.run.state().is_held() {
                return self.say(Input::Commanded { actor: driver, command: Command::Continue });
            }
            return Ok(());
        }
        if self.random.permille(20) {
            self.count("fault: drained by a signal");
            return self.say(Input::Drain { reason: DrainReason::Signal });
        }
        if self.random.permille(15) {
            self.count("fault: the engine lacks something");
            return self.say(Input::Halted { why: "nobody lends an agent".to_owned() });
        }
        if self.random.permille(15) {
            self.count("fault: another run takes a host over");
            let host = self.any_host();
            self.hosts.locks.insert(host, format!("beef-{}", self.engine + 1));
        }
        if self.random.permille(60) {
            self.count("fault: the network of a host is away");
            let (host, until) = (self.any_host(), self.now + self.random.between(5, 600) * SECOND);
            self.cuts.insert(host, until);
        }
        if self.random.permille(150)
            && let Some(path) = self.facts.tasks.iter().find(|(_, f)| !f.allowed_by.is_empty()).map(|(p, _)| p.clone())
        {
            self.count("fault: somebody changed what a destroy step takes");
            self.hosts.meddle(&path);
        }
        let is_fatal = self.favourite == "run.aborted" && self.random.permille(200);
        let command = if is_fatal { people::abort(&mut self.random) } else { people::command(&mut self.random) };
        let actor = if self.random.permille(900) { driver } else { all[1].clone() };
        self.count(format!("command: {}", format!("{command:?}").split([' ', '{']).next().unwrap_or_default()));
        self.say(Input::Commanded { actor, command })
    }
}
