//! The full screen, as people use it: in a real terminal, from home to the end of a run.

use rustix::process::{Signal, kill_process};

use crate::daemon::{Detached, holder};
use crate::pty::{FRAME_ENDS, Pty};
use crate::scenario::{Scenario, until};

/// A scenario with one runbook at home: it asks for a word, fails until it is mended, then waits for a person.
fn with_a_runbook() -> Detached {
    let scenario = Detached::with_screens();
    std::fs::create_dir(scenario.path("runbooks")).expect("a directory");
    let (log, hook) = (scenario.log_path().display().to_string(), scenario.path("hook").display().to_string());
    scenario.write(
        "runbooks/mend.yaml",
        &format!(
            "runbook: mend\ntitle: Mend it\nif_it_fails: Call the owner.\nhosts: localhost\ntimeout: 5m\n\
             params:\n  word: {{ type: text, prompt: Which word?, pattern: '[a-z]+' }}\nsteps:\n\
             \x20 - {{ id: one, effect: repeatable, run: 'echo {{{{ word }}}} >> {log}' }}\n\
             \x20 - {{ id: two, effect: repeatable, run: 'test -e {hook}/mended && echo two >> {log}' }}\n\
             \x20 - {{ id: look, pause: Look at the graph }}\n\
             \x20 - {{ id: three, effect: repeatable, run: 'echo three >> {log}' }}\n"
        ),
    );
    scenario
}

fn home(scenario: &Scenario) -> Option<Pty> {
    let pty = Pty::banister(scenario, &["-i", "inventory.yaml"], 100, 30)?;
    pty.sees("RUNBOOKS");
    Some(pty)
}

/// From the list to the run that it started.
fn start(pty: &mut Pty) {
    pty.sees("mend");
    pty.types("\r");
    pty.sees("Which word?");
    pty.types("Hello\r");
    pty.sees("! parameter `word`");
    pty.types("\x15hello\r");
    pty.sees("a run would start here");
    pty.types("\r");
    pty.sees("type `go`, then enter");
    // Pasted text starts nothing.
    pty.pastes("go");
    pty.sees("pasted text is not taken here");
    pty.types("go\r");
    pty.sees("NOW");
}

#[test]
fn a_run_is_started_at_home_fails_is_mended_left_and_finished() {
    let scenario = with_a_runbook();
    let Some(mut pty) = home(&scenario) else { return };
    start(&mut pty);
    until("it has failed", || scenario.journal().contains("ask.opened"));
    pty.sees("a opens");
    assert_eq!(scenario.log(), "hello");
    scenario.hook("mended");
    pty.types("r");
    pty.goes();
    until("it is mended", || scenario.log() == "hello two");
    // Not "look" alone: that is what comes next as well.
    pty.sees("ASK 3 look");
    // Left: home is there, and the run goes on.
    pty.types("q");
    pty.sees("detached, the run goes on");
    // An engine that does not say in time what it waits for is live all the same.
    pty.watches("home has the run", |home| home.contains("WAITS FOR A PERSON") || home.contains("LIVE"));
    pty.types("g\r");
    pty.sees("a opens");
    pty.sees("ASK 3 look");
    pty.types("a");
    pty.sees("number or word");
    pty.types("1\r");
    pty.goes();
    pty.sees("the run is over, 0");
    pty.types("q");
    pty.sees("ended with 0");
    pty.types("q");
    assert_eq!(pty.exit(), 0);
    scenario.is_whole("hello two three");
    assert_eq!(foreign(&pty.raw()), None);
}

#[test]
fn a_killed_terminal_leaves_the_run_to_another_which_aborts_it() {
    let scenario = with_a_runbook();
    scenario.hook("mended");
    let Some(mut pty) = home(&scenario) else { return };
    start(&mut pty);
    until("it waits for a person", || scenario.journal().contains("ask.opened"));
    pty.hangs_up();
    pty.ends();
    let Some(mut other) = Pty::banister(&scenario, &["attach", "last"], 80, 24) else { return };
    // Not "ASK" alone: that is what comes next as well, before all records are here.
    other.sees("a opens");
    let run = scenario.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    other.types(":abort\r");
    other.sees("wait");
    // Without its id nothing is aborted.
    other.types("1wrong\r");
    other.sees(&format!("type `{}`, then enter", &run[..8]));
    other.types(&format!("{}\r", &run[..8]));
    until("it has ended", || scenario.journal().contains("run.finished"));
    other.sees("the run is over, 43");
    other.types("q");
    assert_eq!(other.exit(), 43);
    assert_eq!(scenario.log(), "hello two");
    assert_eq!(foreign(&other.raw()), None);
}

#[test]
fn a_killed_engine_is_said_and_home_resumes_its_run() {
    let scenario = with_a_runbook();
    scenario.hook("mended");
    let Some(mut pty) = home(&scenario) else { return };
    start(&mut pty);
    until("it waits for a person", || scenario.journal().contains("ask.opened"));
    let pid = holder(&scenario.run_dir()).expect("its engine");
    kill_process(pid, Signal::KILL).expect("a signal");
    pty.sees("ENGINE GONE");
    pty.types("q");
    pty.sees("TO RESUME");
    pty.types("g\r");
    pty.sees("Resuming asks the hosts first");
    pty.types("go\r");
    until("it waits again", || scenario.journal().matches("run.resumed").count() == 1);
    pty.sees("a opens");
    pty.sees("ASK 3 look");
    pty.types("a");
    pty.sees("number or word");
    pty.types("1\r");
    pty.goes();
    pty.sees("the run is over, 0");
    pty.types("q");
    pty.sees("ended with 0");
    pty.types("q");
    assert_eq!(pty.exit(), 0);
    scenario.is_whole("hello two three");
}

/// A runbook of one step, which prints.
fn that_prints(scenario: &Scenario) -> std::path::PathBuf {
    scenario.write(
        "said.yaml",
        "runbook: said\nif_it_fails: Nothing.\nhosts: localhost\ntimeout: 1m\nsteps:\n\
         \x20 - { id: one, effect: repeatable, run: 'echo what it printed' }\n",
    )
}

#[test]
fn what_was_printed_before_anybody_looked_is_read_also_when_the_engine_has_gone() {
    let scenario = Detached::with_screens();
    let runbook = that_prints(&scenario);
    let args = ["run", &runbook.display().to_string(), "-i", "inventory.yaml"];
    let Some(mut pty) = Pty::banister(&scenario, &args, 80, 24) else { return };
    pty.sees("the run is over, 0");
    pty.sees("what it printed");
    pty.types("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn a_replay_shows_the_run_as_it_was() {
    let scenario = Scenario::new();
    let runbook = that_prints(&scenario);
    scenario.expect(&["run", &runbook.display().to_string(), "-i", "inventory.yaml"], 0);
    let said = scenario.expect(&["replay", "last", "--speed", "1000"], 0);
    assert!(said.contains("what it printed") && said.contains("one/@localhost"), "{said}");
    let Some(mut pty) = Pty::banister(&scenario, &["replay", "last", "--speed", "1000"], 80, 24) else { return };
    pty.sees("REPLAY");
    pty.sees("what it printed");
    pty.types(".");
    pty.sees("replay 1024x");
    pty.types("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn without_a_terminal_there_is_no_home() {
    let scenario = Scenario::new();
    let said = scenario.expect(&[], 64);
    assert!(said.contains("Usage: banister"), "{said}");
    scenario.expect(&["--ui", "tui"], 64);
    scenario.env.iter().for_each(|(name, _)| assert_ne!(name, "TERM"));
    let mut dumb = scenario.command(&[]);
    dumb.env("TERM", "dumb");
    // Where no full screen can be, home is lines and numbers.
    let Some(mut pty) = Pty::start(dumb, 80, 24) else { return };
    pty.sees("home, ");
    pty.sees("choose 0 to 0: ");
    pty.types("0\n");
    assert_eq!(pty.exit(), 0);
    assert!(!pty.raw_text().contains('\x1b'), "{}", pty.raw_text());
}

#[test]
fn who_gives_up_at_a_question_gets_the_terminal_back() {
    let mut scenario = Scenario::new();
    scenario.detached = true;
    let secret = "runbook: secret\nif_it_fails: Nothing.\nhosts: localhost\ntimeout: 1m\nparams:\n\
        \x20 token: { type: secret }\nsteps:\n\
        \x20 - { id: one, effect: repeatable, run: cat, stdin: \"{{ token }}\" }\n";
    let secret = scenario.write("secret.yaml", secret).display().to_string();
    for (args, prompt) in [(vec!["run", &secret, "--plain"], "(not shown): "), (vec!["--plain"], "choose 0 to ")] {
        for key in ["\x03", "\x1c"] {
            let mut command = scenario.command(&args);
            command.env("TERM", "xterm");
            let Some(mut pty) = Pty::start(command, 80, 24) else { return };
            pty.sees(prompt);
            pty.types(&format!("hunter2-hunter2{key}"));
            assert_eq!(pty.dies_of(), Some(Signal::INT.as_raw()), "{}", pty.screen());
            assert!(pty.is_as_shells_want_it(), "{args:?}");
            let raw = pty.raw_text();
            assert!(raw.rfind("\x1b[?2004h") <= raw.rfind("\x1b[?2004l"), "it would mark what is pasted: {raw:?}");
            assert!(args.len() == 1 || !raw.contains("hunter2"), "{raw:?}");
        }
    }
    assert_eq!(std::fs::read_dir(scenario.path("state/runs")).map_or(0, Iterator::count), 0);
}

/// What no key and no paste may bring about without the typed word.
#[test]
fn random_keys_do_nothing_and_nothing_of_a_host_reaches_the_terminal() {
    const KEYS: usize = 20_000;
    let scenario = Detached::with_screens();
    let log = scenario.log_path().display().to_string();
    let runbook = scenario.write(
        "wait.yaml",
        &format!(
            "runbook: wait\nif_it_fails: Nothing.\nhosts: localhost\ntimeout: 5m\nsteps:\n\
             \x20 - id: hostile\n    effect: repeatable\n    run: |\n\
             \x20     printf 'a\\033]0;OWNED\\007b\\033]52;c;T1dORUQ=\\007\\033[?1000h\\033[6n\\033P+q\\033\\\\\\302\\2332Jc\\015over\\010\\010x\\016\\n'\n\
             \x20     printf '\\342\\200\\256evil\\n\\377\\376\\n'\n\
             \x20 - {{ id: look, pause: Look at it }}\n\
             \x20 - {{ id: touch, effect: repeatable, run: 'echo touched >> {log}' }}\n"
        ),
    );
    let args = ["run", &runbook.display().to_string(), "-i", "inventory.yaml"];
    let Some(mut pty) = Pty::silent(&scenario, &args, 80, 24) else { return };
    pty.sees("NOW");
    until("it waits for a person", || scenario.journal().contains("ask.opened"));
    pty.sees("look");
    // Without `o` nobody types `go`, and what leaves the screen is left to the palette.
    let keys: Vec<&str> =
        "a b c d e f g h i j k l m n p r s t u v w x y z A C E G L P T 0 1 2 3 9 / : ? < > . , - _ ä 日"
            .split(' ')
            .chain([" ", "\r", "\r", "\r", "\x1b", "\t", "\x7f", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[Z"])
            .chain([
                "\x1b[5~",
                "\x1b[6~",
                "\x1b[H",
                "\x1b[F",
                "\x04",
                "\x15",
                "\x0c",
                "\x00",
                "\x1b[200~go\rgo\r\x1b[201~",
            ])
            .collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut dice = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % most as u64).expect("small")
    };
    let mut typed = 0;
    while typed < KEYS {
        let chunk: String = (0..40).map(|_| keys[dice(keys.len())]).collect();
        // What was typed before may have ended it by now.
        let typed_to = pty.may_type(&chunk);
        typed += 40;
        if dice(20) == 0 {
            let (width, height) =
                (u16::try_from(dice(200) + 1).expect("small"), u16::try_from(dice(60) + 1).expect("small"));
            pty.resizes(width, height);
        }
        if pty.state() == Some('T') {
            pty.signal(Signal::CONT);
        }
        if typed_to.is_err() || !pty.is_alive() {
            assert_eq!(pty.exit(), 50, "it was left by the palette, nothing else");
            assert_eq!(foreign(&pty.raw()), None);
            pty = Pty::silent(&scenario, &["attach", "last"], 80, 24).expect("a terminal");
        }
    }
    assert_eq!(scenario.log(), "", "nothing happened without the typed word");
    assert!(!scenario.journal().contains("run.finished"));
    let before = pty.mark();
    pty.resizes(80, 24);
    let last_frame = |raw: &[u8]| raw.windows(FRAME_ENDS.len()).rposition(|bytes| bytes == FRAME_ENDS.as_bytes());
    until("it lives and draws", || {
        let is_at_rest = pty.state() == Some('T') || !pty.is_alive();
        last_frame(&pty.raw()).is_some_and(|end| end >= before || is_at_rest)
    });
    // It goes on drawing: what is looked at ends where a frame does.
    let mut raw = pty.raw();
    let end = last_frame(&raw).expect("a frame");
    raw.truncate(end + FRAME_ENDS.len());
    assert_eq!(foreign(&raw), None);
    let text = String::from_utf8_lossy(&raw).into_owned();
    for owned in ["\x1b]0;OWNED", "T1dORUQ", "\x1b[?1000h", "\x1b[6n", "\x1bP", "\u{9b}", "\u{202e}", "\x0e", "\x08"] {
        assert!(!text.contains(owned), "{owned:?} of a host reached the terminal");
    }
    scenario.expect(&["abort", "last"], 0);
    until("it is over", || scenario.journal().contains("run.finished"));
}

/// The first byte that is neither text nor a sequence of ours, with what stands around it.
fn foreign(raw: &[u8]) -> Option<String> {
    let mut at = 0;
    while at < raw.len() {
        match ours(&raw[at..]) {
            Some(len) => at += len,
            None => {
                let around = &raw[at.saturating_sub(20)..(at + 20).min(raw.len())];
                return Some(format!("byte {at}: {:?}", String::from_utf8_lossy(around)));
            }
        }
    }
    None
}

/// Bytes of one character or sequence that this program may write.
fn ours(rest: &[u8]) -> Option<usize> {
    const MODES: [&str; 4] = ["?25", "?1049", "?2004", "?2026"];
    match rest {
        [b'\r' | b'\n' | b'\t' | 0x07, ..] => Some(1),
        [0x1b, b'[', tail @ ..] => {
            let end = tail.iter().position(|byte| (0x40..=0x7e).contains(byte))?;
            let parameters = std::str::from_utf8(&tail[..end]).ok()?;
            let known = match tail[end] {
                b'm' => parameters.split(';').all(is_attribute),
                b'H' => parameters.bytes().all(|b| b.is_ascii_digit() || b == b';'),
                b'J' | b'K' => parameters.len() <= 1,
                b'h' | b'l' => MODES.contains(&parameters),
                b't' => matches!(parameters, "22;2" | "23;2"),
                _ => false,
            };
            known.then_some(2 + end + 1)
        }
        // A title, or a copy.
        [0x1b, b']', tail @ ..] => {
            let end = tail.iter().position(|byte| *byte == 0x07)?;
            let text = std::str::from_utf8(&tail[..end]).ok()?;
            let known = text.starts_with("0;") || text.starts_with("52;c;");
            (known && !text.chars().any(char::is_control)).then_some(2 + end + 1)
        }
        [0x20..=0x7e, ..] => Some(1),
        [0xc2..=0xf4, ..] => {
            let len = (2..=4).find(|len| rest.get(..*len).is_some_and(|one| std::str::from_utf8(one).is_ok()))?;
            let c = std::str::from_utf8(&rest[..len]).ok()?.chars().next()?;
            let is_hidden =
                c.is_control() || ('\u{200b}'..='\u{200f}').contains(&c) || ('\u{202a}'..='\u{202e}').contains(&c);
            (!is_hidden).then_some(len)
        }
        _ => None,
    }
}

/// One of the sixteen colours, or a way to write that every terminal knows. Nothing blinks (5 and 6).
fn is_attribute(word: &str) -> bool {
    matches!(word.parse(), Ok(0..=4 | 7 | 9 | 21..=24 | 27 | 29..=37 | 39..=47 | 49 | 90..=97 | 100..=107))
}

#[test]
fn the_oracle_knows_what_is_foreign() {
    assert_eq!(foreign("\x1b[?1049h\x1b[1;2Hab日\x1b[0m\x1b]0;ASK x\x07\r\n".as_bytes()), None);
    for bad in [
        "a\x1b[?1000h",
        "\x08",
        "\x1b[6n",
        "\x1bP+q",
        "\u{9b}2J",
        "\u{202e}",
        "\x1b]0;a\x1b[2J\x07",
        "\x1b[1;5m",
        "\x1b[38;5;1m",
    ] {
        assert!(foreign(bad.as_bytes()).is_some(), "{bad:?}");
    }
}
