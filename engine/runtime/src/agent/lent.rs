//! The connections that front ends lend.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use banister_core::run::Actor;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::locked::locked;

/// How long the next loan of somebody whose last one was just taken may take to come. Milliseconds, unless the machine is
/// loaded; and what has come too late has held the run.
const NEXT: Duration = Duration::from_secs(5);

/// An idle connection to a front end that serves its agent on it, once it is told to.
#[derive(Debug)]
pub(crate) struct Loan {
    /// Whose.
    pub(crate) who: Actor,
    /// The number of the request: what it is told stands under it.
    pub(crate) id: u64,
    /// The connection.
    pub(crate) stream: UnixStream,
}

impl Loan {
    /// An idle front end says nothing. One that is gone, or speaks out of turn, is of no use.
    fn is_good(&self) -> bool {
        // Asked of the kernel and not of tokio, which learns of an end only in its turn.
        let seen = recv(&self.stream, &mut [0_u8], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        matches!(seen, Err(Errno::WOULDBLOCK))
    }
}

/// What is lent to one engine. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Lent {
    now: Arc<Mutex<Now>>,
    changed: Arc<Notify>,
    next: Duration,
}

impl Default for Lent {
    fn default() -> Self {
        Self::waiting(NEXT)
    }
}

#[derive(Debug, Default)]
struct Now {
    pen: Option<Actor>,
    idle: Vec<Loan>,
    /// Whose loan was taken last: the next one is on its way.
    last: Option<Actor>,
}

impl Lent {
    /// What is lent to an engine that waits so long for the next loan.
    pub(super) fn waiting(next: Duration) -> Self {
        Self { now: Arc::default(), changed: Arc::default(), next }
    }

    /// Takes a loan in.
    pub(crate) fn lend(&self, loan: Loan) {
        let mut now = locked(&self.now);
        // One whose front end has gone would stay for ever.
        now.idle.retain(Loan::is_good);
        now.idle.push(loan);
        self.changed.notify_waiters();
    }

    /// Says who has the pen.
    pub(crate) fn drives(&self, pen: Option<&Actor>) {
        let mut now = locked(&self.now);
        if now.pen.as_ref() != pen {
            now.pen = pen.cloned();
            self.changed.notify_waiters();
        }
    }

    /// Who has the pen: whose agent is waited for.
    pub(crate) fn pen(&self) -> Option<Actor> {
        locked(&self.now).pen.clone()
    }

    /// A loan of whoever has the pen. Of several that ask at once each gets one: the next comes as soon as one is taken.
    pub(crate) async fn take(&self) -> Option<Loan> {
        loop {
            if let Some(loan) = self.taken() {
                return Some(loan);
            }
            // One that came may be somebody else's already; that another is coming is true again then.
            if !self.is_coming() || timeout(self.next, self.wait()).await.is_err() {
                return None;
            }
        }
    }

    /// Waits until whoever has the pen lends something.
    pub(crate) async fn wait(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_there() {
                return;
            }
            changed.await;
        }
    }

    pub(super) fn is_there(&self) -> bool {
        let now = locked(&self.now);
        now.idle.iter().any(|loan| is(&now.pen, &loan.who) && loan.is_good())
    }

    fn is_coming(&self) -> bool {
        let now = locked(&self.now);
        now.last.as_ref().is_some_and(|last| is(&now.pen, last))
    }

    fn taken(&self) -> Option<Loan> {
        let mut now = locked(&self.now);
        now.idle.retain(Loan::is_good);
        let at = now.idle.iter().position(|loan| is(&now.pen, &loan.who));
        let loan = at.map(|at| now.idle.remove(at))?;
        now.last = Some(loan.who.clone());
        Some(loan)
    }
}

fn is(pen: &Option<Actor>, who: &Actor) -> bool {
    pen.as_ref().is_some_and(|pen| pen.is_same_person(who))
}
