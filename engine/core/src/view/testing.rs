//! Runs for the tests of displays, made by the state machine itself.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::plan::{
    Action, Approve, Condition, EffectClass, Fact, HostIndex, Manual, OnFailure, Plan, Precondition, Probe, Retry,
    Roll, StepIndex, Template, Verify,
};
use crate::run::testing::*;
use crate::run::{
    BootId, Command, DrainReason, Effect, Input, Now, Record, Report, Run, RunningAtAbort, TargetAnswer, Timer,
    UnknownReason, Word,
};

/// One run.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) plan: Arc<Plan>,
    pub(crate) records: Vec<Record>,
}

/// What a host may print and a person may type: controls, bidirectional, Markdown, table borders.
pub(crate) const EVIL: &str = "\u{1b}[31mred\u{1b}[0m | **bold** <b>x</b> [a](http://x)\n# \u{202e}evil `code`";

fn tell(name: &'static str, bench: Bench) -> Story {
    Story { name, plan: Arc::clone(bench.run.plan()), records: bench.journal.records }
}

fn fails(path: &'static str) -> impl Fn(&crate::run::ExecuteRequest) -> Report {
    move |request| ended(i32::from(request.key.path.to_string() == path), "")
}

fn command_of(bench: &mut Bench, command: Command) {
    bench.say(Input::Commanded { actor: operator(), command }).unwrap();
}

fn probe(text: &str) -> Probe {
    Probe { command: script(text), expect: None, timeout_ms: 5_000 }
}

/// A roll of `hosts` hosts in batches of `size`.
fn batches(hosts: u32, size: usize) -> Plan {
    let all: Vec<HostIndex> = (0..hosts).map(HostIndex).collect();
    let mut restart = command(EffectClass::Repeatable);
    restart.usual_ms = Some(6_000);
    let mut inner = step("restart", &[], &[], Action::Command(Box::new(restart)));
    inner.if_it_fails = "This host is without nginx, the others serve.".to_owned();
    let roll = Roll {
        batches: all.chunks(size).map(<[HostIndex]>::to_vec).collect(),
        budget: 1,
        steps: vec![inner],
        gate: Some(gate(2)),
    };
    let mut plan = plan(hosts, vec![step("roll", &[], &[], Action::Roll(Box::new(roll)))]);
    plan.preconditions = vec![Precondition {
        id: id("tools"),
        title: Template::text("The tools answer"),
        hosts: all,
        probe: probe("true"),
    }];
    plan
}

fn smooth() -> Story {
    let mut bench = Bench::start(batches(4, 2));
    bench.run_all(|_| ended(0, ""));
    tell("smooth", bench)
}

fn many_hosts() -> Story {
    let mut bench = Bench::start(rolling(6, 0));
    bench.run_all(|_| ended(0, ""));
    tell("many_hosts", bench)
}

fn retried() -> Story {
    let mut bench = Bench::start(rolling(2, 0));
    bench.run_all(fails("roll/@web-1/restart"));
    bench.answer(Word::Retry).unwrap();
    bench.run_all(|_| ended(0, ""));
    tell("retried", bench)
}

fn retried_by_itself() -> Story {
    let mut flaky = command(EffectClass::Repeatable);
    flaky.retry = Retry { attempts: 3, delay_ms: 5_000 };
    let mut bench = Bench::start(plan(1, vec![step("flaky", &[], &[0], Action::Command(Box::new(flaky)))]));
    bench.run_all(|request| ended(i32::from(request.key.attempt < 3), ""));
    tell("retried_by_itself", bench)
}

fn excluded() -> Story {
    let mut bench = Bench::start(batches(3, 1));
    bench.run_all(fails("roll/@web-2/restart"));
    tell("excluded", bench)
}

fn unknown_and_settled() -> Story {
    let mut once = command(EffectClass::Once);
    once.verify = Some(Verify::Probe(probe("is it there?")));
    let mut bench = Bench::start(plan(1, vec![step("migrate", &[], &[0], Action::Command(Box::new(once)))]));
    let request = bench.sent().unwrap();
    let lost = Report::Unknown(UnknownReason::Lost { why: format!("connection reset {EVIL}") });
    bench.say(Input::Reported { key: request.key.clone(), report: lost, at: None }).unwrap();
    let answer = TargetAnswer::Unknown(UnknownReason::NoStatus { why: "the machine was booted".to_owned() });
    bench.say(Input::TargetAnswered { key: request.key, answer }).unwrap();
    bench.run_all(|_| ended(0, ""));
    tell("unknown_and_settled", bench)
}

fn unknown_and_a_person() -> Story {
    let mut bench = Bench::start(rolling(2, 1));
    let request = bench.sent().unwrap();
    let lost = Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() });
    bench.say(Input::Reported { key: request.key.clone(), report: lost, at: None }).unwrap();
    let answer = TargetAnswer::Unknown(UnknownReason::Unanswered { why: "still cable".to_owned() });
    bench.say(Input::TargetAnswered { key: request.key, answer }).unwrap();
    bench.seconds += 125;
    bench.answer(Word::ByHand).unwrap();
    bench.run_all(|_| ended(0, ""));
    tell("unknown_and_a_person", bench)
}

fn held() -> Story {
    let mut bench = Bench::start(rolling(2, 0));
    let request = bench.sent().unwrap();
    command_of(&mut bench, Command::Hold);
    command_of(&mut bench, Command::Note { text: EVIL.to_owned(), at: None });
    bench.say(Input::Reported { key: request.key, report: ended(0, ""), at: None }).unwrap();
    bench.run_all(|_| ended(0, ""));
    bench.seconds += 400;
    let earlier = at(3).wall - TimeDelta::hours(30);
    command_of(&mut bench, Command::Note { text: "there was a deploy".to_owned(), at: Some(earlier) });
    command_of(&mut bench, Command::Decide { text: "go on, lag is flat".to_owned() });
    command_of(&mut bench, Command::Continue);
    bench.run_all(|_| ended(0, ""));
    tell("held", bench)
}

/// The first host is looked at by a person, then the roll goes on; it is at its second host.
fn canary() -> Story {
    let mut plan = rolling(3, 0);
    let mut look = step("look", &[0], &[], Action::Pause { text: Template::text("Look at web-1") });
    look.when = Some(Condition("host.name == 'web-1'".to_owned()));
    let Action::Roll(roll) = &mut plan.steps[0].action else { unreachable!() };
    roll.gate = None;
    roll.steps.push(look);
    plan.steps.push(step("tell", &[0], &[], Action::Pause { text: Template::text("Tell the channel") }));
    let mut bench = Bench::start(plan);
    bench.run_all(|_| ended(0, ""));
    bench.answer(Word::Continue).unwrap();
    tell("canary", bench)
}

fn approved() -> Story {
    let approve = Approve {
        allows: vec![StepIndex(1)],
        show: Vec::new(),
        by: 1,
        of: vec!["sre".to_owned()],
        not_starter: false,
        fact: Some(Fact { question: Template::text("How many files?"), answer: Condition("'12'".to_owned()) }),
    };
    let mut wipe = command(EffectClass::Destroy);
    wipe.preview = Some(probe("ls"));
    wipe.verify = Some(Verify::Person);
    let steps = vec![
        step("approval", &[], &[], Action::Approve(Box::new(approve))),
        step("wipe", &[0], &[0], Action::Command(Box::new(wipe))),
        step("look", &[1], &[], Action::Pause { text: Template::text("Look at the graph, then go on") }),
        step("say", &[2], &[], Action::Note { text: Template::text("the old files are gone") }),
        step("settle", &[3], &[], Action::Wait { ms: 30_000 }),
        step(
            "unplug",
            &[4],
            &[],
            Action::Manual(Box::new(Manual { text: Template::text("Unplug the disk"), verify: Verify::Person })),
        ),
    ];
    let mut bench = Bench::start(plan(1, steps));
    bench.run_all(|_| ended(0, "a\nb\n"));
    bench.seconds += 114;
    let ask = bench.ask().clone();
    let answer = crate::run::Answer {
        ask: ask.id,
        word: Word::Approve,
        reason: Some("lag is flat, go".to_owned()),
        evidence: None,
        fact: Some("12".to_owned()),
        plan: Some("sha256:plan".to_owned()),
        typed: ask.typed,
        wait_ms: None,
        prepared: false,
    };
    bench.say(Input::Answered { actor: operator(), answer }).unwrap();
    bench.run_all(|_| ended(0, "a\nb\n"));
    for word in [Word::Done, Word::Continue, Word::Done] {
        bench.answer(word).unwrap();
        bench.run_all(|_| ended(0, ""));
    }
    tell("approved", bench)
}

/// Alone at night: an approval that two others should give, and a failure that is handed over.
fn glass_broken() -> Story {
    let approve =
        Approve { allows: vec![StepIndex(1)], show: vec![], by: 2, of: vec![], not_starter: true, fact: None };
    let steps = vec![
        step("agree", &[], &[], Action::Approve(Box::new(approve))),
        step("work", &[0], &[0], Action::Command(Box::new(command(EffectClass::Repeatable)))),
    ];
    let mut bench = Bench::start(plan(1, steps));
    bench.seconds += 300;
    bench.answer(Word::BreakGlass).unwrap();
    bench.run_all(|_| ended(1, ""));
    bench.answer(Word::HandOver).unwrap();
    let bob = crate::run::Actor::Person { name: "bob".to_owned(), uid: Some(1001), groups: Vec::new() };
    bench.say(Input::Commanded { actor: bob.clone(), command: Command::Pen }).unwrap();
    let ask = bench.ask().id.clone();
    let answer = crate::run::Answer {
        ask,
        word: Word::Retry,
        reason: None,
        evidence: None,
        fact: None,
        plan: None,
        typed: None,
        wait_ms: None,
        prepared: false,
    };
    bench.say(Input::Answered { actor: bob, answer }).unwrap();
    bench.run_all(|_| ended(0, ""));
    tell("glass_broken", bench)
}

fn crashed_and_resumed() -> Story {
    let mut bench = Bench::start(rolling(2, 0));
    let _lost_with_the_engine = bench.sent().unwrap();
    let records = bench.journal.records.clone();
    let run = Run::resume(Arc::clone(bench.run.plan()), "sha256:plan", &records).unwrap();
    let mut bench = Bench { run, journal: Memory { records }, effects: Vec::new(), seconds: 0 };
    // The machine was booted in between: another boot clock, ten minutes of wall clock later.
    let now = Now { wall: at(700).wall, elapsed: 5_000_000_000, boot: BootId("boot-2".to_owned()) };
    let mut batch = bench.run.batch(now);
    batch.decide(Input::Resumed { actor: operator() }).unwrap();
    let Ok(effects) = batch.commit(&mut bench.journal);
    bench.effects.extend(effects);
    bench.seconds = 700;
    bench.preflight();
    while let Some(at) = bench.effects.iter().position(|e| matches!(e, Effect::AskTarget(_))) {
        let Effect::AskTarget(request) = bench.effects.remove(at) else { unreachable!() };
        let answer = TargetAnswer::Ended(ended(0, ""));
        bench.say(Input::TargetAnswered { key: request.key, answer }).unwrap();
    }
    bench.run_all(|_| ended(0, ""));
    tell("crashed_and_resumed", bench)
}

fn aborted() -> Story {
    let mut bench = Bench::start(rolling(3, 0));
    let request = bench.sent().unwrap();
    command_of(&mut bench, Command::Abort { running: RunningAtAbort::Wait });
    bench.say(Input::Reported { key: request.key, report: ended(0, ""), at: None }).unwrap();
    tell("aborted", bench)
}

/// A gate polls, a person is asked, a wait waits, an attempt is put off: the engine holds, then somebody aborts.
fn aborted_while_much_waits() -> Story {
    let mut flaky = command(EffectClass::Repeatable);
    flaky.retry = Retry { attempts: 3, delay_ms: 60_000 };
    let steps = vec![
        step("lag", &[], &[0], Action::Gate(Box::new(gate(2)))),
        step("look", &[], &[], Action::Pause { text: Template::text("Look at the graph") }),
        step("settle", &[], &[], Action::Wait { ms: 30_000 }),
        step("flaky", &[], &[0], Action::Command(Box::new(flaky))),
        step("after", &[0, 1, 2, 3], &[0], Action::Command(Box::new(command(EffectClass::Repeatable)))),
    ];
    let mut bench = Bench::start(plan(1, steps));
    while let Some(request) = bench.sent() {
        let status = i32::from(request.key.purpose == crate::run::Purpose::Main);
        bench.say(Input::Reported { key: request.key, report: ended(status, ""), at: None }).unwrap();
    }
    bench.say(Input::Halted { why: format!("nobody lends an ssh agent {EVIL}") }).unwrap();
    command_of(&mut bench, Command::Abort { running: RunningAtAbort::Wait });
    tell("aborted_while_much_waits", bench)
}

/// A run that asks about a gate that did not hold in time.
pub(super) fn gate_timed_out() -> Bench {
    let mut bench = Bench::start(batches(2, 1));
    let bad = |request: &crate::run::ExecuteRequest| match request.key.purpose {
        crate::run::Purpose::Sample => ended(7, EVIL),
        _ => ended(0, ""),
    };
    // A bad gate polls until its time has passed: here for three samples.
    for _ in 0..4 {
        while let Some(request) = bench.sent() {
            let report = bad(&request);
            bench.say(Input::Reported { key: request.key, report, at: None }).unwrap();
        }
        let next = bench.effects.iter().position(|e| matches!(e, Effect::ArmTimer { timer: Timer::Sample { .. }, .. }));
        let Some(next) = next else { break };
        let Effect::ArmTimer { timer, .. } = bench.effects.remove(next) else { unreachable!() };
        bench.say(Input::TimerFired { timer }).unwrap();
    }
    // What was sent last is answered too late to count.
    while bench.sent().is_some() {}
    let gate = bench.effects.iter().position(|e| matches!(e, Effect::ArmTimer { timer: Timer::Gate { .. }, .. }));
    let Effect::ArmTimer { timer, .. } = bench.effects.remove(gate.unwrap()) else { unreachable!() };
    bench.say(Input::TimerFired { timer }).unwrap();
    bench
}

fn gate_overridden() -> Story {
    let mut bench = gate_timed_out();
    bench.answer(Word::Override).unwrap();
    bench.run_all(|_| ended(0, ""));
    tell("gate_overridden", bench)
}

fn stuck() -> Story {
    let mut move_ip = command(EffectClass::Once);
    move_ip.on_failure = OnFailure::Undo;
    move_ip.undo = vec![step("move_back", &[], &[0], Action::Command(Box::new(command(EffectClass::Repeatable))))];
    let steps = vec![
        step("move_ip", &[], &[0], Action::Command(Box::new(move_ip))),
        step("after", &[0], &[0], Action::Command(Box::new(command(EffectClass::Repeatable)))),
    ];
    let mut bench = Bench::start(plan(1, steps));
    bench.run_all(|_| ended(1, ""));
    command_of(&mut bench, Command::Abort { running: RunningAtAbort::Leave });
    tell("stuck", bench)
}

fn nobody_to_ask() -> Story {
    let mut bench = Bench::start(rolling(2, 0));
    bench.run_all(fails("roll/@web-1/restart"));
    let ask = bench.ask().id.clone();
    bench.say(Input::AskUnavailable { ask, reason: crate::run::AskUnavailableReason::NoTerminal }).unwrap();
    tell("nobody_to_ask", bench)
}

fn refused_host() -> Story {
    let run = Run::resume(Arc::new(batches(2, 1)), "sha256:plan", &[]).unwrap();
    let mut bench = Bench { run, journal: Memory { records: Vec::new() }, effects: Vec::new(), seconds: 0 };
    let mut info = info();
    info.incident = Some("INC-4312".to_owned());
    bench.say(Input::Start { actor: operator(), info: Box::new(info) }).unwrap();
    while let Some(at) = bench.effects.iter().position(|e| matches!(e, Effect::Preflight { .. })) {
        let Effect::Preflight { host, .. } = bench.effects.remove(at) else { unreachable!() };
        let result = Err(format!("sudo asks for a password {EVIL}"));
        bench.say(Input::Preflighted { host, result }).unwrap();
    }
    tell("refused_host", bench)
}

fn drained() -> Story {
    let mut bench = Bench::start(rolling(2, 0));
    let request = bench.sent().unwrap();
    bench.say(Input::Drain { reason: DrainReason::Signal }).unwrap();
    bench.say(Input::Reported { key: request.key, report: ended(0, ""), at: None }).unwrap();
    tell("drained", bench)
}

/// Every story.
pub(crate) fn all() -> Vec<Story> {
    vec![
        smooth(),
        many_hosts(),
        retried(),
        retried_by_itself(),
        excluded(),
        unknown_and_settled(),
        unknown_and_a_person(),
        held(),
        approved(),
        canary(),
        glass_broken(),
        crashed_and_resumed(),
        aborted(),
        aborted_while_much_waits(),
        gate_overridden(),
        stuck(),
        nobody_to_ask(),
        refused_host(),
        drained(),
    ]
}
