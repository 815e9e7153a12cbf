//! What people do: which keys lead to which order, and which never do.

use banister_core::run::Word;
use banister_runtime::control::Verb;

use crate::ui::Order;
use crate::ui::testing::{Scene, compile};

const PAUSE: &str = "
runbook: look
if_it_fails: Nothing was touched. Call the owner.
hosts: localhost
timeout: 1m
steps:
  - id: look
    pause: Is it quiet?
  - id: go
    run: touch /tmp/x
    effect: repeatable
";

#[test]
fn a_pause_goes_on_by_its_word_and_go() {
    let mut scene = Scene::started(compile(PAUSE, ""));
    assert_eq!(scene.keys("a 1 enter enter g enter esc esc"), []);
    let orders = scene.keys("a 1 g o enter");
    let [Order::Send { verb, .. }] = orders.as_slice() else { panic!("{orders:?}") };
    let Verb::Answer(said) = verb.as_ref() else { panic!("{verb:?}") };
    assert_eq!((said.word, said.typed.as_deref()), (Word::Continue, Some("go")));
}
