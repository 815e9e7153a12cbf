//! The bell and the title: once for each reason.

use banister_core::run::{AskKind, Command, ExitCode, Input, Word};

use super::scenes::asking;
use crate::ui::run::RunScreen;
use crate::ui::testing::{FIRST, Scene, compile, person};
use crate::ui::{Heard, Message, Order, Program as _, Theme};

fn calls(orders: &[Order]) -> Vec<(String, bool)> {
    let call = |order: &Order| match order {
        Order::Call { title, bell } => Some((title.clone(), *bell)),
        _ => None,
    };
    orders.iter().filter_map(call).collect()
}

const PAUSES: &str = "
runbook: look
if_it_fails: Call the owner.
hosts: localhost
timeout: 1m
steps:
  - { id: one, pause: Is it quiet? }
  - { id: two, pause: Still? }
";

#[test]
fn each_ask_calls_once_and_so_does_the_end() {
    let alice = person("alice", 1000);
    let mut scene = Scene::started(compile(PAUSES, ""));
    assert_eq!(calls(&scene.orders), [("ASK one  banister".to_owned(), true)]);
    scene.orders.clear();
    scene.tick().tick();
    scene.command(alice.clone(), Command::Hold);
    assert_eq!(calls(&scene.orders), []);
    scene.command(alice.clone(), Command::Continue);
    scene.answers(alice.clone(), "one", banister_core::run::Word::Continue);
    let expect = [("look  banister".to_owned(), false), ("ASK two  banister".to_owned(), true)];
    assert_eq!(calls(&scene.orders), expect);
    scene.orders.clear();
    scene.answers(alice, "two", banister_core::run::Word::Continue);
    assert_eq!(calls(&scene.orders).iter().filter(|(_, bell)| *bell).count(), 1, "{:?}", calls(&scene.orders));
    scene.orders.clear();
    scene.hear(Heard::Ended(ExitCode::DONE));
    assert_eq!(calls(&scene.orders), []);
}

const WAITS: &str = "web-1 waits for an ssh agent (alice has the pen and lends none): attach with one that has its key \
                     (`ssh-add`), take the pen, and continue";

/// A run whose engine waits for an agent.
fn lacking() -> Scene {
    let mut scene = Scene::started(compile(FIRST, ""));
    scene.orders.clear();
    scene.say(Input::Halted { why: WAITS.to_owned() }).expect("it is held");
    scene
}

#[test]
fn a_run_that_waits_for_an_agent_calls_once_until_somebody_continues() {
    let mut scene = lacking();
    scene.tick().tick();
    assert_eq!(calls(&scene.orders), [("HELD by the engine  banister".to_owned(), true)]);
    // What waits for it too is said, and calls nobody again.
    let both = WAITS.replace("web-1 waits", "web-1, web-2 wait");
    scene.say(Input::Halted { why: both }).expect("it is said");
    assert_eq!(calls(&scene.orders).len(), 1);
    let screen = scene.look(80, 24);
    assert!(screen.contains("HELD web-1, web-2 wait for an ssh agent (alice has the pe.."), "{screen}");
    assert!(screen.contains(" ! attach with one that has its key (`ssh-add`), take the pen, and continue"), "{screen}");
    scene.orders.clear();
    scene.command(person("alice", 1000), Command::Continue);
    assert_eq!(calls(&scene.orders).iter().filter(|(_, bell)| *bell).count(), 0, "{:?}", calls(&scene.orders));
    assert!(!calls(&scene.orders).is_empty(), "the title calls for nobody any more");
}

#[test]
fn what_is_open_when_somebody_attaches_calls_once_in_all_and_a_replay_never() {
    for (told, replay, expect) in [
        (asking(AskKind::Failure), false, 1),
        (asking(AskKind::Failure), true, 0),
        (lacking(), false, 1),
        (lacking(), true, 0),
    ] {
        let mut screen = RunScreen::new(Theme::MONO);
        screen.model.replay = replay;
        let view = told.screen.model.view.as_ref().expect("a view");
        let seq = view.state().seq();
        let welcome = Heard::Welcome {
            run: "7f3a".to_owned(),
            plan: view.plan().clone(),
            you: person("bob", 1001),
            watch: false,
            seq,
        };
        let mut orders = screen.update(Message::Heard(welcome), &told.now());
        for record in told.records() {
            orders.extend(screen.update(Message::Heard(Heard::Record(Box::new(record.clone()))), &told.now()));
        }
        assert_eq!(calls(&orders).len(), expect, "{:?}", calls(&orders));
    }
}

#[test]
fn a_pen_that_was_laid_down_is_missed_until_somebody_takes_it() {
    let mut scene = asking(AskKind::Failure);
    assert!(!scene.look(60, 18).contains("NO PEN"));
    scene.answers(person("alice", 1000), "restart/@kafka-01/nginx", Word::HandOver);
    for (width, height) in [(60, 18), (80, 24), (140, 45)] {
        let screen = scene.look(width, height);
        assert!(screen.lines().next().is_some_and(|first| first.contains("  NO PEN  ASK")), "{screen}");
    }
    scene.keys("i");
    let people = scene.look(80, 24);
    assert!(people.contains("Nobody has the pen since it was handed over: `:pen` takes it."), "{people}");
    scene.keys("esc : p e n enter");
    let pen = scene.look(80, 24);
    assert!(pen.contains("nobody has it since it was handed over") && !pen.contains("not attached now"), "{pen}");
    scene.keys("esc");
    scene.command(person("bob", 1001), Command::Pen);
    let screen = scene.look(80, 24);
    assert!(!screen.contains("NO PEN"), "{screen}");
}
