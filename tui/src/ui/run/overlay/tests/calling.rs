//! The bell and the title: once for each reason.

use banister_core::run::{AskKind, ExitCode};

use super::scenes::asking;
use crate::ui::run::RunScreen;
use crate::ui::testing::{Scene, compile, person};
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
    scene.command(alice.clone(), banister_core::run::Command::Hold);
    assert_eq!(calls(&scene.orders), []);
    scene.command(alice.clone(), banister_core::run::Command::Continue);
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

#[test]
fn what_is_open_when_somebody_attaches_calls_once_in_all_and_a_replay_never() {
    for (replay, expect) in [(false, 1), (true, 0)] {
        let told = asking(AskKind::Failure);
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
