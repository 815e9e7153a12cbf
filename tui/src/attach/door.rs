//! The ways out of a front end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use banister_runtime::driver::Interrupts;

use super::Wire;

/// How a person leaves, and whether he has.
#[derive(Clone)]
pub(crate) struct Door(Arc<Kind>);

enum Kind {
    /// The engine ends with this program, and what it started runs on.
    Engine(Interrupts),
    /// The connection ends, and the engine goes on.
    Connection { wire: Arc<Wire>, left: AtomicBool, interrupted: AtomicBool },
}

impl Door {
    pub(crate) fn of_engine(interrupts: Interrupts) -> Self {
        Self(Arc::new(Kind::Engine(interrupts)))
    }

    pub(crate) fn of_connection(wire: Arc<Wire>) -> Self {
        let (left, interrupted) = (AtomicBool::new(false), AtomicBool::new(false));
        Self(Arc::new(Kind::Connection { wire, left, interrupted }))
    }

    /// Leaves at once.
    pub(crate) fn leave(&self) {
        match &*self.0 {
            Kind::Engine(interrupts) => interrupts.leave(),
            Kind::Connection { wire, left, .. } => {
                left.store(true, Ordering::Release);
                wire.hang_up();
            }
        }
    }

    /// Whether the connection ended because the person wanted it.
    pub(crate) fn has_left(&self) -> bool {
        matches!(&*self.0, Kind::Connection { left, .. } if left.load(Ordering::Acquire))
    }

    /// Marks an interrupt; whether it is the second that nobody has dealt with.
    pub(crate) fn interrupted(&self) -> bool {
        matches!(&*self.0, Kind::Connection { interrupted, .. } if interrupted.swap(true, Ordering::AcqRel))
    }

    /// The person said how it goes on: the next interrupt is a first one again.
    pub(crate) fn answered(&self) {
        match &*self.0 {
            Kind::Engine(interrupts) => interrupts.answered(),
            Kind::Connection { interrupted, .. } => interrupted.store(false, Ordering::Release),
        }
    }
}
