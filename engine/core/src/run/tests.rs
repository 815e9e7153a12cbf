//! Short stories about single rules. The table over every pair stands in `table.rs`, the long nights in `world`.

use super::testing::*;
use super::*;
use crate::plan::{Action, EffectClass};

fn words(bench: &Bench) -> String {
    bench.states().iter().map(|(path, word)| format!("{path} {word}\n")).collect()
}

#[test]
fn a_roll_goes_host_by_host_and_ends_with_0() {
    let mut bench = Bench::start(rolling(3, 0));
    bench.run_all(|_| ended(0, ""));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE), "{}", words(&bench));
    let order: Vec<String> = bench
        .journal
        .records
        .iter()
        .filter_map(|r| match &r.kind {
            RecordKind::StepIntended { path, .. } => Some(path.to_string()),
            RecordKind::GateHeld { path } => Some(format!("{path} held")),
            _ => None,
        })
        .collect();
    assert_eq!(
        order,
        [
            "roll/@web-1/restart",
            "roll/#1/gate held",
            "roll/@web-2/restart",
            "roll/#2/gate held",
            "roll/@web-3/restart",
            "roll/#3/gate held"
        ]
    );
}

#[test]
fn beyond_the_budget_nothing_new_starts_and_a_person_is_asked() {
    let mut bench = Bench::start(rolling(3, 0));
    bench.run_all(|request| ended(i32::from(request.key.path.to_string() == "roll/@web-1/restart"), ""));
    assert_eq!(bench.ask().kind, AskKind::Failure);
    assert!(words(&bench).contains("roll/@web-2/restart todo"), "{}", words(&bench));
    bench.answer(Word::Retry).unwrap();
    bench.run_all(|_| ended(0, ""));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE), "{}", words(&bench));
    assert!(bench.journal.records.iter().any(|r| matches!(r.kind, RecordKind::BudgetRefunded { spent: 0, .. })));
}

#[test]
fn within_the_budget_a_failed_host_is_left_out_and_the_roll_goes_on() {
    let mut bench = Bench::start(rolling(3, 1));
    bench.run_all(|request| ended(i32::from(request.key.path.to_string() == "roll/@web-1/restart"), ""));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE_WITH_EXCEPTIONS), "{}", words(&bench));
    assert!(words(&bench).contains("roll/@web-1/restart excl"), "{}", words(&bench));
}

#[test]
fn what_comes_after_a_step_of_an_excluded_host_still_waits_for_what_runs_before_it() {
    let read = || Action::Command(Box::new(command(EffectClass::Read)));
    let mut plan = rolling(2, 1);
    plan.steps.push(step("its_own", &[0], &[0], read()));
    plan.steps.push(step("too", &[1], &[0], read()));
    plan.steps.push(step("after", &[2], &[1], read()));
    let mut bench = Bench::start(plan);
    let order = std::cell::RefCell::new(Vec::new());
    bench.run_all(|request| {
        order.borrow_mut().push(request.key.path.to_string());
        ended(i32::from(request.key.path.to_string() == "roll/@web-1/restart"), "")
    });
    let mut order = order.into_inner();
    order.dedup();
    assert_eq!(order, ["roll/@web-1/restart", "roll/@web-2/restart", "roll/#2/gate", "after/@web-2"]);
    assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE_WITH_EXCEPTIONS), "{}", words(&bench));
    checks::assert_sound(&bench, "at the end");
}

#[test]
fn an_unknown_outcome_asks_the_host_and_never_runs_again_by_itself() {
    let mut bench = Bench::start(rolling(2, 1));
    let request = bench.sent().unwrap();
    let lost = Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() });
    bench.say(Input::Reported { key: request.key.clone(), report: lost, at: None }).unwrap();
    assert!(matches!(bench.effects.last(), Some(Effect::AskTarget(asked)) if asked.key == request.key));
    assert!(bench.sent().is_none());
    let answer = TargetAnswer::Unknown(UnknownReason::Unanswered { why: "still cable".to_owned() });
    bench.say(Input::TargetAnswered { key: request.key.clone(), answer }).unwrap();
    assert_eq!(bench.ask().kind, AskKind::Unknown);
    assert!(bench.sent().is_none());
    // The cable is back and the outcome arrives by itself.
    bench.say(Input::Reported { key: request.key, report: ended(0, ""), at: None }).unwrap();
    bench.run_all(|_| ended(0, ""));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE), "{}", words(&bench));
}

#[test]
fn a_host_that_does_not_answer_is_asked_again_for_minutes_and_then_a_person_must_say() {
    let mut bench = Bench::start(rolling(2, 1));
    let request = bench.sent().unwrap();
    let lost = Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() });
    bench.say(Input::Reported { key: request.key.clone(), report: lost, at: None }).unwrap();
    let began = bench.seconds;
    let mut asked = Vec::new();
    while let Some(at) = bench.effects.iter().position(|e| matches!(e, Effect::AskTarget(_))) {
        bench.effects.remove(at);
        asked.push(bench.seconds - began);
        let answer = TargetAnswer::Unknown(UnknownReason::Unanswered { why: "no route".to_owned() });
        bench.say(Input::TargetAnswered { key: request.key.clone(), answer }).unwrap();
        let ask = bench.ask().clone();
        let is_timer = |e: &Effect| matches!(e, Effect::ArmTimer { timer: Timer::AskTarget { .. }, .. });
        let Some(at) = bench.effects.iter().position(is_timer) else {
            assert!(bench.run.state().is_pressing(&ask), "nobody asks the host any more");
            break;
        };
        assert!(!bench.run.state().is_pressing(&ask), "the host is still asked");
        let Effect::ArmTimer { timer, after_ns } = bench.effects.remove(at) else { unreachable!() };
        bench.seconds += after_ns / 1_000_000_000 - 1;
        bench.say(Input::TimerFired { timer }).unwrap();
    }
    assert_eq!(asked, [0, 3, 9, 20, 41, 72, 103, 134, 165]);
    let asks = bench.journal.records.iter().filter(|r| matches!(r.kind, RecordKind::AskOpened { .. })).count();
    assert_eq!(asks, 1, "one ask, however often the host is asked");
    bench.answer(Word::AskAgain).unwrap();
    assert!(bench.effects.iter().any(|e| matches!(e, Effect::AskTarget(_))), "a person may ask once more");
}

#[test]
fn what_a_person_says_while_the_host_is_asked_counts_and_the_late_answer_is_told() {
    let mut bench = Bench::start(rolling(1, 0));
    let request = bench.sent().unwrap();
    let lost = Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() });
    bench.say(Input::Reported { key: request.key.clone(), report: lost, at: None }).unwrap();
    let silence = TargetAnswer::Unknown(UnknownReason::Unanswered { why: "no route".to_owned() });
    bench.say(Input::TargetAnswered { key: request.key.clone(), answer: silence }).unwrap();
    let is_timer = |e: &Effect| matches!(e, Effect::ArmTimer { timer: Timer::AskTarget { .. }, .. });
    let at = bench.effects.iter().position(is_timer).unwrap();
    let Effect::ArmTimer { timer, .. } = bench.effects.remove(at) else { unreachable!() };
    bench.say(Input::TimerFired { timer }).unwrap();
    bench.answer(Word::ByHand).unwrap();
    assert!(words(&bench).contains("roll/@web-1/restart hand"), "{}", words(&bench));
    let answer = TargetAnswer::Ended(ended(1, ""));
    bench.say(Input::TargetAnswered { key: request.key, answer }).unwrap();
    assert!(bench.journal.records.iter().any(|r| matches!(r.kind, RecordKind::OutcomeLate { .. })));
    assert!(words(&bench).contains("roll/@web-1/restart hand"), "it changes nothing: {}", words(&bench));
}

#[test]
fn a_start_that_never_arrives_is_sent_three_times_and_then_a_person_must_say() {
    let mut plan = rolling(1, 0);
    if let crate::plan::Action::Roll(roll) = &mut plan.steps[0].action
        && let crate::plan::Action::Command(command) = &mut roll.steps[0].action
    {
        command.retry.attempts = 5;
    }
    let mut bench = Bench::start(plan);
    let mut sent = 0;
    while let Some(request) = bench.sent() {
        sent += 1;
        let lost = Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() });
        bench.say(Input::Reported { key: request.key.clone(), report: lost, at: None }).unwrap();
        let answer = TargetAnswer::NeverStarted(NotStartedReason::Revoked {});
        bench.say(Input::TargetAnswered { key: request.key, answer }).unwrap();
    }
    assert_eq!((sent, bench.ask().kind), (3, AskKind::Failure));
    assert!(bench.ask().question.contains("3 times"), "{}", bench.ask().question);
    bench.answer(Word::Retry).unwrap();
    bench.run_all(|_| ended(0, ""));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE), "{}", words(&bench));
}

#[test]
fn after_a_long_gap_the_last_gate_of_every_open_branch_holds_again_before_anything_starts() {
    let look = || Action::Gate(Box::new(gate(1)));
    let change = || Action::Command(Box::new(command(EffectClass::Repeatable)));
    let pause = || Action::Pause { text: crate::plan::Template::text("look") };
    // Two branches; behind the gate of the first a step that is done, and behind that the work that is left.
    let steps = vec![
        step("left", &[], &[0], look()),
        step("right", &[], &[1], look()),
        step("done", &[0], &[0], change()),
        step("wait", &[1, 2], &[], pause()),
        step("last", &[3], &[0], change()),
        step("over", &[], &[0], look()),
    ];
    let mut bench = Bench::start(plan(2, steps));
    bench.run_all(|_| ended(0, ""));
    let mut bench = bench.resumed(301);
    let again = bench.journal.records.iter().find_map(|r| match &r.kind {
        RecordKind::RunResumed { again, .. } => Some(again.iter().map(ToString::to_string).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(again.unwrap(), ["left", "right"], "nothing waits for `over` any more");
    let (first, second) = (bench.sent().unwrap(), bench.sent().unwrap());
    bench.say(Input::Reported { key: first.key, report: ended(0, ""), at: None }).unwrap();
    bench.answer(Word::Continue).unwrap();
    assert!(words(&bench).contains("last/@web-1 todo"), "one gate has not held yet: {}", words(&bench));
    bench.say(Input::Reported { key: second.key, report: ended(0, ""), at: None }).unwrap();
    assert!(words(&bench).contains("last/@web-1 RUN"), "{}", words(&bench));
    bench.run_all(|_| ended(0, ""));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE), "{}", words(&bench));
}

#[test]
fn a_stale_gate_whose_hosts_are_left_out_does_not_end_the_run() {
    let mut plan = rolling(1, 1);
    plan.hosts.push(host("web-2"));
    plan.steps.insert(0, step("look", &[], &[0], Action::Gate(Box::new(gate(1)))));
    plan.steps[1].needs = vec![crate::plan::StepIndex(0)];
    if let Action::Roll(roll) = &mut plan.steps[1].action {
        roll.gate = None;
    }
    plan.steps.push(step("last", &[1], &[1], Action::Command(Box::new(command(EffectClass::Repeatable)))));
    let mut bench = Bench::start(plan);
    let look = bench.sent().unwrap();
    bench.say(Input::Reported { key: look.key, report: ended(0, ""), at: None }).unwrap();
    bench.say(Input::Commanded { actor: operator(), command: Command::Hold }).unwrap();
    let mut bench = bench.resumed(301);
    // The host of the gate is left out before the run may look at it again.
    let asked = bench.effects.iter().find_map(|e| match e {
        Effect::AskTarget(request) => Some(request.key.clone()),
        _ => None,
    });
    let answer = TargetAnswer::Ended(ended(1, ""));
    bench.say(Input::TargetAnswered { key: asked.unwrap(), answer }).unwrap();
    assert!(words(&bench).contains("roll/@web-1/restart excl"), "{}", words(&bench));
    bench.say(Input::Commanded { actor: operator(), command: Command::Continue }).unwrap();
    bench.run_all(|_| ended(0, ""));
    assert!(words(&bench).contains("look skip\n") && words(&bench).contains("last/@web-2 ok"), "{}", words(&bench));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE_WITH_EXCEPTIONS), "{}", words(&bench));
    checks::assert_sound(&bench, "at the end");
}

#[test]
fn a_run_cut_at_any_record_resumes_and_finishes() {
    let mut whole = Bench::start(rolling(3, 0));
    whole.run_all(|_| ended(0, ""));
    let records = whole.journal.records.clone();
    for cut in 1..records.len() {
        let run = Run::resume(std::sync::Arc::clone(whole.run.plan()), "sha256:plan", &records[..cut]).unwrap();
        let journal = Memory { records: records[..cut].to_vec() };
        let mut bench = Bench { run, journal, effects: Vec::new(), seconds: 1_000 };
        bench.say(Input::Resumed { actor: operator() }).unwrap();
        bench.preflight();
        while let Some(at) = bench.effects.iter().position(|e| matches!(e, Effect::AskTarget(_))) {
            let Effect::AskTarget(request) = bench.effects.remove(at) else { unreachable!() };
            let answer = TargetAnswer::Ended(ended(0, ""));
            bench.say(Input::TargetAnswered { key: request.key, answer }).unwrap();
        }
        bench.run_all(|_| ended(0, ""));
        assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE), "cut after {cut}: {}", words(&bench));
        for path in ["roll/@web-1/restart", "roll/@web-2/restart", "roll/@web-3/restart"] {
            let intents = bench
                .journal
                .records
                .iter()
                .filter(|r| matches!(&r.kind, RecordKind::StepIntended { path: p, .. } if p.to_string() == path));
            assert_eq!(intents.count(), 1, "cut after {cut}: {path} ran twice");
        }
    }
}

fn bob() -> Actor {
    Actor::Person { name: "bob".to_owned(), uid: Some(1001), groups: Vec::new() }
}

fn say(bench: &mut Bench, actor: Actor, command: Command) -> String {
    let said = bench.say(Input::Commanded { actor, command });
    let pen = bench.run.state().pen().map_or_else(|| "nobody".to_owned(), ToString::to_string);
    format!("{}, {pen} has the pen", said.map_or_else(|why| why.name().to_owned(), |()| "taken".to_owned()))
}

#[test]
fn one_has_the_pen_and_the_others_note_and_take_it() {
    let mut bench = Bench::start(rolling(2, 0));
    assert_eq!(say(&mut bench, bob(), Command::Hold), "pen_held_by, alice has the pen");
    let note = Command::Note { text: "seen".to_owned(), at: None };
    assert_eq!(say(&mut bench, bob(), note), "taken, alice has the pen");
    assert_eq!(say(&mut bench, operator(), Command::Pen), "pen_is_yours, alice has the pen");
    assert_eq!(say(&mut bench, bob(), Command::Pen), "taken, bob has the pen");
    assert_eq!(say(&mut bench, operator(), Command::Hold), "pen_held_by, bob has the pen");
    assert_eq!(say(&mut bench, bob(), Command::Hold), "taken, bob has the pen");
}

#[test]
fn what_is_handed_over_is_answered_by_whoever_takes_the_pen() {
    let mut bench = Bench::start(rolling(2, 0));
    bench.run_all(|_| ended(1, ""));
    bench.answer(Word::HandOver).unwrap();
    assert_eq!(bench.ask().unavailable, None, "it waits, and the engine with it");
    assert_eq!(bench.run.state().draining(), None);
    assert_eq!(bench.answer(Word::Retry), Err(Rejected::PenFree));
    assert_eq!(say(&mut bench, operator(), Command::Hold), "pen_free, nobody has the pen");
    // Whoever handed it over may take it back: that is on record too.
    assert_eq!(say(&mut bench, operator(), Command::Pen), "taken, alice has the pen");
    assert_eq!(bench.answer(Word::Retry), Ok(()));
}

#[test]
fn whoever_resumes_a_run_drives_it() {
    let mut bench = Bench::start(rolling(2, 0)).again(9);
    bench.say(Input::Resumed { actor: bob() }).unwrap();
    assert_eq!(say(&mut bench, operator(), Command::Hold), "pen_held_by, bob has the pen");
}

/// How a run ends that is aborted while its only step is as `report` left it: its word then, and the exit code.
fn aborted(step: crate::plan::CommandStep, report: Report, running: RunningAtAbort) -> (String, Option<ExitCode>) {
    let action = Action::Command(Box::new(step));
    let mut bench = Bench::start(plan(1, vec![super::testing::step("work", &[], &[0], action)]));
    let request = bench.sent().unwrap();
    bench.say(Input::Reported { key: request.key, report, at: None }).unwrap();
    bench.say(Input::Commanded { actor: operator(), command: Command::Abort { running } }).unwrap();
    (words(&bench).trim_end().to_owned(), bench.run.state().finished())
}

#[test]
fn what_an_abort_leaves_unverified_is_unknown() {
    let mut work = command(EffectClass::Once);
    let probe = crate::plan::Probe { command: script("look"), expect: None, timeout_ms: 1_000 };
    work.verify = Some(crate::plan::Verify::Probe(probe));
    let leave = aborted(work.clone(), ended(0, ""), RunningAtAbort::Leave);
    assert_eq!(leave, ("work/@web-1 UNKN".to_owned(), Some(ExitCode::UNKNOWN)));
    let wait = aborted(work, ended(0, ""), RunningAtAbort::Wait);
    assert_eq!(wait, ("work/@web-1 RUN".to_owned(), None), "its verify is waited for");
}

#[test]
fn what_waits_to_be_tried_again_has_failed_when_the_run_is_aborted() {
    let mut work = command(EffectClass::Repeatable);
    work.retry = crate::plan::Retry { attempts: 3, delay_ms: 60_000 };
    for running in [RunningAtAbort::Wait, RunningAtAbort::Kill, RunningAtAbort::Leave] {
        let end = aborted(work.clone(), ended(1, ""), running);
        assert_eq!(end, ("work/@web-1 FAIL".to_owned(), Some(ExitCode::ABORTED)), "{running:?}");
    }
}

/// Why the engine settled a step by itself.
fn settled(bench: &Bench) -> Option<FailedReason> {
    bench.journal.records.iter().find_map(|record| match &record.kind {
        RecordKind::StepSettled { failed, .. } if record.actor == Actor::Engine {} => failed.clone(),
        _ => None,
    })
}

#[test]
fn what_the_engine_settles_is_not_said_by_a_person() {
    let mut work = command(EffectClass::Repeatable);
    work.retry = crate::plan::Retry { attempts: 3, delay_ms: 60_000 };
    let mut bench = Bench::start(plan(1, vec![step("work", &[], &[0], Action::Command(Box::new(work)))]));
    let request = bench.sent().unwrap();
    bench.say(Input::Reported { key: request.key, report: ended(1, ""), at: None }).unwrap();
    let abort = Command::Abort { running: RunningAtAbort::Wait };
    bench.say(Input::Commanded { actor: operator(), command: abort }).unwrap();
    let why = "the run was aborted".to_owned();
    assert_eq!(settled(&bench), Some(FailedReason::NotTriedAgain { why }));

    let approve = crate::plan::Approve {
        allows: vec![crate::plan::StepIndex(1)],
        show: vec![],
        by: 1,
        of: vec![],
        not_starter: false,
        fact: None,
    };
    let mut work = command(EffectClass::Destroy);
    work.preview = Some(crate::plan::Probe { command: script("look"), expect: None, timeout_ms: 1_000 });
    let agree = step("agree", &[], &[], Action::Approve(Box::new(approve)));
    let mut bench = Bench::start(plan(1, vec![agree, step("work", &[0], &[0], Action::Command(Box::new(work)))]));
    let preview = bench.sent().unwrap();
    assert_eq!(preview.key.purpose, Purpose::Preview);
    bench.say(Input::Reported { key: preview.key, report: ended(1, ""), at: None }).unwrap();
    let why = "preview of work/@web-1: ended with status 1".to_owned();
    assert_eq!(settled(&bench), Some(FailedReason::PreviewFailed { why }));
}

#[test]
fn an_ask_about_a_doubt_says_what_the_host_said_last() {
    let mut bench = Bench::start(rolling(1, 0));
    let request = bench.sent().unwrap();
    let lost = Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() });
    bench.say(Input::Reported { key: request.key.clone(), report: lost, at: None }).unwrap();
    let answer = |bench: &mut Bench, reason| {
        let answer = TargetAnswer::Unknown(reason);
        bench.say(Input::TargetAnswered { key: request.key.clone(), answer }).unwrap();
        bench.ask().question.clone()
    };
    let silent = |why: &str| UnknownReason::Unanswered { why: why.to_owned() };
    let again = |bench: &mut Bench| {
        let is_timer = |e: &Effect| matches!(e, Effect::ArmTimer { timer: Timer::AskTarget { .. }, .. });
        let at = bench.effects.iter().position(is_timer).expect("it is asked again");
        let Effect::ArmTimer { timer, after_ns } = bench.effects.remove(at) else { unreachable!() };
        bench.seconds += after_ns / 1_000_000_000;
        bench.say(Input::TimerFired { timer }).unwrap();
    };
    assert_eq!(answer(&mut bench, silent("no route")), "restart: nobody knows, the host is asked again: no route");
    let first = bench.ask().id.clone();
    again(&mut bench);
    let records = bench.journal.records.len();
    answer(&mut bench, silent("no route"));
    assert_eq!(bench.journal.records.len(), records, "the same again is no news");
    again(&mut bench);
    let question = answer(&mut bench, silent("the key of the host is another one"));
    assert_eq!(question, "restart: nobody knows, the host is asked again: the key of the host is another one");
    again(&mut bench);
    let question = answer(&mut bench, UnknownReason::NoStatus { why: "the machine was booted".to_owned() });
    assert_eq!(question, "restart: nobody knows: the machine was booted");
    assert_eq!(bench.ask().id, first, "one ask all the time: what is being typed is still an answer to it");
    bench.answer(Word::AskAgain).unwrap();
    let question = answer(&mut bench, UnknownReason::NoStatus { why: "its process is gone".to_owned() });
    assert_eq!(question, "restart: nobody knows: its process is gone");
    let records = &bench.journal.records;
    let again = Run::resume(std::sync::Arc::clone(bench.run.plan()), "sha256:plan", records).unwrap();
    assert_eq!(again.state().ask(&bench.ask().id).map(|ask| ask.question.clone()), Some(question), "so does a replay");
}
