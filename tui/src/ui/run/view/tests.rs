//! Whole screens.

use banister_core::run::{Actor, Command, ExitCode, TargetAnswer, Timer, UnknownReason, Word};

use crate::ui::Heard;
use crate::ui::run::Pane;
use crate::ui::testing::{MANY, SIZES, Scene, compile, many, person, restart_of_brokers};

/// One picture at every size, one below the other.
fn pictures(scene: &mut Scene, name: &str) {
    for (width, height) in SIZES {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), scene.look(width, height));
    }
}

fn alice() -> Actor {
    person("alice", 1000)
}

/// The brokers: two are done, the third is being stopped.
fn second_batch() -> Scene {
    let mut scene = first_batch();
    for host in ["kafka-01", "kafka-02"] {
        scene.after(9_000).ends(&format!("restart/@{host}/stop"), 0, "");
        scene.after(300).ends(&format!("restart/@{host}/stop"), 0, "");
        scene.after(38_000).ends(&format!("restart/@{host}/start"), 0, "");
    }
    hold_gate(&mut scene, "restart/#1/gate");
    scene
}

/// The brokers until the first batch is stopped.
fn first_batch() -> Scene {
    let mut scene = Scene::started(restart_of_brokers());
    for host in ["kafka-01", "kafka-02", "kafka-03", "kafka-04", "kafka-05"] {
        scene.after(200).ends(&format!("?tools/@{host}"), 0, "/usr/bin/kafka-topics");
    }
    scene.after(21_000).ends("snapshot/@kafka-01", 0, "Topic: orders");
    scene.after(3_000).ends("pause_cruise/@kafka-01", 0, "");
    scene.after(165_000);
    scene
}

fn hold_gate(scene: &mut Scene, gate: &str) {
    for sample in 0..3 {
        if sample > 0 {
            scene.after(10_000).fires(|timer| matches!(timer, Timer::Sample { .. }));
        }
        scene.after(400).ends(gate, 0, "0");
    }
}

const STOPPING: &str = "14:18:56 INFO [KafkaServer id=3] Starting controlled shutdown\n\
    14:19:40 INFO [KafkaServer id=3] 40 leaders to move, retries left 3\n\
    14:21:53 INFO [KafkaServer id=3] Controlled shutdown succeeded\n\
    14:21:53 INFO Shutting down log manager\n";

#[test]
fn before_the_first_record() {
    let mut scene = Scene::before(restart_of_brokers());
    pictures(&mut scene, "before");
}

#[test]
fn checking() {
    let mut scene = Scene::started(restart_of_brokers());
    scene.after(1_200).ends("?tools/@kafka-01", 0, "/usr/bin/kafka-topics");
    scene.after(800);
    pictures(&mut scene, "checking");
}

#[test]
fn running_with_output() {
    let mut scene = second_batch();
    scene.after(2_000).prints("restart/@kafka-03/stop", false, STOPPING);
    let key = scene.key("restart/@kafka-03/stop");
    scene.after(11_000).hear(Heard::Alive { key, ago_ms: 0 });
    scene.after(3_000);
    pictures(&mut scene, "running");
}

/// Every layout and what zooms into it say that a command is quiet, and that its process lives.
fn lives(scene: &mut Scene, quiet: &str, alive: &str) {
    for keys in ["", "tab", "tab", "z", "tab", "tab", "z"] {
        scene.keys(keys);
        for (width, height) in [(200, 60), (140, 45), (120, 24), (80, 24), (79, 30), (60, 18)] {
            let look = scene.look(width, height);
            for says in [quiet, alive] {
                let is_zoomed = scene.screen.place.zoom;
                assert!(look.contains(says), "no {says}, {width}x{height}, zoomed: {is_zoomed}\n{look}");
            }
        }
    }
}

#[test]
fn every_layout_says_that_a_quiet_command_lives() {
    let mut scene = second_batch();
    scene.after(2_000).prints("restart/@kafka-03/stop", false, STOPPING);
    let key = scene.key("restart/@kafka-03/stop");
    scene.after(63_000).hear(Heard::Alive { key, ago_ms: 0 });
    scene.after(3_000);
    lives(&mut scene, " 1:06", " 3s ago");
    // Also while something was just said.
    scene.hear(Heard::Notice("bob is here".to_owned()));
    lives(&mut scene, "quiet 1:06", "alive 3s ago");
}

#[test]
fn every_layout_says_so_also_while_a_person_is_asked_about_another_host() {
    let mut scene = second_batch();
    scene.after(9_000).ends("restart/@kafka-03/stop", 1, "").after(2_000).ends("restart/@kafka-05/stop", 1, "");
    let key = scene.key("restart/@kafka-04/stop");
    scene.after(20_000).hear(Heard::Alive { key, ago_ms: 0 });
    scene.after(4_000);
    lives(&mut scene, "kafka-04 quiet 26s", "alive 4s ago");
    assert!(scene.look(60, 18).contains("press a"), "{}", scene.look(60, 18));
}

#[test]
fn how_long_is_left_where_there_is_history() {
    let mut usual = banister_core::view::Usual::default();
    for seconds in [0, 60, 130, 260] {
        let mut before = second_batch();
        before.after(150_000 + seconds * 1000).all_end(|_| (0, "0"));
        before.after(48_000).answers(alice(), "look", Word::Continue);
        before.after(30_000).answers(alice(), "announce", Word::Done);
        before.all_end(|_| (0, "0"));
        let is_open = before.screen.model.board().is_some_and(|board| !board.asks.is_empty());
        if is_open {
            before.answers(alice(), "announce", Word::Done);
        }
        usual.add(before.screen.model.view.as_ref().expect("welcomed"));
    }
    let mut scene = second_batch();
    scene.after(16_000).hear(Heard::Usual(std::sync::Arc::new(usual)));
    pictures(&mut scene, "left");
    // The first failure is within the budget, about the second a person decides: nobody knows what that leaves.
    scene.after(9_000).ends("restart/@kafka-03/stop", 1, "").after(2_000);
    assert!(scene.look(80, 24).contains(" ~3m left (usual run"), "{}", scene.look(80, 24));
    scene.after(9_000).ends("restart/@kafka-04/stop", 1, "");
    assert!(!scene.look(80, 24).contains("m left"), "{}", scene.look(80, 24));
    assert!(scene.look(80, 24).contains("usual run"), "{}", scene.look(80, 24));
}

#[test]
fn a_pause_asks() {
    let mut scene = second_batch();
    scene.all_end(|_| (0, "0"));
    scene.after(48_000);
    pictures(&mut scene, "pause");
}

#[test]
fn work_by_hand_that_its_verify_did_not_see_says_why_it_is_asked_again() {
    let book = "runbook: cable\nif_it_fails: Call the owner of the rack.\nhosts: localhost\nsteps:\n  \
        - { id: plug, manual: { do: Plug the cable into port 3 }, verify: { run: ip link } }\n";
    let mut scene = Scene::started(compile(book, ""));
    scene.answers(alice(), "plug/@localhost", Word::Done).ends("plug/@localhost", 1, "").after(1_000);
    for (width, height) in SIZES {
        let look = scene.look(width, height);
        assert!(look.contains("! its verify says no: ended with status 1"), "{look}");
    }
}

#[test]
fn a_step_failed() {
    let mut scene = second_batch();
    scene.after(9_000).ends("restart/@kafka-03/stop", 0, "").after(300).ends("restart/@kafka-03/stop", 0, "");
    // The first failure is within the budget, the second is not.
    scene.after(30_000).ends("restart/@kafka-03/start", 1, "");
    scene.after(92_000).fails("restart/@kafka-05/stop", 1, "Job for kafka.service failed: timeout\nsee journalctl\n");
    scene.after(4_000);
    // Its error is what is looked for: nobody need press a key for it.
    pictures(&mut scene, "failure");
    for says in [" nothing on stdout; s shows 53 bytes of stderr", " see journalctl"] {
        scene.keys("s");
        assert!(scene.look(80, 24).contains(says), "{}", scene.look(80, 24));
    }
}

#[test]
fn a_second_try_is_not_the_first() {
    let mut scene = second_batch();
    scene.after(9_000).ends("restart/@kafka-03/stop", 1, "");
    scene.ends("restart/@kafka-04/stop", 0, "").ends("restart/@kafka-04/stop", 0, "").ends(
        "restart/@kafka-04/start",
        0,
        "",
    );
    let path = "restart/@kafka-05/stop";
    let key = scene.key(path);
    scene.prints(path, false, "stopping\n").after(11_000).hear(Heard::Alive { key, ago_ms: 0 });
    scene.fails(path, 1, "no such unit").after(600_000).answers(alice(), path, Word::Retry).after(3_000);
    for (width, height) in SIZES {
        let look = scene.look(width, height);
        // What the first printed, and that it lived, says nothing of the second; nor is its time that of a person.
        for says in ["alive", "\"stopping\""] {
            assert!(!look.contains(says), "{says}\n{look}");
        }
    }
    // The ten minutes that a person took are in no time of the step: eleven seconds of the first, three of the second.
    let took = |look: &str, says: &str| {
        let line = look.lines().find(|line| line.contains("3.1 Stop the broker on") && line.contains("try 2"));
        assert!(line.is_some_and(|line| line.contains(says)), "{look}");
    };
    took(&scene.look(80, 24), " 0:14 ");
    scene.after(9_000).ends(path, 0, "").after(300).ends(path, 0, "");
    took(&scene.look(80, 24), " 0:23 ");
}

#[test]
fn a_host_to_come_has_its_batch_whatever_of_it_will_be_skipped() {
    let book = "runbook: canary\nif_it_fails: Call the owner.\nhosts: kafka\ntimeout: 1m\nsteps:\n  - id: roll\n    roll:\n      \
        steps:\n        - { id: work, run: work, effect: repeatable }\n        \
        - { id: look, pause: Is it well?, when: host.name == 'kafka-01' }\n      gate: { probe: { run: look } }\n";
    let mut scene = Scene::started(compile(book, crate::ui::testing::HOSTS));
    let look = scene.after(1_000).look(80, 24);
    assert!(look.contains("   kafka-02  todo       -  batch 2"), "{look}");
    assert!(!look.contains("`when`"), "{look}");
}

#[test]
fn a_gate_that_asks_says_once_what_it_saw() {
    let mut scene = second_batch();
    scene.after(9_000).ends("restart/@kafka-03/stop", 0, "").after(300).ends("restart/@kafka-03/stop", 0, "");
    scene.after(30_000).ends("restart/@kafka-03/start", 0, "started").after(400).ends("restart/#2/gate", 0, "12");
    scene
        .after(300_000)
        .fires(|timer| matches!(timer, Timer::Gate { path, .. } if path.to_string() == "restart/#2/gate"));
    let look = scene.look(80, 24);
    let pane: Vec<&str> = look.lines().skip_while(|line| !line.contains("z zoom")).skip(1).collect();
    let pane = pane.join("\n");
    assert!(pane.starts_with(" ! ASK  gate: did not hold in time; last: kafka-03: "), "{look}");
    assert_eq!(pane.matches("it said: 12").count(), 1, "{look}");
    // Ten minutes of thinking are none of the gate's.
    scene.after(600_000).answers(alice(), "restart/#2/gate", Word::Override);
    let look = scene.look(80, 24);
    let line = look.lines().find(|line| line.contains("3 gate after batch 2"));
    assert!(line.is_some_and(|line| line.starts_with("   ok") && line.contains(" 5:00 ")), "{look}");
}

#[test]
fn an_approval_that_is_asked_for_again_says_why() {
    let mut scene = Scene::started(compile(crate::ui::testing::APPROVED, crate::ui::testing::HOSTS));
    scene.after(1_000).ends("count/@kafka-01", 0, "3").after(1_000).ends("wipe/@kafka-01", 0, "a b c");
    scene.after(100_000).answers(person("carol", 1002), "approval", Word::Approve);
    // Right before the step its preview gives something else.
    scene.after(1_000).ends("wipe/@kafka-01", 0, "a b c d").after(1_000).ends("wipe/@kafka-01", 0, "a b c d");
    scene.after(5_000);
    for (width, height) in SIZES {
        let look = scene.look(width, height).replace("\n ", " ");
        assert!(look.contains("! approved before, which no longer counts: the preview of"), "{look}");
        scene.keys("a");
        let dialog = scene.look(width, height);
        assert!(dialog.contains("asked again"), "{dialog}");
        scene.keys("esc esc");
    }
    // It waits since it was asked again.
    let look = scene.look(80, 24);
    let line = look.lines().find(|line| line.contains("! ASK      2 "));
    assert!(line.is_some_and(|line| line.contains(" 0:0")), "{look}");
}

#[test]
fn unknown_and_the_host_is_asked() {
    let mut scene = second_batch();
    scene.after(2_000).prints("restart/@kafka-03/stop", false, STOPPING);
    scene.after(20_000).loses("restart/@kafka-03/stop", "ssh: connection reset by 192.0.2.3");
    scene.after(3_000);
    pictures(&mut scene, "unknown_asked");
}

#[test]
fn unknown_and_a_person_must_say() {
    let mut scene = second_batch();
    scene.after(100).ends("restart/@kafka-03/stop", 0, "").after(300).ends("restart/@kafka-03/stop", 0, "");
    scene.after(20_000).loses("restart/@kafka-03/start", "ssh: connection reset by 192.0.2.3");
    let answer = TargetAnswer::Unknown(UnknownReason::NoStatus { why: "the machine was booted meanwhile".to_owned() });
    scene.after(1_000).told("restart/@kafka-03/start", answer);
    scene.after(64_000);
    pictures(&mut scene, "unknown_person");
}

#[test]
fn a_gate_polls() {
    let mut scene = second_batch();
    scene.after(9_000).ends("restart/@kafka-03/stop", 0, "").after(300).ends("restart/@kafka-03/stop", 0, "");
    scene.after(30_000).ends("restart/@kafka-03/start", 0, "started");
    scene.after(400).ends("restart/#2/gate", 0, "0");
    scene.after(10_000).fires(|timer| matches!(timer, Timer::Sample { .. })).after(400).ends(
        "restart/#2/gate",
        0,
        "12",
    );
    scene.after(10_000).fires(|timer| matches!(timer, Timer::Sample { .. })).after(400);
    pictures(&mut scene, "gate");
}

#[test]
fn held() {
    let mut scene = second_batch();
    scene.after(1_000).command(alice(), Command::Hold);
    scene.after(9_000).ends("restart/@kafka-03/stop", 0, "").after(300).ends("restart/@kafka-03/stop", 0, "");
    let text = "produce retries in checkout, 0.2 percent".to_owned();
    scene.after(30_000).command(person("carol", 1002), Command::Note { text, at: None });
    scene.after(90_000);
    pictures(&mut scene, "held");
}

#[test]
fn held_while_a_person_is_asked() {
    let mut scene = second_batch();
    scene.all_end(|_| (0, "0"));
    scene.after(1_000).command(alice(), Command::Hold);
    for (width, height) in [(80, 24), (140, 45), (60, 18)] {
        let look = scene.look(width, height);
        assert!(look.lines().next().is_some_and(|first| first.contains("HELD  ASK")), "{look}");
    }
}

#[test]
fn two_are_here() {
    let mut scene = second_batch();
    scene.here(&[("alice", 1000, false), ("bob", 1001, false), ("carol", 1002, true)]);
    scene.after(1_000).command(person("bob", 1001), Command::Pen);
    let text = "go on to batch 2, ISR full for 60s".to_owned();
    scene.after(1_000).command(alice(), Command::Decide { text });
    scene.after(5_000);
    pictures(&mut scene, "two");
}

#[test]
fn the_engine_is_gone() {
    let mut scene = second_batch();
    scene.after(2_000).prints("restart/@kafka-03/stop", false, STOPPING);
    scene.after(8_000).hear(Heard::Lost { why: "its socket closed without a word".to_owned() });
    scene.after(2_000);
    pictures(&mut scene, "lost");
}

#[test]
fn finished() {
    let mut scene = second_batch();
    scene.all_end(|_| (0, "0"));
    scene.after(48_000).answers(alice(), "look", Word::Continue);
    scene.after(30_000).answers(alice(), "announce", Word::Done);
    scene.all_end(|_| (0, "0"));
    let asks = scene.screen.model.board().map_or(0, |board| board.asks.len());
    if asks > 0 {
        scene.answers(alice(), "announce", Word::Done);
    }
    scene.after(1_000).hear(Heard::Ended(ExitCode::DONE));
    pictures(&mut scene, "finished");
}

/// Two hundred hosts, in the fourth of seven batches: two failed within the budget, one more just now.
fn many_hosts() -> Scene {
    let mut scene = Scene::started(compile(MANY, &many(200)));
    let fails = ["restart/@web-004/nginx", "restart/@web-033/nginx"];
    loop {
        let sent: Vec<String> = scene.sent().map(|request| request.key.path.to_string()).collect();
        if sent.is_empty() {
            scene.after(2_000).fires(|timer| matches!(timer, Timer::Sample { .. }));
            continue;
        }
        if sent.iter().any(|path| path == "restart/@web-061/configure") {
            break;
        }
        scene.after(700);
        let mut ended = std::collections::BTreeSet::new();
        for path in sent {
            if ended.insert(path.clone()) {
                scene.ends(&path, i32::from(fails.contains(&path.as_str())), "");
            }
        }
    }
    // Some of the batch are done, some run, and two of them failed: the budget is spent.
    for n in 0..45 {
        let path = format!("restart/@web-{:03}/configure", 61 + n);
        scene.after(120).ends(&path, 0, "");
    }
    for n in 0..38 {
        let path = format!("restart/@web-{:03}/nginx", 61 + n);
        let fails = n == 7 || n == 20;
        scene.after(80).ends(&path, i32::from(fails), "");
    }
    scene.after(4_000);
    scene
}

#[test]
fn two_hundred_hosts() {
    let mut scene = many_hosts();
    pictures(&mut scene, "many");
    scene.keys("tab");
    assert_eq!(scene.screen.place.pane, Pane::Hosts);
    scene.keys("j j j space");
}

#[test]
fn the_smallest_terminal() {
    let mut scene = second_batch();
    scene.after(2_000).prints("restart/@kafka-03/stop", false, STOPPING);
    scene.after(14_000);
    insta::assert_snapshot!("running_40x10", scene.look(40, 10));
}
