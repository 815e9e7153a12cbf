//! The terminal is given back exactly as it was, on every way out of a full screen.

use std::process::Command;

use rustix::process::Signal;

use crate::pty::Pty;
use crate::scenario::{Scenario, until};

/// How often a sequence was written.
fn count(raw: &str, sequence: &str) -> usize {
    raw.matches(sequence).count()
}

/// Every mode was turned on, and off again as often, and the last word was off.
fn is_given_back(pty: &Pty) {
    let raw = pty.raw_text();
    let modes = [("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?2004h", "\x1b[?2004l"), ("\x1b[22;2t", "\x1b[23;2t")];
    for (on, off) in modes {
        assert!(count(&raw, on) > 0, "{on:?} was never on");
        assert_eq!(count(&raw, on), count(&raw, off), "{on:?} and {off:?} in\n{raw:?}");
        assert!(raw.rfind(off) > raw.rfind(on), "the last is {off:?}");
    }
    assert!(raw.rfind("\x1b[?25h") > raw.rfind("\x1b[?25l"), "the cursor is shown");
    assert!(raw.rfind("\x1b[?2026l") > raw.rfind("\x1b[?2026h"), "no update is left open");
    is_modest(&raw);
}

/// What takes something from the person, or waits for an answer of the terminal, is never written.
fn is_modest(raw: &str) {
    for never in ["?1000", "?1002", "?1003", "?1006", "\x1b[6n", "\x1b[c", "\x1b[?u", "\x1bP", "\x1b]11"] {
        assert!(!raw.contains(never), "{never:?} in\n{raw:?}");
    }
}

/// A scenario with a run that has ended: its replay is a full screen that changes nothing.
fn with_a_run() -> Scenario {
    let scenario = Scenario::new();
    let runbook = scenario.three_steps().display().to_string();
    scenario.expect(&["run", &runbook, "-i", "inventory.yaml"], 0);
    scenario
}

/// The screen of its replay, once it is there.
fn screen(scenario: &Scenario) -> Option<Pty> {
    let pty = Pty::banister(scenario, &["replay", "last", "--speed", "1000"], 80, 24)?;
    pty.sees("IF IT FAILS");
    Some(pty)
}

#[test]
fn leaving_gives_the_terminal_back() {
    let scenario = with_a_run();
    let Some(mut pty) = screen(&scenario) else { return };
    pty.types("q");
    assert_eq!(pty.exit(), 0);
    is_given_back(&pty);
}

#[test]
fn the_shell_finds_the_modes_it_had() {
    let scenario = with_a_run();
    let twin = env!("CARGO_BIN_EXE_banister-twin");
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        &format!("stty -echo; b=$(stty -g); {twin} replay last; [ \"$b\" = \"$(stty -g)\" ] && echo same"),
    ]);
    for (name, value) in scenario.command(&[]).get_envs() {
        shell.envs(value.map(|value| (name, value)));
    }
    let Some(mut pty) = Pty::start(shell, 80, 24) else { return };
    pty.sees("IF IT FAILS");
    pty.types("q");
    pty.sees("same");
    assert_eq!(pty.exit(), 0);
    is_given_back(&pty);
}

#[test]
fn a_signal_that_ends_it_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP] {
        let scenario = with_a_run();
        let Some(mut pty) = screen(&scenario) else { return };
        pty.signal(signal);
        assert_eq!(pty.exit(), 0, "{signal:?}");
        is_given_back(&pty);
    }
}

#[test]
fn without_its_terminal_it_ends() {
    let scenario = with_a_run();
    let Some(mut pty) = screen(&scenario) else { return };
    pty.hangs_up();
    pty.ends();
}

#[test]
fn a_stop_leaves_the_terminal_to_the_shell_and_comes_back() {
    for by_key in [true, false] {
        let scenario = with_a_run();
        let Some(mut pty) = screen(&scenario) else { return };
        if by_key {
            pty.types("\x1a");
        } else {
            pty.signal(Signal::TSTP);
        }
        pty.is_stopped();
        until("it has said its last word", || pty.raw_text().contains("\x1b[23;2t"));
        is_given_back(&pty);
        let mark = pty.mark();
        pty.signal(Signal::CONT);
        until("it is back", || count(&pty.raw_text(), "\x1b[?1049h") >= 2);
        until("it draws", || String::from_utf8_lossy(&pty.raw()[mark..]).contains("IF IT FAILS"));
        pty.types("q");
        assert_eq!(pty.exit(), 0);
        is_given_back(&pty);
    }
}

#[test]
fn a_stop_that_nobody_announced_is_mended_afterwards() {
    let scenario = with_a_run();
    let Some(mut pty) = screen(&scenario) else { return };
    pty.signal(Signal::STOP);
    pty.is_stopped();
    pty.signal(Signal::CONT);
    until("the modes are set anew", || count(&pty.raw_text(), "\x1b[?1049h") == 2);
    pty.sees("IF IT FAILS");
    pty.types("q");
    assert_eq!(pty.exit(), 0);
    is_given_back(&pty);
}

#[test]
fn a_panic_anywhere_gives_the_terminal_back_and_its_words_can_be_read() {
    let mut scenario = with_a_run();
    let mark = scenario.path("panic").display().to_string();
    scenario.env.push(("BANISTER_TWIN_PANICS_AT".to_owned(), mark));
    let Some(mut pty) = screen(&scenario) else { return };
    scenario.write("panic", "");
    pty.sees("the twin was told to");
    assert_eq!(pty.exit(), 74);
    is_given_back(&pty);
    assert!(pty.screen().contains("it left the screen"), "{}", pty.screen());
}

#[test]
fn any_size_will_do() {
    let scenario = with_a_run();
    let Some(mut pty) = screen(&scenario) else { return };
    for (width, height) in [(40, 10), (1, 1), (300, 100), (3, 40), (200, 2), (80, 24)] {
        let before = pty.mark();
        pty.resizes(width, height);
        until("it is drawn anew", || pty.mark() > before);
    }
    pty.sees("IF IT FAILS");
    pty.types("q");
    assert_eq!(pty.exit(), 0);
    is_given_back(&pty);
}

#[test]
fn what_is_pasted_is_no_key() {
    let scenario = with_a_run();
    let Some(mut pty) = screen(&scenario) else { return };
    pty.pastes("qqq");
    // It lives, and answers: after a resize there is another frame.
    let before = pty.mark();
    pty.resizes(100, 30);
    until("it is drawn anew", || pty.mark() > before);
    assert!(pty.is_alive());
    pty.types("q");
    assert_eq!(pty.exit(), 0);
    is_given_back(&pty);
}
