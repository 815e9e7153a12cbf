//! The engine of a night: it gives the run its inputs as a driver would, dies at every point there is, and another one
//! comes. What it carries out is in `effects.rs`.

use std::sync::Arc;

use super::{Event, Night, SECOND, people, short};
use crate::run::testing::info;
use crate::run::{Command, Input, Run};

impl Night {
    /// Gives the run one input, as a driver would: decide, commit, dispatch. The engine may die at every point.
    pub(super) fn say(&mut self, input: Input) -> Result<(), String> {
        self.note(|| format!("-> {}", short(&input)));
        let now = self.clock();
        let before = self.run.fingerprint();
        self.cause = Some(input.clone());
        let may_die = self.crashes_left > 0 && !self.is_calm();
        let mut batch = self.run.batch(now);
        if let Err(rejected) = batch.decide(input.clone()) {
            if !batch.records().is_empty() {
                return Err(format!("a rejected input left records: {rejected}"));
            }
            drop(batch);
            if self.run.fingerprint() != before {
                return Err(format!("a rejected input changed the run: {rejected}"));
            }
            self.note(|| format!("   rejected: {rejected}"));
            self.count("rejected");
            return self.lost_outcome(&input, &rejected);
        }
        let likes = batch.records().iter().position(|r| r.kind.name() == self.favourite);
        let point = if may_die && (self.random.permille(60) || (likes.is_some() && self.random.permille(600))) {
            // Exactly behind the record that this night is about, mostly.
            Some(if likes.is_some() && self.random.permille(600) { 1 } else { self.random.below(5) })
        } else {
            None
        };
        if point == Some(0) && !batch.records().is_empty() {
            drop(batch);
            self.count("crash: before the commit");
            return self.crash(false);
        }
        if point == Some(1) && !batch.records().is_empty() {
            // Most of the time exactly behind the record that this night is about.
            let records = batch.records().len();
            let anywhere = self.random.below(records + 1);
            self.disk.fails_after = Some(likes.map_or(anywhere, |at| at + 1));
        }
        let from = self.disk.records.len();
        match batch.commit(&mut self.disk) {
            Err(_) => {
                self.see(from)?;
                self.count("crash: the journal failed");
                self.crash(false)
            }
            Ok(effects) => {
                self.disk.fails_after = None;
                self.see(from)?;
                if let Some(difference) = self.run.state().differs_from(&self.shadow) {
                    return Err(format!("the state is not the fold of its records: {difference}"));
                }
                if point == Some(2) {
                    self.count("crash: before the effects");
                    return self.crash(self.disk.records.len() > self.disk.synced);
                }
                for effect in effects {
                    if point == Some(3) && self.random.permille(300) {
                        self.count("crash: among the effects");
                        return self.crash(true);
                    }
                    self.dispatch(effect)?;
                }
                if point == Some(4) {
                    self.count("crash: after the effects");
                    return self.crash(true);
                }
                Ok(())
            }
        }
    }

    /// The engine dies; with the power gone, what was not synced may be lost.
    fn crash(&mut self, power: bool) -> Result<(), String> {
        self.crashes_left = self.crashes_left.saturating_sub(1);
        self.summary.crashes += 1;
        let unsynced = self.disk.records.len() - self.disk.synced;
        if power && unsynced > 0 && self.random.permille(600) {
            let keep = self.random.below(unsynced + 1);
            self.disk.records.truncate(self.disk.synced + keep);
            self.count("fault: the power went and took records along");
        }
        if let Some(last) = self.disk.records.last() {
            let name = last.kind.name();
            self.count(format!("crash after {name}"));
        }
        self.restart()
    }

    /// Another engine resumes the run, sooner or later, perhaps after a reboot.
    pub(super) fn restart(&mut self) -> Result<(), String> {
        self.disk.synced = self.disk.records.len();
        let gap = match self.random.below(10) {
            0..=5 => self.random.between(SECOND, 60 * SECOND),
            6..=7 => self.random.between(60 * SECOND, 290 * SECOND),
            _ => self.random.between(301 * SECOND, 1500 * SECOND),
        };
        if gap > 300 * SECOND {
            self.count("fault: a gap of more than five minutes");
        }
        // What happens at the hosts meanwhile happens; what was on its way to the dead engine comes too late.
        let until = self.now + gap;
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > until {
                break;
            }
            let ((at, _), event) = self.queue.pop_first().unwrap_or(((0, 0), Event::Person));
            self.now = self.now.max(at);
            match event {
                Event::Ends(key, vanish, _) => {
                    self.hosts.end(&key.path, key.attempt, vanish);
                }
                Event::LateStart(_) => self.happen(event)?,
                Event::Killed(key, _) => self.hosts.kill(&key.path, key.attempt),
                Event::Deliver(engine, input) if self.random.permille(300) => {
                    self.later(gap, Event::Deliver(engine, input));
                }
                Event::Deliver(..) | Event::Timer(..) => {}
                Event::Person | Event::Operator => self.later(gap, event),
            }
        }
        self.now = until;
        if self.random.permille(300) {
            self.count("fault: a reboot");
            self.boot += 1;
            self.booted = self.now - self.random.between(SECOND, 20 * SECOND).min(gap);
        }
        self.engine += 1;
        self.note(|| "== another engine".to_owned());
        if self.disk.records.is_empty() {
            self.run = Run::resume(Arc::clone(&self.plan), "sha256:plan", &[]).map_err(|e| e.to_string())?;
        } else {
            self.run =
                Run::resume(Arc::clone(&self.plan), "sha256:plan", &self.disk.records).map_err(|e| e.to_string())?;
        }
        if let Some(rule) = self.sabotage {
            self.run.sabotage(rule);
        }
        self.refold()?;
        if self.disk.records.is_empty() {
            let mut info = info();
            info.drill = self.drill;
            return self.say(Input::Start { actor: people::people()[0].clone(), info: Box::new(info) });
        }
        if self.run.state().finished().is_some() {
            return Ok(());
        }
        if self.random.permille(100) {
            // A remark may come first, nothing else.
            let actor = people::people()[1].clone();
            let text = "is anybody there?".to_owned();
            self.say(Input::Commanded { actor, command: Command::Note { text, at: None } })?;
            return if self.run.state().seq() > 0 && self.awaits() { self.resumed() } else { Ok(()) };
        }
        self.resumed()
    }

    fn awaits(&self) -> bool {
        self.run.is_awaiting_resumed()
    }

    fn resumed(&mut self) -> Result<(), String> {
        // Mostly whoever started it, sometimes a colleague.
        let all = people::people();
        let other = if self.random.permille(300) { self.random.pick(&all).cloned() } else { None };
        self.say(Input::Resumed { actor: other.unwrap_or_else(|| all[0].clone()) })
    }
}
