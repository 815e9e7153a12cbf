//! The modes a full-screen program needs, and the way back from them.

use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{execute, queue};

/// Whether the modes are on: whoever turns this off gives the terminal back, and nobody after him.
static ON: AtomicBool = AtomicBool::new(false);

/// The modes, on from here until it is dropped, a panic included. One of it at a time.
///
/// No mouse: a terminal that is asked for it takes the person's own selection away.
#[derive(Debug)]
pub(in crate::ui) struct Modes(());

impl Modes {
    /// Turns them on.
    ///
    /// # Errors
    /// The system's; then nothing was changed.
    pub(in crate::ui) fn enter() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            // The words of a panic are for a terminal that shows them.
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        on()?;
        Ok(Self(()))
    }

    /// Gives the terminal back for a while: a shell, a stop.
    pub(in crate::ui) fn pause(&self) {
        give_back();
    }

    /// Takes it again.
    ///
    /// # Errors
    /// The system's.
    pub(in crate::ui) fn again(&self) -> io::Result<()> {
        on()
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        give_back();
    }
}

fn on() -> io::Result<()> {
    if ON.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    let took = terminal::enable_raw_mode()
        .and_then(|()| execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide));
    if took.is_err() {
        give_back();
    }
    took
}

fn give_back() {
    if !ON.swap(false, Ordering::AcqRel) {
        return;
    }
    let mut out = io::stdout();
    // A terminal that is gone needs nothing back.
    let _ = queue!(out, Show, DisableBracketedPaste, LeaveAlternateScreen);
    let _ = out.flush();
    let _ = terminal::disable_raw_mode();
}
