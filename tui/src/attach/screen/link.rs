//! What an engine says, as a screen hears it.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use banister_core::run::ExitCode;
use banister_runtime::agent::Lender;
use banister_runtime::control::{Body, Hearer, Reply, Welcome};
use banister_runtime::journal::Follower;
use banister_runtime::state::{RunState, RunSummary};

use super::Line;
use crate::attach::Board;
use crate::attach::gone::{Fate, fate};
use crate::ui::{Heard, Message, Post, Presence, Refused};

/// The first that a screen hears.
pub(super) fn greeting(welcome: &Welcome) -> Heard {
    let (run, plan, you) = (welcome.run.clone(), Arc::new((*welcome.plan).clone()), welcome.you.clone());
    Heard::Welcome { run, plan, you, watch: welcome.watch, seq: welcome.seq }
}

/// Brings everything that an engine says, until nobody reads or nothing more comes.
pub(super) fn start(
    board: Arc<Board>,
    line: Arc<Line>,
    hearer: Hearer,
    post: Post,
    first: Heard,
    is_drill: bool,
) -> io::Result<JoinHandle<()>> {
    let mut link = Hearing { board, line, post, lender: None, is_drill };
    std::thread::Builder::new().name("link".to_owned()).spawn(move || link.run(hearer, first))
}

struct Hearing {
    board: Arc<Board>,
    line: Arc<Line>,
    post: Post,
    /// Kept while the person here has the pen: the run may use his agent.
    lender: Option<Lender>,
    /// A drill that killed its engine takes the run up again by itself: the screen makes room.
    is_drill: bool,
}

/// Why no more comes over one connection.
enum End {
    /// The engine said so, or nobody reads.
    Over,
    /// Without a word.
    Gone,
}

impl Hearing {
    fn run(&mut self, mut hearer: Hearer, first: Heard) {
        if !self.post.news(first) {
            return;
        }
        loop {
            if matches!(self.hear(&mut hearer), End::Over) || self.line.has_left() {
                return;
            }
            match fate(&self.board) {
                Fate::Over => return self.read_on(),
                Fate::Mute => {
                    let why = "the engine does not answer any more, but still holds the run".to_owned();
                    self.refuse(self.line.unanswered());
                    self.post.news(Heard::Lost { why });
                    return;
                }
                Fate::Back(teller, next) => {
                    let lost = self.line.replace(teller);
                    self.refuse(lost);
                    let says = "the connection to the engine was lost, and is there again".to_owned();
                    self.post.news(Heard::Notice(says));
                    hearer = next;
                }
            }
        }
    }

    fn hear(&mut self, hearer: &mut Hearer) -> End {
        // What cannot be read is the same as an end: the journal says how the run stands.
        while let Ok(Some(reply)) = hearer.next() {
            let is_last = matches!(reply.body, Body::Ended { .. });
            if let Some(heard) = self.heard(reply)
                && !self.post.news(heard)
            {
                return End::Over;
            }
            if is_last {
                return End::Over;
            }
        }
        End::Gone
    }

    fn heard(&mut self, reply: Reply) -> Option<Heard> {
        let Reply { id, body, .. } = reply;
        let bytes = body.bytes();
        Some(match body {
            Body::Record(record) => {
                // What does not fit is said by the screen, which folds it as well.
                if self.board.take(&record).is_ok() {
                    self.lend();
                }
                Heard::Record(record)
            }
            Body::Output { key, stream, .. } => Heard::Output { key, stream: stream.to_string(), bytes },
            Body::OutputLost { bytes } => Heard::OutputLost { bytes },
            Body::Chunk { from, total, .. } => Heard::Chunk { id: self.line.asked(id)?, from, total, bytes },
            Body::Present { people } => Heard::Present(people.into_iter().map(presence).collect()),
            Body::Alive { key, ago_ms } => Heard::Alive { key, ago_ms },
            Body::Pulses { pulses } => Heard::Pulses(pulses),
            Body::Notice { text } => Heard::Notice(text),
            Body::Ended { exit } => Heard::Ended(exit),
            Body::Done { seq } => Heard::Replied { id: self.line.asked(id)?, result: Ok(seq) },
            Body::Rejected { name, why } => self.refused(id, Some(name), why),
            Body::Error { why } => self.refused(id, None, why),
            Body::Unavailable { why } => self.refused(id, Some("unavailable".to_owned()), why),
            _ => return None,
        })
    }

    /// What was not taken; what nobody here asked for is a notice.
    fn refused(&self, id: u64, name: Option<String>, why: String) -> Heard {
        match self.line.asked(id) {
            Some(id) => Heard::Replied { id, result: Err(Refused { name, why }) },
            None => Heard::Notice(format!("the engine says: {why}")),
        }
    }

    fn refuse(&self, asked: Vec<u64>) {
        for id in asked {
            let why = "the connection was lost before it was answered: look whether it was done".to_owned();
            self.post.news(Heard::Replied { id, result: Err(Refused { name: None, why }) });
        }
    }

    /// Lends the agent of whoever sits here for as long as he drives.
    fn lend(&mut self) {
        let drives = !self.board.watch && self.board.view().pen() == Some(&self.board.you);
        match (drives, &self.lender) {
            (true, None) => self.lender = Lender::start(&self.board.run),
            (false, Some(_)) => self.lender = None,
            _ => {}
        }
    }

    /// The engine is gone: the rest is in the journal.
    fn read_on(&mut self) {
        if let Ok(mut journal) = Follower::open(&self.board.run.journal_path()) {
            while let Ok(Some(followed)) = journal.next() {
                if followed.record.seq > self.board.seq() {
                    // The screen says what does not fit.
                    drop(self.board.take(&followed.record));
                    self.post.news(Heard::Record(Box::new(followed.record)));
                }
            }
        }
        self.refuse(self.line.unanswered());
        let run = &self.board.run;
        let end: Result<ExitCode, &str> = match RunSummary::of(run).state {
            RunState::Finished(exit) | RunState::Drained(exit) => Ok(exit),
            _ => Err("the engine is gone (killed?); what it had started on hosts runs on"),
        };
        self.post.news(match end {
            Ok(exit) => Heard::Ended(exit),
            Err(why) => Heard::Lost { why: format!("{why}; resume it: banister resume {}", run.id()) },
        });
        if self.is_drill && end.is_err() {
            self.post.key(Message::Hangup);
        }
    }
}

fn presence(there: banister_runtime::control::Presence) -> Presence {
    let banister_runtime::control::Presence { who, since, watch } = there;
    Presence { who, since, watch }
}
