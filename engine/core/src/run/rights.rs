//! Who may say what: the pen for what drives, `of:`, `not:` and `by:` for what approves.
//!
//! One place for the machine, which rejects, and for displays, which say beforehand whom an ask waits for. What a word
//! needs beside itself (a reason, the fact, the phrase) is judged when it is said.

use super::graph::Work;
use super::{Actor, Ask, AskKind, Command, Rejected, State, Word};

impl State {
    /// Whether a person may say a word at an open ask.
    ///
    /// # Errors
    /// The [`Rejected`] that the answer would get, whatever else it holds.
    pub fn may_say(&self, actor: &Actor, ask: &Ask, word: Word) -> Result<(), Rejected> {
        self.may_speak(actor, ask.kind == AskKind::Lock || word.drives())?;
        match word {
            Word::Approve => self.may_approve(actor, ask),
            Word::BreakGlass => match self.may_approve(actor, ask) {
                // Where several must agree, one who may approve is still not enough.
                Ok(()) if self.approvers(ask) <= 1 => Err(Rejected::MayApprove(actor.clone())),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Whether a person may give a command.
    ///
    /// # Errors
    /// The [`Rejected`] that the command would get for who gives it.
    pub fn may_command(&self, actor: &Actor, command: &Command) -> Result<(), Rejected> {
        let drives = matches!(command, Command::Hold | Command::Continue | Command::Abort { .. });
        self.may_speak(actor, drives)?;
        match self.pen() {
            Some(pen) if *command == Command::Pen && pen.is_same_person(actor) => Err(Rejected::PenIsYours),
            _ => Ok(()),
        }
    }

    /// Only people speak; a name without an account counts in drills only, where everybody drives; driving needs the pen.
    pub(in crate::run) fn may_speak(&self, actor: &Actor, drives: bool) -> Result<(), Rejected> {
        let Actor::Person { uid, .. } = actor else { return Err(Rejected::NotAPerson) };
        let is_drill = self.info().is_some_and(|info| info.drill);
        if uid.is_none() && !is_drill {
            return Err(Rejected::NameOutsideDrill);
        }
        match self.pen() {
            _ if !drives || is_drill => Ok(()),
            Some(pen) if pen.is_same_person(actor) => Ok(()),
            Some(pen) => Err(Rejected::PenHeldBy(pen.clone())),
            None => Err(Rejected::PenFree),
        }
    }

    fn may_approve(&self, actor: &Actor, ask: &Ask) -> Result<(), Rejected> {
        let task = self.graph.find(&ask.id.path).map(|task| (task, self.graph.work(task)));
        let Some((task, Work::Approve(approve))) = task else {
            return Err(Rejected::UnknownStep(ask.id.path.to_string()));
        };
        let Actor::Person { name, groups, .. } = actor else { return Err(Rejected::NotAPerson) };
        if !approve.of.is_empty() && !approve.of.iter().any(|of| of == name || groups.contains(of)) {
            return Err(Rejected::NotAmongApprovers(actor.clone()));
        }
        if approve.not_starter && self.is_starter(actor) {
            return Err(Rejected::StarterMayNotApprove);
        }
        let given = self.graph.top_of(task).and_then(|top| self.approvals.get(&top));
        if given.is_some_and(|given| given.by.iter().any(|other| other.is_same_person(actor))) {
            return Err(Rejected::SamePersonTwice(actor.clone()));
        }
        Ok(())
    }

    fn approvers(&self, ask: &Ask) -> u32 {
        match self.graph.find(&ask.id.path).map(|task| self.graph.work(task)) {
            Some(Work::Approve(approve)) => approve.by,
            _ => 0,
        }
    }
}
