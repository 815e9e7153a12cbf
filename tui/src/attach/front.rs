//! The plain front end: lines on standard error, questions at the terminal.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use banister_core::run::{Actor, AskId, ExitCode};
use banister_runtime::agent::Lender;
use banister_runtime::control::{Body, Hearer};
use banister_runtime::driver::Wanted;
use banister_runtime::journal::Follower;
use banister_runtime::state::RunDir;

use super::connect::{connect, not_live};
use super::gone::{Fate, fate};
use super::lines::Lines;
use super::signals::{First, watch};
use super::{Board, Door, How, Role, Shown, Wire, farewell, gone};
use crate::ask::{Dialog, News, status};
use crate::cli::RunOutput;
use crate::failure::Failure;
use crate::{exit_code, terminal};

/// How much the engine may be ahead of the lines: then the socket fills, and the engine leaves output out.
const AHEAD: usize = 16;
/// Hundredths of a second that a dialog may take to end.
const DIALOG_ENDS: u32 = 30;

/// Shows a run of which nothing but its journal is there to be shown: a short one is over before anybody has attached.
pub(super) fn without(run: &RunDir, how: &How) -> Result<ExitCode, Failure> {
    let Shown::After(shown) = how.shown else { return Err(not_live(run)) };
    let board = Arc::new(Board::without_engine(run, run.read_plan()?.0, matches!(how.role, Role::Foreground { .. })));
    let mut lines = Lines::new(board.clone(), how.output, false);
    read_on(&board, &mut lines, shown);
    let exit = board.view().exit();
    let exit = exit.ok_or_else(|| gone::killed(run))?;
    farewell::ended(&board, exit, how.output, how.is_drill)?;
    Ok(exit)
}

/// Shows the rest from the journal.
fn read_on(board: &Board, lines: &mut Lines, shown: u64) {
    let Ok(mut journal) = Follower::open(&board.run.journal_path()) else { return };
    while let Ok(Some(followed)) = journal.next() {
        lines.record(&followed.record, followed.record.seq > shown);
    }
}

/// How it ended here.
enum End {
    /// The engine said so.
    Ended(ExitCode),
    /// The person has left.
    Left,
    /// The connection ended without a word.
    Gone,
}

/// Attaches with plain lines, until there is nothing more to show.
pub(super) fn plain(run: &RunDir, how: How) -> Result<ExitCode, Failure> {
    let Some((welcome, client)) = connect(run, how.watch, Wanted::All {})? else { return without(run, &how) };
    let (teller, hearer) = client.split()?;
    let (known, can_ask) = (welcome.seq, how.tty.is_some());
    let wire = Arc::new(Wire::new(run.id().to_string(), teller));
    let foreground = matches!(how.role, Role::Foreground { .. });
    let board = Arc::new(Board::new(run, welcome, foreground));
    let (news, dialog_news) = channel();
    let door = match how.role {
        Role::Foreground { interrupts, mut asked } => {
            let news = news.clone();
            spawn("asked", move || while asked.blocking_recv().is_some() && news.send(News::Interrupted).is_ok() {})?;
            Door::of_engine(interrupts)
        }
        Role::Starter | Role::Visitor => {
            let first = match how.role {
                _ if can_ask && !how.watch => First::Ask(news.clone()),
                Role::Starter if !can_ask => First::Drain,
                _ => First::Detach,
            };
            let door = Door::of_connection(wire.clone());
            watch(first, wire.clone(), door.clone()).map_err(no_thread)?;
            door
        }
    };
    let lines = Lines::new(board.clone(), how.output, can_ask && !how.watch);
    let shown = match how.shown {
        Shown::After(seq) => seq,
        // A program that attaches wants all of it.
        Shown::FromNow if how.output == RunOutput::Ndjson => 0,
        Shown::FromNow => known,
    };
    let dialog = how.tty.map(|tty| Dialog::new(tty, dialog_news, board.clone(), wire.clone(), door.clone()));
    let mut front = Front {
        board: board.clone(),
        wire,
        door,
        lines,
        dialog,
        news,
        asking: None,
        told: (Vec::new(), None),
        lender: None,
        shown,
        greets: how.shown == Shown::FromNow && how.output == RunOutput::Plain,
    };
    let end = front.run(hearer);
    front.end_dialog();
    match end? {
        End::Ended(exit) => {
            farewell::ended(&board, exit, how.output, how.is_drill)?;
            Ok(exit)
        }
        End::Left => {
            farewell::detached(&board);
            Ok(exit_code::DETACHED)
        }
        End::Gone => Err(gone::killed(run)),
    }
}

struct Front {
    board: Arc<Board>,
    wire: Arc<Wire>,
    door: Door,
    lines: Lines,
    /// Until it is started.
    dialog: Option<Dialog>,
    /// Once it is.
    asking: Option<JoinHandle<()>>,
    news: Sender<News>,
    /// The open asks that the dialog knows of, and who drives.
    told: (Vec<AskId>, Option<Actor>),
    /// While the person here drives.
    lender: Option<Lender>,
    /// Records up to this one are not shown.
    shown: u64,
    /// How the run stands is to be said when it is known.
    greets: bool,
}

impl Front {
    fn run(&mut self, hearer: Hearer) -> Result<End, Failure> {
        let mut heard = self.listen(hearer)?;
        loop {
            match self.hear(&heard)? {
                End::Gone => {}
                end => return Ok(end),
            }
            match fate(&self.board.run, self.board.seq(), self.board.watch) {
                Fate::Over => return Ok(self.read_on()),
                Fate::Mute => return Err(gone::mute(&self.board.run)),
                Fate::Back(teller, hearer, welcome) => {
                    self.board.attached(welcome.seq);
                    terminal::talk("note: the connection to the engine was lost, and is there again");
                    self.wire.replace(teller);
                    // What was lent went with the engine that had it.
                    (self.lender, self.told) = (None, (Vec::new(), None));
                    self.tell_dialog();
                    heard = self.listen(hearer)?;
                }
            }
        }
    }

    /// Listens on a thread of its own: answers must reach who waits for them while lines are written.
    fn listen(&self, mut hearer: Hearer) -> Result<Receiver<Body>, Failure> {
        let (sender, heard): (SyncSender<Body>, _) = sync_channel(AHEAD);
        let wire = self.wire.clone();
        spawn("hear", move || {
            // What cannot be read is the same as an end: the journal says how the run stands.
            while let Ok(Some(reply)) = hearer.next() {
                if let Some(reply) = wire.settle(reply)
                    && sender.send(reply.body).is_err()
                {
                    break;
                }
            }
            wire.close();
        })?;
        Ok(heard)
    }

    fn hear(&mut self, heard: &Receiver<Body>) -> Result<End, Failure> {
        self.begin()?;
        loop {
            match heard.recv_timeout(Duration::from_secs(1)) {
                Ok(Body::Ended { exit }) => return Ok(End::Ended(exit)),
                Ok(body) => self.show(body)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) if self.door.has_left() => return Ok(End::Left),
                Err(RecvTimeoutError::Disconnected) => return Ok(End::Gone),
            }
            self.lines.progress();
        }
    }

    fn show(&mut self, body: Body) -> Result<(), Failure> {
        let bytes = body.bytes();
        match body {
            Body::Record(record) => {
                self.lines.record(&record, record.seq > self.shown);
                self.begin()?;
                self.tell_dialog();
            }
            Body::Output { key, stream, .. } => self.lines.printed(Arc::new(key), stream, &bytes),
            Body::OutputLost { bytes } => self.lines.lost(bytes),
            Body::Alive { key, ago_ms } => self.lines.alive(key, ago_ms),
            Body::Notice { text } => self.lines.notice(&text),
            Body::Present { people } => *self.board.people() = people,
            Body::Error { why } => self.lines.notice(&format!("the engine says: {why}")),
            _ => {}
        }
        Ok(())
    }

    /// Once everything is known that was there at the beginning, how the run stands is said and the dialog begins.
    fn begin(&mut self) -> Result<(), Failure> {
        if !self.board.is_caught_up() {
            return Ok(());
        }
        if std::mem::take(&mut self.greets) {
            terminal::talk(&format!("attached to run {}\n{}", self.board.run.id(), status(&self.board)));
        }
        if let Some(dialog) = self.dialog.take() {
            self.asking = Some(spawn("ask", move || dialog.run())?);
        }
        Ok(())
    }

    /// The dialog looks again when other asks are open, or somebody else drives.
    fn tell_dialog(&mut self) {
        // Who drove before is no news to anybody who has just come.
        if !self.board.is_caught_up() {
            return;
        }
        let view = self.board.view();
        let asks = view.state().asks().filter(|ask| ask.unavailable.is_none()).map(|ask| ask.id.clone()).collect();
        let (now, drives) = ((asks, view.pen().cloned()), view.is_driven_by(&self.board.you));
        drop(view);
        if now != self.told {
            self.lend(drives);
            self.told = now;
            // It may have ended with its terminal.
            let _ = self.news.send(News::Changed);
        }
    }

    /// Whoever drives lends the agent of this terminal. In the foreground the engine has it already.
    fn lend(&mut self, drives: bool) {
        if !drives || self.board.watch || self.board.foreground {
            self.lender = None;
        } else if self.lender.is_none() {
            self.lender = Lender::start(&self.board.run);
        }
    }

    /// Lets the dialog leave the terminal as it was. A shell has it until the person leaves the shell.
    fn end_dialog(&mut self) {
        let _ = self.news.send(News::Over);
        let Some(asking) = self.asking.take() else { return };
        let mut waited = 0;
        while !asking.is_finished() && waited < DIALOG_ENDS {
            waited += u32::from(!terminal::is_lent());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Shows the rest from the journal. The run's end may be there, or not.
    fn read_on(&mut self) -> End {
        read_on(&self.board, &mut self.lines, self.shown);
        self.board.view().exit().map_or(End::Gone, End::Ended)
    }
}

fn spawn(name: &str, act: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Failure> {
    std::thread::Builder::new().name(name.to_owned()).spawn(act).map_err(no_thread)
}

fn no_thread(error: io::Error) -> Failure {
    Failure::new(exit_code::IO, format!("cannot start a thread: {error}"))
}
