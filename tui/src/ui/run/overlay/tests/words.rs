//! Every word of every kind of ask: exactly which keys say it, and that the engine takes it.

use banister_core::run::AskKind;
use banister_runtime::control::Verb;

use super::scenes::{approval, asking, failed_wipe, failure, obey, serve, told};
use crate::ui::testing::{Scene, person};
use crate::ui::{Heard, Message, Order};

/// Keys lead to exactly these orders, and the engine takes the answer; the dialog is gone then.
fn check(mut scene: Scene, keys: &str, expect: &[&str]) {
    let orders = scene.keys(keys);
    assert_eq!(told(&orders), expect, "{keys}\n{}", scene.look(80, 24));
    let Some(order) = orders.into_iter().rfind(|order| !told(std::slice::from_ref(order)).is_empty()) else { return };
    if let Order::Send { .. } = &order {
        let went = obey(&mut scene, &order);
        assert_eq!(went, Ok(()), "{keys}");
        assert!(scene.screen.overlays.is_empty(), "{keys}: the dialog is closed\n{}", scene.look(80, 24));
    }
}

#[test]
fn each_word_has_its_keys_and_its_phrase() {
    for (kind, keys, expect) in [
        (AskKind::Pause, "a 1 go enter", "answer first continue typed=go"),
        (AskKind::Pause, "a cont enter go enter", "answer first continue typed=go"),
        (AskKind::Manual, "a 1 it blinks enter go enter", "answer first done evidence=itblinks typed=go"),
        // The number has chosen the word already: enter behind it does not go past the field that it needs.
        (AskKind::Manual, "a 1 enter it blinks enter go enter", "answer first done evidence=itblinks typed=go"),
        (AskKind::Manual, "a 2 no space cable enter go enter", "answer first skip reason=no cable typed=go"),
        (AskKind::Verify, "a 1 pings enter go enter", "answer first/@kafka-01 done evidence=pings typed=go"),
        (AskKind::Verify, "a 2 no enter go enter", "answer first/@kafka-01 failed reason=no typed=go"),
        (AskKind::Failure, "a 1 go enter", "answer restart/@kafka-01/nginx retry typed=go"),
        (AskKind::Failure, "r go enter", "answer restart/@kafka-01/nginx retry typed=go"),
        (AskKind::Failure, "a 2 x enter go enter", "answer restart/@kafka-01/nginx skip reason=x typed=go"),
        (AskKind::Failure, "a 3 x enter go enter", "answer restart/@kafka-01/nginx exclude reason=x typed=go"),
        (AskKind::Failure, "a 4 x enter go enter", "answer restart/@kafka-01/nginx by-hand evidence=x typed=go"),
        (AskKind::Failure, "a 5 go enter", "answer restart/@kafka-01/nginx undo typed=go"),
        (AskKind::Failure, "o go enter", "answer restart/@kafka-01/nginx undo typed=go"),
        (AskKind::Failure, "a 7 go enter", "answer restart/@kafka-01/nginx hand-over typed=go"),
        (AskKind::Unknown, "a 1 enter", "answer restart/@kafka-01/nginx ask-again"),
        (AskKind::Unknown, "a 2 x enter go enter", "answer restart/@kafka-01/nginx retry reason=x typed=go"),
        (AskKind::Unknown, "a 3 x enter go enter", "answer restart/@kafka-01/nginx by-hand evidence=x typed=go"),
        (AskKind::Unknown, "a 4 x enter go enter", "answer restart/@kafka-01/nginx failed reason=x typed=go"),
        (AskKind::Unknown, "a 5 x enter go enter", "answer restart/@kafka-01/nginx exclude reason=x typed=go"),
        (AskKind::Timeout, "a 1 5m enter", "answer restart/@kafka-01/nginx wait wait=300000"),
        (AskKind::Timeout, "a 2 go enter", "answer restart/@kafka-01/nginx kill typed=go"),
        (AskKind::Timeout, "a 3 go enter", "answer restart/@kafka-01/nginx leave typed=go"),
        (AskKind::GateTimeout, "a 1 30s enter", "answer restart/#1/gate wait wait=30000"),
        (AskKind::GateTimeout, "a 2 x enter override enter", "answer restart/#1/gate override reason=x typed=override"),
        (AskKind::GateTimeout, "a 3 x enter go enter", "answer restart/#1/gate exclude reason=x typed=go"),
        (AskKind::Lock, "a 1 go enter", "answer @kafka-01 retry typed=go"),
        (AskKind::Lock, "a 2 x enter kafka-01 enter", "answer @kafka-01 take-over reason=x typed=kafka-01"),
        (AskKind::Lock, "a 3 x enter", "answer @kafka-01 refuse reason=x"),
    ] {
        check(asking(kind), keys, &[expect]);
    }
    let stuck = asking(AskKind::Stuck);
    let words = stuck.screen.model.view.as_ref().map(|v| v.asks().flat_map(|ask| ask.words).count());
    for n in 1..=words.unwrap_or(0) {
        let mut scene = asking(AskKind::Stuck);
        let orders = scene.keys(&format!("a {n} x enter go enter"));
        let orders = if told(&orders).is_empty() {
            scene.keys("esc esc a").into_iter().chain(scene.keys(&format!("{n} go enter"))).collect()
        } else {
            orders
        };
        assert_eq!(told(&orders).len(), 1, "{n}: {:?}", told(&orders));
        assert_eq!(obey(&mut scene, orders.last().expect("one")), Ok(()));
    }
}

#[test]
fn enter_alone_and_the_key_that_opened_it_confirm_nothing() {
    for (kind, keys) in [
        (AskKind::Pause, "a enter enter enter"),
        (AskKind::Pause, "a 1 enter enter enter"),
        (AskKind::Pause, "a 1 g enter o enter"),
        (AskKind::Pause, "a 1 GO enter"),
        (AskKind::Pause, "a 1 go space enter"),
        (AskKind::Pause, "a 1 go esc esc enter"),
        (AskKind::Failure, "r r r r enter"),
        (AskKind::Failure, "r go tab shift-tab enter esc esc r enter"),
        (AskKind::Failure, "a 2 enter go enter"),
        (AskKind::Failure, "a 2 space enter go enter"),
        (AskKind::Timeout, "a 1 soon enter enter"),
        (AskKind::GateTimeout, "a 2 x enter go enter"),
        (AskKind::Lock, "a 2 x enter go enter"),
    ] {
        check(asking(kind), keys, &[]);
    }
    let mut scene = asking(AskKind::Pause);
    scene.keys("a 1");
    scene.update(Message::Paste("go".to_owned()));
    assert_eq!(told(&scene.keys("enter")), [] as [&str; 0]);
    assert!(scene.look(80, 24).contains("type `go`"), "{}", scene.look(80, 24));
}

#[test]
fn a_shell_comes_first_and_its_answer_after_it() {
    let mut scene = failure();
    let orders = scene.keys("a 6 go enter");
    assert_eq!(told(&orders), ["Shell { host: \"kafka-01\", ask: 1 }"]);
    assert_eq!(told(&scene.keys("enter enter")), [] as [&str; 0]);
    let orders = scene.update(Message::Shelled(Ok(())));
    assert_eq!(told(&orders), ["answer restart/@kafka-01/nginx shell typed=go"]);
    assert_eq!(obey(&mut scene, &orders[0]), Ok(()));

    let mut scene = failure();
    scene.keys("a 6 go enter");
    assert_eq!(told(&scene.update(Message::Shelled(Err("there is no `script`".to_owned())))), [] as [&str; 0]);
    assert!(scene.look(80, 24).contains("there is no `script`"));
}

#[test]
fn what_destroys_is_run_again_by_its_name_only() {
    let mut scene = failed_wipe();
    assert_eq!(told(&scene.keys("r go enter")), [] as [&str; 0]);
    let orders = scene.keys("ctrl-u kafka-01 enter");
    assert_eq!(told(&orders), ["answer wipe/@kafka-01 retry typed=kafka-01"], "{}", scene.look(80, 24));
}

#[test]
fn an_approval_is_read_to_its_end_before_its_phrase_is_typed() {
    let mut scene = approval();
    scene.update(Message::Resize { width: 80, height: 24 });
    scene.keys("a");
    let preview: String = (0..60).map(|n| format!("/srv/uploads/import/inv-{n}.pdf\n")).collect();
    serve(&mut scene, &preview);
    assert_eq!(told(&scene.keys("1 3 enter kafka-01 enter")), [] as [&str; 0]);
    assert!(scene.look(80, 24).contains("read to the end first"), "{}", scene.look(80, 24));
    scene.keys("end");
    let orders = scene.keys("kafka-01 enter");
    assert_eq!(told(&orders), ["answer approval approve fact=3 typed=kafka-01 plan"], "{}", scene.look(80, 24));
    assert_eq!(obey(&mut scene, &orders[0]), Ok(()));
    assert!(scene.screen.overlays.is_empty());
}

#[test]
fn nothing_is_approved_before_both_columns_were_on_the_screen_to_their_ends() {
    let preview = |lines: usize| (0..lines).map(|n| format!("/srv/uploads/import/inv-{n}.pdf\n")).collect::<String>();
    // So many pages down it is, on a screen of this size, and not one less.
    for (width, height, lines, pages) in
        [(140, 45, 60, 4), (120, 24, 60, 15), (120, 24, 1, 2), (140, 45, 1, 1), (80, 24, 60, 11)]
    {
        let mut scene = approval();
        scene.update(Message::Resize { width, height });
        scene.keys("a");
        serve(&mut scene, &preview(lines));
        scene.keys("1 3 enter");
        for page in 0..pages {
            assert_eq!(told(&scene.keys("kafka-01 enter")), [] as [&str; 0], "{width}x{height}, {lines} after {page}");
            scene.keys("page-down");
        }
        let expect = ["answer approval approve fact=3 typed=kafka-01 plan"];
        assert_eq!(told(&scene.keys("kafka-01 enter")), expect, "{width}x{height}, {lines}");
    }
}

#[test]
fn what_was_read_in_one_column_was_read_in_two() {
    for (from, to) in [((80, 24), (140, 45)), ((140, 45), (80, 24)), ((120, 24), (119, 24))] {
        let mut scene = approval();
        let resize = |scene: &mut Scene, (width, height)| drop(scene.update(Message::Resize { width, height }));
        resize(&mut scene, from);
        scene.keys("a");
        serve(&mut scene, &"/srv/uploads/import/inv.pdf\n".repeat(60));
        scene.keys("end 1 3 enter");
        resize(&mut scene, to);
        let expect = ["answer approval approve fact=3 typed=kafka-01 plan"];
        assert_eq!(told(&scene.keys("kafka-01 enter")), expect, "{from:?} to {to:?}");
    }
}

#[test]
fn what_comes_after_the_end_was_seen_is_read_as_well() {
    let mut scene = approval();
    scene.update(Message::Resize { width: 140, height: 45 });
    scene.keys("a");
    let half = "/srv/uploads/import/inv.pdf\n".repeat(40);
    let serve_half = |scene: &mut Scene, from_start: bool| {
        for order in std::mem::take(&mut scene.orders) {
            if let Order::Send { id, verb } = order
                && let Verb::Read { from, .. } = *verb
            {
                assert_eq!(from == Some(0), from_start);
                let total = 2 * half.len() as u64;
                let (from, bytes) = (from.unwrap_or(0), half.clone().into_bytes());
                scene.hear(Heard::Chunk { id, from, total, bytes });
            }
        }
    };
    serve_half(&mut scene, true);
    assert_eq!(told(&scene.keys("end 1 3 enter kafka-01 enter")), [] as [&str; 0]);
    assert!(scene.look(140, 45).contains("not all that was printed is here yet"), "{}", scene.look(140, 45));
    serve_half(&mut scene, false);
    assert_eq!(told(&scene.keys("kafka-01 enter")), [] as [&str; 0]);
    assert!(scene.look(140, 45).contains("lines at the right"), "{}", scene.look(140, 45));
    let orders = scene.keys("end kafka-01 enter");
    assert_eq!(told(&orders), ["answer approval approve fact=3 typed=kafka-01 plan"], "{}", scene.look(140, 45));
}

#[test]
fn what_comes_late_and_fits_is_read_once_it_was_on_the_screen() {
    for (width, height) in [(140, 45), (100, 60)] {
        let mut scene = approval();
        scene.update(Message::Resize { width, height });
        scene.keys("a 1 3 enter");
        serve(&mut scene, "/srv/uploads/import/inv.pdf\n");
        // It is here, and nobody has seen it.
        assert_eq!(told(&scene.keys("kafka-01 enter")), [] as [&str; 0], "{width}x{height}");
        let picture = scene.look(width, height);
        assert!(picture.contains("inv.pdf") && !picture.contains("unread: "), "{picture}");
        let expect = ["answer approval approve fact=3 typed=kafka-01 plan"];
        assert_eq!(told(&scene.keys("kafka-01 enter")), expect, "{width}x{height}");
    }
}

#[test]
fn who_may_not_approve_is_told_why_and_may_break_the_glass() {
    let mut scene = approval();
    scene.screen.model.you = person("alice", 1000);
    scene.keys("a");
    serve(&mut scene, "one\n");
    assert_eq!(told(&scene.keys("1 3 enter kafka-01 enter")), [] as [&str; 0]);
    assert!(scene.look(140, 45).contains("the person who started the run may"));
    scene.keys("esc esc a");
    serve(&mut scene, "one\n");
    scene.keys("end 3 3 enter nobody enter");
    let orders = scene.keys("kafka-01 enter");
    assert_eq!(told(&orders), ["answer approval break-glass reason=nobody fact=3 typed=kafka-01 plan"]);
    assert_eq!(obey(&mut scene, &orders[0]), Ok(()));
    check(approval(), "a 2 too space many enter", &["answer approval refuse reason=too many"]);
}

#[test]
fn a_refusal_is_shown_with_everything_typed_still_there() {
    let mut scene = approval();
    scene.keys("a");
    serve(&mut scene, "one\n");
    let orders = scene.keys("end 1 4 enter kafka-01 enter");
    assert_eq!(obey(&mut scene, &orders[0]), Err("the fact given is not right".to_owned()));
    let look = scene.look(80, 24);
    assert!(look.contains("not taken: the fact given is not right") && look.contains("kafka-01_"), "{look}");
    let orders = scene.keys("shift-tab backspace 3 enter kafka-01 enter");
    assert_eq!(obey(&mut scene, &orders[0]), Ok(()));
}

#[test]
fn what_somebody_else_said_meanwhile_is_said_and_closes_on_a_key() {
    let mut scene = failure();
    scene.keys("a 1 g");
    scene.answers(person("alice", 1000), "restart/@kafka-01/nginx", banister_core::run::Word::Skip);
    let look = scene.look(80, 24);
    assert!(look.contains("alice said `skip`: looked at it, the graph is flat"), "{look}");
    assert_eq!(told(&scene.keys("enter")), [] as [&str; 0]);
    assert!(scene.screen.overlays.is_empty());
}

#[test]
fn the_run_itself_is_held_continued_aborted_and_taken_over() {
    check(failure(), "p go enter", &["Hold"]);
    check(failure(), "p enter enter", &[]);
    let mut held = failure();
    held.command(person("alice", 1000), banister_core::run::Command::Hold);
    check(held, "c go enter", &["Continue"]);
    check(failure(), "c go enter", &[]);
    for (keys, word) in [("1", "Wait"), ("2", "Kill"), ("3", "Leave")] {
        check(failure(), &format!(": abort enter {keys} 7f3a9c1e enter"), &[&format!("abort {word}")]);
    }
    check(failure(), ": abort enter 2 7f3a9c1 enter go enter", &[]);
    check(failure(), ": abort enter enter enter 7f3a9c1e enter", &[]);
    let mut bobs = failure();
    bobs.screen.model.you = person("bob", 1001);
    assert_eq!(told(&bobs.keys("p go enter esc r go enter esc esc")), [] as [&str; 0]);
    check(bobs, ": pen enter go enter", &["Pen"]);
    check(failure(), ": pen enter go enter esc esc", &[]);
}

#[test]
fn an_interrupt_holds_at_once_and_a_second_leaves() {
    let mut scene = failure();
    assert_eq!(told(&scene.keys("ctrl-c")), ["Hold"]);
    assert_eq!(told(&scene.keys("ctrl-c")), ["Leave"]);
    let mut scene = failure();
    let orders = scene.keys("a 2 reason ctrl-c");
    assert_eq!(told(&orders), ["Hold"]);
    assert_eq!(obey(&mut scene, orders.last().expect("a hold")), Ok(()));
    assert_eq!(told(&scene.keys("1 enter enter")), [] as [&str; 0]);
    assert_eq!(told(&scene.keys("go enter")), ["Continue"]);
    let mut scene = failure();
    assert_eq!(told(&scene.keys("ctrl-c 3 3 7f3a9c1e enter")), ["Hold", "abort Leave"]);
    let mut scene = failure();
    assert_eq!(told(&scene.keys("ctrl-c 2")), ["Hold", "Leave"]);
}

#[test]
fn notes_and_decisions_are_text() {
    check(failure(), "n q space a space : enter", &["note q a :"]);
    check(failure(), "d roll space on enter lag space flat enter", &["decide roll on; why: lag flat"]);
    check(failure(), "n enter enter esc", &[]);
    let mut scene = failure();
    scene.keys("n");
    scene.update(Message::Paste("from the\nchat\x1b[2J".to_owned()));
    assert_eq!(told(&scene.keys("enter")), ["note from the chat[2J"]);
}

#[test]
fn who_only_watches_can_look_and_say_nothing() {
    for keys in [
        "a 1 go enter",
        "r go enter",
        "p go enter",
        "n hello enter",
        ": abort enter 1 7f3a9c1e enter",
        ": pen enter go enter",
    ] {
        let mut scene = failure();
        scene.screen.model.watch = true;
        assert_eq!(told(&scene.keys(keys)), [] as [&str; 0], "{keys}");
    }
    let mut scene = failure();
    scene.screen.model.watch = true;
    scene.keys("a");
    assert!(scene.look(80, 24).contains("nothing can be sent: you only watch"), "{}", scene.look(80, 24));
    let mut scene = failure();
    scene.screen.model.replay = true;
    scene.keys("p go enter");
    assert!(scene.look(80, 24).contains("this is a replay"), "{}", scene.look(80, 24));
}

#[test]
fn the_palette_runs_what_can_be_run_and_says_why_not() {
    check(failure(), ": hold enter go enter", &["Hold"]);
    check(failure(), ": answer enter 1 go enter", &["answer restart/@kafka-01/nginx retry typed=go"]);
    let mut scene = failure();
    scene.keys(": continue enter");
    assert!(scene.look(80, 24).contains("the run is not held"), "{}", scene.look(80, 24));
    scene.keys("ctrl-u nosuchthing enter");
    assert!(scene.look(80, 24).contains("nothing is called `nosuchthing`"), "{}", scene.look(80, 24));
    assert_eq!(told(&scene.keys("esc : detach enter")), ["Leave"]);
}
