//! Every story, on every display, at every record.

use std::sync::Arc;

use super::testing::{self, Story};
use super::*;
use crate::plan::{Action, Approve, EffectClass, StepIndex, StepPath};
use crate::run::testing::{Bench, command, ended, operator, plan, step};
use crate::run::{Command, Input, Record, RecordKind, ReplayError, Run};
use crate::source::hidden;

fn fold(story: &Story, records: &[Record]) -> RunView {
    let mut view = RunView::new(Arc::clone(&story.plan));
    for record in records {
        view.apply(record).unwrap();
    }
    view
}

fn lines(story: &Story) -> String {
    let mut view = RunView::new(Arc::clone(&story.plan));
    let mut plain = Plain::new();
    let mut text = String::new();
    for record in &story.records {
        view.apply(record).unwrap();
        for line in plain.lines(&view, record) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

#[test]
fn plain_lines() {
    for story in testing::all() {
        insta::assert_snapshot!(format!("plain_{}", story.name), lines(&story));
    }
}

#[test]
fn a_gate_that_was_given_more_time_may_take_what_it_has_taken_and_that() {
    let mut bench = testing::gate_timed_out();
    bench.seconds += 20;
    bench.answer(crate::run::Word::Wait).unwrap();
    let mut view = RunView::new(Arc::clone(bench.run.plan()));
    bench.journal.records.iter().for_each(|record| view.apply(record).unwrap());
    let row = view.now().find(|row| row.what == "polls").unwrap();
    let taken = row.elapsed_ms(&crate::run::testing::at(bench.seconds));
    assert!(taken > 20_000, "{taken}");
    assert_eq!(row.limit_ms, Some(taken + 5_000));
    assert_eq!(view.steps().find(|step| step.path == row.path).unwrap().limit_ms, row.limit_ms);
}

#[test]
fn a_gate_that_was_given_more_time_teaches_nothing_about_gates() {
    let mut bench = testing::gate_timed_out();
    bench.seconds += 600;
    bench.answer(crate::run::Word::Wait).unwrap();
    bench.run_all(|_| ended(0, ""));
    let mut view = RunView::new(Arc::clone(bench.run.plan()));
    bench.journal.records.iter().for_each(|record| view.apply(record).unwrap());
    let mut usual = Usual::default();
    usual.add(&view);
    let [waited, other] = ["roll/#1/gate", "roll/@web-1/restart"].map(|path| StepPath::parse(path).unwrap());
    assert_eq!(view.steps().find(|row| row.path == waited).unwrap().word, "ok");
    // The gate of the second batch held by itself: it alone says how long gates take.
    let range = usual.of(&waited).unwrap();
    assert!(range.high_ms < 60_000, "{range:?}");
    assert!(usual.of(&other).is_some());
}

#[test]
fn an_approval_that_is_asked_for_again_says_why() {
    let approve =
        Approve { allows: vec![StepIndex(1)], show: Vec::new(), by: 1, of: Vec::new(), not_starter: false, fact: None };
    let work = step("work", &[0], &[0], Action::Command(Box::new(command(EffectClass::Repeatable))));
    let mut bench = Bench::start(plan(1, vec![step("agree", &[], &[], Action::Approve(Box::new(approve))), work]));
    let says = |bench: &Bench| {
        let mut view = RunView::new(Arc::clone(bench.run.plan()));
        bench.journal.records.iter().for_each(|record| view.apply(record).unwrap());
        let row = view.steps().find(|row| row.kind == "approve").unwrap();
        (row.word.clone(), row.why.clone(), row.began)
    };
    let (word, why, first) = says(&bench);
    assert_eq!((word.as_str(), why), ("ASK", None));
    bench.say(Input::Commanded { actor: operator(), command: Command::Hold }).unwrap();
    bench.answer(crate::run::Word::Approve).unwrap();
    bench.seconds += 16 * 60;
    bench.say(Input::Commanded { actor: operator(), command: Command::Continue }).unwrap();
    let (word, why, began) = says(&bench);
    assert_eq!(word, "ASK");
    assert_eq!(why.unwrap(), "approved before, which no longer counts: its 15 minutes ran out");
    // It waits since it was asked again, not since it was asked first.
    assert!(began > first);
    bench.answer(crate::run::Word::Approve).unwrap();
    assert_eq!((says(&bench).0.as_str(), says(&bench).1), ("ok", None));
}

#[test]
fn rows() {
    use std::fmt::Write as _;
    for story in testing::all() {
        let view = fold(&story, &story.records);
        let mut text = String::new();
        for step in view.steps() {
            let _ = write!(text, "{:<5} {} [{}]", step.word, step.path, step.kind);
            for attempt in &step.attempts {
                let _ = write!(text, " {:?}#{} {}", attempt.purpose, attempt.attempt, attempt.word);
            }
            let _ = writeln!(text, "{}", step.why.map(|why| format!(": {why:?}")).unwrap_or_default());
        }
        for roll in view.rolls() {
            let _ = writeln!(
                text,
                "roll {} batch {:?} of {}, {} of {} spent",
                roll.step, roll.batch, roll.batches, roll.spent, roll.budget
            );
            for host in roll.hosts {
                let _ = writeln!(text, "  {} {} touched {} took {}", host.name, host.word, host.touched, host.took_ms);
            }
        }
        let _ = writeln!(
            text,
            "progress {:?}, touched {:?}, exit {:?}, next {:?}",
            view.progress(),
            view.touched(),
            view.exit().map(|e| e.0),
            view.next().map(|n| n.path.to_string())
        );
        let _ = writeln!(text, "if it fails: {}", view.if_it_fails());
        for wait in view.wait_rows() {
            let _ = writeln!(text, "wait {:?} {} {:?} {:?}", wait.kind, wait.ask.path, wait.waited_ms, wait.word);
        }
        insta::assert_snapshot!(format!("rows_{}", story.name), text);
    }
}

#[test]
fn a_view_in_the_middle_of_a_run_says_where_it_is() {
    let story = testing::all().into_iter().find(|s| s.name == "smooth").unwrap();
    let cut = story.records.iter().position(|r| matches!(r.kind, RecordKind::GateSampled { .. })).unwrap();
    let snapshot = fold(&story, &story.records[..=cut]).snapshot();
    insta::assert_snapshot!(serde_json::to_string_pretty(&snapshot).unwrap());
}

#[test]
fn nobody_is_said_to_be_needed_for_what_will_be_skipped() {
    let story = testing::all().into_iter().find(|s| s.name == "canary").unwrap();
    let view = fold(&story, &story.records);
    let needed = |view: &RunView| view.next_ask().map(|ask| ask.path.to_string());
    assert_eq!(needed(&view), Some("tell".to_owned()), "the canary's ask is not the other hosts'");
    assert_eq!(needed(&fold(&story, &story.records[..1])), Some("roll/@web-1/look".to_owned()));
    let skips = view.steps().filter(|row| row.will_skip).map(|row| row.path.to_string());
    assert_eq!(skips.collect::<Vec<_>>(), ["roll/@web-2/look", "roll/@web-3/look"]);
}

#[test]
fn a_snapshot_is_read_back_as_it_was_written() {
    for story in testing::all() {
        for cut in 0..=story.records.len() {
            let snapshot = fold(&story, &story.records[..cut]).snapshot();
            let json = serde_json::to_string(&snapshot).unwrap();
            assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot, "{} at {cut}", story.name);
        }
    }
}

#[test]
fn the_view_of_a_resumed_run_is_the_view_of_that_moment() {
    for story in testing::all() {
        let mut live = RunView::new(Arc::clone(&story.plan));
        for (cut, record) in story.records.iter().enumerate() {
            live.apply(record).unwrap();
            let again = fold(&story, &story.records[..=cut]);
            assert_eq!(live.snapshot(), again.snapshot(), "{} at {cut}", story.name);
            let run = Run::resume(Arc::clone(&story.plan), "sha256:plan", &story.records[..=cut]).unwrap();
            for task in run.state().graph().tasks() {
                assert_eq!(run.state().task(task), again.state().task(task), "{} at {cut}", story.name);
            }
        }
    }
}

#[test]
fn nothing_hidden_reaches_a_display_and_every_wait_ends_with_its_ask() {
    let mut evil = 0;
    for story in testing::all() {
        let text = lines(&story);
        evil += usize::from(text.contains("\\u{202e}evil"));
        assert!(text.chars().all(|c| c == '\n' || hidden(c).is_none()), "{}: {text:?}", story.name);
        let view = fold(&story, &story.records);
        let open = view.waits().iter().filter(|w| w.until.is_none()).count();
        assert_eq!(open, view.state().asks().count(), "{}", story.name);
        for record in &story.records {
            let event = Event::of(&view, record);
            let line = event.to_line();
            assert!(line.bytes().all(|b| (b' '..=b'~').contains(&b)), "{line}");
            assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event);
        }
    }
    assert!(evil >= 3, "only {evil} stories held anything evil");
}

#[test]
fn a_record_that_does_not_fit_stops_the_view_and_says_so() {
    for story in testing::all() {
        let middle = story.records.len() / 2;
        let mut view = fold(&story, &story.records[..middle]);
        let before = view.snapshot();
        let missing = view.apply(&story.records[middle + 1]).unwrap_err();
        assert!(matches!(missing, ReplayError::OutOfOrder { .. }));
        assert_eq!(view.apply(&story.records[middle]), Err(missing.clone()), "a poisoned view takes nothing more");
        let after = view.snapshot();
        assert_eq!(after.poison, Some(missing.to_string()));
        assert_eq!(Snapshot { poison: None, ..after }, before);
    }
}

#[test]
fn the_event_of_a_record() {
    let story = testing::all().into_iter().find(|s| s.name == "refused_host").unwrap();
    let view = fold(&story, &story.records);
    let text: Vec<String> = story.records.iter().map(|r| Event::of(&view, r).to_line()).collect();
    insta::assert_snapshot!(text.join("\n"));
    let output = OutputEvent::new("7f3a", "restart/@web-1", "web-1", "stdout", 1, b"caf\xc3\xa9 \x1b[0m \xff");
    insta::assert_snapshot!(output.to_line());
    assert_eq!(output_line("web-1", b"caf\xc3\xa9 \x1b[0m \xff\r"), "web-1 | café \\x1b[0m \\xff");
}

#[test]
fn nothing_of_a_run_that_is_over_runs_or_asks() {
    let mut over = 0;
    for story in testing::all() {
        let view = fold(&story, &story.records);
        if view.status(false) != RunStatus::Finished {
            continue;
        }
        over += 1;
        assert_eq!(view.now().count(), 0, "{}", story.name);
        for step in view.steps() {
            assert!(!matches!(step.word.as_str(), "RUN" | "ASK" | "HELD" | "todo"), "{}: {step:?}", story.name);
        }
    }
    assert!(over > 5, "only {over} stories end");
}

#[test]
fn whoever_holds_a_run_is_named_also_if_it_is_the_engine() {
    let story = testing::all().into_iter().find(|story| story.name == "aborted_while_much_waits").unwrap();
    let held = story.records.iter().position(|r| matches!(r.kind, RecordKind::RunHeld {})).unwrap();
    assert_eq!(fold(&story, &story.records[..held]).held_by(), None);
    assert_eq!(fold(&story, &story.records[..=held]).held_by(), Some(&crate::run::Actor::Engine {}));
}

#[test]
fn what_waits_for_an_agent_is_said_until_it_is_met_or_somebody_continues() {
    let lacks = |bench: &Bench| {
        let mut view = RunView::new(Arc::clone(bench.run.plan()));
        bench.journal.records.iter().for_each(|record| view.apply(record).unwrap());
        view.lacks().map(|(why, _)| why.to_owned())
    };
    let halted = |bench: &mut Bench, why: &str| bench.say(Input::Halted { why: why.to_owned() }).unwrap();
    let said = |why: &str| Some(why.to_owned());
    let one = step("one", &[], &[0, 1], Action::Command(Box::new(command(EffectClass::Read))));

    // Others have come to wait for the same: the later sentence names them all, and the first has waited longest.
    let mut bench = Bench::start(plan(2, vec![one.clone()]));
    halted(&mut bench, "web-2 waits");
    let since = |bench: &Bench| {
        let mut view = RunView::new(Arc::clone(bench.run.plan()));
        bench.journal.records.iter().for_each(|record| view.apply(record).unwrap());
        view.lacks().unwrap().1
    };
    let first = since(&bench);
    halted(&mut bench, "web-1, web-2 wait");
    assert_eq!((lacks(&bench), since(&bench)), (said("web-1, web-2 wait"), first));

    // Two hosts are looked at; the first is there, the second waits.
    let mut bench = Bench::planned(plan(2, vec![one.clone()]));
    halted(&mut bench, "web-2 waits");
    bench.meet().unwrap();
    assert_eq!(lacks(&bench), said("web-2 waits"));
    bench.meet().unwrap();
    assert_eq!(lacks(&bench), None);

    // Somebody else has come to wait in a run that is held already.
    let mut bench = Bench::start(plan(2, vec![one]));
    halted(&mut bench, "web-2 waits");
    let first = bench.sent().unwrap();
    bench.say(Input::Reported { key: first.key, report: ended(0, ""), at: None }).unwrap();
    assert_eq!(lacks(&bench), None);
    halted(&mut bench, "web-1 waits");
    assert_eq!(lacks(&bench), said("web-1 waits"));
    bench.say(Input::Commanded { actor: operator(), command: crate::run::Command::Continue }).unwrap();
    assert_eq!(lacks(&bench), None);
}
