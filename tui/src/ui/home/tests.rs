//! Home, played without a world.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use banister_core::plan::{Inventory, StepPath};
use banister_core::run::{Actor, AskKind, Awaited, AwaitedKind, ExitCode};
use banister_core::runbook::parse_runbook;
use banister_core::source::SourceFile;
use banister_runtime::state::{DrillNote, RunId, RunState, RunSummary};

use super::*;
use crate::checks::Check;
use crate::ui::testing::{Dice, SIZES, assert_clean, at_ms, draw, keys_of, picture};
use crate::ui::{Key, Message, Order, Program as _, Theme};

struct Desk {
    home: HomeScreen,
    jobs: Receiver<Job>,
}

pub(super) fn id(head: &str) -> RunId {
    RunId::parse(&format!("{head:0<32}")).expect("an id")
}

fn run(head: &str, runbook: &str, minute: u32, state: RunState) -> RunSummary {
    let began = format!("2026-11-20T10:{minute:02}:00Z").parse().expect("a moment");
    let environment = Some("staging".to_owned());
    let runbook = Some(runbook.to_owned());
    let awaited = matches!(state, RunState::Running(_)).then(Vec::new);
    RunSummary { id: id(head), began: Some(began), by: None, runbook, environment, state, awaited }
}

fn ask(path: &str) -> Awaited {
    let kind = AwaitedKind::Ask { path: StepPath::parse(path).expect("a path"), kind: AskKind::Failure };
    Awaited { since: "2026-11-21T13:59:10Z".parse().expect("a moment"), kind }
}

fn book(name: &str, title: &str) -> Book {
    let file = format!("runbooks/{name}.yaml").into();
    Book { file, name: name.to_owned(), title: title.to_owned(), mistakes: 0, drilled: None }
}

/// A drill of a runbook as its file was before.
fn drilled(runbook: &str, fault: Option<&str>) -> Option<Drilled> {
    let note = DrillNote {
        drill: runbook.to_owned(),
        fault: fault.map(str::to_owned),
        runbook: runbook.to_owned(),
        runbook_digest: "old".to_owned(),
        ended: "2026-11-09T14:09:28Z".parse().expect("a moment"),
        checks: 9,
        held: 9,
    };
    Drilled::last(&[note], runbook, "new")
}

pub(super) fn listing() -> Listing {
    Listing {
        environment: "staging".to_owned(),
        runs: vec![
            run("3f2a91c0", "restart-nginx", 40, RunState::Interrupted),
            RunSummary {
                awaited: Some(vec![ask("roll/@web-2/restart"), ask("roll/@web-3/restart")]),
                ..run("b5", "first", 20, RunState::Running(None))
            },
            run("77ab", "restore-directory", 30, RunState::Running(None)),
            run("12cd", "restart-nginx", 12, RunState::Finished(ExitCode::DONE)),
            run("9e", "first", 2, RunState::Finished(ExitCode::ABORTED)),
        ],
        books: vec![
            book("first", "first"),
            Book {
                drilled: drilled("restart-nginx", Some("cut")),
                ..book("restart-nginx", "Restart nginx, host by host")
            },
            Book {
                mistakes: 2,
                ..book("restore-directory", "Restore a directory that was deleted under running processes")
            },
        ],
        looked_in: vec!["/etc/banister/runbooks".into(), "runbooks".into()],
        notes: Vec::new(),
    }
}

const RESTORE: &str = "runbook: restore-directory\ntitle: Restore a directory\nif_it_fails: Nothing has been overwritten. Stop and call the owner.\n\
    hosts: \"{{ victims }}\"\ntimeout: 1m\nparams:\n\
    \x20 victims: { type: hosts, prompt: \"Which hosts lost it?\" }\n\
    \x20 path: { type: path, must_not_be: [/, /usr], example: /usr/share }\n\
    \x20 mode: { type: text, one_of: [quick, whole], default: quick }\n\
    \x20 limit: { type: integer, min: 1, max: 5, default: 3 }\n\
    \x20 token: { type: secret }\n\
    steps:\n  - { id: look, probe: { run: \"test -d {{ path }}\" } }\n";

pub(super) fn opened() -> Opened {
    let inventory =
        "environment: staging\nhosts:\n  web-1: { groups: [web] }\n  web-2: { groups: [web] }\n  db-1: {}\n";
    let inventory = Inventory::parse(&SourceFile::new("i.yaml", inventory)).0.expect("an inventory");
    let (runbook, findings) = parse_runbook(&SourceFile::new("r.yaml", RESTORE));
    assert_eq!(findings, []);
    Opened {
        file: "runbooks/restore-directory.yaml".into(),
        name: "restore-directory".to_owned(),
        title: "Restore a directory".to_owned(),
        if_it_fails: "Nothing has been overwritten. Stop and call the owner.".to_owned(),
        params: runbook.expect("a runbook").params,
        inventory: Arc::new(inventory),
    }
}

pub(super) fn planned() -> Planned {
    Planned {
        title: "Restore a directory".to_owned(),
        environment: "staging".to_owned(),
        hash: "sha256:0123456789abcdef".to_owned(),
        hosts: 2,
        lines: (1..=40).map(|n| format!("line {n} of the plan")).collect(),
        warnings: vec!["warning[B0301]: more prompts than people read".to_owned()],
        drilled: drilled("restore-directory", None),
    }
}

impl Desk {
    fn new() -> Self {
        let (sender, jobs) = channel();
        Self { home: HomeScreen::new(Theme::MONO, sender, None), jobs }
    }

    fn listed() -> Self {
        let mut desk = Self::new();
        desk.hears(HomeNews::Listed(Box::new(listing())));
        assert_eq!(desk.jobs(), [Job::List]);
        desk
    }

    /// With the form of a runbook open.
    fn form() -> Self {
        let mut desk = Self::listed();
        // Three runs and two runbooks stand above it.
        desk.keys("j j j j j enter");
        assert_eq!(desk.jobs(), [Job::Open("runbooks/restore-directory.yaml".into())]);
        desk.hears(HomeNews::Opened(Ok(Box::new(opened()))));
        desk
    }

    /// With its plan open.
    fn plan() -> Self {
        let mut desk = Self::form();
        desk.keys("web enter /srv enter enter enter enter");
        let params = vec![("victims".to_owned(), "web".to_owned()), ("path".to_owned(), "/srv".to_owned())];
        let file = "runbooks/restore-directory.yaml".into();
        assert_eq!(desk.jobs(), [Job::Plan { asked: 1, file, params }]);
        desk.hears(HomeNews::Planned { asked: 1, planned: Ok(Box::new(planned())) });
        desk
    }

    fn hears(&mut self, news: HomeNews) {
        assert_eq!(self.home.update(Message::Heard(news), &at_ms(0)), []);
    }

    fn checked(&mut self, text: &str) {
        let check = Check { text: text.to_owned(), is_bad: text.starts_with("FAIL") };
        self.hears(HomeNews::Checked { asked: 1, check });
    }

    fn key(&mut self, key: Key) -> Vec<Order> {
        self.home.update(Message::Key(key), &at_ms(0))
    }

    fn keys(&mut self, keys: &str) -> Vec<Order> {
        keys_of(keys).into_iter().flat_map(|key| self.key(key)).collect()
    }

    fn jobs(&self) -> Vec<Job> {
        self.jobs.try_iter().collect()
    }

    fn look(&self, name: &str) {
        for (width, height) in SIZES {
            let picture = picture(&self.home, &at_ms(0), width, height);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture);
        }
    }
}

#[test]
fn what_is_interrupted_stands_first() {
    let desk = Desk::listed();
    desk.look("list");
}

#[test]
fn an_empty_home_says_where_it_looked() {
    let mut desk = Desk::new();
    let listing = Listing { environment: "local".to_owned(), looked_in: vec!["runbooks".into()], ..Listing::default() };
    desk.hears(HomeNews::Listed(Box::new(listing)));
    desk.look("empty");
}

#[test]
fn enter_opens_what_is_under_the_cursor() {
    let opens = |keys: &str, expect: Option<Chosen>, jobs: &[Job]| {
        let mut desk = Desk::listed();
        let orders = desk.keys(keys);
        assert_eq!(desk.home.chosen, expect, "{keys}");
        assert_eq!(orders.contains(&Order::Leave), expect.is_some(), "{keys}");
        assert_eq!(desk.jobs(), jobs, "{keys}");
    };
    opens("enter", None, &[Job::Describe(id("3f2a91c0"))]);
    opens("j enter", Some(Chosen::Attach(id("b5"))), &[]);
    opens("j j enter", Some(Chosen::Attach(id("77ab"))), &[]);
    opens("j j j j enter", None, &[Job::Open("runbooks/restart-nginx.yaml".into())]);
    opens("G enter", Some(Chosen::Look(id("9e"))), &[]);
    opens("/ nginx enter j j enter", Some(Chosen::Look(id("12cd"))), &[]);
    opens("/ nothing enter enter", None, &[]);
    opens("q", Some(Chosen::Quit), &[]);
    opens(": ref enter", None, &[Job::List]);
}

#[test]
fn the_cursor_stays_where_it_was_when_the_list_changes() {
    let mut desk = Desk::listed();
    desk.keys("j j j j");
    let mut more = listing();
    more.runs.insert(0, run("aa", "first", 50, RunState::Interrupted));
    desk.hears(HomeNews::Listed(Box::new(more)));
    desk.keys("enter");
    assert_eq!(desk.jobs(), [Job::Open("runbooks/restart-nginx.yaml".into())]);
}

#[test]
fn a_form_says_what_is_wrong_while_it_is_typed() {
    let mut desk = Desk::form();
    desk.look("form");
    desk.keys("we");
    desk.keys("down down");
    desk.look("form_candidates");
    desk.keys("tab tab srv");
    desk.look("form_error");
}

#[test]
fn a_form_takes_candidates_and_gives_what_would_be_typed() {
    let mut desk = Desk::form();
    // The second of `web`, `web-1`, `web-2`; then another behind a comma.
    desk.keys("w down down enter , db down enter enter");
    desk.keys("/srv enter w down enter enter 9 enter env:TOKEN enter");
    assert_eq!(desk.jobs(), [], "the limit is five");
    desk.keys("ctrl-u 4 enter enter");
    let params =
        [("victims", "web-1, db-1"), ("path", "/srv"), ("mode", "whole"), ("limit", "4"), ("token", "env:TOKEN")];
    let params = params.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let file = "runbooks/restore-directory.yaml".into();
    assert_eq!(desk.jobs(), [Job::Plan { asked: 1, file, params }]);
}

#[test]
fn a_secret_that_is_typed_where_its_reference_belongs_is_not_shown() {
    let seen = |value: &str, is_pasted: bool| {
        let mut desk = Desk::form();
        desk.keys("web enter /srv enter enter enter");
        if is_pasted {
            desk.home.update(Message::Paste(value.to_owned()), &at_ms(0));
        } else {
            value.chars().for_each(|c| drop(desk.key(Key::Char(c))));
        }
        let typed = picture(&desk.home, &at_ms(0), 140, 45);
        // Refused or not, it is in no job, no title, and nowhere on the screen.
        desk.keys("enter");
        let after = picture(&desk.home, &at_ms(0), 140, 45);
        let jobs = format!("{:?}", desk.jobs());
        let is_job = jobs.contains(value);
        let is_seen = |picture: &str| picture.contains(value);
        assert_eq!(typed.contains("token    (not shown)_"), !is_seen(&typed), "{typed}");
        (is_seen(&typed) || is_seen(&after), is_job)
    };
    for is_pasted in [false, true] {
        assert_eq!(seen("hunter2-hunter2", is_pasted), (false, false));
        assert_eq!(seen("environment-of-doom", is_pasted), (false, false));
        assert_eq!(seen("env:TOKEN", is_pasted), (true, true));
        assert_eq!(seen("file:/run/token", is_pasted), (true, true));
    }
    assert!(seen("cm", false).0, "it may become a reference");
}

#[test]
fn a_plan_shows_what_was_seen_what_is_bad_first() {
    let mut desk = Desk::plan();
    desk.checked("ok web-1 can be used: machine m1, boot b1");
    desk.look("plan_looking");
    desk.checked("FAIL web-2 cannot be used: it has no room: 3 MiB free in /var/tmp");
    desk.hears(HomeNews::Probed { asked: 1, refused: Ok(Some(ExitCode::PRECONDITION)) });
    desk.look("plan_refused");
    assert_eq!(desk.keys("enter g o enter"), []);
    assert_eq!(desk.home.chosen, None, "it would end with 30");
}

#[test]
fn a_plan_is_read_whole_and_its_end_stands_at_the_bottom() {
    let mut desk = Desk::plan();
    let mut long = planned();
    let hosts: Vec<String> = (1..=20).map(|n| format!("web-{n}")).collect();
    long.lines = vec![
        format!("changes       20 of the 20 hosts it reaches: {}", hosts.join(", ")),
        "      $ a command that goes on and on, as commands do where nobody who wrote them had to read them at night"
            .to_owned(),
        format!("hash          sha256:{}", "0123456789abcdef".repeat(4)),
    ];
    long.lines.extend((1..=30).map(|n| format!("line {n} of the plan")));
    desk.hears(HomeNews::Planned { asked: 1, planned: Ok(Box::new(long)) });
    desk.look("plan_long");
    desk.keys("G");
    desk.look("plan_end");
    let narrow = |desk: &Desk| picture(&desk.home, &at_ms(0), 80, 24);
    assert!(!narrow(&desk).contains("below"));
    // Nothing is below: a key that goes back goes back at once.
    desk.keys("j j j k");
    assert!(narrow(&desk).contains("1 line more below"), "{}", narrow(&desk));
}

#[test]
fn what_is_wrong_with_a_runbook_is_read_to_its_end() {
    let mut desk = Desk::listed();
    desk.keys("j j j j j enter");
    let line = |n| {
        format!(
            "error[B0201]: unknown field `efect` in step {n}; did you mean `effect`? a `run` step takes many others"
        )
    };
    desk.hears(HomeNews::Opened(Err(Trouble((1..=30).map(line).collect()))));
    desk.look("trouble");
    desk.keys("G");
    let end = picture(&desk.home, &at_ms(0), 80, 24);
    assert!(end.contains("in step 30") && !end.contains("below"), "{end}");
    desk.keys("esc");
    assert!(picture(&desk.home, &at_ms(0), 80, 24).contains("RUNBOOKS"));
}

#[test]
fn all_keys_are_told() {
    let mut desk = Desk::listed();
    desk.keys("?");
    desk.look("help");
}

#[test]
fn only_the_typed_word_starts_a_run() {
    let ready = || {
        let mut desk = Desk::plan();
        desk.checked("ok web-1 can be used: machine m1, boot b1");
        desk.hears(HomeNews::Probed { asked: 1, refused: Ok(None) });
        desk
    };
    ready().look("plan");
    let start = |keys: &str, starts: bool| {
        let mut desk = ready();
        desk.keys(keys);
        let is_start = matches!(&desk.home.chosen, Some(Chosen::Start { plan, .. }) if *plan == planned().hash);
        assert_eq!(is_start, starts, "{keys}");
    };
    start("enter go enter", true);
    start("enter enter", false);
    start("go enter", false);
    start("enter g enter", false);
    let mut desk = ready();
    desk.keys("enter");
    desk.home.update(Message::Paste("go\n".to_owned()), &at_ms(0));
    desk.look("plan_confirm");
    desk.keys("enter");
    assert_eq!(desk.home.chosen, None, "pasted text is no word");
}

#[test]
fn a_run_is_started_for_the_incident_that_was_named() {
    let start = |keys: &str| {
        let mut desk = Desk::plan();
        desk.hears(HomeNews::Probed { asked: 1, refused: Ok(None) });
        desk.keys(keys);
        match desk.home.chosen {
            Some(Chosen::Start { incident, .. }) => Some(incident),
            _ => None,
        }
    };
    assert_eq!(start("enter go enter"), Some(None));
    assert_eq!(start("i INC-4312 enter enter go enter"), Some(Some("INC-4312".to_owned())));
    // Letters of a name are keys of nothing else.
    assert_eq!(start("i go enter"), None);
    assert_eq!(start("i q esc enter go enter"), Some(None));
    let mut desk = Desk::plan();
    desk.keys("i I N C");
    desk.look("plan_incident");
}

#[test]
fn late_news_about_another_plan_is_not_shown() {
    let mut desk = Desk::plan();
    desk.hears(HomeNews::Probed { asked: 7, refused: Ok(None) });
    assert_eq!(desk.keys("enter go enter"), []);
    assert_eq!(desk.home.chosen, None);
    desk.keys("esc");
    assert_eq!(desk.jobs(), [Job::Drop], "nobody waits for the probe");
}

#[test]
fn an_interrupted_run_is_shown_before_it_goes_on() {
    let mut desk = Desk::listed();
    desk.keys("enter");
    let lines =
        vec!["Its last record is of 2026-11-20 10:41:07Z.".to_owned(), "was running: restart/@web-2/nginx".to_owned()];
    let (title, environment) = ("Restart nginx, host by host".to_owned(), "staging".to_owned());
    let described = Described { run: id("3f2a91c0"), title, environment, lines };
    desk.hears(HomeNews::Described(Ok(Box::new(described))));
    desk.look("resume");
    desk.keys("enter");
    assert_eq!(desk.home.chosen, None);
    assert_eq!(desk.keys("go enter"), [Order::Leave]);
    assert_eq!(desk.home.chosen, Some(Chosen::Resume(id("3f2a91c0"))));
}

#[test]
fn hostile_names_do_nothing() {
    let mut desk = Desk::new();
    let mut listing = listing();
    listing.books.push(book("x\u{1b}]52;c;aGk=\u{7}", "a\u{202e}b\u{9b}2J"));
    listing.runs.push(RunSummary {
        runbook: Some("r\u{1b}[2J".into()),
        ..run("ee", "", 1, RunState::Unreadable("\u{7}".into()))
    });
    let held_by = Actor::Person { name: "al\u{1b}[2Jice".to_owned(), uid: Some(7), groups: Vec::new() };
    let hold = Awaited { kind: AwaitedKind::Continue { held_by }, ..ask("look") };
    listing.runs.push(RunSummary { awaited: Some(vec![hold]), ..run("ef", "first", 1, RunState::Running(None)) });
    desk.hears(HomeNews::Listed(Box::new(listing)));
    assert_clean(&draw(&desk.home, &at_ms(0), 140, 45));
}

#[test]
fn a_run_whose_engine_does_not_answer_is_not_said_to_wait_for_nobody() {
    let mut desk = Desk::new();
    let mut listing = listing();
    listing.runs.push(RunSummary { awaited: None, ..run("ef", "mute", 1, RunState::Running(None)) });
    desk.hears(HomeNews::Listed(Box::new(listing)));
    for (width, height) in SIZES {
        let look = picture(&desk.home, &at_ms(0), width, height);
        let line = |of: &str| look.lines().find(|line| line.contains(of)).map(str::to_owned).unwrap_or_default();
        assert!(line("ef000000").trim_end().ends_with("running, no answer"), "{look}");
        assert!(!line("77ab").contains("no answer"), "{look}");
    }
}

#[test]
fn any_keys_at_any_size_end_nowhere_bad() {
    let mut dice = Dice::new(7);
    let keys = [
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Backspace,
        Key::Up,
        Key::Down,
        Key::PageUp,
        Key::PageDown,
        Key::Home,
        Key::End,
        Key::Ctrl('u'),
        Key::Ctrl('d'),
        Key::Char('g'),
        Key::Char('o'),
        Key::Char('j'),
        Key::Char('/'),
        Key::Char(':'),
        Key::Char('?'),
        Key::Char(','),
        Key::Char('w'),
        Key::Char('ä'),
        Key::Char('日'),
    ];
    let mut desk = Desk::listed();
    for n in 0..20_000 {
        let key = keys[dice.below(keys.len())];
        desk.key(key);
        for job in desk.jobs() {
            desk.hears(match job {
                Job::List => HomeNews::Listed(Box::new(listing())),
                Job::Open(_) => HomeNews::Opened(Ok(Box::new(opened()))),
                Job::Plan { asked, .. } => HomeNews::Planned { asked, planned: Ok(Box::new(planned())) },
                Job::Drop | Job::Describe(_) => continue,
            });
        }
        if n % 50 == 0 {
            let (width, height) = (dice.below(200) + 1, dice.below(60) + 1);
            let (width, height) = (u16::try_from(width).expect("small"), u16::try_from(height).expect("small"));
            assert_clean(&draw(&desk.home, &at_ms(0), width, height));
        }
        if desk.home.chosen.take().is_some() {
            desk = Desk::listed();
        }
    }
}
