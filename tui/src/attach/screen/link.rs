//! What an engine says, as a screen hears it.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use banister_core::run::ExitCode;
use banister_runtime::control::{Body, Hearer, Reply, Welcome};
use banister_runtime::journal::Follower;
use banister_runtime::state::{RunDir, RunState, RunSummary};

use super::Line;
use crate::attach::gone::{Fate, fate};
use crate::ui::{Heard, Message, Post, Presence, Refused};

/// The first that a screen hears over a connection.
fn greeting(welcome: &Welcome) -> Heard {
    let (run, plan, you) = (welcome.run.clone(), Arc::new((*welcome.plan).clone()), welcome.you.clone());
    Heard::Welcome { run, plan, you, watch: welcome.watch, seq: welcome.seq }
}

/// Brings everything that an engine says, until nobody reads or nothing more comes.
pub(super) fn start(
    run: RunDir,
    line: Arc<Line>,
    hearer: Hearer,
    post: Post,
    welcome: &Welcome,
    is_drill: bool,
) -> io::Result<JoinHandle<()>> {
    let first = greeting(welcome);
    let mut link = Hearing { run, watch: welcome.watch, seq: 0, line, post, is_drill };
    std::thread::Builder::new().name("link".to_owned()).spawn(move || link.serve(hearer, first))
}

struct Hearing {
    run: RunDir,
    watch: bool,
    /// The last record that came. The screen alone keeps what all of them come to.
    seq: u64,
    line: Arc<Line>,
    post: Post,
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
    fn serve(&mut self, mut hearer: Hearer, first: Heard) {
        if !self.post.news(first) {
            return;
        }
        loop {
            if matches!(self.hear(&mut hearer), End::Over) || self.line.has_left() {
                return;
            }
            match fate(&self.run, self.seq, self.watch) {
                Fate::Over => return self.read_on(),
                Fate::Mute => {
                    let why = "the engine does not answer any more, but still holds the run".to_owned();
                    self.refuse(self.line.unanswered());
                    self.post.news(Heard::Lost { why });
                    return;
                }
                Fate::Back(teller, next, welcome) => {
                    let lost = self.line.replace(teller);
                    self.refuse(lost);
                    let says = "the connection to the engine was lost, and is there again".to_owned();
                    self.post.news(Heard::Notice(says));
                    self.post.news(greeting(&welcome));
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
                self.seq = self.seq.max(record.seq);
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

    /// The engine is gone: the rest is in the journal.
    fn read_on(&mut self) {
        if let Ok(mut journal) = Follower::open(&self.run.journal_path()) {
            while let Ok(Some(followed)) = journal.next() {
                if followed.record.seq > self.seq {
                    self.seq = followed.record.seq;
                    self.post.news(Heard::Record(Box::new(followed.record)));
                }
            }
        }
        self.refuse(self.line.unanswered());
        let run = &self.run;
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
