//! What keys do on the run's screen.

use banister_core::run::{EffectKey, Purpose};
use banister_runtime::control::Verb;
use banister_runtime::driver::Wanted;

use super::{Pane, RowId, RunScreen};
use crate::ui::testing::{
    APPROVED, BROKERS, FIRST, HOSTS, MANY, Scene, compile, keys_of, many, person, rehearsed, restart_of_brokers,
};
use crate::ui::{Heard, Key, Message, Order, Program as _};

#[test]
fn every_book_of_the_scenes_compiles_and_can_be_rehearsed() {
    for (book, hosts) in [(FIRST, ""), (BROKERS, HOSTS), (APPROVED, HOSTS), (MANY, &many(20))] {
        let plan = compile(book, hosts);
        assert!(rehearsed(&plan, "world: fine\nsteps: { \"*\": { stdout: \"0\" } }\n").len() > 5);
    }
}

/// The first batch of the brokers stops.
fn stopping() -> Scene {
    let mut scene = Scene::started(restart_of_brokers());
    for host in 1..=5 {
        scene.ends(&format!("?tools/@kafka-0{host}"), 0, "");
    }
    scene.after(20_000).ends("snapshot/@kafka-01", 0, "a\nb\n");
    scene.after(3_000).ends("pause_cruise/@kafka-01", 0, "");
    scene.after(5_000);
    scene.update(Message::Resize { width: 140, height: 45 });
    scene
}

/// The row that the cursor of the steps stands on, in words.
fn cursor(screen: &RunScreen) -> String {
    let board = screen.model.board().expect("welcomed");
    let items = screen.model.step_items(board, &screen.place);
    super::Board::words_of(&items[super::Board::cursor_of(&items, screen.place.step.as_ref())])
}

#[test]
fn the_cursor_follows_what_runs_until_it_is_moved_and_again_when_asked() {
    let mut scene = stopping();
    let two = "Stop the broker on each host";
    for (keys, expect) in [
        ("", format!("RUN 3.1 {two}")),
        ("j", "todo 3.2 Start the broker on each host".to_owned()),
        ("k k k", "ok 2 Pause cruise control".to_owned()),
        ("g", "ok batches 0 to 0".to_owned()),
        ("G", "todo 5 Tell the channel".to_owned()),
        ("f", format!("RUN 3.1 {two}")),
        ("up esc", format!("RUN 3.1 {two}")),
        // A line of several hosts opens, and folds from one of them.
        ("space j", "RUN restart/@kafka-01/stop ".to_owned()),
        ("space", format!("RUN 3.1 {two}")),
    ] {
        scene.keys(keys);
        assert_eq!(cursor(&scene.screen), expect, "after `{keys}`");
    }
}

#[test]
fn the_way_through_the_hosts_to_the_output_of_a_step_leads_to_its_output() {
    let mut scene = stopping();
    let looked = |scene: &Scene| scene.screen.looked().map(|looked| looked.path.to_string());
    scene.keys("k k");
    assert_eq!(cursor(&scene.screen), "ok 2 Pause cruise control");
    for keys in ["", "tab", "tab", "tab", "shift-tab"] {
        scene.keys(keys);
        assert_eq!(looked(&scene).as_deref(), Some("pause_cruise/@kafka-01"), "after `{keys}`");
    }
    // A host that is chosen says more than a step that was.
    scene.keys("shift-tab j");
    assert_eq!(scene.screen.place.host, Some(RowId::Host("kafka-02".to_owned())));
    assert_eq!(looked(&scene).as_deref(), Some("restart/@kafka-02/stop"));
}

#[test]
fn the_footer_offers_what_can_be_done_where_it_stands() {
    let mut scene = stopping();
    let footer = |scene: &mut Scene| scene.look(80, 24).lines().last().map(str::to_owned).unwrap_or_default();
    for (keys, says, never) in [
        ("", "q detach", "back"),
        ("z", "z all panes", "z zoom"),
        ("z T", "/ filter  L local time  n note  d decide  a asks  q back", "detach"),
        ("L", "L UTC", "hold"),
        ("q P", "> next  < before  a asks  q back", "detach"),
    ] {
        scene.keys(keys);
        let line = footer(&mut scene);
        assert!(line.contains(says) && !line.contains(never), "after `{keys}`: {line}");
    }
    scene.keys("q");
    scene.hear(Heard::Lost { why: "its socket closed without a word".to_owned() });
    let line = footer(&mut scene);
    assert!(line.contains("q leave") && !line.contains("hold") && !line.contains("note"), "{line}");
}

#[test]
fn what_was_said_long_ago_says_when() {
    let mut scene = stopping();
    let line = |scene: &mut Scene| scene.look(140, 45).lines().rev().nth(1).map(str::to_owned).unwrap_or_default();
    scene.hear(Heard::Lost { why: "its socket closed".to_owned() });
    assert!(line(&mut scene).starts_with(" ! its socket closed"), "{}", line(&mut scene));
    scene.after(31_000);
    let said = line(&mut scene);
    assert!(said.starts_with("   14:") && said.contains("Z its socket closed"), "{said}");
}

#[test]
fn a_batch_is_folded_and_opened() {
    let mut scene = stopping();
    scene.keys("k space");
    assert_eq!(cursor(&scene.screen), "RUN batches 1 to 1");
    assert!(scene.look(140, 45).contains(">+ RUN      3 batch 1  2 hosts"), "{}", scene.look(140, 45));
    scene.keys("space");
    assert!(scene.look(140, 45).contains("3.1 Stop the broker on each host"));
}

#[test]
fn a_filter_is_kept_recalled_and_dropped() {
    let mut scene = stopping();
    scene.keys("/");
    assert!(scene.screen.place.is_typing, "letters are text now");
    scene.keys("gate");
    assert!(scene.look(80, 24).contains("filter /gate_"), "{}", scene.look(80, 24));
    scene.keys("enter");
    let picture = scene.look(80, 24);
    assert!(picture.contains("/gate") && !picture.contains("3.1 Stop"), "{picture}");
    // It is there when somebody wants to go on typing.
    scene.keys("/ 3 enter");
    assert_eq!(scene.screen.place.step_filter.as_deref(), Some("gate3"));
    assert!(scene.look(80, 24).contains("no step fits the filter"));
    scene.keys("esc");
    assert_eq!(scene.screen.place.step_filter, None);
    // The hosts have one of their own, which finds a step's host as well.
    scene.keys("tab / - 0 4 enter");
    let picture = scene.look(80, 24);
    assert!(picture.contains("kafka-04") && !picture.contains("  kafka-05"), "{picture}");
}

#[test]
fn output_is_followed_searched_wrapped_and_copied() {
    let mut scene = stopping();
    let lines: String =
        (1..=300).map(|n| format!("line {n} of the log{}\n", if n % 100 == 0 { " ERROR" } else { "" })).collect();
    scene.prints("restart/@kafka-01/stop", false, lines);
    assert!(scene.look(140, 45).contains(" line 300 of the log"), "{}", scene.look(140, 45));
    scene.keys("tab tab");
    assert_eq!(scene.screen.place.pane, Pane::Output);
    // Somebody reads: what comes moves nothing.
    scene.keys("page-up");
    let before = scene.look(140, 45);
    scene.prints("restart/@kafka-01/stop", false, "more\n");
    let strip =
        |text: &str| text.lines().filter(|line| line.contains("││ line")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(strip(&before), strip(&scene.look(140, 45)));
    assert!(!before.contains("││ line 300 of"), "{before}");
    scene.keys("f");
    assert!(scene.look(140, 45).contains("│ more"), "{}", scene.look(140, 45));
    scene.keys("g");
    let top = scene.look(140, 45);
    assert!(top.contains("││ line 1 of the log") && top.contains("││ line 15 of the log"), "{top}");
    scene.keys("j");
    assert!(!scene.look(140, 45).contains("││ line 1 of the log"), "one key moves at once");
    scene.keys("G");
    // A search goes to the last place above, then up and down.
    scene.keys("/ E R R O R enter");
    let at = |scene: &Scene| scene.screen.place.at;
    assert_eq!(at(&scene), Some(299));
    scene.keys("<");
    assert_eq!(at(&scene), Some(199));
    scene.keys(">");
    assert_eq!(at(&scene), Some(299));
    assert!(scene.look(140, 45).contains("││ line 300 of the log ERROR"));
    let orders = scene.keys("y");
    assert_eq!(orders, [Order::Copy("line 300 of the log ERROR".to_owned())]);
    // Zoomed, the pane is copied as it is seen, without borders.
    scene.keys("z");
    let picture = scene.look(80, 10);
    assert!(!picture.contains('│') && !picture.contains('─'), "{picture}");
    let orders = scene.keys("y");
    let [Order::Copy(text)] = orders.as_slice() else { panic!("a copy, not {orders:?}") };
    assert_eq!(text.lines().count(), 8);
    assert!(text.ends_with("line 300 of the log ERROR"), "{text}");
    scene.keys("esc esc");
    assert!(!scene.screen.place.zoom);
}

#[test]
fn what_is_looked_at_is_wanted_after_a_tick_and_read_once() {
    let mut scene = stopping();
    let sent = |orders: Vec<Order>| -> Vec<Verb> {
        orders
            .into_iter()
            .filter_map(|order| match order {
                Order::Send { verb, .. } => Some(*verb),
                _ => None,
            })
            .collect()
    };
    let tick = |scene: &mut Scene| {
        scene.after(1_000);
        sent(scene.update(Message::Tick))
    };
    assert_eq!(tick(&mut scene), [], "a cursor on its way orders nothing");
    let verbs = tick(&mut scene);
    let key = EffectKey { purpose: Purpose::Main, ..scene.key("restart/@kafka-01/stop") };
    let want = Verb::Want { output: Wanted::Step { path: key.path.clone(), host: Some(key.host.clone()) } };
    assert_eq!(verbs.first(), Some(&want));
    assert!(matches!(verbs.get(1), Some(Verb::Read { key: its, from: None, .. }) if its.host == key.host));
    assert_eq!(tick(&mut scene), [], "once");
    // What is stored comes in the place of what came live.
    let Some(Order::Send { id, .. }) = scene.orders.last().cloned() else { panic!("the read") };
    scene.hear(Heard::Chunk { id, from: 4_096, total: 4_106, bytes: b"from disk\n".to_vec() });
    scene.prints("restart/@kafka-01/stop", false, "and live\n");
    let picture = scene.look(140, 45);
    assert!(picture.contains("from disk") && picture.contains("and live"), "{picture}");
    assert!(picture.contains("more before is not on this screen"), "{picture}");
    // Another row is another want. What printed nothing is not read, and a replay asks for nothing.
    scene.keys("k k");
    assert_eq!((tick(&mut scene).len(), tick(&mut scene).len()), (0, 1));
    scene.screen.model.replay = true;
    scene.keys("k");
    assert_eq!((tick(&mut scene), tick(&mut scene)), (vec![], vec![]));
    assert!(scene.look(140, 45).contains("banister output 7f3a9c1e snapshot/@kafka-01"), "{}", scene.look(140, 45));
}

#[test]
fn who_was_away_is_told_what_changed() {
    let mut scene = stopping();
    scene.keys("j");
    scene.after(100_000);
    for host in ["kafka-01", "kafka-02"] {
        scene.ends(&format!("restart/@{host}/stop"), 0, "").ends(&format!("restart/@{host}/stop"), 0, "");
    }
    scene.after(150_000);
    scene.keys("k");
    let said = scene.screen.model.messages.last().map(|said| said.text.clone());
    assert_eq!(said.as_deref(), Some("away 4:10: step 3.1 batch 1 ok, step 3.2 batch 1 RUN"));
    scene.after(30_000).keys("k");
    assert_eq!(scene.screen.model.messages.len(), 1, "half a minute is not away");
    scene.after(61_000).keys("k");
    let said = scene.screen.model.messages.last().map(|said| said.text.clone());
    assert_eq!(said.as_deref(), Some("away 1:01: nothing changed"));
}

#[test]
fn hosts_of_one_state_are_one_row_until_they_are_opened() {
    let mut scene = Scene::started(compile(MANY, &many(200)));
    scene.after(1_000).ends("restart/@web-001/configure", 0, "");
    scene.after(1_000).ends("restart/@web-001/nginx", 0, "");
    scene.update(Message::Resize { width: 140, height: 45 });
    scene.keys("tab");
    let picture = scene.look(140, 45);
    for row in ["+ 1 ok  web-001", "+ 190 todo  batches 3 to 6"] {
        assert!(picture.contains(row), "{row} in\n{picture}");
    }
    assert!(picture.contains("web-010   todo"), "the next batch is there one by one:\n{picture}");
    scene.keys("G space");
    assert_eq!(scene.screen.place.host, Some(RowId::State("todo")));
    scene.keys("j");
    assert_eq!(scene.screen.place.host, Some(RowId::Host("web-011".to_owned())));
}

#[test]
fn who_has_the_pen_and_who_is_here_is_said_in_the_wide_header() {
    let mut scene = stopping();
    scene.here(&[("alice", 1000, false), ("bob", 1001, true)]);
    let first = scene.look(140, 45).lines().next().map(str::to_owned).unwrap_or_default();
    assert!(first.contains("pen alice (you)  also here: bob (watching)"), "{first}");
    scene.command(person("bob", 1001), banister_core::run::Command::Pen);
    let first = scene.look(140, 45).lines().next().map(str::to_owned).unwrap_or_default();
    assert!(first.contains("pen bob") && !first.contains("also here"), "{first}");
    // Several screens of one account have one name.
    scene.here(&[("alice", 1000, false), ("alice", 1000, false)]);
    let first = scene.look(140, 45).lines().next().map(str::to_owned).unwrap_or_default();
    assert!(first.contains("2 here"), "{first}");
}

#[test]
fn what_usually_takes_how_long_comes_from_history_where_there_is_some() {
    let mut usual = banister_core::view::Usual::default();
    for took in [160_000, 170_000, 200_000, 210_000] {
        let mut before = stopping();
        before.after(took - 5_000).all_end(|_| (0, "0"));
        usual.add(before.screen.model.view.as_ref().expect("welcomed"));
    }
    let mut scene = stopping();
    assert!(scene.look(140, 45).contains("0:05  usual 2:50  limit 5:00"), "{}", scene.look(140, 45));
    scene.hear(Heard::Usual(std::sync::Arc::new(usual)));
    let now = scene.look(140, 45).lines().nth(1).map(str::to_owned).unwrap_or_default();
    assert!(now.contains("(4 runs)  limit 5:00"), "{now}");
    assert!(!now.contains("usual 2:50  "), "{now}");
    // The column has the range as well.
    let picture = scene.look(140, 45);
    let row = picture.lines().find(|line| line.contains("3.1 Stop")).unwrap_or_default();
    assert!(row.contains("0:01-2:51 │"), "{picture}");
}

/// A screen that comes late to a run; what was written until then is on its way.
fn late(of: &Scene) -> (RunScreen, Vec<Message>) {
    let view = of.screen.model.view.as_ref().expect("welcomed");
    let (run, plan, you) = (view.run_id().to_owned(), view.plan().clone(), person("alice", 1000));
    let seq = of.records().last().expect("a record").seq;
    let mut news = vec![Message::Heard(Heard::Welcome { run, plan, you, watch: false, seq })];
    news.extend(of.records().iter().map(|record| Message::Heard(Heard::Record(Box::new(record.clone())))));
    (RunScreen::new(crate::ui::Theme { colour: true, boxes: true }), news)
}

#[test]
fn nothing_is_shown_or_done_until_all_that_happened_is_here() {
    let mut scene = Scene::started(compile(FIRST, ""));
    scene.all_end(|request| (i32::from(!request.key.path.to_string().starts_with('?')), ""));
    assert!(scene.look(80, 24).contains("press a"), "somebody is asked:\n{}", scene.look(80, 24));
    let now = scene.now();
    let (mut screen, news) = late(&scene);
    let all = news.len() - 1;
    let picture = |screen: &RunScreen| crate::ui::testing::picture(screen, &now, 80, 24);
    for (came, message) in news.into_iter().enumerate() {
        assert!(!screen.is_ready());
        for key in keys_of("a r : enter g o enter d x esc") {
            assert_eq!(screen.update(Message::Key(key), &now), [], "after {came} messages");
        }
        screen.update(Message::Paste("go".to_owned()), &now);
        assert!(screen.overlays.is_empty(), "after {came} messages");
        let text = picture(&screen);
        assert!(!text.contains("ASK") && text.lines().last().is_some_and(|keys| keys.trim() == "q detach"), "{text}");
        if came > 0 {
            assert!(text.contains(&format!("reading what happened so far: {} of {all} records", came - 1)), "{text}");
        }
        screen.update(message, &now);
    }
    assert!(screen.is_ready());
    let text = picture(&screen);
    assert!(text.contains("what was typed before this was shown was not taken"), "{text}");
    screen.update(Message::Key(Key::Char('a')), &now);
    assert_eq!(screen.overlays.len(), 1, "now it is a key");
}

#[test]
fn who_waits_for_the_journal_can_leave_and_stop() {
    let mut scene = Scene::started(restart_of_brokers());
    scene.after(1_000);
    let now = scene.now();
    let (mut screen, mut news) = late(&scene);
    assert_eq!(screen.update(Message::Key(Key::Char('q')), &now), [Order::Leave], "before anything came");
    screen.update(news.remove(0), &now);
    assert_eq!(screen.update(Message::Key(Key::Char('q')), &now), [Order::Leave]);
    assert_eq!(screen.update(Message::Key(Key::Ctrl('l')), &now), [Order::Redraw]);
    screen.update(Message::Key(Key::Ctrl('c')), &now);
    assert_eq!(screen.update(Message::Key(Key::Ctrl('c')), &now), [Order::Leave], "twice");
}

#[test]
fn a_record_that_cannot_be_shown_keeps_nobody_waiting() {
    let scene = Scene::started(restart_of_brokers());
    let now = scene.now();
    let (mut screen, news) = late(&scene);
    // One in the middle is missing: nothing after it fits.
    for (n, message) in news.into_iter().enumerate() {
        if n != 2 {
            screen.update(message, &now);
        }
    }
    assert!(screen.is_ready());
    let said = &screen.model.messages.first().expect("it is said").text;
    assert!(said.starts_with("cannot show record 3"), "{said}");
}

#[test]
fn an_engine_that_dies_meanwhile_keeps_nobody_waiting() {
    let scene = Scene::started(restart_of_brokers());
    let now = scene.now();
    let (mut screen, mut news) = late(&scene);
    screen.update(news.remove(0), &now);
    screen.update(Message::Heard(Heard::Lost { why: "the engine is gone".to_owned() }), &now);
    assert!(screen.is_ready());
}

#[test]
fn the_agent_of_whoever_has_the_pen_is_lent_once_and_taken_back() {
    let mut scene = Scene::started(restart_of_brokers());
    let lent = |scene: &mut Scene| -> Vec<bool> {
        let orders = std::mem::take(&mut scene.orders);
        orders.into_iter().filter_map(|order| if let Order::Lend(lends) = order { Some(lends) } else { None }).collect()
    };
    assert_eq!(lent(&mut scene), [true]);
    scene.command(person("bob", 1001), banister_core::run::Command::Pen);
    assert_eq!(lent(&mut scene), [false]);
    scene.command(person("alice", 1000), banister_core::run::Command::Pen);
    assert_eq!(lent(&mut scene), [true]);
    // Over a new connection it is lent anew.
    let (_, news) = late(&scene);
    scene.update(news.into_iter().next().expect("the welcome"));
    assert_eq!(lent(&mut scene), [true]);
    scene.hear(Heard::Lost { why: "the engine is gone".to_owned() });
    assert_eq!(lent(&mut scene), [false]);
    // Who watches lends nothing, nor does a replay.
    for (watch, replay) in [(true, false), (false, true)] {
        let (mut screen, news) = late(&scene);
        screen.model.replay = replay;
        for mut message in news {
            if let Message::Heard(Heard::Welcome { watch: its, .. }) = &mut message {
                *its = watch;
            }
            assert!(!screen.update(message, &scene.now()).iter().any(|order| matches!(order, Order::Lend(_))));
        }
    }
}
