//! What people say: who may, whether it was asked, and what follows. Approvals, and the glass that is broken for one.

use super::{Check, Granted, Oracle};
use crate::plan::StepPath;
use crate::run::{Actor, AskId, AskKind, Record, RecordKind, Word};
use crate::world::nights::facts::{Fact, Facts, Role};

impl Oracle {
    /// What drives is said by whoever has the pen; in a drill names are free.
    pub(super) fn check_pen(&self, record: &Record) -> Check {
        let drives = match &record.kind {
            // The engine may hold by itself; only a person lets it go on.
            RecordKind::RunHeld {} if record.actor == (Actor::Engine {}) => false,
            RecordKind::RunHeld {} | RecordKind::RunContinued {} | RecordKind::RunAborted { .. } => true,
            RecordKind::AskAnswered { word, ask, .. } => {
                let agrees = matches!(word, Word::Approve | Word::Refuse | Word::BreakGlass);
                !agrees || self.asks.get(ask) == Some(&AskKind::Lock)
            }
            _ => false,
        };
        if drives && !self.is_drill && self.pen.as_deref() != Some(record.actor.to_string().as_str()) {
            return Err(format!("{} drives, and {:?} has the pen: {:?}", record.actor, self.pen, record.kind));
        }
        Ok(())
    }

    pub(super) fn see_answered(&mut self, facts: &Facts, record: &Record, ask: &AskId, word: Word) -> Check {
        if !self.asks.contains_key(ask) {
            return Err(format!("an ask of {} was answered that was not open", ask.path));
        }
        let Actor::Person { name, groups, .. } = &record.actor else {
            return Err(format!("the engine answered for {}", ask.path));
        };
        if matches!(word, Word::Approve | Word::BreakGlass) {
            self.check_allows_something(facts, &ask.path)?;
        }
        if word == Word::Approve {
            let of = facts.tasks.get(&ask.path).map_or(&[][..], |fact| fact.of.as_slice());
            if !of.is_empty() && !of.iter().any(|of| of == name || groups.contains(of)) {
                return Err(format!("{name} approved {}, which wants one of {of:?}", ask.path));
            }
            let by = self.answered_by.entry(ask.clone()).or_default();
            if by.contains(name) {
                return Err(format!("{name} approved {} twice", ask.path));
            }
            by.push(name.clone());
            return Ok(());
        }
        if word == Word::BreakGlass {
            return Ok(());
        }
        let kind = self.asks.remove(ask);
        match word {
            Word::HandOver => self.pen = None,
            // Somebody has looked: what is tried again after that is theirs to answer for.
            Word::Shell => drop(self.lost_starts.remove(&ask.path)),
            Word::Retry => {
                self.lost_starts.remove(&ask.path);
                self.retries.insert(ask.path.clone());
                self.granted.insert(ask.path.clone());
                self.failed.remove(&ask.path);
                self.unknown.remove(&ask.path);
            }
            Word::Exclude if kind == Some(AskKind::Unknown) => {
                self.unknown.remove(&ask.path);
            }
            Word::Exclude if kind == Some(AskKind::GateTimeout) => {
                self.unknown.remove(&ask.path);
                self.failed.remove(&ask.path);
                self.resumable.insert(ask.path.clone());
            }
            Word::Wait if kind == Some(AskKind::GateTimeout) => {
                self.streaks.insert(ask.path.clone(), 0);
                self.failed.remove(&ask.path);
                self.unknown.remove(&ask.path);
            }
            Word::Refuse => self.refused = true,
            _ => {}
        }
        Ok(())
    }

    /// Nobody is asked to agree to what is all left out with its hosts.
    pub(super) fn check_allows_something(&self, facts: &Facts, path: &StepPath) -> Check {
        let Some(approve) = facts.tasks[path].top else { return Ok(()) };
        let is_gate = |fact: &Fact| matches!(fact.role, Role::BatchGate { .. });
        let mut allowed = facts.tasks.iter().filter(|(_, fact)| fact.allowed_by.contains(&approve) && !is_gate(fact));
        let mut is_any_out = false;
        let are_over = allowed.all(|(path, fact)| {
            is_any_out |= fact.host.as_ref().is_some_and(|h| self.excluded.contains(h)) && !self.done.contains(path);
            self.is_over(facts, path)
        });
        if are_over && is_any_out {
            return Err(format!("{path} is to be agreed to, and everything it allows is over or left out"));
        }
        Ok(())
    }

    /// The glass is broken by a person with a reason, at an open ask, and only by whom the approval excludes.
    pub(super) fn see_broken(&mut self, facts: &Facts, record: &Record, path: &StepPath, reason: &str) -> Check {
        let fact = &facts.tasks[path];
        let Actor::Person { name, groups, .. } = &record.actor else {
            return Err(format!("the engine broke the glass of {path}"));
        };
        let Some(ask) = self.asks.keys().find(|ask| ask.path == *path).cloned() else {
            return Err(format!("{name} broke the glass of {path}, which asks nothing"));
        };
        let is_wanted = fact.of.is_empty() || fact.of.iter().any(|of| of == name || groups.contains(of));
        let is_excluded = fact.approvers > 1 || (fact.not_starter && name == "alice") || !is_wanted;
        if !is_excluded || reason.trim().is_empty() {
            return Err(format!("{name} broke the glass of {path} for {reason:?} and had no need to"));
        }
        self.exceptions += 1;
        self.broken.insert(ask);
        Ok(())
    }

    pub(super) fn see_granted(&mut self, facts: &Facts, record: &Record, path: &StepPath) -> Check {
        let fact = &facts.tasks[path];
        let Some(top) = fact.top else { return Ok(()) };
        let ask = self.asks.keys().find(|ask| ask.path == *path).cloned();
        let by = ask.as_ref().and_then(|a| self.answered_by.get(a)).map_or(0, Vec::len);
        let is_broken = ask.as_ref().is_some_and(|ask| self.broken.contains(ask));
        if by < fact.approvers as usize && !is_broken {
            return Err(format!("{path} was granted by {by} people, it needs {}", fact.approvers));
        }
        if fact.not_starter
            && ask.as_ref().is_some_and(|a| self.answered_by.get(a).is_some_and(|by| by.contains(&"alice".to_owned())))
        {
            return Err(format!("{path} was granted by the starter"));
        }
        if let Some(ask) = ask {
            self.asks.remove(&ask);
        }
        self.approvals.insert(
            top,
            Granted {
                elapsed: record.elapsed,
                boot: record.boot.0.clone(),
                wall_ms: record.recorded.timestamp_millis(),
                previews: self.previews.clone(),
                used: false,
            },
        );
        self.see_over(path, true);
        Ok(())
    }
}
