//! The modes a full-screen program needs, and the way back from them.

use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{self, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{execute, queue};

/// Whether the modes are on: whoever turns this off gives the terminal back, and nobody after him.
static ON: AtomicBool = AtomicBool::new(false);

/// The terminal keeps its title for us, and takes it again: xterm's title stack. Who does not know it ignores it.
const KEEP_TITLE: &[u8] = b"\x1b[22;2t";
const TAKE_TITLE: &[u8] = b"\x1b[23;2t";

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

    /// Takes it again, also where it was changed behind our back: by a shell, while the program stood still (`kill
    /// -STOP`, then `fg`).
    ///
    /// # Errors
    /// The system's.
    pub(in crate::ui) fn again(&self) -> io::Result<()> {
        give_back();
        on()
    }

    /// Writes to the terminal what was put together.
    ///
    /// # Errors
    /// The terminal's; and one of its own if the terminal was given back meanwhile, by the panic of another thread.
    pub(in crate::ui) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        // Whoever gives the terminal back has the same lock: nothing is written after it.
        let mut out = io::stdout().lock();
        if !ON.load(Ordering::Acquire) {
            return Err(io::Error::other("a part of this program failed, and it left the screen"));
        }
        out.write_all(bytes)?;
        out.flush()
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        give_back();
    }
}

fn on() -> io::Result<()> {
    let mut out = io::stdout().lock();
    if ON.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    let took = terminal::enable_raw_mode()
        .and_then(|()| out.write_all(KEEP_TITLE))
        .and_then(|()| execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide));
    if took.is_err() {
        give_back();
    }
    took
}

/// Gives the terminal back, once.
fn give_back() {
    let mut out = io::stdout().lock();
    if ON.swap(false, Ordering::AcqRel) {
        // A terminal that is gone needs nothing back.
        let _ = last_words(&mut out);
        let _ = terminal::disable_raw_mode();
    }
}

/// The same without waiting for anybody: for a program that stands in a write to a terminal that takes nothing.
pub(super) fn give_back_now() {
    if ON.swap(false, Ordering::AcqRel) {
        if let Ok(mut out) = super::keys::open() {
            let _ = last_words(&mut out);
        }
        let _ = terminal::disable_raw_mode();
    }
}

pub(super) fn last_words(out: &mut impl Write) -> io::Result<()> {
    let mut bytes = b"\x1b[0m".to_vec();
    queue!(bytes, EndSynchronizedUpdate, Show, DisableBracketedPaste, LeaveAlternateScreen)?;
    bytes.extend_from_slice(TAKE_TITLE);
    out.write_all(&bytes)?;
    out.flush()
}
