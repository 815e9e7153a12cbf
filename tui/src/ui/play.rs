//! Plays a screen on the real terminal.

use std::io::{self, BufWriter, Stdout, Write as _};
use std::time::{Duration, Instant};

use banister_runtime::control::Verb;
use banister_runtime::driver::Clock;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate, SetTitle};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::{Signal, getpid, kill_process};

use super::terminal::{Modes, read_keys, watch};
use super::{Mailbox, Message, Order, Post, Program};

/// Between two frames that no key asked for; over ssh every frame is bytes on somebody's line.
const FRAME: Duration = Duration::from_millis(100);
const FRAME_OVER_SSH: Duration = Duration::from_millis(250);
const TICK: Duration = Duration::from_secs(1);
/// What SetTitle leaves behind when the screen is left.
const TITLE: &str = "banister";

/// What a screen's orders reach beside the terminal.
pub(crate) trait Outlet {
    /// Says something to the engine. What becomes of it comes back through the mailbox.
    fn send(&mut self, id: u64, verb: &Verb);

    /// Keeps a copied text for terminals that take none; gives the sentence that says where.
    fn keep(&mut self, text: &str) -> Option<String>;

    /// Runs a recorded shell on the terminal, which is free meanwhile.
    ///
    /// # Errors
    /// The sentence that says why there was none.
    fn shell(&mut self, host: &str, ask: u32) -> Result<(), String>;
}

/// Plays a program until it leaves. `post` is the other end of `mailbox`.
///
/// # Errors
/// The terminal's; it is given back first.
pub(crate) fn play<P: Program>(
    program: &mut P,
    mailbox: &Mailbox,
    post: &Post,
    outlet: &mut dyn Outlet,
) -> io::Result<()> {
    let clock = Clock::new()?;
    let modes = Modes::enter()?;
    let signals = watch(post.clone())?;
    let mut keys = Some(read_keys(post.clone())?);
    let mut terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout())))?;
    let gap = if std::env::var_os("SSH_CONNECTION").is_some() { FRAME_OVER_SSH } else { FRAME };
    let size = terminal.size()?;
    program.update(Message::Resize { width: size.width, height: size.height }, &clock.now());
    let (mut is_stale, mut is_urgent) = (true, true);
    let (mut drawn, mut ticked) = (Instant::now(), Instant::now());
    loop {
        if is_stale && (is_urgent || drawn.elapsed() >= gap) {
            frame(&mut terminal, program, &clock)?;
            (is_stale, is_urgent, drawn) = (false, false, Instant::now());
        }
        let until = if is_stale { drawn + gap } else { ticked + TICK };
        let message = match mailbox.next(until.min(ticked + TICK)) {
            Some(message) => message,
            None if ticked.elapsed() >= TICK => {
                ticked = Instant::now();
                Message::Tick
            }
            None => continue,
        };
        // What a person did is shown at once.
        is_urgent |= !matches!(message, Message::Heard(_) | Message::Tick);
        is_stale = true;
        let mut orders = program.update(message, &clock.now());
        while !orders.is_empty() {
            for order in std::mem::take(&mut orders) {
                match order {
                    Order::Send { id, verb } => outlet.send(id, &verb),
                    Order::Copy(text) => {
                        copy(&mut terminal, &text)?;
                        if let Some(where_to) = outlet.keep(&text) {
                            let notice = Message::Heard(super::Heard::Notice(where_to));
                            orders.extend(program.update(notice, &clock.now()));
                        }
                    }
                    Order::Call { title, bell } => {
                        queue!(terminal.backend_mut(), SetTitle(super::text::shown(&title)))?;
                        if bell {
                            terminal.backend_mut().write_all(b"\x07")?;
                        }
                        io::Write::flush(terminal.backend_mut())?;
                    }
                    Order::Redraw => terminal.clear()?,
                    Order::Suspend => {
                        drop(keys.take());
                        modes.pause();
                        // As every program does for Ctrl-Z: the shell has the terminal until `fg`.
                        kill_process(getpid(), Signal::STOP)?;
                        modes.again()?;
                        keys = Some(read_keys(post.clone())?);
                        terminal.clear()?;
                        orders.extend(program.update(Message::Back, &clock.now()));
                    }
                    Order::Shell { host, ask } => {
                        drop(keys.take());
                        modes.pause();
                        let went = outlet.shell(&host, ask);
                        modes.again()?;
                        keys = Some(read_keys(post.clone())?);
                        terminal.clear()?;
                        if let Err(why) = went {
                            let notice = Message::Heard(super::Heard::Notice(format!("no shell: {why}")));
                            orders.extend(program.update(notice, &clock.now()));
                        }
                        orders.extend(program.update(Message::Back, &clock.now()));
                    }
                    Order::Leave => {
                        drop(keys);
                        // A title that calls for somebody must not outlive the screen.
                        execute!(terminal.backend_mut(), SetTitle(TITLE))?;
                        drop(modes);
                        signals.shutdown_background();
                        return Ok(());
                    }
                }
            }
        }
    }
}

type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// One frame, as one update where the terminal knows them.
fn frame<P: Program>(terminal: &mut Screen, program: &P, clock: &Clock) -> io::Result<()> {
    queue!(terminal.backend_mut(), BeginSynchronizedUpdate)?;
    let now = clock.now();
    terminal.draw(|frame| program.draw(frame, &now))?;
    execute!(terminal.backend_mut(), EndSynchronizedUpdate)
}

/// Bytes of an OSC 52 sequence's text, encoded: terminals drop what is longer.
const MOST_COPIED: usize = 74_994;

fn copy(terminal: &mut Screen, text: &str) -> io::Result<()> {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    if encoded.len() > MOST_COPIED {
        return Ok(());
    }
    write!(terminal.backend_mut(), "\x1b]52;c;{encoded}\x07")?;
    io::Write::flush(terminal.backend_mut())
}
