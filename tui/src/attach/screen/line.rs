//! What a screen says to its engine.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use banister_runtime::control::{ControlError, Teller, Verb};

/// One connection's way out. The screen numbers what it says, and so does the connection.
pub(super) struct Line(Mutex<State>);

struct State {
    teller: Teller,
    /// The connection's number → the screen's.
    asked: BTreeMap<u64, u64>,
    /// What of the output was wanted last: another connection must hear it too.
    wants: Option<Verb>,
    left: bool,
}

impl Line {
    pub(super) fn new(teller: Teller) -> Self {
        Self(Mutex::new(State { teller, asked: BTreeMap::new(), wants: None, left: false }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says something under the screen's number.
    pub(super) fn say(&self, id: u64, verb: &Verb) -> Result<(), ControlError> {
        // The lock is held over both, so that the answer finds its number.
        let mut state = self.state();
        let wire = state.teller.send(verb.clone())?;
        state.asked.insert(wire, id);
        if matches!(verb, Verb::Want { .. }) {
            state.wants = Some(verb.clone());
        }
        Ok(())
    }

    /// The screen's number of an answer, once.
    pub(super) fn asked(&self, wire: u64) -> Option<u64> {
        self.state().asked.remove(&wire)
    }

    /// Another connection takes its place; gives what will never be answered.
    pub(super) fn replace(&self, teller: Teller) -> Vec<u64> {
        let mut state = self.state();
        state.teller = teller;
        if let Some(wants) = state.wants.clone() {
            // If this one is lost as well, that is noticed like the first.
            drop(state.teller.send(wants));
        }
        std::mem::take(&mut state.asked).into_values().collect()
    }

    /// Nothing is answered any more; gives what was asked.
    pub(super) fn unanswered(&self) -> Vec<u64> {
        std::mem::take(&mut self.state().asked).into_values().collect()
    }

    /// The person has left.
    pub(super) fn hang_up(&self) {
        let mut state = self.state();
        state.left = true;
        state.teller.hang_up();
    }

    /// Whether the connection ended because the person left.
    pub(super) fn has_left(&self) -> bool {
        self.state().left
    }
}
