//! What a run's screen reaches beside the terminal.

use std::sync::Arc;

use banister_runtime::agent::Lender;
use banister_runtime::control::Verb;
use banister_runtime::output::StoredStream;
use banister_runtime::state::RunDir;

use banister_core::plan::Plan;

use super::Line;
use crate::ask::Shell;
use crate::ui::{Heard, Message, Outlet, Post, Refused};

/// The engine, the run's directory, and shells.
pub(super) struct Desk {
    run: RunDir,
    line: Arc<Line>,
    post: Post,
    shell: Shell,
    /// Kept while the person here has the pen: the run may use his agent.
    lender: Option<Lender>,
}

impl Desk {
    pub(super) fn new(run: &RunDir, plan: &Arc<Plan>, line: Arc<Line>, post: Post) -> Self {
        Self { run: run.clone(), line, post, shell: Shell::new(run, plan), lender: None }
    }
}

impl Desk {
    /// What a command printed, where no engine is there to be asked: it lies beside the journal.
    fn stored(&self, id: u64, verb: &Verb) -> Option<Heard> {
        let Verb::Read { key, stream, from, most } = verb else { return None };
        let out = self.run.out_path();
        let (from, total, bytes) = StoredStream::piece(&out, key, *stream, *from, u64::from(*most)).ok()?;
        Some(Heard::Chunk { id, from, total, bytes })
    }
}

impl Outlet for Desk {
    fn send(&mut self, id: u64, verb: &Verb) {
        if let Err(error) = self.line.say(id, verb) {
            if let Some(heard) = self.stored(id, verb) {
                return self.post.key(Message::Heard(heard));
            }
            let refused = Refused { name: None, why: error.to_string() };
            // Among the keys: the drawing thread must never wait for room among the news.
            self.post.key(Message::Heard(Heard::Replied { id, result: Err(refused) }));
        }
    }

    fn keep(&mut self, text: &str) -> Option<String> {
        Some(match self.run.keep_copied(text) {
            Ok(path) => format!("copied; also in {}", path.display()),
            Err(error) => format!("copied, if this terminal takes copies (no file: {error})"),
        })
    }

    fn lend(&mut self, drives: bool) {
        self.lender = if drives { Lender::start(&self.run) } else { None };
    }

    fn shell(&mut self, host: &str, ask: u32) -> Result<(), String> {
        self.shell.open(host, ask)
    }
}
