//! What a night watches by itself, beside the oracle: what only the world knows. Which verdict follows from which answer,
//! how long a host is asked, what is on the disk before something is sent, and that a run is the fold of its records.

use std::sync::Arc;

use super::oracle::Oracle;
use super::{Night, SECOND, people, short};
use crate::run::{
    CapturedText, Command, EffectKey, ExecuteRequest, Input, Purpose, Record, RecordKind, Rejected, Report, Sabotage,
    State, TargetAnswer, UnknownReason, Word,
};

impl Night {
    /// Lets the oracle and the shadow see what has been written.
    pub(super) fn see(&mut self, from: usize) -> Result<(), String> {
        for i in from..self.disk.records.len() {
            let record = self.disk.records[i].clone();
            self.note(|| format!("   {} {}", record.seq, short(&record.kind)));
            if matches!(record.kind, RecordKind::StepUnknown { .. }) {
                self.summary.unknowns += 1;
            }
            self.check_cause(&record)?;
            self.oracle.see(&self.facts, &self.plan, &record)?;
            self.check_asking(&record)?;
            if self.sabotage != Some(Sabotage::EffectsBeforeCommit) || self.shadow.seq() + 1 == record.seq {
                self.shadow.apply(&record).map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }

    /// A host that does not answer is asked again for minutes before a person must say.
    fn check_asking(&mut self, record: &Record) -> Result<(), String> {
        match &record.kind {
            RecordKind::StepUnknown { path, attempt, reason: UnknownReason::Unanswered { .. }, asking: false } => {
                let Some((_, since)) = self.asked_since.remove(&(path.clone(), *attempt)) else { return Ok(()) };
                let asked = (self.now - since) / SECOND;
                if asked < 140 && matches!(self.cause, Some(Input::TargetAnswered { .. })) {
                    return Err(format!("{path}: the host was asked for {asked} s only"));
                }
                self.count("asked in vain until a person must say");
            }
            // Another doubt, and not the same one that still has no answer.
            RecordKind::StepUnknown { path, attempt, reason, asking: true }
                if !matches!(reason, UnknownReason::Unanswered { .. }) =>
            {
                self.asked_since.remove(&(path.clone(), *attempt));
            }
            RecordKind::AskAnswered { ask, word: Word::AskAgain, .. } => {
                self.asked_since.retain(|(path, _), _| *path != ask.path);
            }
            _ => {}
        }
        Ok(())
    }

    /// Nor is it asked for ever.
    pub(super) fn check_question(&mut self, key: &EffectKey) -> Result<(), String> {
        let begin = (self.engine, self.now);
        let asked = self.asked_since.entry((key.path.clone(), key.attempt)).or_insert(begin);
        if asked.0 != self.engine {
            *asked = begin;
        }
        let passed = (self.now - asked.1) / SECOND;
        if passed > 0 {
            self.count("asked: again");
        }
        if passed > 190 { Err(format!("{key}: the host is still asked after {passed} s")) } else { Ok(()) }
    }

    /// A verdict on what changes follows from an answer about it, from a person, or not at all.
    fn check_cause(&self, record: &Record) -> Result<(), String> {
        let (path, attempt) = match &record.kind {
            RecordKind::StepFailed { path, purpose: Purpose::Main, attempt, .. }
            | RecordKind::StepCancelled { path, attempt, .. }
            | RecordKind::StepNotStarted { path, attempt, .. } => (path, *attempt),
            RecordKind::StepSettled { path, attempt, failed: Some(_), .. } => (path, *attempt),
            _ => return Ok(()),
        };
        if !self.facts.tasks[path].effect.changes() || attempt == 0 {
            return Ok(());
        }
        let is_sent =
            self.executed.iter().any(|k| k.path == *path && k.purpose == Purpose::Main && k.attempt == attempt);
        let is_answer = match &self.cause {
            // What waits to be tried again has failed, and what never arrived never ran: to settle it only says so.
            _ if self.oracle.has_not_worked(path) && matches!(record.kind, RecordKind::StepSettled { .. }) => true,
            Some(Input::Reported { key, report, .. }) => {
                key.path == *path && (key.purpose != Purpose::Main || !matches!(report, Report::Unknown(_)))
            }
            Some(Input::TargetAnswered { key, answer }) => {
                key.path == *path
                    && !matches!(answer, TargetAnswer::Unknown(_) | TargetAnswer::Ended(Report::Unknown(_)))
            }
            Some(Input::Answered { answer, .. }) => answer.ask.path == *path,
            _ => false,
        };
        let ran = self.hosts.ran.contains(&(path.clone(), attempt));
        if matches!(record.kind, RecordKind::StepNotStarted { .. }) && ran && is_sent {
            return Err(format!("{path} attempt {attempt} is said never to have started, but it ran"));
        }
        if is_answer || !is_sent {
            Ok(())
        } else {
            Err(format!("{path}: a verdict without an answer: {:?}", record.kind))
        }
    }

    /// Record before effect: one intent in the journal, on the disk if it changes something.
    pub(super) fn check_execute(&self, request: &ExecuteRequest) -> Result<(), String> {
        let key = &request.key;
        if key.purpose == Purpose::Sample {
            return if self.run.state().epoch() == request.epoch {
                Ok(())
            } else {
                Err(format!("{key}: another epoch"))
            };
        }
        let until = if request.effect.changes() { self.disk.synced } else { self.disk.records.len() };
        let intents = self.disk.records[..until]
            .iter()
            .filter(|r| match &r.kind {
                RecordKind::StepIntended { path, purpose, attempt, digest, .. } => {
                    (path, purpose, attempt, digest) == (&key.path, &key.purpose, &key.attempt, &request.digest)
                }
                _ => false,
            })
            .count();
        if intents != 1 {
            return Err(format!("{key} was released with {intents} intents on the disk"));
        }
        if request.effect.changes() && self.executed.contains(key) {
            return Err(format!("{key} was released twice"));
        }
        Ok(())
    }

    /// No outcome may get lost: what was rejected is known already, or agrees with what was settled without it.
    pub(super) fn lost_outcome(&self, input: &Input, rejected: &Rejected) -> Result<(), String> {
        let Input::Reported { key, report: Report::Ended(ended), .. } = input else { return Ok(()) };
        if key.purpose != Purpose::Main || !self.facts.tasks[&key.path].effect.changes() {
            return Ok(());
        }
        let is_over = matches!(rejected, Rejected::RunOver | Rejected::NotResumed | Rejected::Drained);
        let is_known = self.oracle.outcomes.contains(&(key.path.clone(), key.attempt));
        let is_bad = matches!(&ended.stdout.text, CapturedText::Text(text) if text == "bad");
        let is_good = ended.exit == crate::run::Exit::Code(0) && !(is_bad && self.facts.tasks[&key.path].expects);
        let is_agreed = self.oracle.agrees(&key.path, key.attempt, is_good);
        if is_over || is_known || is_agreed {
            Ok(())
        } else {
            Err(format!("the outcome of {key} got lost: {rejected}"))
        }
    }

    /// What the records left say is what the run says, and what everybody else sees.
    pub(super) fn refold(&mut self) -> Result<(), String> {
        self.shadow = State::new(Arc::clone(self.run.state().graph()));
        self.oracle = Oracle::default();
        self.oracle.is_told_again = true;
        for record in &self.disk.records {
            self.oracle.see(&self.facts, &self.plan, record).map_err(|what| format!("told again: {what}"))?;
            self.shadow.apply(record).map_err(|e| e.to_string())?;
        }
        self.oracle.is_told_again = false;
        match self.run.state().differs_from(&self.shadow) {
            Some(difference) => Err(format!("a resumed run is not the fold of its records: {difference}")),
            None => Ok(()),
        }
    }

    /// After its end a run takes remarks and nothing else, and its journal survives being written down and read.
    pub(super) fn after_the_end(&mut self) -> Result<(), String> {
        let late = Input::Commanded { actor: people::people()[0].clone(), command: Command::Hold };
        let records = self.disk.records.len();
        self.say(late)?;
        if self.disk.records.len() != records {
            return Err("an ended run was held".to_owned());
        }
        let mut state = State::new(Arc::clone(self.run.state().graph()));
        for record in &self.disk.records {
            let text = serde_json::to_string(record).map_err(|e| e.to_string())?;
            let read: Record = serde_json::from_str(&text).map_err(|e| e.to_string())?;
            state.apply(&read).map_err(|e| e.to_string())?;
        }
        match state.differs_from(self.run.state()) {
            Some(difference) => Err(format!("the journal written and read folds to something else: {difference}")),
            None => Ok(()),
        }
    }
}
