//! A recorded shell on the host where a step failed: opened from the dialog, used, left; on the screen and in plain lines.

use std::path::PathBuf;

use crate::pty::{FRAME_ENDS, Pty};
use crate::scenario::until;
use crate::sharing::{self, STATE, author, bastion, has, is_the_groups_alone, journal, spec, write};
use crate::story::{self, hosts, said};
use banister_lab::testing::{Inside, inside};

const MEND: &str = "runbook: mend\nif_it_fails: Call the owner.\nhosts: web\ntimeout: 5m\nsteps:\n\
    \x20 - { id: touch, all_at_once: two are few, effect: repeatable, run: 'test -e /tmp/ready && echo mended >> /tmp/story' }\n";

/// A run of two hosts, one of which is not ready.
fn begins(lab: &Inside) -> [String; 6] {
    bastion();
    let (config, inventory) = hosts(lab);
    lab.host("web-1").expect("a host").sh("touch /tmp/ready").expect("web-1 is ready");
    let runbook = write("mend.yaml", MEND);
    ["run".to_owned(), runbook, "-i".to_owned(), inventory, "-F".to_owned(), config]
}

/// What shells left in the directory of the only run.
fn recordings() -> Vec<PathBuf> {
    let out = std::fs::read_dir(format!("{STATE}/runs")).expect("runs").flatten().flat_map(|run| {
        std::fs::read_dir(run.path().join("out")).expect("its output").flatten().map(|entry| entry.path())
    });
    let is_recording =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("shell."));
    out.filter(is_recording).collect()
}

/// Mends the host by hand, in a shell there.
fn mends(pty: &mut Pty) {
    pty.sees("$ ");
    // What is asked for is not what is typed.
    pty.types("touch /tmp/ready; echo on $(hostname), as $(id -un)\r");
    pty.sees("on web-2, as ops");
}

/// What was typed and printed is kept, for those of the run and nobody else; the journal says who was there.
fn is_recorded() {
    let recordings = recordings();
    let [recording] = &*recordings else { panic!("{recordings:?}") };
    let text = std::fs::read_to_string(recording).expect("the recording");
    assert!(text.contains("echo on $(hostname)") && text.contains("on web-2, as ops"), "{text}");
    is_the_groups_alone();
    assert_eq!(author("ask.answered").0, "alice");
    let said = |line: &&str| line.contains("\"ask.answered\"") && line.contains("\"shell\"");
    assert_eq!(journal().lines().filter(said).count(), 1, "{}", journal());
}

/// What the terminal shows is what it shows when all of it is drawn anew. Clocks go on: numbers do not count, nor how
/// many digits they have.
fn is_whole(pty: &mut Pty) {
    let still = |text: String| {
        let still = |line: &str| {
            let parts: Vec<_> =
                line.split(|c: char| c.is_ascii_digit() || c == ' ').filter(|s| !s.is_empty()).collect();
            parts.join(" ")
        };
        text.lines().map(still).collect::<Vec<_>>().join("\n")
    };
    let before = still(pty.screen());
    assert!(before.contains("IF IT FAILS") && !before.contains("ops@"), "{before}");
    let mark = pty.mark();
    pty.types("\x0c");
    until("all of it is drawn anew", || {
        let new = String::from_utf8_lossy(pty.raw().get(mark..).unwrap_or_default()).into_owned();
        new.split_once("\x1b[2J").is_some_and(|(_, frame)| frame.ends_with(FRAME_ENDS))
    });
    assert_eq!(still(pty.screen()), before);
}

#[test]
fn a_host_is_mended_in_a_shell_from_the_screen() {
    inside(&spec(2), "shell::a_host_is_mended_in_a_shell_from_the_screen", |lab| {
        let args = begins(lab);
        let mut alice = story::sits("alice", &args.each_ref().map(String::as_str));
        alice.sees("failed, what now");
        alice.types("a");
        alice.sees("number or word");
        alice.types("shell\r");
        alice.goes();
        mends(&mut alice);
        // A shell of one's own: the terminal's own screen, its size, and ctrl-c for what runs there.
        assert!(!alice.is_on_the_other_screen());
        alice.types("stty size\r");
        alice.sees("40 120");
        // The new size goes another way than what is typed, and may arrive after it.
        alice.resizes(100, 30);
        alice.types("until [ \"$(stty size)\" = '30 100' ]; do sleep 0.05; done; echo re''sized\r");
        alice.sees("resized");
        // Not before it runs: a program that has not begun is not in front, and what is typed is not for it.
        alice.types("sh -c 'echo be\"\"gun; exec sleep 600'\r");
        alice.sees("begun");
        let mark = alice.mark();
        alice.types("\x03");
        until("its shell asks again", || String::from_utf8_lossy(&alice.raw()[mark..]).contains("$ "));
        alice.types("exit\r");

        // The screen is back, and whole at its new size.
        until("it is asked again", || journal().matches("\"ask.opened\"").count() == 2);
        until("the dialog has closed", || {
            let screen = alice.screen();
            alice.raw_text().ends_with(FRAME_ENDS) && screen.contains("press a") && !screen.contains("esc")
        });
        assert!(alice.is_raw() && alice.is_on_the_other_screen());
        is_whole(&mut alice);
        is_recorded();
        alice.types("r");
        alice.goes();
        alice.sees("the run is over, 0");
        alice.types("q");
        assert_eq!(alice.exit(), 0);
        assert!(!alice.is_on_the_other_screen());
        assert_eq!(said(lab, "web-2"), "mended");
        assert!(has("step.succeeded", "touch/@web-2"));
    });
}

#[test]
fn a_host_is_mended_in_a_shell_from_plain_lines() {
    inside(&spec(2), "shell::a_host_is_mended_in_a_shell_from_plain_lines", |lab| {
        let args = begins(lab);
        let mut alice = sharing::sits("alice", &args.each_ref().map(String::as_str));
        alice.sees("choose 1 to");
        alice.says("shell");
        mends(&mut alice);
        // What others say meanwhile is not put between her lines.
        sharing::says("bob", &["note", "last", "bob is up"], 0);
        alice.types("echo still $(hostname)\r");
        alice.sees("still web-2");
        alice.types("exit\r");
        alice.sees("note by bob: bob is up");
        let raw = alice.raw_text();
        assert!(raw.find("bob is up") > raw.rfind("still web-2"), "{raw}");
        until("it is asked again", || journal().matches("\"ask.opened\"").count() == 2);
        alice.watches("it is asked again", |screen| screen.matches("choose 1 to").count() == 2);
        is_recorded();
        alice.says("retry");
        assert_eq!(alice.exit(), 0);
        assert_eq!(said(lab, "web-2"), "mended");
    });
}
