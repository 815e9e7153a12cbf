//! What the long nights of `world` found when a hundred thousand were lived through, each told shortly and by its rule.

use super::checks::assert_sound;
use super::testing::*;
use super::*;
use crate::plan::{
    Action, Approve, CommandStep, Condition, EffectClass, Gate, GateTimeout, HostIndex, OnFailure, Plan, Probe, Retry,
    Roll, Step, StepIndex, Verify,
};

fn work(name: &str, hosts: &[u32], work: CommandStep) -> Step {
    step(name, &[], hosts, Action::Command(Box::new(work)))
}

/// A roll of one step over hosts that are all in one batch.
fn roll(name: &str, hosts: &[u32], budget: u32, steps: Vec<Step>) -> Step {
    let batches = vec![hosts.iter().map(|h| HostIndex(*h)).collect()];
    step(name, &[], &[], Action::Roll(Box::new(Roll { batches, budget, steps, gate: None })))
}

fn stops() -> CommandStep {
    CommandStep { on_failure: OnFailure::Stop, ..command(EffectClass::Repeatable) }
}

fn probe() -> Probe {
    Probe { command: script("look"), expect: None, timeout_ms: 1_000 }
}

/// The command of an instance that was sent out and not answered.
fn sent(bench: &mut Bench, path: &str) -> ExecuteRequest {
    let is = |e: &Effect| matches!(e, Effect::Execute(request) if request.key.path.to_string() == path);
    let at = bench.effects.iter().position(is).unwrap_or_else(|| panic!("nothing was sent for {path}"));
    match bench.effects.remove(at) {
        Effect::Execute(request) => *request,
        other => panic!("{other:?}"),
    }
}

fn report(bench: &mut Bench, path: &str, report: Report) {
    let key = sent(bench, path).key;
    bench.say(Input::Reported { key, report, at: None }).unwrap();
}

/// The next question to a host about an instance in doubt.
fn asked(bench: &mut Bench) -> EffectKey {
    let is = |e: &Effect| matches!(e, Effect::AskTarget(_));
    let at = bench.effects.iter().position(is).expect("a host is asked");
    match bench.effects.remove(at) {
        Effect::AskTarget(request) => request.key,
        other => panic!("{other:?}"),
    }
}

fn mallory() -> LockHolder {
    LockHolder { run: "beef".to_owned(), holder: "mallory@elsewhere".to_owned(), since: at(0).wall.to_rfc3339() }
}

fn lost() -> Report {
    Report::Unknown(UnknownReason::Lost { why: "connection lost".to_owned() })
}

fn say(bench: &mut Bench, command: Command) {
    bench.say(Input::Commanded { actor: operator(), command }).unwrap();
}

fn planned(hosts: u32, steps: Vec<Step>) -> Bench {
    let plan: Plan = plan(hosts, steps);
    Bench::start(plan)
}

#[test]
fn what_stopped_the_run_has_failed_also_when_its_host_is_left_out_afterwards() {
    let other = || command(EffectClass::Repeatable);
    let mut bench =
        planned(2, vec![work("stops", &[0], stops()), work("doubt", &[0], other()), work("slow", &[1], other())]);
    report(&mut bench, "doubt/@web-1", lost());
    report(&mut bench, "stops/@web-1", ended(1, ""));
    let key = asked(&mut bench);
    let answer = TargetAnswer::Unknown(UnknownReason::NoStatus { why: "killed with its host".to_owned() });
    bench.say(Input::TargetAnswered { key, answer }).unwrap();
    bench.answer_at("doubt/@web-1", Word::Exclude).unwrap();
    assert_eq!((bench.word("stops/@web-1"), bench.word("doubt/@web-1")), ("FAIL", "excl"));
    report(&mut bench, "slow/@web-2", ended(0, ""));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::FAILED));
    assert_sound(&bench, "at the end");
}

#[test]
fn a_stopped_run_leaves_no_host_out_by_itself() {
    let inner = vec![work("restart", &[], command(EffectClass::Once))];
    let mut bench = planned(2, vec![work("stops", &[0], stops()), roll("roll", &[1], 1, inner)]);
    report(&mut bench, "stops/@web-1", ended(1, ""));
    report(&mut bench, "roll/@web-2/restart", ended(1, ""));
    assert_eq!(bench.word("roll/@web-2/restart"), "FAIL");
    assert_eq!(bench.run.state().finished(), Some(ExitCode::FAILED));
}

#[test]
fn a_host_somebody_has_a_shell_on_is_not_left_out_for_another_roll() {
    let looks = CommandStep { verify: Some(Verify::Probe(probe())), ..command(EffectClass::Once) };
    let first = roll("first", &[0], 0, vec![work("mend", &[], looks)]);
    let second = roll("second", &[0], 1, vec![work("restart", &[], command(EffectClass::Once))]);
    let mut bench = planned(1, vec![first, second]);
    report(&mut bench, "first/@web-1/mend", ended(1, ""));
    bench.answer_at("first/@web-1/mend", Word::Shell).unwrap();
    report(&mut bench, "second/@web-1/restart", ended(1, ""));
    assert_eq!((bench.word("first/@web-1/mend"), bench.word("second/@web-1/restart")), ("RUN", "FAIL"));
    report(&mut bench, "first/@web-1/mend", ended(0, ""));
    assert_eq!(bench.word("first/@web-1/mend"), "ok");
    assert_sound(&bench, "after the shell");
}

#[test]
fn what_ran_when_the_engine_went_is_asked_about_although_an_approval_looks_at_it_again() {
    let approve =
        Approve { allows: vec![StepIndex(1)], show: vec![], by: 1, of: vec![], not_starter: false, fact: None };
    let mut wipe = work("wipe", &[0, 1], CommandStep { preview: Some(probe()), ..command(EffectClass::Destroy) });
    wipe.needs = vec![StepIndex(0)];
    let mut bench = planned(2, vec![step("agree", &[], &[], Action::Approve(Box::new(approve))), wipe]);
    for path in ["wipe/@web-1", "wipe/@web-2"] {
        report(&mut bench, path, ended(0, "3 things"));
    }
    bench.answer(Word::Approve).unwrap();
    report(&mut bench, "wipe/@web-1", ended(0, "3 things"));
    assert_eq!(bench.word("wipe/@web-1"), "RUN");
    report(&mut bench, "wipe/@web-2", ended(0, "4 things"));
    assert!(bench.journal.records.iter().any(|r| matches!(r.kind, RecordKind::ApprovalVoided { .. })));
    let mut bench = bench.resumed(1);
    assert_eq!(asked(&mut bench).path.to_string(), "wipe/@web-1");
    assert_eq!(bench.word("wipe/@web-1"), "UNKN");
}

#[test]
fn nobody_reads_again_on_a_host_that_is_left_out() {
    let look = work("look", &[], command(EffectClass::Read));
    let inner = vec![work("restart", &[], command(EffectClass::Once)), look];
    let mut bench = planned(2, vec![roll("roll", &[0, 1], 1, inner)]);
    report(&mut bench, "roll/@web-1/restart", ended(1, ""));
    report(&mut bench, "roll/@web-1/look", lost());
    assert_eq!(bench.word("roll/@web-1/look"), "excl");
    assert!(!bench.journal.records.iter().any(|r| matches!(r.kind, RecordKind::StepRetryScheduled { .. })));
}

#[test]
fn a_stopped_run_undoes_what_it_began_to_undo_also_after_a_long_gap() {
    let undoes =
        CommandStep { undo: vec![work("back", &[], command(EffectClass::Repeatable))], ..command(EffectClass::Once) };
    let mut bench = planned(2, vec![work("change", &[0], undoes), work("stops", &[1], stops())]);
    report(&mut bench, "change/@web-1", ended(1, ""));
    say(&mut bench, Command::Hold);
    bench.answer_at("change/@web-1", Word::Undo).unwrap();
    report(&mut bench, "stops/@web-2", ended(1, ""));
    assert!(bench.run.state().is_stopped() && bench.run.state().finished().is_none());
    let mut bench = bench.resumed(301);
    say(&mut bench, Command::Continue);
    report(&mut bench, "change/@web-1/~back", ended(0, ""));
    assert!(bench.journal.records.iter().any(|r| matches!(r.kind, RecordKind::UndoFinished { succeeded: true, .. })));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::FAILED));
}

#[test]
fn a_shell_whose_verify_says_no_asks_its_person_again_and_tries_nothing() {
    let retry = Retry { attempts: 3, delay_ms: 0 };
    let mends = CommandStep { retry, verify: Some(Verify::Probe(probe())), ..command(EffectClass::Repeatable) };
    let mut bench = planned(1, vec![work("mend", &[0], mends)]);
    report(&mut bench, "mend/@web-1", Report::Cancelled(CancelReport::default()));
    bench.answer(Word::Shell).unwrap();
    report(&mut bench, "mend/@web-1", ended(1, ""));
    assert_eq!((bench.ask().kind, bench.word("mend/@web-1")), (AskKind::Failure, "FAIL"));
    assert!(!bench.journal.records.iter().any(|r| matches!(r.kind, RecordKind::StepRetryScheduled { .. })));
}

#[test]
fn a_doubt_that_nobody_settled_stays_one_when_its_host_is_left_out_for_another_step() {
    let inner = vec![work("restart", &[], command(EffectClass::Once))];
    let mut bench = planned(1, vec![roll("roll", &[0], 1, inner), work("slow", &[0], command(EffectClass::Once))]);
    bench.fire(|timer| matches!(timer, Timer::Timeout { path, .. } if path.to_string() == "slow/@web-1"));
    let ask = bench.ask().id.clone();
    bench.say(Input::AskUnavailable { ask, reason: AskUnavailableReason::NoTerminal }).unwrap();
    bench.answer(Word::Wait).unwrap();
    report(&mut bench, "roll/@web-1/restart", ended(1, ""));
    assert_eq!((bench.word("roll/@web-1/restart"), bench.word("slow/@web-1")), ("excl", "UNKN"));
    assert_eq!(bench.run.state().drained(), Some(ExitCode::UNKNOWN));
}

#[test]
fn an_undo_on_a_host_that_was_left_to_another_run_is_stuck_and_does_not_wait_for_ever() {
    let back = vec![work("back", &[], command(EffectClass::Repeatable))];
    let undoes = CommandStep { undo: back, ..command(EffectClass::Once) };
    let mut bench = planned(1, vec![work("change", &[0], undoes)]);
    report(&mut bench, "change/@web-1", ended(1, ""));
    let mut bench = bench.taken_up(1);
    bench.say(Input::Locked { host: host("web-1").name, by: mallory() }).unwrap();
    bench.answer_at("change/@web-1", Word::Undo).unwrap();
    assert_eq!(bench.word("change/@web-1"), "undo");
    bench.answer_at("@web-1", Word::Exclude).unwrap();
    assert_eq!((bench.ask().kind, bench.word("change/@web-1")), (AskKind::Stuck, "STUCK"));
    bench.answer(Word::Undo).unwrap();
    assert_eq!(bench.ask().kind, AskKind::Stuck);
    bench.answer(Word::ByHand).unwrap();
    assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE_WITH_EXCEPTIONS));
}

#[test]
fn a_gate_that_stopped_its_run_asks_nobody_when_the_run_is_taken_up_again() {
    let looks = Gate { on_timeout: GateTimeout::Stop, ..gate(1) };
    let mut bench = planned(1, vec![step("look", &[], &[0], Action::Gate(Box::new(looks)))]);
    let unseen = Report::NotStarted(NotStartedReason::Unreachable { why: "no route".to_owned() });
    report(&mut bench, "look", unseen);
    bench.fire(|timer| matches!(timer, Timer::Gate { .. }));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::UNKNOWN));
    // The engine was gone before the last record.
    let end = bench.journal.records.pop().unwrap();
    assert_eq!(end.kind.name(), "run.finished");
    let bench = bench.resumed(1);
    assert_eq!((bench.run.state().asks().count(), bench.run.state().finished()), (0, Some(ExitCode::UNKNOWN)));
}

#[test]
fn nothing_begins_beside_a_step_that_could_not_be_sent_and_stops_its_run() {
    let mut stops = work("stops", &[0], stops());
    stops.when = Some(Condition("steps.first.n == \"other\"".to_owned()));
    let mut beside = step("beside", &[], &[], Action::Pause { text: crate::plan::Template::text("look") });
    (stops.needs, beside.needs) = (vec![StepIndex(0)], vec![StepIndex(0)]);
    let mut bench = planned(1, vec![work("first", &[0], command(EffectClass::Repeatable)), stops, beside]);
    report(&mut bench, "first/@web-1", ended(0, ""));
    assert_eq!((bench.word("stops/@web-1"), bench.word("beside")), ("FAIL", "todo"));
    assert!(!bench.journal.records.iter().any(|r| r.kind.name() == "ask.opened"));
    assert_eq!(bench.run.state().finished(), Some(ExitCode::FAILED));
}

#[test]
fn a_run_that_has_not_begun_waits_for_a_host_that_it_had_and_lost() {
    let mut bench = Bench::planned(plan(2, vec![work("one", &[0, 1], command(EffectClass::Once))]));
    bench.meet();
    let mut bench = bench.taken_up(1);
    let at = bench
        .effects
        .iter()
        .position(|e| matches!(e, Effect::Preflight { host, .. } if host.as_str() == "web-1"))
        .unwrap();
    bench.effects.remove(at);
    bench.say(Input::Locked { host: host("web-1").name, by: mallory() }).unwrap();
    bench.preflight();
    assert_eq!((bench.run.state().phase(), bench.word("one/@web-2")), (Phase::Checking, "todo"));
    bench.answer(Word::Refuse).unwrap();
    assert_eq!(bench.run.state().finished(), Some(ExitCode::PRECONDITION));
    assert!(!bench.journal.records.iter().any(|r| matches!(r.kind, RecordKind::StepIntended { .. })));
}
