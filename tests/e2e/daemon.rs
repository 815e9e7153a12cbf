//! A run that outlives its terminal: engines in processes of their own, and the front ends that come and go.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::pty::Pty;
pub(crate) use crate::scenario::holder;
use crate::scenario::{Scenario, until};

/// How soon a front end must know that its engine was killed.
const SOON: Duration = Duration::from_secs(1);

/// A scenario whose engines are processes of their own.
pub(crate) struct Detached(Scenario);

impl std::ops::Deref for Detached {
    type Target = Scenario;

    fn deref(&self) -> &Scenario {
        &self.0
    }
}

/// A front end without a terminal.
struct Front {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Front {
    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.err).unwrap_or_default()
    }

    /// Numbers of the records it was told, in order.
    fn records(&self) -> Vec<u64> {
        let text = fs::read_to_string(&self.out).unwrap_or_default();
        let whole = text.lines().filter(|line| line.ends_with('}'));
        let sequence = |line: &str| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            event.get("sequence")?.as_str()?.parse().ok()
        };
        whole.filter_map(sequence).collect()
    }

    fn exit(&mut self) -> i32 {
        let mut status = None;
        until("the front end ends", || {
            status = self.child.try_wait().expect("a status");
            status.is_some()
        });
        let status = status.expect("a status");
        status.code().unwrap_or_else(|| panic!("it died of signal {:?}: {}", status.signal(), self.said()))
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = kill_process(self.pid(), Signal::CONT);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Detached {
    pub(crate) fn new() -> Self {
        let mut scenario = Scenario::new();
        scenario.detached = true;
        // Plain lines, whatever the terminal is.
        scenario.env.push(("TERM".to_owned(), "dumb".to_owned()));
        Self(scenario)
    }

    /// The same for who looks at full screens.
    pub(crate) fn with_screens() -> Self {
        let mut detached = Self::new();
        detached.0.env.clear();
        detached
    }

    fn front(&self, name: &str, args: &[&str]) -> Front {
        let (out, err) = (self.path(&format!("{name}.out")), self.path(&format!("{name}.err")));
        let file = |path| Stdio::from(fs::File::create(path).expect("a file"));
        let child = self.command(args).stdout(file(&out)).stderr(file(&err)).spawn().expect("banister");
        Front { child, out, err }
    }

    /// A run whose second step waits at the gate.
    fn blocked(&self) -> Front {
        self.hook("block_two");
        let runbook = self.three_steps().display().to_string();
        let front = self.front("run", &["run", &runbook, "-i", "inventory.yaml"]);
        self.arrived();
        // The engine does not wait for whoever started it: it has attached, and takes signals, once it says something.
        until("the front end has attached", || front.said().contains(STEP_ONE));
        front
    }

    /// The same with a person at a terminal.
    fn blocked_at_terminal(&self, more: &[&str]) -> Option<Pty> {
        self.hook("block_two");
        let runbook = self.three_steps().display().to_string();
        let person = Pty::banister(self, &[&["run", &runbook, "-i", "inventory.yaml"], more].concat(), 120, 60)?;
        self.arrived();
        // As without a terminal: a key before that is for a program which nobody has told of signals.
        person.sees(STEP_ONE);
        Some(person)
    }

    /// A runbook that does nothing but pause.
    fn paused(&self) -> String {
        let runbook = self.write(
            "paused.yaml",
            "runbook: paused\nif_it_fails: Call the owner.\nhosts: localhost\ntimeout: 1m\nsteps:\n\
             \x20 - { id: look, pause: Look at the graph }\n",
        );
        runbook.display().to_string()
    }

    fn engine(&self) -> Pid {
        holder(&self.run_dir()).expect("the engine's process")
    }

    /// Every record of the journal was told, each once.
    fn were_all_told(&self, front: &Front) {
        let written = u64::try_from(self.journal().lines().count()).expect("a number");
        assert_eq!(front.records(), (1..=written).collect::<Vec<_>>());
    }
}

/// What a front end in lines says before the second step.
const STEP_ONE: &str = "ok one/@localhost";
const EVENTS: [&str; 4] = ["attach", "last", "--output", "ndjson"];
const ALL: &str = "one two three";

#[test]
fn who_detaches_and_attaches_again_has_lost_nothing() {
    let scenario = Detached::new();
    let Some(mut person) = scenario.blocked_at_terminal(&["--plain"]) else { return };
    person.types("\n");
    person.sees("IF IT FAILS  Nothing happened.");
    person.types("menu\n");
    person.sees("detach  this program ends, the run goes on");
    // What is typed before the question itself is there is thrown away.
    person.sees("choose 1 to 9: ");
    person.types("detach\n");
    person.sees("come back with: banister attach");
    assert_eq!(person.exit(), 50);
    test_kill_process(scenario.engine()).expect("the engine goes on");
    let mut again = scenario.front("again", &EVENTS);
    until("it has caught up", || again.records().len() > 3);
    scenario.open_gate();
    assert_eq!(again.exit(), 0);
    scenario.were_all_told(&again);
    scenario.is_whole(ALL);
}

#[test]
fn a_terminal_that_goes_away_takes_nothing_with_it() {
    let scenario = Detached::new();
    let Some(mut person) = scenario.blocked_at_terminal(&["--plain"]) else { return };
    person.hangs_up();
    assert_eq!(person.exit(), 50, "it detached");
    scenario.open_gate();
    until("the run is done without anybody", || scenario.expect(&["runs"], 0).contains("  done\n"));
    scenario.is_whole(ALL);
}

#[test]
fn an_ask_waits_for_whoever_comes() {
    let scenario = Detached::new();
    let runbook = scenario.paused();
    let Some(mut first) = Pty::banister(&scenario, &["run", &runbook, "-i", "inventory.yaml", "--plain"], 120, 40)
    else {
        return;
    };
    first.sees("choose 1 to 1: ");
    first.signal(Signal::HUP);
    assert_eq!(first.exit(), 50);
    let Some(mut watcher) = Pty::banister(&scenario, &["attach", "last", "--watch", "--plain"], 120, 40) else {
        return;
    };
    watcher.sees("ASK look");
    watcher.types("menu\n");
    watcher.sees("choose 1 to 4: ");
    assert!(!watcher.screen().contains("abort"), "who only looks can do nothing");
    watcher.types("who\n");
    watcher.sees("only looks");
    let Some(mut second) = Pty::banister(&scenario, &["attach", "last", "--plain"], 120, 40) else { return };
    second.sees("choose 1 to 1: ");
    second.says("continue");
    assert_eq!((second.exit(), watcher.exit()), (0, 0));
    scenario.is_whole("");
}

#[test]
fn an_interrupt_holds_the_run_and_whoever_goes_leaves_it_held() {
    let scenario = Detached::new();
    let Some(mut person) = scenario.blocked_at_terminal(&["--plain"]) else { return };
    person.types("\x03");
    person.sees("INTERRUPTED: nothing new starts");
    person.types("\x03");
    assert_eq!(person.exit(), 50, "the second one detaches");
    until("the run is held", || scenario.count("run.held", "") == 1);
    scenario.open_gate();
    until("two is done", || scenario.log() == "one two");
    scenario.expect(&["continue", "last"], 0);
    until("the run is done", || scenario.expect(&["runs"], 0).contains("  done\n"));
    scenario.is_whole(ALL);
}

/// A run whose engine was killed under two front ends, and how long it took until both had said so.
fn killed() -> (Detached, Duration) {
    let scenario = Detached::new();
    let mut starter = scenario.blocked();
    let mut visitor = scenario.front("visitor", &EVENTS);
    until("it is attached", || visitor.records().len() > 3);
    let engine = scenario.engine();
    kill_process(engine, Signal::KILL).expect("a kill");
    let killed = Instant::now();
    for front in [&mut starter, &mut visitor] {
        assert_eq!(front.exit(), 51, "{}", front.said());
        let said = front.said();
        assert!(said.contains("is gone (killed?)") && said.contains("resume it: banister resume"), "{said}");
    }
    (scenario, killed.elapsed())
}

#[test]
fn a_killed_engine_is_noticed_at_once_by_everybody_and_the_run_goes_on() {
    let (scenario, took) = killed();
    // On a machine that has no time for it just now it takes longer, but not each time.
    let again = |_| {
        let (other, took) = killed();
        other.open_gate();
        took
    };
    let took: Vec<Duration> = std::iter::once(took).chain((0..if took < SOON { 0 } else { 5 }).map(again)).collect();
    assert!(took.iter().any(|took| *took < SOON), "it took {took:?}");
    // The number of the engine's process is somebody else's by now: the lock says that nobody holds the run.
    let own = format!("{{\"pid\":{},\"since\":\"2026-01-01T00:00:00Z\"}}", std::process::id());
    fs::write(scenario.run_dir().join("holder.json"), own).expect("the file");
    let list = scenario.expect(&["runs"], 0);
    assert!(list.contains("interrupted: its engine died, resume it"), "{list}");
    let said = scenario.expect(&["attach", "last"], 69);
    assert!(said.contains("its engine is gone") && said.contains("banister resume"), "{said}");
    let mut next = scenario.front("resume", &["resume", "last"]);
    until("the next engine has found what runs", || scenario.count("step.reattached", "two") == 1);
    let said = scenario.expect(&["resume", "last"], 75);
    assert!(said.contains("is held by another engine: process") && said.contains("banister attach"), "{said}");
    scenario.open_gate();
    assert_eq!(next.exit(), 0);
    scenario.is_whole(ALL);
}

#[test]
fn without_a_terminal_a_signal_to_the_starter_drains_the_engine() {
    for signal in [Signal::TERM, Signal::INT] {
        let scenario = Detached::new();
        let mut starter = scenario.blocked();
        kill_process(starter.pid(), signal).expect("a signal");
        until("the engine drains", || scenario.count("run.draining", "") == 1);
        scenario.open_gate();
        assert_eq!(starter.exit(), 51, "{signal:?}");
        assert_eq!(scenario.log(), "one two", "what ran has finished, nothing new has started");
    }
    let scenario = Detached::new();
    let mut starter = scenario.blocked();
    kill_process(starter.pid(), Signal::HUP).expect("a signal");
    assert_eq!(starter.exit(), 50, "the front end detaches");
    let mut visitor = scenario.front("visitor", &EVENTS);
    until("it is attached", || visitor.records().len() > 3);
    kill_process(visitor.pid(), Signal::TERM).expect("a signal");
    assert_eq!(visitor.exit(), 50, "who did not start the engine does not end it");
    kill_process(scenario.engine(), Signal::HUP).expect("a signal");
    kill_process(scenario.engine(), Signal::TERM).expect("a signal");
    until("the engine itself drains", || scenario.count("run.draining", "") == 1);
    assert_eq!(scenario.count("run.draining", ""), 1, "no terminal is its own");
    scenario.open_gate();
    until("it has ended", || scenario.expect(&["runs"], 0).contains("drained (51)"));
}

#[test]
fn without_a_terminal_nobody_is_waited_for() {
    let scenario = Detached::new();
    let runbook = scenario.paused();
    scenario.expect(&["run", &runbook, "-i", "inventory.yaml"], 41);
    scenario
        .write("answers.yaml", "answers: [{ step: look, answer: continue }, { step: x, answer: skip, reason: y }]\n");
    let said = scenario.expect(&["resume", "last", "--answers", "answers.yaml"], 0);
    assert!(said.contains("no ask took the answer `skip` for `x`"), "{said}");
    scenario.is_whole("");
    let said = scenario.expect(&["resume", "last"], 77);
    assert!(said.contains("is over, it ended with exit code 0"), "{said}");
}

#[test]
fn a_stopped_viewer_slows_nothing_and_gets_every_record() {
    let scenario = Detached::new();
    let steps: String = (0..20)
        .map(|n| {
            format!("  - {{ id: s{n}, effect: read, run: \"head -c 1000000 /dev/zero | tr '\\\\0' 'x' | fold\" }}\n")
        })
        .collect();
    let log = scenario.log_path().display().to_string();
    let runbook = scenario.write(
        "loud.yaml",
        &format!(
            "runbook: loud\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 5m\nsteps:\n\
             \x20 - {{ id: gate, effect: repeatable, run: 'echo $$ > {0}/arrived; read -r _ < {0}/gate' }}\n{steps}\
             \x20 - {{ id: end, effect: repeatable, run: 'echo end >> {log}' }}\n",
            scenario.path("hook").display()
        ),
    );
    let mut starter = scenario.front("run", &["run", &runbook.display().to_string(), "-i", "inventory.yaml"]);
    scenario.arrived();
    let mut stopped = scenario.front("stopped", &EVENTS);
    until("it is attached", || stopped.records().len() > 2);
    kill_process(stopped.pid(), Signal::STOP).expect("a signal");
    scenario.open_gate();
    assert_eq!(starter.exit(), 0, "the run has ended while one of its viewers stood still");
    assert_eq!(scenario.log(), "end");
    kill_process(stopped.pid(), Signal::CONT).expect("a signal");
    assert_eq!(stopped.exit(), 0);
    scenario.were_all_told(&stopped);
}

#[test]
fn a_secret_shows_in_nothing_that_others_can_look_at() {
    let mut scenario = Detached::new();
    scenario.0.env.push(("TOKEN_FOR_IT".to_owned(), "correct-horse-battery".to_owned()));
    let (hook, log) = (scenario.path("hook").display().to_string(), scenario.log_path().display().to_string());
    let runbook = scenario.write(
        "secret.yaml",
        &format!(
            "runbook: secret\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 5m\n\
             params:\n  token: {{ type: secret }}\nsteps:\n\
             \x20 - id: use\n    effect: repeatable\n    env: {{ TOKEN: \"{{{{ token }}}}\" }}\n\
             \x20   run: 'echo $$ > {hook}/arrived; read -r _ < {hook}/gate; test \"$TOKEN\" = correct-horse-battery && echo used >> {log}'\n"
        ),
    );
    let runbook = runbook.display().to_string();
    let args = ["run", &runbook, "-i", "inventory.yaml", "-p", "token=env:TOKEN_FOR_IT"];
    let mut starter = scenario.front("run", &args);
    scenario.arrived();
    let engine = scenario.engine();
    for file in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{}/{file}", engine.as_raw_nonzero())).expect("what others see");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("correct-horse"), "{file}: {text}");
        assert!(file != "environ" || text.contains("BANISTER_STATE_DIR"), "it is the environment");
    }
    scenario.open_gate();
    assert_eq!(starter.exit(), 0, "{}", starter.said());
    assert_eq!(scenario.log(), "used", "the step has it all the same");
}

#[test]
fn what_is_wrong_is_said_before_anything_is_made() {
    let scenario = Detached::new();
    let runbook = scenario.write(
        "secret.yaml",
        "runbook: secret\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 5m\n\
         params:\n  token: { type: secret }\nsteps:\n  - { id: use, effect: read, run: \"true\", stdin: \"{{ token }}\" }\n",
    );
    let runbook = runbook.display().to_string();
    let said = scenario.expect(&["run", &runbook, "-i", "inventory.yaml", "-p", "token=env:NOT_THERE"], 65);
    assert!(said.contains("`NOT_THERE` is not set"), "{said}");
    let runs = fs::read_dir(scenario.path("state/runs")).map_or(0, Iterator::count);
    assert_eq!(runs, 0);
}

#[test]
fn a_menu_is_there_at_any_time_and_abort_is_typed() {
    let scenario = Detached::new();
    let Some(mut person) = scenario.blocked_at_terminal(&[]) else { return };
    let mut asked = 0;
    // Each line is typed when it is asked for: what comes at once is taken for pasted.
    let mut choose = |person: &mut Pty, what: &str| {
        asked += 1;
        person.types("?\n");
        until("the menu is shown", || person.raw_text().matches("choose 1 to 9: ").count() == asked);
        person.types(&format!("{what}\n"));
    };
    choose(&mut person, "note");
    person.sees("note: ");
    person.types("pager silenced\n");
    person.sees("note by root: pager silenced");
    choose(&mut person, "hold");
    person.confirms();
    until("it is held", || scenario.count("run.held", "") == 1);
    person.sees("HELD by ");
    choose(&mut person, "abort");
    person.sees("to end run ");
    assert!(person.screen().contains("continue  the run goes on"), "what is held can be continued");
    person.types("no\n");
    person.sees("that is not it, nothing was done");
    choose(&mut person, "abort");
    until("it asks again", || person.raw_text().matches("to end run ").count() == 2);
    let run = scenario.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    person.types(&format!("{}\n", &run[..8]));
    person.sees("what runs:");
    person.sees("choose 1 to 3: ");
    person.types("kill\n");
    assert_eq!(person.exit(), 43);
}

#[test]
fn in_the_foreground_leaving_ends_the_engine_and_others_are_told() {
    let mut scenario = Detached::new();
    scenario.0.detached = false;
    let Some(mut person) = scenario.blocked_at_terminal(&[]) else { return };
    assert_eq!(scenario.engine(), person.pid(), "one process");
    let mut visitor = scenario.front("visitor", &EVENTS);
    until("it is attached", || visitor.records().len() > 3);
    person.types("\x03");
    person.sees("INTERRUPTED: nothing new starts");
    person.sees("choose 1 to 3: ");
    person.types("detach\n");
    assert_eq!((person.exit(), visitor.exit()), (50, 50), "{}", visitor.said());
    let list = scenario.expect(&["runs"], 0);
    assert!(list.contains("interrupted"), "{list}");
    let mut next = scenario.front("resume", &["resume", "last"]);
    until("the next engine has found what runs", || scenario.count("step.reattached", "two") == 1);
    scenario.open_gate();
    scenario.unhook("block_two");
    until("two has ended", || scenario.count("step.succeeded", "two") == 1);
    // The interrupt has held the run, and nobody has said that it goes on.
    scenario.expect(&["continue", "last"], 0);
    assert_eq!(next.exit(), 0);
    scenario.is_whole(ALL);
}

#[test]
fn a_run_that_is_over_at_once_is_shown_all_the_same() {
    let scenario = Detached::new();
    let runbook = scenario.write(
        "short.yaml",
        "runbook: short\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 1m\nsteps:\n\
         \x20 - { id: said, note: Nothing to do }\n",
    );
    let runbook = runbook.display().to_string();
    for _ in 0..20 {
        let said = scenario.expect(&["run", &runbook, "-i", "inventory.yaml"], 0);
        assert!(said.contains("Nothing to do") && said.contains("ended with 0: done"), "{said}");
    }
}
