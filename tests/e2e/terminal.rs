//! A person at a terminal: `script` of util-linux makes one, the test types.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::scenario::{Scenario, skip, until};

struct Person {
    child: Child,
    screen: PathBuf,
    seen: usize,
}

impl Person {
    /// Sits down before `banister run` of a runbook.
    fn at(scenario: &Scenario, runbook: &str) -> Option<Self> {
        let runbook = scenario.write("terminal.yaml", runbook);
        let twin = env!("CARGO_BIN_EXE_banister-twin");
        Self::before(scenario, &format!("exec {twin} run {} -i inventory.yaml", runbook.display()))
    }

    /// Sits down before a command.
    fn before(scenario: &Scenario, command: &str) -> Option<Self> {
        let here = std::env::split_paths(&std::env::var_os("PATH").expect("PATH")).any(|d| d.join("script").exists());
        if !here {
            skip("`script` (util-linux) is missing");
            return None;
        }
        let screen = scenario.path("screen");
        // The scenario's own environment, for another program.
        let template = scenario.command(&[]);
        let mut script = std::process::Command::new("script");
        script.args(["--quiet", "--return", "--flush", "--command", command]).arg(&screen).env_clear();
        for (name, value) in template.get_envs() {
            if let Some(value) = value {
                script.env(name, value);
            }
        }
        let child = script
            .env("TERM", "xterm")
            // These are about plain lines; full screens have a terminal of their own.
            .env("ACCESSIBLE", "1")
            .env("SHELL", "/bin/sh")
            .current_dir(scenario.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("script");
        Some(Self { child, screen, seen: 0 })
    }

    /// Waits for a text that was not seen before.
    fn sees(&mut self, text: &str) {
        let mut screen = String::new();
        until(text, || {
            screen = String::from_utf8_lossy(&fs::read(&self.screen).unwrap_or_default()).into_owned();
            let found = screen.get(self.seen..).and_then(|new| new.find(text));
            if let Some(at) = found {
                self.seen += at + text.len();
            }
            found.is_some()
        });
    }

    fn types(&mut self, text: &str) {
        self.child.stdin.as_mut().expect("a keyboard").write_all(text.as_bytes()).expect("a key");
    }

    fn exit(mut self) -> Option<i32> {
        let mut status = None;
        until("the program ends", || {
            status = self.child.try_wait().expect("a status");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const PAUSED: &str = "runbook: paused\nif_it_fails: Call the owner.\nhosts: localhost\ntimeout: 1m\nsteps:\n\
    \x20 - { id: look, pause: Look at the graph }\n  - { id: two, effect: repeatable, run: echo two }\n";

#[test]
fn only_what_is_typed_is_an_answer() {
    let scenario = Scenario::new();
    let Some(mut person) = Person::at(&scenario, PAUSED) else { return };
    person.sees("Look at the graph");
    person.sees("Call the owner.");
    person.sees("continue  the run goes on");
    person.sees("choose 1 to 1: ");
    person.types("\x1b[200~continue\x1b[201~\n");
    person.sees("pasted text is not taken here");
    person.sees("choose 1 to 1: ");
    person.types("1\n1\n");
    person.sees("more than one line came at once");
    person.sees("choose 1 to 1: ");
    person.types("y\n");
    person.sees("`y` is none of them");
    person.sees("choose 1 to 1: ");
    // The number opens the question, and what is typed by habit confirms nothing.
    person.types("1\n");
    person.sees("type `go` to confirm: ");
    person.types("1\n");
    person.sees("that is not it, nothing was done");
    person.sees("choose 1 to 1: ");
    person.types("1\n");
    person.sees("type `go` to confirm: ");
    person.types("go\n");
    assert_eq!(person.exit(), Some(0));
    scenario.is_whole("");
}

#[test]
fn an_interrupt_holds_the_run_and_asks_how_to_go_on() {
    let scenario = Scenario::new();
    let Some(mut person) = Person::at(&scenario, PAUSED) else { return };
    person.sees("choose 1 to 1: ");
    person.types("\x03");
    person.sees("INTERRUPTED: nothing new starts");
    person.sees("choose 1 to 3: ");
    person.types("continue\n");
    person.sees("type `go` to continue the run: ");
    person.types("go\n");
    person.sees("Look at the graph");
    person.sees("choose 1 to 1: ");
    person.types("\x03");
    person.sees("choose 1 to 3: ");
    person.types("3\n");
    let run = scenario.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    person.sees(&format!("type `{}` to end run {run}: ", &run[..8]));
    person.types("go\n");
    person.sees("that is not it, nothing was done");
    person.sees("choose 1 to 3: ");
    person.types("3\n");
    person.sees("to end run ");
    person.types(&format!("{}\n", &run[..8]));
    person.sees("what runs:");
    person.sees("choose 1 to 3: ");
    person.types("wait\n");
    assert_eq!(person.exit(), Some(43));
}

#[test]
fn everything_else_can_be_done_while_a_question_stands() {
    let scenario = Scenario::new();
    let Some(mut person) = Person::at(&scenario, PAUSED) else { return };
    person.sees("0  more");
    person.sees("choose 1 to 1: ");
    person.types("0\n");
    person.sees("choose 1 to 11: ");
    person.types("note\n");
    person.sees("note: ");
    person.types("pager silenced\n");
    person.sees("choose 1 to 1: ");
    until("it is in the journal", || scenario.count("note.added", "") == 1);
    // An empty line says where the run is, and answers nothing.
    person.types("\n");
    person.sees("ASK look\r\n  NEXT");
    person.sees("choose 1 to 1: ");
    person.types("more\n");
    person.sees("choose 1 to 11: ");
    person.types("later\n");
    person.sees("decided later: any line opens the menu");
    person.types("\n");
    person.sees("any other line opens the menu");
    person.types("menu\n");
    person.sees("choose 1 to 10: ");
    person.types("asks\n");
    // Another ask may have been opened since: each prompt says which one it is about.
    person.sees("look: choose 1 to 1: ");
    person.types("1\n");
    person.sees("look continue: type `go` to confirm: ");
    person.types("go\n");
    assert_eq!(person.exit(), Some(0));
    scenario.is_whole("");
}

#[test]
fn an_answer_over_the_socket_closes_the_question() {
    let scenario = Scenario::new();
    let Some(mut person) = Person::at(&scenario, PAUSED) else { return };
    person.sees("choose 1 to 1: ");
    let socket = scenario.run_dir().join("control");
    let mut stream = std::os::unix::net::UnixStream::connect(socket).expect("the socket");
    let answer =
        "{\"v\":1,\"id\":1,\"do\":{\"answer\":{\"ask\":{\"path\":\"look\",\"number\":1},\"word\":\"continue\"}}}\n";
    stream.write_all(answer.as_bytes()).expect("a request");
    assert_eq!(person.exit(), Some(0));
    scenario.is_whole("");
}

#[test]
fn a_shell_at_a_failure_is_recorded() {
    let scenario = Scenario::new();
    let runbook = "runbook: fails\nif_it_fails: Call the owner.\nhosts: localhost\ntimeout: 1m\nsteps:\n\
        \x20 - { id: two, effect: repeatable, run: \"false\" }\n";
    let Some(mut person) = Person::at(&scenario, runbook) else { return };
    person.sees("recorded shell");
    person.sees("choose 1 to ");
    person.types("shell\n");
    person.sees("type `go` to confirm: ");
    person.types("go\n");
    // The shell reads when it is there; what was typed before waits for it in the terminal.
    until("the shell is recorded", || {
        let out = fs::read_dir(scenario.run_dir().join("out")).expect("out");
        out.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("shell."))
    });
    person.types("echo looked-$((40 + 2))\n");
    person.sees("looked-42");
    person.types("exit\n");
    person.sees("choose 1 to ");
    person.types("skip\n");
    person.sees("reason: ");
    person.types("looked at it\n");
    person.sees("type `go` to confirm: ");
    person.types("go\n");
    assert_eq!(person.exit(), Some(10));
    let out = fs::read_dir(scenario.run_dir().join("out")).expect("out").flatten();
    let kept = out.filter_map(|entry| fs::read_to_string(entry.path()).ok()).any(|text| text.contains("looked-42"));
    assert!(kept, "the record holds what was seen");
}

#[test]
fn a_drill_asks_at_the_terminal_and_not_its_file() {
    if !banister_lab::testing::ready() {
        return;
    }
    let scenario = Scenario::new();
    let (root, twin) = (concat!(env!("CARGO_MANIFEST_DIR"), "/.."), env!("CARGO_BIN_EXE_banister-twin"));
    let command = format!("cd '{root}' && exec {twin} drill --plain rolling-restart");
    let Some(mut person) = Person::before(&scenario, &command) else { return };
    person.sees("serves v2. Look at it; go on with the others?");
    person.sees("choose 1 to 1: ");
    person.types("1\n");
    person.sees("type `go` to confirm: ");
    person.types("go\n");
    person.sees("root says continue to restart/@web-1/canary_is_good");
    person.sees("check ok    the run is done    0");
    assert_eq!(person.exit(), Some(0));
}
