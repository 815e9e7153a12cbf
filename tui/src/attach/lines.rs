//! What the operator sees of a run that goes on here: plain lines, or one JSON event a line.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use banister_core::plan::StepPath;
use banister_core::run::{EffectKey, Now, Record};
use banister_core::runbook::HostName;
use banister_core::source::visible;
use banister_core::view::{Event as Line, OutputEvent, Plain, duration, output_line};
use banister_runtime::driver::Clock;
use banister_runtime::output::StreamKind;

use super::Board;
use crate::cli::RunOutput;
use crate::terminal;

/// How long something runs before it is said that it does, and again: often at first, then once a minute.
const STILL: [u64; 5] = [1, 5, 15, 30, 60];
/// Bytes of a line of output that are shown before its end is waited for no longer.
const MAX_LINE: usize = 8 * 1024;

/// Shows one run: records, output, and what takes long.
pub(super) struct Lines {
    output: RunOutput,
    /// Questions are put on this terminal, by somebody else.
    has_dialog: bool,
    board: Arc<Board>,
    clock: Option<Clock>,
    plain: Plain,
    /// Lines of output whose end has not come yet, and how many of the stream were shown.
    partial: BTreeMap<(Arc<EffectKey>, StreamKind), (Vec<u8>, u64)>,
    last_output: BTreeMap<(StepPath, HostName), Instant>,
    /// When a process was last seen alive where it runs.
    alive: BTreeMap<(StepPath, HostName), Instant>,
    /// What was last said about something that runs: how many seconds it had run then.
    said: BTreeMap<StepPath, u64>,
}

impl Lines {
    pub(super) fn new(board: Arc<Board>, output: RunOutput, has_dialog: bool) -> Self {
        Self {
            output,
            has_dialog,
            board,
            clock: Clock::new().ok(),
            plain: if has_dialog { Plain::beside_a_dialog() } else { Plain::new() },
            partial: BTreeMap::new(),
            last_output: BTreeMap::new(),
            alive: BTreeMap::new(),
            said: BTreeMap::new(),
        }
    }

    /// Takes a record, and shows it if it is to be shown.
    pub(super) fn record(&mut self, record: &Record, is_shown: bool) {
        match self.board.take(record) {
            Ok(true) => {}
            Ok(false) => return,
            Err(why) => return terminal::talk(&format!("note: cannot show record {}: {why}", record.seq)),
        }
        self.flush_ended();
        let view = self.board.view();
        match self.output {
            RunOutput::Plain => {
                let lines = self.plain.lines(&view, record);
                drop(view);
                lines.iter().filter(|_| is_shown).for_each(|line| terminal::talk(line));
            }
            RunOutput::Ndjson if is_shown => {
                let line = Line::of(&view, record).to_line();
                drop(view);
                // A reader that went away is noticed by whoever wants to know; the run goes on.
                drop(terminal::data(&format!("{line}\n")));
            }
            RunOutput::Ndjson => {}
        }
    }

    /// Something that is not part of the run's history.
    pub(super) fn notice(&self, text: &str) {
        terminal::talk(&format!("note: {}", visible(text)));
    }

    /// Output that was not sent.
    pub(super) fn lost(&self, bytes: u64) {
        terminal::talk(&format!("note: {bytes} bytes of output were not shown here, all of it is kept"));
    }

    /// A process was seen alive so many milliseconds ago.
    pub(super) fn alive(&mut self, key: EffectKey, ago_ms: u64) {
        let Some(at) = Instant::now().checked_sub(Duration::from_millis(ago_ms)) else { return };
        self.alive.insert((key.path, key.host), at);
    }

    /// What a command printed.
    pub(super) fn printed(&mut self, key: Arc<EffectKey>, stream: StreamKind, bytes: &[u8]) {
        self.last_output.insert((key.path.clone(), key.host.clone()), Instant::now());
        let place = (key.clone(), stream);
        let (partial, _) = self.partial.entry(place.clone()).or_default();
        partial.extend_from_slice(bytes);
        // Lines are slices of one buffer: a buffer for each would keep the room of all that followed it.
        let text = std::mem::take(partial);
        let mut rest = text.as_slice();
        let mut shown = String::new();
        while let Some(end) = rest.iter().position(|b| *b == b'\n').or((rest.len() > MAX_LINE).then_some(MAX_LINE)) {
            let (line, after) = rest.split_at(end);
            self.line(&key, stream, line, &mut shown);
            rest = after.strip_prefix(b"\n").unwrap_or(after);
        }
        self.partial.entry(place).or_default().0.extend_from_slice(rest);
        self.show(&shown);
    }

    /// Appends a line of output as it is to be shown.
    fn line(&mut self, key: &Arc<EffectKey>, stream: StreamKind, line: &[u8], shown: &mut String) {
        match self.output {
            RunOutput::Plain => shown.push_str(&output_line(key.host.as_str(), line)),
            RunOutput::Ndjson => {
                let (_, number) = self.partial.entry((key.clone(), stream)).or_default();
                *number += 1;
                let path = key.path.to_string();
                let event = OutputEvent::new(&key.run, &path, key.host.as_str(), &stream.to_string(), *number, line);
                shown.push_str(&event.to_line());
            }
        }
        shown.push('\n');
    }

    /// Shows lines of output, all of a chunk at once.
    fn show(&self, lines: &str) {
        match self.output {
            _ if lines.is_empty() => {}
            RunOutput::Plain => terminal::talk_lines(lines),
            // As with records: who wants to know that the reader went away notices.
            RunOutput::Ndjson => drop(terminal::data(lines)),
        }
    }

    /// Shows the last lines, without their ends, of what runs no more.
    fn flush_ended(&mut self) {
        // Before anything runs, and while old records are read, there is nothing to look for.
        if self.partial.is_empty() && self.said.is_empty() && self.last_output.is_empty() && self.alive.is_empty() {
            return;
        }
        let running: Vec<StepPath> = self.board.view().now().map(|row| row.path).collect();
        let ended: Vec<_> = self.partial.keys().filter(|(key, _)| !running.contains(&key.path)).cloned().collect();
        for (key, stream) in ended {
            let rest = self.partial.get_mut(&(key.clone(), stream)).map(|(rest, _)| std::mem::take(rest));
            if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
                let mut shown = String::new();
                self.line(&key, stream, &rest, &mut shown);
                self.show(&shown);
            }
            self.partial.remove(&(key, stream));
        }
        self.said.retain(|path, _| running.contains(path));
        self.last_output.retain(|(path, _), _| running.contains(path));
        self.alive.retain(|(path, _), _| running.contains(path));
    }

    /// Says of what has run for a while that it still does, and when it last printed something.
    pub(super) fn progress(&mut self) {
        let Some(now) = self.clock.as_ref().map(Clock::now) else { return };
        self.still(&now).iter().for_each(|line| terminal::talk(line));
    }

    fn still(&mut self, now: &Now) -> Vec<String> {
        // What runs in the past may have ended since.
        if self.output != RunOutput::Plain || !self.board.is_caught_up() {
            return Vec::new();
        }
        let rows: Vec<_> = {
            let view = self.board.view();
            // What is typed at a question must not be torn apart by news that can wait.
            let is_asking = self.has_dialog && view.state().asks().any(|ask| ask.unavailable.is_none());
            if is_asking {
                return Vec::new();
            }
            view.now().collect()
        };
        let mut lines = Vec::new();
        for row in rows {
            let seconds = row.elapsed_ms(now) / 1000;
            let before = self.said.get(&row.path).copied().unwrap_or(0);
            if !is_due(before, seconds) {
                continue;
            }
            self.said.insert(row.path.clone(), seconds);
            let place = row.host.as_ref().map(|host| (row.path.clone(), host.clone()));
            let ago = |seen: &BTreeMap<_, Instant>| {
                place.as_ref().and_then(|place| seen.get(place)).map(|at| at.elapsed().as_secs())
            };
            let output = ago(&self.last_output)
                .map_or_else(|| "no output yet".to_owned(), |ago| format!("last output {ago} s ago"));
            let alive = ago(&self.alive).map_or_else(String::new, |ago| format!(", seen alive {ago} s ago"));
            let limit = row.limit_ms.map_or_else(String::new, |ms| format!(" of {}", duration(ms)));
            lines.push(format!("  still {} {}: {seconds} s{limit}, {output}{alive}", row.what, row.path));
        }
        lines
    }
}

/// Whether something is due to be said again after so many seconds.
fn is_due(said: u64, now: u64) -> bool {
    let next = STILL.iter().copied().find(|at| *at > said).unwrap_or_else(|| said - said % 60 + 60);
    now >= next
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use banister_core::run::Now;
    use banister_runtime::control::Welcome;
    use banister_runtime::state::{RunId, StateDir};

    use super::{Board, Lines, RunOutput, is_due};
    use crate::ui::testing::{FIRST, Scene, at_ms, compile, person};

    /// What is said of what runs after ten seconds, by a front end that attached when so many records were written.
    fn still(scene: &Scene, known: u64, heard: usize) -> Vec<String> {
        let dir = tempfile::tempdir().expect("a directory");
        let run = StateDir::open(dir.path()).and_then(|state| state.create_run(&RunId::random())).expect("a run");
        let welcome = Welcome {
            run: run.id().to_string(),
            you: person("alice", 1000),
            operator: person("alice", 1000),
            plan: Box::new(Arc::unwrap_or_clone(compile(FIRST, ""))),
            seq: known,
            watch: false,
            foreground: false,
            can_ask: true,
        };
        let mut lines = Lines::new(Arc::new(Board::new(&run, welcome, false)), RunOutput::Plain, false);
        for record in &scene.records()[..heard] {
            lines.record(record, false);
        }
        let now: Now = at_ms(10_000);
        lines.still(&now)
    }

    #[test]
    fn what_runs_in_the_past_is_not_said_to_run() {
        let scene = Scene::started(compile(FIRST, ""));
        let written = scene.records().len();
        let known = u64::try_from(written).expect("a number");
        let said = still(&scene, known, written);
        assert!(said.iter().any(|line| line.starts_with("  still ")), "{said:?}");
        // The same records, and one more that had been written before it attached: what runs may have ended with it.
        assert_eq!(still(&scene, known + 1, written), Vec::<String>::new());
    }

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
