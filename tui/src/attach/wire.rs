//! Speaking to an engine from several threads.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use banister_runtime::control::{ControlError, Reply, Teller, Verb};

type Answer = Result<u64, ControlError>;

/// One connection's way out, and those who wait for answers.
pub(crate) struct Wire {
    run: String,
    state: Mutex<State>,
}

struct State {
    teller: Teller,
    /// By the number of the request.
    waiting: BTreeMap<u64, Sender<Answer>>,
    closed: bool,
}

impl Wire {
    pub(crate) fn new(run: String, teller: Teller) -> Self {
        Self { run, state: Mutex::new(State { teller, waiting: BTreeMap::new(), closed: false }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gone(&self) -> ControlError {
        let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the engine is gone");
        ControlError::Io { run: self.run.clone(), source }
    }

    /// Does one thing and waits until it is on the disk.
    pub(crate) fn act(&self, verb: Verb) -> Answer {
        let (sender, answer) = channel();
        {
            // The lock is held over both, so that the answer finds who waits for it.
            let mut state = self.state();
            if state.closed {
                return Err(self.gone());
            }
            let id = state.teller.send(verb)?;
            state.waiting.insert(id, sender);
        }
        answer.recv().unwrap_or_else(|_| Err(self.gone()))
    }

    /// Says something whose answer nobody waits for.
    pub(crate) fn say(&self, verb: Verb) {
        // An engine that is gone is noticed by whoever listens.
        drop(self.state().teller.send(verb));
    }

    /// Gives an answer to who waits for it; everything else is given back.
    pub(crate) fn settle(&self, reply: Reply) -> Option<Reply> {
        let waiting = self.state().waiting.remove(&reply.id);
        let Some(waiting) = waiting else { return Some(reply) };
        if let Some(answer) = reply.body.done() {
            // Whoever waited may have gone.
            drop(waiting.send(answer));
        }
        None
    }

    /// Nothing is answered any more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.waiting.clear();
    }

    /// Another connection takes its place.
    pub(crate) fn replace(&self, teller: Teller) {
        *self.state() = State { teller, waiting: BTreeMap::new(), closed: false };
    }

    /// Ends the connection.
    pub(crate) fn hang_up(&self) {
        self.state().teller.hang_up();
    }
}
