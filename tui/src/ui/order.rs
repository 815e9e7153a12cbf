//! What a screen wants done.

use banister_runtime::control::Verb;

/// One thing that [`super::play`] does for a screen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Order {
    /// Says something to the engine, under a number of the screen's choice.
    Send {
        /// The number.
        id: u64,
        /// What.
        verb: Box<Verb>,
    },
    /// Copies a text: OSC 52, and a file of the run for terminals that know no OSC 52.
    Copy(String),
    /// Rings once and sets the title: a person is needed.
    Call {
        /// The new title.
        title: String,
        /// Also ring.
        bell: bool,
    },
    /// Draws everything anew.
    Redraw,
    /// Stops this program as Ctrl-Z does everywhere.
    Suspend,
    /// Leaves the screen to a program (a recorded shell), then draws again.
    Shell {
        /// The host.
        host: String,
        /// The ask's number, for the record's name.
        ask: u32,
    },
    /// Lends the agent of whoever sits here to the run, or takes it back: it is lent to a run by who has the pen.
    Lend(bool),
    /// Leaves this screen.
    Leave,
}
