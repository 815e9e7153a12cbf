//! At any size, at any record, with anything that a host may print: no panic, and nothing on the screen but what can be
//! seen.

use std::sync::Arc;

use banister_core::plan::Plan;
use banister_core::run::{Command, Record, Word};
use banister_core::view::{RunView, Usual};
use ratatui::style::{Color, Modifier};

use crate::ui::run::RunScreen;
use crate::ui::testing::{
    APPROVED, BROKERS, Dice, FIRST, HOSTS, MANY, SIZES, Scene, assert_clean, compile, draw, keys_of, many, person,
    rehearsed, restart_of_brokers, reversed, rows,
};
use crate::ui::{Heard, Message, Program as _, Theme};

const FINE: &str = "world: fine\nsteps: { \"*\": { stdout: \"0\" } }\n";
const BAD: &str = "world: a bad night
steps:
  \"*\": { stdout: \"0\" }
  \"restart/@kafka-01/start\": { attempts: [{ status: 1, stderr: no }, { stdout: fine }] }
  \"restart/@kafka-03/stop\": { unknown: the cable is out, truth: lost }
answers:
  - { step: \"restart/@kafka-01/start\", answer: retry }
";

/// Journals of shipped and of made-up runbooks, on good and on bad nights.
fn journals() -> Vec<(Arc<Plan>, Vec<Record>)> {
    let first = compile(FIRST, "");
    let brokers = restart_of_brokers();
    let approved = compile(APPROVED, HOSTS);
    let fleet = compile(MANY, &many(14));
    let world = |name: &str| match name {
        "quiet" => include_str!("../../../../../runbooks/worlds/first.yaml"),
        _ => include_str!("../../../../../runbooks/worlds/first-bad.yaml"),
    };
    vec![
        (first.clone(), rehearsed(&first, world("quiet"))),
        (first.clone(), rehearsed(&first, world("bad"))),
        (brokers.clone(), rehearsed(&brokers, FINE)),
        (brokers.clone(), rehearsed(&brokers, BAD)),
        (approved.clone(), rehearsed(&approved, FINE)),
        (fleet.clone(), rehearsed(&fleet, FINE)),
    ]
}

fn welcomed(plan: &Arc<Plan>, theme: Theme) -> RunScreen {
    let mut screen = RunScreen::new(theme);
    let you = person("alice", 1000);
    let welcome = Heard::Welcome { run: "7f3a9c1e".to_owned(), plan: plan.clone(), you, watch: false, seq: 0 };
    screen.update(Message::Heard(welcome), &crate::ui::testing::at_ms(0));
    screen
}

#[test]
fn every_prefix_of_a_journal_is_drawn() {
    for (plan, records) in journals() {
        let mut screen = welcomed(&plan, Theme { colour: true, boxes: true });
        let mut whole = RunView::new(plan.clone());
        records.iter().for_each(|record| whole.apply(record).expect("a journal"));
        let mut usual = Usual::default();
        usual.add(&whole);
        screen.update(Message::Heard(Heard::Usual(Arc::new(usual))), &crate::ui::testing::at_ms(0));
        assert!(records.len() > 10);
        for (n, record) in records.iter().enumerate() {
            let now = crate::ui::testing::at_ms(n as u64 * 700);
            screen.update(Message::Heard(Heard::Record(Box::new(record.clone()))), &now);
            for (width, height) in SIZES {
                screen.update(Message::Resize { width, height }, &now);
                assert_clean(&draw(&screen, &now, width, height));
            }
        }
        let view = screen.model.view.as_ref().expect("welcomed");
        assert!(view.poison().is_none() && view.exit().is_some(), "the whole journal was shown");
    }
}

#[test]
fn any_size_any_keys_any_prefix() {
    let journals = journals();
    let keys = keys_of(
        "j k h l g G tab shift-tab enter esc space z y / < > f w s ? a n d T P p c r o i m L up down page-up page-down home end ctrl-d ctrl-u x 1 o k backspace q",
    );
    for seed in 0..12 {
        let mut dice = Dice::new(seed);
        let (plan, records) = dice.of(&journals);
        let theme = Theme { colour: dice.below(2) == 0, boxes: dice.below(2) == 0 };
        let mut screen = welcomed(plan, theme);
        let mut at = 0;
        for round in 0..20 {
            let now = crate::ui::testing::at_ms(round * 9_000);
            let until = (at + dice.below(12)).min(records.len());
            for record in &records[at..until] {
                screen.update(Message::Heard(Heard::Record(Box::new(record.clone()))), &now);
                if let banister_core::run::RecordKind::StepIntended { path, host, purpose, attempt, .. } = &record.kind
                {
                    let key = banister_core::run::EffectKey {
                        run: "7f3a9c1e".to_owned(),
                        path: path.clone(),
                        host: host.clone(),
                        purpose: *purpose,
                        attempt: *attempt,
                    };
                    let bytes = b"one\ntwo \x1b[31mred\x1b[0m\n".repeat(dice.below(40));
                    screen.update(Message::Heard(Heard::Output { key, stream: "stdout".to_owned(), bytes }), &now);
                }
            }
            at = until;
            let (width, height) = (1 + dice.below(300), 1 + dice.below(100));
            let (width, height) = (u16::try_from(width).expect("small"), u16::try_from(height).expect("small"));
            screen.update(Message::Resize { width, height }, &now);
            for _ in 0..dice.below(6) {
                let key = *dice.of(&keys);
                screen.update(Message::Key(key), &now);
            }
            screen.update(Message::Tick, &now);
            assert_clean(&draw(&screen, &now, width, height));
            let small = u16::try_from(1 + dice.below(50)).expect("small");
            assert_clean(&draw(&screen, &now, small, small.div_ceil(3)));
        }
    }
}

/// What hosts have been seen to send to a terminal, and what they could.
const PAYLOADS: [&[u8]; 16] = [
    b"\x1b]52;c;cm0gLXJmIC8=\x07",
    b"\x1b]0;root@prod\x07",
    b"\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\",
    b"\x1b[2J\x1b[H[STAGING] all fine",
    b"\x1b[?1049l\x1b[?25l\x1bc",
    b"\x1bP+q544e\x1b\\",
    b"\x1b[6n\x1b[c\x1b[>q",
    "\u{9b}2J\u{9d}0;x\u{9c}".as_bytes(),
    "user\u{202e}txt.exe\u{2066}".as_bytes(),
    "zero\u{200b}width\u{feff}\u{2060}\u{200d}\u{ad}\u{fe0f}\u{3164}".as_bytes(),
    b"FAILED\r ok     all hosts are fine",
    b"a\x08\x08\x08\x7f\x00\x0e\x0f",
    b"\xff\xfe\xc3\x28\x80",
    b"two\x0blines\x0c\x85",
    "tag\u{e0041}\u{e007f}".as_bytes(),
    b"\x1b[1000000b\x1b#8\x1b(0",
];

#[test]
fn what_a_host_or_a_person_sends_is_only_seen() {
    // A title cannot hold them: it does not compile. What a host printed can come into one.
    let runbook = BROKERS
        .replace("    usual: 20s\n", "    usual: 20s\n    outputs: { seen: result.stdout }\n")
        .replace("title: Pause cruise control", "title: \"Pause {{ steps.snapshot.seen }} control\"");
    assert!(runbook.contains("outputs:") && runbook.contains("steps.snapshot.seen"));
    for payload in PAYLOADS {
        let text = String::from_utf8_lossy(payload).into_owned();
        let mut scene = Scene::started(compile(&runbook, HOSTS));
        for host in 1..=5 {
            scene.ends(&format!("?tools/@kafka-0{host}"), 0, &text);
        }
        scene.prints("snapshot/@kafka-01", false, [payload, b"\n", payload].concat());
        scene.prints("snapshot/@kafka-01", true, payload);
        scene.hear(Heard::Notice(text.clone()));
        let check = |scene: &mut Scene, keys: &str| {
            scene.keys(keys);
            for (width, height) in [(80, 24), (140, 45), (40, 10)] {
                scene.update(Message::Resize { width, height });
                assert_clean(&draw(&scene.screen, &scene.now(), width, height));
            }
        };
        check(&mut scene, "");
        check(&mut scene, "s w z");
        check(&mut scene, "esc");
        scene.ends("snapshot/@kafka-01", 0, &text);
        scene.ends("pause_cruise/@kafka-01", 0, "");
        scene.command(person("mallory", 1003), Command::Note { text: text.clone(), at: None });
        scene.command(person("alice", 1000), Command::Decide { text: text.clone() });
        scene.loses("restart/@kafka-01/stop", &text);
        check(&mut scene, "");
        scene.unreachable("restart/@kafka-02/stop", &text);
        check(&mut scene, "tab");
        scene.hear(Heard::Lost { why: text });
        check(&mut scene, "j j");
        let picture = scene.look(140, 45);
        assert!(picture.contains("[PROD]") && picture.contains("ENGINE GONE"), "{picture}");
    }
}

#[test]
fn nothing_of_a_payload_is_lost_either() {
    let mut scene = Scene::started(compile(FIRST, ""));
    scene.ends("?not_of_somebody_else/@localhost", 0, "");
    scene.prints("make_dir/@localhost", false, b"\x1b[2Jgone?\r\nFAILED\r ok\n\xff\n");
    let picture = scene.look(80, 24);
    for seen in ["\\x1b[2Jgone?", "FAILED\\r ok", "\\xff"] {
        assert!(picture.contains(seen), "{seen} in\n{picture}");
    }
}

#[test]
fn production_is_reversed_and_a_word_says_it_too() {
    let mut scene = Scene::started(restart_of_brokers());
    scene.update(Message::Resize { width: 80, height: 24 });
    let reverse = reversed(&draw(&scene.screen, &scene.now(), 80, 24));
    assert_eq!(reverse.first().map(String::as_str), Some("[PROD]"));
    let mut lab = Scene::started(compile(BROKERS, &HOSTS.replace("prod", "lab")));
    lab.update(Message::Resize { width: 80, height: 24 });
    assert!(!reversed(&draw(&lab.screen, &lab.now(), 80, 24)).contains(&"[LAB]".to_owned()));
    assert!(lab.look(80, 24).starts_with(" [LAB]"));
}

#[test]
fn without_colour_there_is_none_and_without_boxes_only_ascii() {
    let mut scene = Scene::started(restart_of_brokers());
    scene.prints("?tools/@kafka-01", false, "plain\n");
    scene.screen.model.theme = Theme { colour: false, boxes: false };
    for (width, height) in SIZES {
        scene.update(Message::Resize { width, height });
        let buffer = draw(&scene.screen, &scene.now(), width, height);
        let colours = buffer.content().iter().filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        assert_eq!(colours.count(), 0);
        assert!(buffer.content().iter().any(|cell| cell.modifier.contains(Modifier::BOLD)));
        assert!(rows(&buffer).iter().all(|row| row.is_ascii()), "{:?}", rows(&buffer));
    }
}

#[test]
fn an_approval_is_shown_to_the_one_who_may_not_give_it() {
    let mut scene = Scene::started(compile(APPROVED, HOSTS));
    scene.after(900).ends("count/@kafka-01", 0, "3");
    scene.after(400).all_end(|_| (0, "/srv/uploads/import"));
    let picture = scene.look(140, 45);
    assert!(picture.contains("ASK"), "{picture}");
    scene.answers(person("bob", 1001), "approval", Word::Approve);
    assert!(scene.look(140, 45).contains("approve by bob"), "{}", scene.look(140, 45));
}
