//! What goes wrong, when its moment has come.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use banister_core::drill::{Act, ActKind, When};
use banister_core::run::Record;

/// The acts of a fault that have not happened yet, in their order.
pub(super) struct Acts<'f> {
    waiting: VecDeque<&'f Act>,
    /// When the first of them happens, if its moment has come.
    due: Option<Instant>,
    /// Records before this one came before the last act's moment.
    position: usize,
    happened: usize,
}

impl<'f> Acts<'f> {
    pub(super) fn new(acts: &'f [Act]) -> Self {
        Self { waiting: acts.iter().collect(), due: None, position: 0, happened: 0 }
    }

    /// The next act, if it is time for it.
    pub(super) fn next(&mut self, records: &[Record], has_ended: bool, now: Instant) -> Option<&'f Act> {
        let act = *self.waiting.front()?;
        if self.due.is_none() && self.has_come(act, records, has_ended) {
            self.due = Some(now + Duration::from_millis(act.after_ms));
        }
        if self.due? > now {
            return None;
        }
        self.waiting.pop_front();
        self.due = None;
        self.happened += 1;
        Some(act)
    }

    fn has_come(&mut self, act: &Act, records: &[Record], has_ended: bool) -> bool {
        match &act.when {
            None => true,
            Some(When::Ended) => has_ended,
            Some(When::Record(moment)) => {
                let new = records.get(self.position..).unwrap_or_default();
                let Some(at) = new.iter().position(|record| moment.is(record)) else { return false };
                self.position += at + 1;
                true
            }
        }
    }

    /// Whether nothing can happen any more once the engine has ended: all is done, or waits for what never comes.
    pub(super) fn are_over(&self) -> bool {
        let waits_in_vain =
            |act: &&Act| matches!(act.when, Some(When::Record(_))) || matches!(act.kind, ActKind::KillEngine);
        self.due.is_none() && self.waiting.front().is_none_or(waits_in_vain)
    }

    /// How many happened, and the first that never did.
    pub(super) fn result(&self) -> (usize, Option<String>) {
        (self.happened, self.waiting.front().map(|act| act.kind.describe()))
    }
}

#[cfg(test)]
mod tests {
    use banister_core::drill::Drill;
    use banister_core::run::{Actor, BootId, RecordKind};
    use banister_core::source::SourceFile;
    use chrono::DateTime;

    use super::*;

    const FILE: &str = "\
drill: d
runbook: r.yaml
hosts: [a]
checks: []
faults:
  f:
    acts:
      - { when: { record: run.started }, cut: a }
      - { after: 1s, mend: a }
      - { when: { record: run.started }, kill: engine }
      - { when: ended, resume: {} }
";

    fn started(seq: u64) -> Record {
        Record {
            v: 1,
            seq,
            batch: seq,
            at: DateTime::UNIX_EPOCH,
            recorded: DateTime::UNIX_EPOCH,
            boot: BootId("b".into()),
            elapsed: 0,
            actor: Actor::Engine {},
            kind: RecordKind::RunStarted {},
        }
    }

    #[test]
    fn each_waits_for_its_moment_behind_the_one_before() {
        let drill = Drill::parse(&SourceFile::new("d.yaml", FILE)).0.expect("a drill");
        let mut acts = Acts::new(&drill.faults["f"].acts);
        let now = Instant::now();
        let words = |act: Option<&Act>| act.map(|act| act.kind.describe());
        assert_eq!(acts.next(&[], false, now), None);
        let one = [started(1)];
        assert_eq!(words(acts.next(&one, false, now)).as_deref(), Some("a's network is cut"));
        assert_eq!(acts.next(&one, false, now), None, "a second has not passed");
        let later = now + Duration::from_secs(1);
        assert_eq!(words(acts.next(&one, false, later)).as_deref(), Some("a's network is back"));
        assert_eq!(acts.next(&one, false, later), None, "that record is used up");
        assert!(acts.are_over(), "if the engine has ended, the record never comes");
        let two = [started(1), started(2)];
        assert!(acts.next(&two, false, later).is_some());
        assert_eq!(acts.next(&two, false, later), None);
        assert!(!acts.are_over(), "the end is still to be answered");
        assert_eq!(words(acts.next(&two, true, later)).as_deref(), Some("the run is resumed"));
        assert_eq!(acts.result(), (4, None));
    }
}
