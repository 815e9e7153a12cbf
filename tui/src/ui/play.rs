//! Plays a screen on the real terminal.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use banister_runtime::control::Verb;
use banister_runtime::driver::Clock;
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate, SetTitle};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use rustix::process::{Signal, getpid, kill_process};

use super::terminal::{Keys, Modes, read_keys, sixteen, watch};
use super::{Mailbox, Message, Order, Post, Program};

/// Between two frames that no key asked for; over ssh every frame is bytes on somebody's line.
const FRAME: Duration = Duration::from_millis(100);
const FRAME_OVER_SSH: Duration = Duration::from_millis(250);
const TICK: Duration = Duration::from_secs(1);
/// What a terminal that keeps no titles is left with, where a title was set.
const TITLE: &str = "banister";

/// What a screen's orders reach beside the terminal.
pub(crate) trait Outlet {
    /// Says something to the engine. What becomes of it comes back through the mailbox.
    fn send(&mut self, id: u64, verb: &Verb);

    /// Keeps a copied text for terminals that take none; gives the sentence that says where.
    fn keep(&mut self, text: &str) -> Option<String>;

    /// Lends the person's agent to the run, or takes it back.
    fn lend(&mut self, drives: bool);

    /// Runs a recorded shell on the terminal, which is free meanwhile.
    ///
    /// # Errors
    /// The sentence that says why there was none.
    fn shell(&mut self, host: &str, ask: u32) -> Result<(), String>;
}

/// Of a program that has no engine.
pub(crate) struct Nowhere;

impl Outlet for Nowhere {
    fn send(&mut self, _id: u64, _verb: &Verb) {}

    fn keep(&mut self, _text: &str) -> Option<String> {
        None
    }

    fn lend(&mut self, _drives: bool) {}

    fn shell(&mut self, _host: &str, _ask: u32) -> Result<(), String> {
        Err("there is no engine here".to_owned())
    }
}

/// Plays a program until it leaves. `post` is the other end of `mailbox`.
///
/// # Errors
/// The terminal's; it is given back first.
pub(crate) fn play<N: Send + 'static>(
    program: &mut impl Program<N>,
    mailbox: &Mailbox<N>,
    post: &Post<N>,
    outlet: &mut dyn Outlet,
) -> io::Result<()> {
    let clock = Clock::new()?;
    let mut stage = Stage::open(post)?;
    let gap = if std::env::var_os("SSH_CONNECTION").is_some() { FRAME_OVER_SSH } else { FRAME };
    program.update(stage.size()?, &clock.now());
    let began = Instant::now();
    let (mut is_stale, mut is_urgent) = (true, true);
    let (mut drawn, mut ticked) = (began.checked_sub(gap).unwrap_or(began), began);
    loop {
        // What a person did is shown at once; of keys that came together, what they did together.
        if is_stale && (drawn.elapsed() >= gap || (is_urgent && !mailbox.has_key())) {
            stage.frame(program, &clock)?;
            (is_stale, is_urgent) = (false, false);
            drawn = Instant::now();
        }
        let until = if is_stale { drawn + gap } else { ticked + TICK };
        let message = match mailbox.next(until.min(ticked + TICK)) {
            Some(message) => message,
            None if ticked.elapsed() >= TICK => {
                stage.is_ours()?;
                ticked = Instant::now();
                Message::Tick
            }
            None => continue,
        };
        match &message {
            Message::Tick => is_stale |= program.ticks(),
            Message::Heard(_) => is_stale = true,
            _ => (is_stale, is_urgent) = (true, true),
        }
        if matches!(message, Message::Back) {
            // After a stop that nobody announced somebody else had the terminal.
            stage.modes.again()?;
            stage.anew()?;
        }
        let was_ready = program.is_ready();
        let mut orders = program.update(message, &clock.now());
        // What a person waits for waits for nothing.
        is_urgent |= !was_ready && program.is_ready();
        while !orders.is_empty() {
            for order in std::mem::take(&mut orders) {
                is_stale = true;
                match order {
                    Order::Send { id, verb } => outlet.send(id, &verb),
                    Order::Copy(text) => {
                        stage.copy(&text)?;
                        if let Some(where_to) = outlet.keep(&text) {
                            orders.extend(program.update(Message::Notice(where_to), &clock.now()));
                        }
                    }
                    Order::Call { title, bell } => stage.call(&title, bell)?,
                    Order::Redraw => stage.anew()?,
                    Order::Suspend => {
                        // As every program does for Ctrl-Z: the shell has the terminal until `fg`.
                        let stop = || Ok(kill_process(getpid(), Signal::STOP)?);
                        stage.lend(post, stop)?;
                        orders.extend(program.update(stage.size()?, &clock.now()));
                        orders.extend(program.update(Message::Back, &clock.now()));
                    }
                    Order::Shell { host, ask } => {
                        let went = stage.lend(post, || Ok(outlet.shell(&host, ask)))?;
                        // Before the first frame: it may be another one now.
                        orders.extend(program.update(stage.size()?, &clock.now()));
                        orders.extend(program.update(Message::Shelled(went), &clock.now()));
                        orders.extend(program.update(Message::Back, &clock.now()));
                    }
                    Order::Lend(drives) => outlet.lend(drives),
                    Order::Leave => return stage.close(),
                }
            }
        }
    }
}

/// What is put together for the terminal.
#[derive(Clone, Default)]
struct Sheet(Rc<RefCell<Vec<u8>>>);

impl io::Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal while a program has it.
struct Stage {
    terminal: Terminal<CrosstermBackend<Sheet>>,
    /// What the terminal above has put together and nobody has seen yet.
    sheet: Sheet,
    /// Before the modes: the reader ends before the terminal is given back.
    keys: Option<Keys>,
    modes: Modes,
    signals: Option<tokio::runtime::Runtime>,
    has_title: bool,
    /// What was last written, if it changed nothing: it is not said again.
    idle: Vec<u8>,
}

impl Stage {
    fn open<N: Send + 'static>(post: &Post<N>) -> io::Result<Self> {
        let signals = Some(watch(post.clone())?);
        let modes = Modes::enter()?;
        let keys = Some(read_keys(post.clone())?);
        let sheet = Sheet::default();
        let terminal = Terminal::new(CrosstermBackend::new(sheet.clone()))?;
        Ok(Self { terminal, sheet, keys, modes, signals, has_title: false, idle: Vec::new() })
    }

    /// How large the terminal is, as a program is told it.
    fn size<N>(&self) -> io::Result<Message<N>> {
        let size = self.terminal.size()?;
        Ok(Message::Resize { width: size.width, height: size.height })
    }

    /// Writes what the terminal's backend has put together, in one piece.
    fn send(&mut self) -> io::Result<()> {
        let bytes = self.sheet.0.take();
        self.modes.write(&bytes)
    }

    /// An error if the terminal was given back behind our back.
    fn is_ours(&self) -> io::Result<()> {
        self.modes.write(&[])
    }

    /// One frame, as one update where the terminal knows them.
    fn frame<N>(&mut self, program: &impl Program<N>, clock: &Clock) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let now = clock.now();
        self.terminal.draw(|frame| program.draw(frame, &now))?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        let bytes = sixteen(&self.sheet.0.take());
        let is_idle = !prints(&bytes);
        if is_idle && bytes == self.idle {
            return Ok(());
        }
        self.modes.write(&bytes)?;
        self.idle = if is_idle { bytes } else { Vec::new() };
        Ok(())
    }

    /// The next frame is drawn whole. The way not taken: `Terminal::clear`, which asks the terminal where its cursor is
    /// and waits for an answer that some never give.
    fn anew(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.idle.clear();
        self.terminal.resize(Rect::from((ratatui::layout::Position::ORIGIN, size)))
    }

    /// Gives the terminal to somebody for a while.
    fn lend<N: Send + 'static, T>(&mut self, post: &Post<N>, to: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.keys = None;
        self.modes.pause();
        let came = to();
        self.modes.again()?;
        self.keys = Some(read_keys(post.clone())?);
        self.anew()?;
        came
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        if encoded.len() > MOST_COPIED {
            return Ok(());
        }
        self.modes.write(format!("\x1b]52;c;{encoded}\x07").as_bytes())
    }

    fn call(&mut self, title: &str, bell: bool) -> io::Result<()> {
        self.has_title = true;
        queue!(self.terminal.backend_mut(), SetTitle(super::text::shown(title)))?;
        if bell {
            self.sheet.0.borrow_mut().push(0x07);
        }
        self.send()
    }

    /// Leaves. A terminal that is gone takes nothing any more, and that is no error.
    fn close(mut self) -> io::Result<()> {
        self.keys = None;
        if self.has_title {
            // A title that calls for somebody must not outlive the screen.
            queue!(self.terminal.backend_mut(), SetTitle(TITLE))?;
            let _ = self.send();
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(signals) = self.signals.take() {
            signals.shutdown_background();
        }
    }
}

/// Whether bytes of a frame put anything on the screen: anything but sequences of control.
fn prints(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(tail) = rest.strip_prefix(b"\x1b[") {
        let Some(end) = tail.iter().position(|byte| (0x40..=0x7e).contains(byte)) else { return true };
        rest = tail.get(end + 1..).unwrap_or_default();
    }
    !rest.is_empty()
}

/// Bytes of an OSC 52 sequence's text, encoded: terminals drop what is longer.
const MOST_COPIED: usize = 74_994;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_prints_nothing_is_known() {
        assert!(!prints(b"\x1b[?2026h\x1b[?25l\x1b[0m\x1b[?2026l"));
        assert!(prints(b"\x1b[?2026h\x1b[1;1Ha\x1b[?2026l"));
        assert!(!prints(b""));
    }
}
