//! What the operator sees of a run that goes on here: plain lines, or one JSON event a line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use banister_core::plan::StepPath;
use banister_core::run::{EffectKey, Record};
use banister_core::runbook::HostName;
use banister_core::source::visible;
use banister_core::view::{Event as Line, OutputEvent, Plain, RunView, duration, output_line};
use banister_runtime::driver::{Clock, Engine, Event, Subscription, Wanted};
use banister_runtime::journal::Follower;
use banister_runtime::output::StreamKind;
use tokio::runtime::Handle;

use crate::cli::RunOutput;
use crate::terminal;

/// How long something runs before it is said that it does, and again: often at first, then once a minute.
const STILL: [u64; 5] = [1, 5, 15, 30, 60];
/// Bytes of a line of output that are shown before its end is waited for no longer.
const MAX_LINE: usize = 8 * 1024;

/// Shows one run on a thread of its own: a terminal that takes nothing must not stop anything else.
pub(crate) struct Live {
    output: RunOutput,
    /// Questions are put on this terminal, by somebody else.
    has_dialog: bool,
    viewer: Subscription,
    journal: PathBuf,
    clock: Option<Clock>,
    view: RunView,
    plain: Plain,
    /// Lines of output whose end has not come yet, and how many of the stream were shown.
    partial: BTreeMap<(Arc<EffectKey>, StreamKind), (Vec<u8>, u64)>,
    last_output: BTreeMap<(StepPath, HostName), Instant>,
    /// What was last said about something that runs: how many seconds it had run then.
    said: BTreeMap<StepPath, u64>,
}

impl Live {
    /// Shows an engine's run from here on.
    pub(crate) fn start(
        engine: &Engine,
        output: RunOutput,
        has_dialog: bool,
        handle: Handle,
    ) -> std::io::Result<JoinHandle<()>> {
        let mut view = RunView::new(engine.plan().clone());
        let mut plain = if has_dialog { Plain::beside_a_dialog() } else { Plain::new() };
        for record in engine.records() {
            // What does not fit was refused when the run was resumed.
            if view.apply(record).is_ok() {
                plain.lines(&view, record);
            }
        }
        let mut live = Self {
            output,
            has_dialog,
            viewer: engine.feed().subscribe(Wanted::All {}),
            journal: engine.journal_path(),
            clock: Clock::new().ok(),
            view,
            plain,
            partial: BTreeMap::new(),
            last_output: BTreeMap::new(),
            said: BTreeMap::new(),
        };
        std::thread::Builder::new().name("live".to_owned()).spawn(move || live.run(&handle))
    }

    fn run(&mut self, handle: &Handle) {
        loop {
            let next =
                handle.block_on(async { tokio::time::timeout(Duration::from_secs(1), self.viewer.next()).await });
            match next {
                Ok(Event::Ended(_)) => return,
                Ok(event) => self.show(event),
                Err(_) => {}
            }
            self.progress();
        }
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::Record(record) => self.record(&record),
            Event::Output { key, stream, bytes } => self.printed(key, stream, &bytes),
            Event::OutputLost { bytes } => {
                terminal::talk(&format!("note: {bytes} bytes of output were not shown here, all of it is kept"));
            }
            Event::RecordsLost { .. } => self.catch_up(),
            Event::Notice(text) => terminal::talk(&format!("note: {}", visible(&text))),
            Event::Ended(_) | Event::Alive { .. } => {}
        }
    }

    /// Shows what this display was too slow for, from the journal.
    fn catch_up(&mut self) {
        let Ok(mut follower) = Follower::open(&self.journal) else { return };
        while let Ok(Some(followed)) = follower.next() {
            self.record(&followed.record);
        }
    }

    fn record(&mut self, record: &Record) {
        if record.seq <= self.view.state().seq() {
            return;
        }
        if let Err(error) = self.view.apply(record) {
            terminal::talk(&format!("note: cannot show record {}: {error}", record.seq));
            return;
        }
        self.flush_ended();
        match self.output {
            RunOutput::Plain => self.plain.lines(&self.view, record).iter().for_each(|line| terminal::talk(line)),
            // A reader that went away is noticed by whoever wants to know; the run goes on.
            RunOutput::Ndjson => drop(terminal::data(&format!("{}\n", Line::of(&self.view, record).to_line()))),
        }
    }

    fn printed(&mut self, key: Arc<EffectKey>, stream: StreamKind, bytes: &[u8]) {
        self.last_output.insert((key.path.clone(), key.host.clone()), Instant::now());
        let place = (key.clone(), stream);
        let (partial, _) = self.partial.entry(place.clone()).or_default();
        partial.extend_from_slice(bytes);
        // Lines are slices of one buffer: a buffer for each would keep the room of all that followed it.
        let text = std::mem::take(partial);
        let mut rest = text.as_slice();
        while let Some(end) = rest.iter().position(|b| *b == b'\n').or((rest.len() > MAX_LINE).then_some(MAX_LINE)) {
            let (line, after) = rest.split_at(end);
            self.line(&key, stream, line);
            rest = after.strip_prefix(b"\n").unwrap_or(after);
        }
        self.partial.entry(place).or_default().0.extend_from_slice(rest);
    }

    fn line(&mut self, key: &Arc<EffectKey>, stream: StreamKind, line: &[u8]) {
        match self.output {
            RunOutput::Plain => terminal::talk(&output_line(key.host.as_str(), line)),
            RunOutput::Ndjson => {
                let (_, number) = self.partial.entry((key.clone(), stream)).or_default();
                *number += 1;
                let path = key.path.to_string();
                let event = OutputEvent::new(&key.run, &path, key.host.as_str(), &stream.to_string(), *number, line);
                drop(terminal::data(&format!("{}\n", event.to_line())));
            }
        }
    }

    /// Shows the last lines, without their ends, of what runs no more.
    fn flush_ended(&mut self) {
        let running: Vec<StepPath> = self.view.now().map(|row| row.path).collect();
        let ended: Vec<_> = self.partial.keys().filter(|(key, _)| !running.contains(&key.path)).cloned().collect();
        for (key, stream) in ended {
            let rest = self.partial.get_mut(&(key.clone(), stream)).map(|(rest, _)| std::mem::take(rest));
            if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
                self.line(&key, stream, &rest);
            }
            self.partial.remove(&(key, stream));
        }
        self.said.retain(|path, _| running.contains(path));
        self.last_output.retain(|(path, _), _| running.contains(path));
    }

    /// Says of what has run for a while that it still does, and when it last printed something.
    fn progress(&mut self) {
        // What is typed at a question must not be torn apart by news that can wait.
        let is_asking = self.has_dialog && self.view.state().asks().any(|ask| ask.unavailable.is_none());
        if self.output != RunOutput::Plain || is_asking {
            return;
        }
        let Some(now) = self.clock.as_ref().map(Clock::now) else { return };
        for row in self.view.now().collect::<Vec<_>>() {
            let seconds = row.elapsed_ms(&now) / 1000;
            let before = self.said.get(&row.path).copied().unwrap_or(0);
            if !is_due(before, seconds) {
                continue;
            }
            self.said.insert(row.path.clone(), seconds);
            let host = row.host.as_ref();
            let output = host.and_then(|host| self.last_output.get(&(row.path.clone(), host.clone())));
            let output = output.map_or_else(
                || "no output yet".to_owned(),
                |at| format!("last output {} s ago", at.elapsed().as_secs()),
            );
            let limit = row.limit_ms.map_or_else(String::new, |ms| format!(" of {}", duration(ms)));
            terminal::talk(&format!("  still {} {}: {seconds} s{limit}, {output}", row.what, row.path));
        }
    }
}

/// Whether something is due to be said again after so many seconds.
fn is_due(said: u64, now: u64) -> bool {
    let next = STILL.iter().copied().find(|at| *at > said).unwrap_or_else(|| said - said % 60 + 60);
    now >= next
}

#[cfg(test)]
mod tests {
    use super::is_due;

    #[test]
    fn what_runs_long_is_said_often_at_first_and_then_once_a_minute() {
        let mut said = 0;
        let mut times = Vec::new();
        for now in 0..300 {
            if is_due(said, now) {
                said = now;
                times.push(now);
            }
        }
        assert_eq!(times, [1, 5, 15, 30, 60, 120, 180, 240]);
    }
}
