//! What went wrong with other engines in public, each as a test by its name. Here it must not.

use super::checks::assert_sound;
use super::testing::*;
use super::*;
use crate::plan::{
    Action, Approve, CommandStep, Condition, EffectClass, Hole, HoleSource, OnTimeout, Output, Piece, Plan, Quoting,
    Retry, StepIndex, Template,
};
use crate::runbook::OutputName;

fn then_next(work: CommandStep) -> Plan {
    let next = Action::Command(Box::new(command(EffectClass::Repeatable)));
    let work = Action::Command(Box::new(work));
    plan(1, vec![step("work", &[], &[0], work), step("next", &[0], &[0], next)])
}

fn approved() -> Plan {
    let approve =
        Approve { allows: vec![StepIndex(1)], show: vec![], by: 1, of: vec![], not_starter: false, fact: None };
    let work = Action::Command(Box::new(command(EffectClass::Destroy)));
    plan(1, vec![step("agree", &[], &[], Action::Approve(Box::new(approve))), step("work", &[0], &[0], work)])
}

fn gated(until: Option<&str>) -> Plan {
    let mut gate = gate(2);
    gate.until = until.map(|text| Condition(text.to_owned()));
    let next = Action::Command(Box::new(command(EffectClass::Repeatable)));
    plan(1, vec![step("gate", &[], &[0], Action::Gate(Box::new(gate))), step("next", &[0], &[0], next)])
}

fn count(bench: &Bench, kind: &str) -> usize {
    bench.journal.records.iter().filter(|r| r.kind.name() == kind).count()
}

fn intents_of(bench: &Bench, path: &str) -> usize {
    let is = |r: &&Record| matches!(&r.kind, RecordKind::StepIntended { path: p, .. } if p.to_string() == path);
    bench.journal.records.iter().filter(is).count()
}

fn report(bench: &mut Bench, report: Report) {
    let request = bench.sent().expect("a command is out");
    bench.say(Input::Reported { key: request.key, report, at: None }).unwrap();
}

fn say(bench: &mut Bench, command: Command) {
    bench.say(Input::Commanded { actor: operator(), command }).unwrap();
}

fn unavailable(bench: &mut Bench, reason: AskUnavailableReason) {
    let ask = bench.ask().id.clone();
    bench.say(Input::AskUnavailable { ask, reason }).unwrap();
}

#[test]
fn the_retry_after_the_last_asks_a_person_and_never_becomes_a_skip() {
    let mut work = command(EffectClass::Repeatable);
    work.retry = Retry { attempts: 11, delay_ms: 1 };
    let mut bench = Bench::start(then_next(work));
    bench.run_all(|_| ended(1, ""));
    assert_eq!(intents_of(&bench, "work/@web-1"), 11);
    assert_eq!((bench.word("work/@web-1"), bench.ask().kind), ("FAIL", AskKind::Failure));
    assert_eq!(bench.word("next/@web-1"), "todo");
    assert_eq!(count(&bench, "step.skipped"), 0);
    // A person's `retry` gives it all its attempts again, and its end is the same.
    bench.answer(Word::Retry).unwrap();
    bench.run_all(|_| ended(1, ""));
    assert_eq!(intents_of(&bench, "work/@web-1"), 22);
    assert_eq!((bench.word("work/@web-1"), bench.ask().kind), ("FAIL", AskKind::Failure));
    assert_eq!((bench.word("next/@web-1"), count(&bench, "step.skipped")), ("todo", 0));
}

#[test]
fn failed_said_by_a_person_fails_at_once_whatever_retries_are_left() {
    let mut work = command(EffectClass::Repeatable);
    work.retry = Retry { attempts: 5, delay_ms: 1 };
    let mut bench = Bench::start(then_next(work));
    report(&mut bench, Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() }));
    let Some(Effect::AskTarget(asked)) = bench.effects.pop() else { panic!("the host is asked") };
    let answer = TargetAnswer::Unknown(UnknownReason::NoStatus { why: "it rebooted".to_owned() });
    bench.say(Input::TargetAnswered { key: asked.key, answer }).unwrap();
    bench.answer(Word::Failed).unwrap();
    assert_eq!((bench.word("work/@web-1"), bench.ask().kind), ("FAIL", AskKind::Failure));
    assert_eq!((count(&bench, "step.retry_scheduled"), intents_of(&bench, "work/@web-1")), (0, 1));
}

#[test]
fn a_timeout_reaches_the_operator_like_a_failure() {
    let words = |effect: EffectClass, how: Report| {
        let mut work = command(effect);
        work.on_timeout = OnTimeout::Kill;
        let mut bench = Bench::start(then_next(work));
        if matches!(how, Report::Cancelled(_)) && effect.changes() {
            bench.fire(|t| matches!(t, Timer::Timeout { .. }));
            assert!(bench.effects.iter().any(|e| matches!(e, Effect::Cancel(_))), "it is stopped");
        }
        report(&mut bench, how);
        assert_eq!(bench.word("work/@web-1"), "FAIL");
        (bench.ask().kind, bench.ask().words.clone())
    };
    for effect in [EffectClass::Read, EffectClass::Repeatable, EffectClass::Once] {
        let failure = words(effect, ended(1, ""));
        assert_eq!(failure.0, AskKind::Failure);
        assert_eq!(words(effect, Report::Cancelled(CancelReport::default())), failure);
    }
}

#[test]
fn an_approval_that_expires_is_never_granted() {
    let mut bench = Bench::start(approved());
    assert_eq!(bench.ask().kind, AskKind::Approve);
    let ask = bench.ask().id.clone();
    unavailable(&mut bench, AskUnavailableReason::Expired);
    assert_eq!(bench.run.state().drained(), Some(ExitCode::ASK_UNAVAILABLE));
    // An answer that comes too late finds nobody.
    let answer = Answer {
        ask,
        word: Word::Approve,
        reason: None,
        evidence: None,
        fact: None,
        plan: None,
        typed: Some("go".to_owned()),
        wait_ms: None,
        prepared: false,
    };
    assert_eq!(bench.say(Input::Answered { actor: operator(), answer }), Err(Rejected::Drained));
    // A resumed run asks anew; nothing was granted by waiting.
    let bench = bench.resumed(10);
    assert_eq!(bench.ask().kind, AskKind::Approve);
    assert_eq!((count(&bench, "approval.granted"), intents_of(&bench, "work/@web-1")), (0, 0));
}

#[test]
fn an_approval_that_was_not_used_in_time_is_asked_for_again() {
    let mut bench = Bench::start(approved());
    say(&mut bench, Command::Hold);
    bench.answer(Word::Approve).unwrap();
    bench.seconds += 16 * 60;
    say(&mut bench, Command::Continue);
    assert_eq!((bench.ask().kind, count(&bench, "approval.voided")), (AskKind::Approve, 1));
    assert_eq!(intents_of(&bench, "work/@web-1"), 0);
}

#[test]
fn an_abort_works_while_held_and_while_asking() {
    for running in [RunningAtAbort::Wait, RunningAtAbort::Kill, RunningAtAbort::Leave] {
        let mut bench = Bench::start(then_next(command(EffectClass::Repeatable)));
        report(&mut bench, ended(1, ""));
        assert_eq!(bench.ask().kind, AskKind::Failure);
        say(&mut bench, Command::Hold);
        say(&mut bench, Command::Abort { running });
        assert_eq!(bench.run.state().finished(), Some(ExitCode::ABORTED), "{running:?}");
        assert_eq!((bench.run.state().asks().count(), intents_of(&bench, "next/@web-1")), (0, 0));
        assert_sound(&bench, "aborted");
    }
}

#[test]
fn waiting_long_at_a_question_changes_nothing_later() {
    let sent = |minutes: u64| {
        let pause = Action::Pause { text: Template::text("look") };
        let work = Action::Command(Box::new(command(EffectClass::Once)));
        let mut bench = Bench::start(plan(1, vec![step("pause", &[], &[], pause), step("work", &[0], &[0], work)]));
        bench.seconds += minutes * 60;
        bench.answer(Word::Continue).unwrap();
        let request = bench.sent().expect("it goes on");
        bench.say(Input::Reported { key: request.key.clone(), report: ended(0, ""), at: None }).unwrap();
        (request, bench.run.state().finished())
    };
    assert_eq!(sent(0), sent(10));
    assert_eq!(sent(10).1, Some(ExitCode::DONE));
}

#[test]
fn a_gate_whose_command_errors_is_not_a_pass() {
    let looks: [(Option<&str>, Report); 6] = [
        (None, ended(127, "")),
        (None, Report::NotStarted(NotStartedReason::Account { why: "no sudo".to_owned() })),
        (None, Report::NotStarted(NotStartedReason::Unreachable { why: "no route".to_owned() })),
        (None, Report::Cancelled(CancelReport::default())),
        (None, Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() })),
        (Some("int(result.stdout) > 0"), ended(0, "connection refused")),
    ];
    for (until, look) in looks {
        let mut bench = Bench::start(gated(until));
        for _ in 0..5 {
            report(&mut bench, look.clone());
            bench.fire(|t| matches!(t, Timer::Sample { .. }));
        }
        assert_eq!((count(&bench, "gate.sampled"), count(&bench, "gate.held")), (5, 0), "{look:?}");
        assert_eq!(intents_of(&bench, "next/@web-1"), 0, "{look:?}");
        let good = |r: &Record| matches!(r.kind, RecordKind::GateSampled { good, .. } if good);
        assert!(!bench.journal.records.iter().any(good), "{look:?}");
        // Nor is the end of its time a pass: a person is asked, and told what it saw last.
        bench.fire(|t| matches!(t, Timer::Gate { .. }));
        assert_eq!(bench.ask().kind, AskKind::GateTimeout, "{look:?}");
        assert!(!bench.ask().words.contains(&Word::Continue));
    }
}

#[test]
fn a_gate_that_can_never_pass_is_reported() {
    let mut bench = Bench::start(gated(Some("result.stdout == 'never'")));
    report(&mut bench, ended(0, "always"));
    bench.fire(|t| matches!(t, Timer::Gate { .. }));
    let says = "`result.stdout == 'never'` did not hold; it said: always";
    assert!(bench.ask().question.contains(says), "{}", bench.ask().question);
    unavailable(&mut bench, AskUnavailableReason::NoTerminal);
    assert_eq!(bench.run.state().drained(), Some(ExitCode::GATE));
    // Nothing looks on behind the report.
    assert!(bench.sent().is_none());
}

#[test]
fn a_host_is_not_left_out_for_want_of_an_agent() {
    let mut plan = rolling(3, 1);
    let Action::Roll(roll) = &mut plan.steps[0].action else { panic!("a roll") };
    let mut work = command(EffectClass::Repeatable);
    (work.retry.attempts, work.timeout_ms) = (3, Some(5_000));
    roll.steps = vec![step("work", &[], &[], Action::Command(Box::new(work)))];
    let mut bench = Bench::start(plan);
    let request = bench.sent().unwrap();
    assert_eq!(request.start_within_ms, Some(4_500), "before its timeout asks what becomes of what runs");
    let report = Report::NotStarted(NotStartedReason::NoAgent { why: "nobody lent one".to_owned() });
    bench.say(Input::Reported { key: request.key, report, at: None }).unwrap();
    assert_eq!((bench.word("roll/@web-1/work"), bench.ask().kind), ("FAIL", AskKind::Failure));
    assert_eq!((count(&bench, "budget.spent"), count(&bench, "host.excluded")), (0, 0));
    assert_eq!(intents_of(&bench, "roll/@web-1/work"), 1, "a person must come first");
}

#[test]
fn an_unreachable_host_counts_in_the_budget_also_where_only_facts_are_gathered() {
    for effect in [EffectClass::Read, EffectClass::Repeatable] {
        let mut plan = rolling(3, 1);
        let Action::Roll(roll) = &mut plan.steps[0].action else { panic!("a roll") };
        roll.steps = vec![step("facts", &[], &[], Action::Command(Box::new(command(effect))))];
        let mut bench = Bench::start(plan);
        let unreachable = Report::NotStarted(NotStartedReason::Unreachable { why: "no route".to_owned() });
        report(&mut bench, unreachable.clone());
        assert_eq!((bench.word("roll/@web-1/facts"), count(&bench, "budget.spent")), ("excl", 1));
        while bench.run.state().asks().next().is_none() {
            let request = bench.sent();
            match request {
                Some(r) if r.key.purpose == Purpose::Main => {
                    bench.say(Input::Reported { key: r.key, report: unreachable.clone(), at: None }).unwrap();
                }
                Some(r) => bench.say(Input::Reported { key: r.key, report: ended(0, ""), at: None }).unwrap(),
                None => bench.fire(|t| matches!(t, Timer::Sample { .. })),
            }
        }
        assert_eq!((bench.ask().kind, count(&bench, "budget.spent")), (AskKind::Failure, 2));
        assert_eq!(intents_of(&bench, "roll/@web-3/facts"), 0, "beyond the budget nothing new starts");
    }
}

#[test]
fn a_resumed_run_has_every_output_of_an_uninterrupted_one() {
    let output = OutputName::new("version").unwrap();
    let mut work = command(EffectClass::Once);
    work.outputs = vec![Output { name: output.clone(), value: Condition("result.stdout".to_owned()) }];
    let mut next = command(EffectClass::Once);
    let source = HoleSource::Output { step: id("work"), output };
    let pieces = vec![Piece::Text("install ".to_owned()), Piece::Hole(Hole { source, quoting: Quoting::Shell })];
    next.command = crate::plan::Command {
        kind: crate::plan::CommandKind::Script { shell: crate::plan::Shell::Sh, text: Template { pieces } },
        ..script("")
    };
    let steps = vec![
        step("work", &[], &[0], Action::Command(Box::new(work))),
        step("look", &[0], &[], Action::Pause { text: Template::text("look") }),
        step("next", &[1], &[0], Action::Command(Box::new(next))),
    ];
    let mut whole = Bench::start(plan(1, steps));
    report(&mut whole, ended(0, "1.2.3"));
    let mut resumed = whole.resumed(10);
    whole.answer(Word::Continue).unwrap();
    resumed.answer(Word::Continue).unwrap();
    let (was, is) = (whole.sent().expect("sent"), resumed.sent().expect("sent"));
    assert_eq!((&was.command, &was.digest), (&is.command, &is.digest));
    assert!(format!("{:?}", is.command).contains("1.2.3"), "{:?}", is.command);
}
