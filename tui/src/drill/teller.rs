//! Says what a drill does while its engine may have the terminal for itself.

use banister_runtime::control::{Client, Verb};
use banister_runtime::state::RunDir;

use crate::terminal;
use crate::ui::Before;

/// Speaks on the terminal, or beside a full screen.
pub(super) struct Teller {
    /// The engine draws a full screen; how the terminal was before it.
    screen: Option<Before>,
    /// What was said meanwhile, for the terminal afterwards.
    kept: Vec<String>,
}

impl Teller {
    pub(super) fn new(has_screen: bool) -> Self {
        Self { screen: has_screen.then(Before::look).flatten(), kept: Vec::new() }
    }

    /// Says something of a run. Where a full screen is in the way it is a note of the run, which stands on the screen and
    /// in the timeline; lines between its own would tear it apart.
    pub(super) fn say(&mut self, run: Option<&RunDir>, what: &str) {
        let line = format!("drill: {what}");
        if self.screen.is_none() {
            return terminal::talk(&line);
        }
        if let Some(run) = run {
            // An engine that was killed just now takes no note, and what happened to it stands in its record.
            let note = Verb::Note { text: line.clone(), at: None };
            let _ = Client::connect(run).and_then(|mut client| client.act(note));
        }
        self.kept.push(line);
    }

    /// The engine was killed: nobody else gives the terminal back.
    pub(super) fn killed(&mut self) {
        if let Some(before) = &mut self.screen {
            before.put_back();
        }
    }

    /// The terminal is free.
    pub(super) fn finish(self) {
        self.kept.iter().for_each(|line| terminal::talk(line));
    }
}
