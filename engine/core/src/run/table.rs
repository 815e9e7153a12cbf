//! Every state of an instance or a run × every input: what follows, or the name of the rejection.
//!
//! The snapshots are the whole machine on a few pages: per state, one line per consequence with the inputs that have
//! it. Beside that, every pair is checked: a rejected input changes nothing, an accepted one keeps the counters.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::checks::{assert_sound, everything};
use super::testing::*;
use super::*;
use crate::plan::{
    Action, Approve, CommandStep, EffectClass, HostIndex, Manual, OnFailure, OnTimeout, Plan, Precondition, Probe,
    Retry, StepIndex, StepPath, Template, Verify,
};
use crate::runbook::HostName;

/// A run brought into a state, and the instance that is looked at.
struct Scene {
    bench: Bench,
    path: String,
}

type Build = fn() -> Scene;

// ---- plans -----------------------------------------------------------------------------------------------------

fn changing() -> CommandStep {
    command(EffectClass::Repeatable)
}

fn probe() -> Probe {
    Probe { command: script("look"), expect: None, timeout_ms: 1_000 }
}

/// `work` on `web-1`, and `next` after it.
fn then_next(work: Action) -> Plan {
    let hosts: &[u32] = match work {
        Action::Command(_) | Action::Gate(_) => &[0],
        _ => &[],
    };
    let next = Action::Command(Box::new(changing()));
    plan(1, vec![step("work", &[], hosts, work), step("next", &[0], &[0], next)])
}

fn one(command: CommandStep) -> Plan {
    then_next(Action::Command(Box::new(command)))
}

/// `agree` allows `work`, which destroys and has a preview.
fn approved() -> Plan {
    let approve =
        Approve { allows: vec![StepIndex(1)], show: vec![], by: 1, of: vec![], not_starter: false, fact: None };
    let mut work = command(EffectClass::Destroy);
    work.preview = Some(probe());
    let steps = vec![
        step("agree", &[], &[], Action::Approve(Box::new(approve))),
        step("work", &[0], &[0], Action::Command(Box::new(work))),
    ];
    plan(1, steps)
}

fn undoable() -> Plan {
    let mut work = changing();
    work.undo = vec![step("back", &[], &[0], Action::Command(Box::new(changing())))];
    one(work)
}

fn unstarted(plan: Plan) -> Bench {
    let run = Run::resume(Arc::new(plan), "sha256:plan", &[]).unwrap();
    Bench { run, journal: Memory { records: Vec::new() }, effects: Vec::new(), seconds: 0 }
}

// ---- scenes ----------------------------------------------------------------------------------------------------

impl Scene {
    fn new(plan: Plan, path: &str) -> Self {
        Self { bench: Bench::start(plan), path: path.to_owned() }
    }

    fn report(mut self, report: Report) -> Self {
        let request = self.bench.sent().expect("a command is out");
        self.bench.say(Input::Reported { key: request.key, report, at: None }).unwrap();
        self
    }

    fn target(mut self, answer: TargetAnswer) -> Self {
        let at = self.bench.effects.iter().position(|e| matches!(e, Effect::AskTarget(_))).expect("a host is asked");
        let Effect::AskTarget(request) = self.bench.effects.remove(at) else { unreachable!() };
        self.bench.say(Input::TargetAnswered { key: request.key, answer }).unwrap();
        self
    }

    /// Fires the first armed timer that `is` names.
    fn fire(mut self, is: impl Fn(&Timer) -> bool) -> Self {
        let armed = |e: &Effect| matches!(e, Effect::ArmTimer { timer, .. } if is(timer));
        let at = self.bench.effects.iter().position(armed).expect("it is armed");
        let Effect::ArmTimer { timer, .. } = self.bench.effects.remove(at) else { unreachable!() };
        self.bench.say(Input::TimerFired { timer }).unwrap();
        self
    }

    fn answer(mut self, word: Word) -> Self {
        self.bench.answer(word).unwrap();
        self
    }

    fn command(mut self, command: Command) -> Self {
        self.bench.say(Input::Commanded { actor: operator(), command }).unwrap();
        self
    }

    fn drain(mut self) -> Self {
        self.bench.say(Input::Drain { reason: DrainReason::Signal }).unwrap();
        self
    }

    fn task(&self) -> TaskIndex {
        let graph = self.bench.run.state().graph();
        graph.tasks().find(|t| graph.path(*t).to_string() == self.path).expect("the plan has the step")
    }
}

fn lost() -> Report {
    Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() })
}

fn unreachable_host() -> NotStartedReason {
    NotStartedReason::Unreachable { why: "no route".to_owned() }
}

fn running() -> Scene {
    Scene::new(one(changing()), "work/@web-1")
}

fn doubted(command: CommandStep) -> Scene {
    Scene::new(one(command), "work/@web-1").report(lost())
}

fn verified(report: Report) -> Scene {
    let mut work = changing();
    work.verify = Some(Verify::Probe(probe()));
    Scene::new(one(work), "work/@web-1").report(report)
}

fn does_not_know() -> TargetAnswer {
    TargetAnswer::Unknown(UnknownReason::NoStatus { why: "it rebooted".to_owned() })
}

fn other_run() -> LockHolder {
    let text = |text: &str| text.to_owned();
    LockHolder { run: text("beef"), holder: text("bob@ops"), since: text("2026-05-01T11:58:00Z") }
}

fn locked() -> Scene {
    let mut bench = unstarted(one(changing()));
    bench.say(Input::Start { actor: operator(), info: Box::new(info()) }).unwrap();
    bench.say(Input::Locked { host: HostName::new("web-1").unwrap(), by: other_run() }).unwrap();
    Scene { bench, path: "work/@web-1".to_owned() }
}

fn is_another() -> TargetAnswer {
    TargetAnswer::Unknown(UnknownReason::LedgerChanged { why: "another id".to_owned() })
}

fn does_not_answer() -> TargetAnswer {
    TargetAnswer::Unknown(UnknownReason::Unanswered { why: "no route".to_owned() })
}

fn pause() -> Scene {
    Scene::new(then_next(Action::Pause { text: Template::text("look") }), "work")
}

fn manual(verify: Verify) -> Scene {
    Scene::new(then_next(Action::Manual(Box::new(Manual { text: Template::text("do it"), verify }))), "work")
}

fn manual_on_host() -> Scene {
    let work = Action::Manual(Box::new(Manual { text: Template::text("do it"), verify: Verify::Probe(probe()) }));
    let next = Action::Command(Box::new(changing()));
    Scene::new(plan(1, vec![step("work", &[], &[0], work), step("next", &[0], &[0], next)]), "work/@web-1")
}

fn gating() -> Scene {
    Scene::new(then_next(Action::Gate(Box::new(gate(2)))), "work")
}

fn between_samples() -> Scene {
    gating().report(ended(0, ""))
}

fn is_gate(timer: &Timer) -> bool {
    matches!(timer, Timer::Gate { .. })
}

fn failing() -> Scene {
    Scene::new(undoable(), "work/@web-1").report(ended(1, ""))
}

fn undoing() -> Scene {
    failing().answer(Word::Undo)
}

fn overdue() -> Scene {
    running().fire(|t| matches!(t, Timer::Timeout { .. }))
}

fn agreeing() -> Scene {
    Scene::new(approved(), "agree")
}

fn previewing() -> Scene {
    let mut scene = agreeing().report(ended(0, "3 rows")).answer(Word::Approve);
    scene.path = "work/@web-1".to_owned();
    scene
}

fn abort(running_at_abort: RunningAtAbort) -> Scene {
    running().command(Command::Abort { running: running_at_abort })
}

const CHECKS: &[(&str, Build)] = &[
    ("no records", || Scene { bench: unstarted(one(changing())), path: "work/@web-1".to_owned() }),
    ("checking, host not met yet", || {
        let mut bench = unstarted(one(changing()));
        bench.say(Input::Start { actor: operator(), info: Box::new(info()) }).unwrap();
        Scene { bench, path: "work/@web-1".to_owned() }
    }),
    ("checking, another run has the host", locked),
    ("checking, the host is being taken over", || {
        let mut scene = locked();
        scene.bench.answer(Word::TakeOver).unwrap();
        scene
    }),
    ("started, another run has taken the host over", || {
        let scene = Scene { path: "next/@web-1".to_owned(), ..running().report(ended(0, "")) };
        let mut bench = scene.bench.again(0);
        bench.say(Input::Resumed { actor: operator() }).unwrap();
        bench.say(Input::Locked { host: HostName::new("web-1").unwrap(), by: other_run() }).unwrap();
        Scene { bench, ..scene }
    }),
    ("checking, precondition runs", || {
        let mut plan = one(changing());
        plan.preconditions = vec![Precondition {
            id: id("fits"),
            title: Template::text("fits"),
            hosts: vec![HostIndex(0)],
            probe: probe(),
        }];
        let bench = Bench::start(plan);
        let graph = bench.run.state().graph();
        let path = graph.path(graph.tasks().next().unwrap()).to_string();
        Scene { bench, path }
    }),
];

const COMMANDS: &[(&str, Build)] = &[
    ("todo", || Scene { path: "next/@web-1".to_owned(), ..running() }),
    ("running, read", || Scene::new(one(command(EffectClass::Read)), "work/@web-1")),
    ("running, repeatable", running),
    ("running, once, killed at its timeout", || {
        let mut work = command(EffectClass::Once);
        work.on_timeout = OnTimeout::Kill;
        work.retry.attempts = 3;
        Scene::new(one(work), "work/@web-1")
    }),
    ("retrying", || {
        let mut work = changing();
        work.retry = Retry { attempts: 3, delay_ms: 1_000 };
        Scene::new(one(work), "work/@web-1").report(ended(1, ""))
    }),
    ("verifying after success", || verified(ended(0, ""))),
    ("verifying after a person's shell", || verified(ended(1, "")).answer(Word::Shell)),
    ("waiting", || Scene::new(then_next(Action::Wait { ms: 5_000 }), "work")),
    ("previewing for an approval", agreeing),
    ("previewing right before it destroys", previewing),
];

const GATES: &[(&str, Build)] = &[
    ("gating, a sample under way", gating),
    ("gating, between samples", between_samples),
    ("gate timed out", || gating().report(ended(1, "")).fire(is_gate)),
    ("gate timed out, nobody could look", || gating().report(Report::NotStarted(unreachable_host())).fire(is_gate)),
];

const ASKS: &[(&str, Build)] = &[
    ("asking: pause", pause),
    ("asking: approve", || agreeing().report(ended(0, "3 rows"))),
    ("asking: manual", || manual(Verify::Person)),
    ("asking: manual with a verify", manual_on_host),
    ("verifying what a person did", || manual_on_host().answer(Word::Done)),
    ("asking: verify", || {
        let mut work = changing();
        work.verify = Some(Verify::Person);
        Scene::new(one(work), "work/@web-1").report(ended(0, ""))
    }),
    ("asking: failure", failing),
    ("asking: failure of a preview for an approval", || agreeing().report(ended(1, ""))),
    ("asking: timeout", overdue),
    ("asking: stuck", || undoing().report(ended(1, ""))),
];

const DOUBTS: &[(&str, Build)] = &[
    ("unknown, the host is asked", || doubted(changing())),
    ("unknown, the host does not answer", || doubted(changing()).target(does_not_answer())),
    ("unknown, the host is asked once more", || {
        doubted(changing()).target(does_not_answer()).fire(|t| matches!(t, Timer::AskTarget { .. }))
    }),
    ("unknown, the host is another one", || verified(lost()).target(is_another())),
    ("never arrived, twice already", || {
        let mut scene = running();
        for _ in 0..2 {
            scene = scene.report(lost()).target(TargetAnswer::NeverStarted(NotStartedReason::Revoked {}));
        }
        scene.report(lost())
    }),
    ("unknown, its verify looks", || verified(lost()).target(does_not_know())),
    ("unknown, a person is asked", || doubted(changing()).target(does_not_know())),
    ("unknown, verify could not be answered", || verified(ended(0, "")).report(lost())),
    ("unknown, left running", || overdue().answer(Word::Leave)),
    ("unknown, read", || doubted(command(EffectClass::Read))),
];

const ENDS: &[(&str, Build)] = &[
    ("succeeded", || running().report(ended(0, ""))),
    ("skipped", || failing().answer(Word::Skip)),
    ("by hand", || failing().answer(Word::ByHand)),
    ("excluded within the budget", || {
        let mut scene = Scene::new(rolling(2, 1), "roll/@web-1/restart");
        scene = scene.report(ended(1, ""));
        scene
    }),
    ("failed, the run stops, another still runs", || {
        let mut work = changing();
        work.on_failure = OnFailure::Stop;
        let steps = vec![step("work", &[], &[0, 1], Action::Command(Box::new(work)))];
        Scene::new(plan(2, steps), "work/@web-1").report(ended(1, ""))
    }),
    ("undoing", undoing),
    ("its undo's step runs", || Scene { path: "work/@web-1/~back".to_owned(), ..undoing() }),
];

const RUNS: &[(&str, Build)] = &[
    ("held", || running().command(Command::Hold)),
    ("held, asking", || failing().command(Command::Hold)),
    ("draining", || running().drain()),
    ("drained", || pause().drain()),
    ("aborted, waits", || abort(RunningAtAbort::Wait)),
    ("aborted, kills", || abort(RunningAtAbort::Kill)),
    ("aborted, left it running", || abort(RunningAtAbort::Leave)),
    ("finished", || running().report(ended(0, "")).report(ended(0, ""))),
    ("records read, not resumed", || {
        let scene = running();
        Scene { bench: scene.bench.again(0), ..scene }
    }),
    ("resumed, in doubt", || {
        let scene = running();
        let mut bench = scene.bench.again(0);
        bench.say(Input::Resumed { actor: operator() }).unwrap();
        Scene { bench, ..scene }
    }),
    ("poisoned by its journal", || {
        let mut scene = running();
        let mut batch = scene.bench.run.batch(at(100));
        batch.decide(Input::Commanded { actor: operator(), command: Command::Hold }).unwrap();
        drop(batch);
        scene
    }),
];

// ---- inputs ----------------------------------------------------------------------------------------------------

fn bob() -> Actor {
    Actor::Person { name: "bob".to_owned(), uid: Some(1001), groups: Vec::new() }
}

/// Every input there is, aimed at the instance that is looked at.
fn inputs(scene: &Scene) -> Vec<(String, Input)> {
    let state = scene.bench.run.state();
    let task = scene.task();
    let is = state.task(task);
    let path = state.graph().path(task).clone();
    let host = state.graph().host(task).map_or_else(|| HostName::new("web-1").unwrap(), |h| h.name.clone());
    let mut all: Vec<(String, Input)> = Vec::new();
    let mut add = |name: &str, input: Input| all.push((name.to_owned(), input));

    add("start", Input::Start { actor: operator(), info: Box::new(info()) });
    add("resumed", Input::Resumed { actor: operator() });
    let identity = HostIdentity { ledger: None, machine: "web-1".to_owned(), boot: "b".to_owned() };
    let stranger = HostName::new("db-1").unwrap();
    add("preflighted", Input::Preflighted { host: host.clone(), result: Ok(identity.clone()) });
    add("preflight refused", Input::Preflighted { host: host.clone(), result: Err("no sudo".to_owned()) });
    add("preflighted, no such host", Input::Preflighted { host: stranger, result: Ok(identity) });

    add("another run has it", Input::Locked { host: host.clone(), by: other_run() });
    let key =
        |purpose, attempt| EffectKey { run: info().run, path: path.clone(), host: host.clone(), purpose, attempt };
    let numbers = [
        ("main", Purpose::Main, is.attempt.max(1)),
        ("verify", Purpose::Verify, is.verify_attempt.max(1)),
        ("preview", Purpose::Preview, is.preview_attempt.max(1)),
        ("sample", Purpose::Sample, is.sample + 1),
    ];
    let reports = [
        ("ok", ended(0, "3 rows")),
        ("bad", ended(1, "4 rows")),
        ("unreachable", Report::NotStarted(unreachable_host())),
        ("revoked", Report::NotStarted(NotStartedReason::Revoked {})),
        ("cancelled", Report::Cancelled(CancelReport::default())),
        ("lost", lost()),
    ];
    for (purpose_name, purpose, attempt) in numbers {
        for (name, report) in reports.clone() {
            let input = Input::Reported { key: key(purpose, attempt), report, at: None };
            add(&format!("{purpose_name} {name}"), input);
        }
        for (name, attempt) in [("the attempt before", attempt - 1), ("an attempt to come", attempt + 1)] {
            let input = Input::Reported { key: key(purpose, attempt), report: ended(0, ""), at: None };
            add(&format!("{purpose_name} ok, {name}"), input);
        }
    }
    let other_run = EffectKey { run: "beef".to_owned(), ..key(Purpose::Main, is.attempt.max(1)) };
    let elsewhere = EffectKey { host: HostName::new("db-1").unwrap(), ..key(Purpose::Main, is.attempt.max(1)) };
    add("main ok, of another host", Input::Reported { key: elsewhere, report: ended(0, ""), at: None });
    add("main ok, of another run", Input::Reported { key: other_run, report: ended(0, ""), at: None });

    let answers = [
        ("revoked", TargetAnswer::NeverStarted(NotStartedReason::Revoked {})),
        ("never started", TargetAnswer::NeverStarted(unreachable_host())),
        ("it runs", TargetAnswer::Running),
        ("it ended ok", TargetAnswer::Ended(ended(0, ""))),
        ("it ended bad", TargetAnswer::Ended(ended(1, ""))),
        ("it was cancelled", TargetAnswer::Ended(Report::Cancelled(CancelReport::default()))),
        ("it does not know", does_not_know()),
        ("it does not answer", does_not_answer()),
        ("it is another one", is_another()),
    ];
    for (name, answer) in answers {
        add(&format!("host: {name}"), Input::TargetAnswered { key: key(Purpose::Main, is.attempt.max(1)), answer });
    }
    let before = key(Purpose::Main, is.attempt.max(1) - 1);
    add("host: it runs, the attempt before", Input::TargetAnswered { key: before, answer: TargetAnswer::Running });

    let timers = [
        ("retry", Timer::Retry { path: path.clone(), attempt: is.attempt + 1 }),
        ("retry, stale", Timer::Retry { path: path.clone(), attempt: is.attempt }),
        ("timeout", Timer::Timeout { path: path.clone(), attempt: is.attempt, round: is.round }),
        ("timeout, stale", Timer::Timeout { path: path.clone(), attempt: is.attempt, round: is.round + 1 }),
        ("next sample", Timer::Sample { path: path.clone(), sample: is.sample + 1 }),
        ("next sample, stale", Timer::Sample { path: path.clone(), sample: is.sample }),
        ("gate's end", Timer::Gate { path: path.clone(), round: is.round }),
        ("gate's end, stale", Timer::Gate { path: path.clone(), round: is.round + 1 }),
        ("wait's end", Timer::Wait { path: path.clone() }),
        ("next question", Timer::AskTarget { path: path.clone(), attempt: is.attempt, round: 2 }),
        ("next question, stale", Timer::AskTarget { path: path.clone(), attempt: is.attempt, round: 9 }),
    ];
    for (name, timer) in timers {
        add(&format!("timer: {name}"), Input::TimerFired { timer });
    }

    let text = || Some("because".to_owned());
    let is_mine = |a: &&Ask| a.id.path == path || (a.id.path.is_host_itself() && a.id.path.host() == path.host());
    let ask = state.asks().find(is_mine);
    let closed = AskId { path: path.clone(), number: 99 };
    let said = |word, ask: Option<&Ask>| Answer {
        ask: ask.map_or_else(|| closed.clone(), |a| a.id.clone()),
        word,
        reason: text(),
        evidence: text(),
        fact: None,
        plan: None,
        typed: ask.and_then(|a| a.typed.clone()),
        wait_ms: Some(5_000),
        prepared: false,
    };
    add("say retry, no such ask", Input::Answered { actor: operator(), answer: said(Word::Retry, None) });
    if let Some(ask) = ask {
        for word in Word::ALL {
            add(&format!("say {word}"), Input::Answered { actor: operator(), answer: said(word, Some(ask)) });
        }
        for &word in &ask.words {
            let full = said(word, Some(ask));
            let blank = || Some(" ".to_owned());
            let bare = Answer { reason: blank(), evidence: blank(), wait_ms: Some(0), ..full.clone() };
            add(&format!("say {word}, nothing more"), Input::Answered { actor: operator(), answer: bare });
            let mistyped = Answer { typed: Some("y".to_owned()), ..full.clone() };
            add(&format!("say {word}, mistyped"), Input::Answered { actor: operator(), answer: mistyped });
            let beforehand = Answer { typed: None, prepared: true, ..full.clone() };
            add(&format!("say {word}, beforehand"), Input::Answered { actor: operator(), answer: beforehand });
            let elsewhere = Answer { plan: Some("sha256:other".to_owned()), ..full.clone() };
            add(&format!("say {word}, of another plan"), Input::Answered { actor: operator(), answer: elsewhere });
            add(&format!("bob says {word}"), Input::Answered { actor: bob(), answer: full.clone() });
            add(&format!("engine says {word}"), Input::Answered { actor: Actor::Engine {}, answer: full });
        }
    }
    let open = ask.map_or_else(|| closed.clone(), |a| a.id.clone());
    for (name, reason) in [
        ("no terminal", AskUnavailableReason::NoTerminal),
        ("expired", AskUnavailableReason::Expired),
        ("needs another", AskUnavailableReason::NeedsAnotherPerson),
        ("answer did not fit", AskUnavailableReason::AnswerDidNotFit),
    ] {
        add(&format!("unavailable: {name}"), Input::AskUnavailable { ask: open.clone(), reason });
    }

    let commands = [
        ("hold", Command::Hold),
        ("continue", Command::Continue),
        ("abort, wait", Command::Abort { running: RunningAtAbort::Wait }),
        ("abort, kill", Command::Abort { running: RunningAtAbort::Kill }),
        ("abort, leave", Command::Abort { running: RunningAtAbort::Leave }),
        ("note", Command::Note { text: "seen".to_owned(), at: None }),
        ("decide", Command::Decide { text: "go on".to_owned() }),
        ("pen", Command::Pen),
    ];
    for (name, command) in commands {
        for (who, actor) in [("", operator()), ("bob: ", bob()), ("engine: ", Actor::Engine {})] {
            add(&format!("{who}{name}"), Input::Commanded { actor, command: command.clone() });
        }
    }
    add("the engine lacks something", Input::Halted { why: "nobody lends an agent".to_owned() });
    for (name, reason) in [("signal", DrainReason::Signal), ("journal", DrainReason::Journal)] {
        add(&format!("drain: {name}"), Input::Drain { reason });
    }
    all
}

// ---- what follows ----------------------------------------------------------------------------------------------

fn detail(state: &TaskState) -> String {
    let more = match state {
        TaskState::Previewing => "previewing",
        TaskState::Running => "running",
        TaskState::Retrying => "retrying",
        TaskState::Verifying(VerifyAfter::Success) => "verifying",
        TaskState::Verifying(VerifyAfter::Person) => "verifying after a person",
        TaskState::Waiting => "waiting",
        TaskState::Gating => "gating",
        TaskState::Unknown { doubt: Doubt::Target, .. } => "host is asked",
        TaskState::Unknown { doubt: Doubt::Verify, .. } => "verify looks",
        TaskState::Unknown { doubt: Doubt::Person, .. } => "a person must say",
        _ => return state.word().to_owned(),
    };
    format!("{} ({more})", state.word())
}

/// What a reader of the table sees of a run, one line each.
fn facts(bench: &Bench) -> BTreeMap<String, String> {
    let state = bench.run.state();
    let mut facts = BTreeMap::new();
    let mut fact = |name: &str, value: String| facts.insert(name.to_owned(), value);
    for task in state.graph().tasks() {
        let is = state.task(task);
        let path = state.graph().path(task);
        fact(&format!("1 {path}"), detail(&is.state));
        let ask = is.ask.as_ref().and_then(|ask| state.ask(ask));
        let ask = ask.map_or_else(
            || "closed".to_owned(),
            |a| format!("{:?}{}", a.kind, if a.unavailable.is_some() { ", cannot be put" } else { "" }),
        );
        fact(&format!("2 {path} ask"), ask);
    }
    for (host, is) in state.graph().plan.hosts.iter().zip(&state.hosts) {
        let by = is.locked.as_ref().map_or_else(|| "nobody else".to_owned(), |by| by.run.clone());
        fact(&format!("2 {} is held by", host.name), by);
    }
    for ask in state.asks().filter(|ask| ask.kind == AskKind::Lock) {
        fact(&format!("2 {} ask", ask.id.path), format!("Lock {:?}", ask.words));
    }
    fact("3 run", format!("{:?}", state.phase()));
    fact("3 held", state.is_held().to_string());
    fact("3 aborted", state.aborted().map_or_else(String::new, |a| format!("{a:?}")));
    fact("3 stopped", state.is_stopped().to_string());
    fact("3 draining", state.draining().map_or_else(String::new, |r| format!("{r:?}")));
    fact("3 drained", state.drained().map_or_else(String::new, |e| e.to_string()));
    fact("3 finished", state.finished().map_or_else(String::new, |e| e.to_string()));
    fact("3 epoch", state.epoch().to_string());
    fact("3 pen", state.pen().map_or_else(String::new, ToString::to_string));
    facts
}

fn name_of(effect: &Effect, focus: &StepPath) -> String {
    let request = |verb: &str, r: &ExecuteRequest| {
        let key = r.key.to_string();
        let mine = r.key.path == *focus;
        let short = key.rsplit_once(':').map_or(key.as_str(), |(_, end)| end);
        if mine { format!("{verb} {short}") } else { format!("{verb} {}:{short}", r.key.path) }
    };
    match effect {
        Effect::Preflight { host, over: Some(run), .. } => format!("preflight {host}, over {run}"),
        Effect::Preflight { host, .. } => format!("preflight {host}"),
        Effect::Execute(r) => request("execute", r),
        Effect::AskTarget(r) => request("ask host", r),
        Effect::Cancel(r) => request("cancel", r),
        Effect::ArmTimer { timer, .. } => {
            let kind = match timer {
                Timer::Retry { .. } => "retry",
                Timer::Timeout { .. } => "timeout",
                Timer::Sample { .. } => "sample",
                Timer::Gate { .. } => "gate",
                Timer::Wait { .. } => "wait",
                Timer::AskTarget { .. } => "next question",
            };
            format!("arm {kind}")
        }
    }
}

/// The consequence of an accepted input in one line.
fn consequence(before: &BTreeMap<String, String>, effects: usize, records: usize, scene: &Scene) -> String {
    let after = facts(&scene.bench);
    let focus = scene.bench.run.state().graph().path(scene.task()).clone();
    let mut parts: Vec<String> = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(*value))
        .map(|(name, value)| {
            let name = &name[2..];
            match name.strip_prefix(&scene.path) {
                Some("") => value.clone(),
                Some(" ask") => format!("ask {value}"),
                _ if value == "true" => name.to_owned(),
                _ if value == "false" => format!("not {name}"),
                _ => format!("{name} {value}"),
            }
        })
        .collect();
    parts.extend(scene.bench.effects[effects..].iter().map(|e| name_of(e, &focus)));
    if parts.is_empty() {
        let kind = |r: &Record| {
            let json = serde_json::to_value(&r.kind).unwrap();
            json.as_object().and_then(|o| o.keys().next().cloned()).unwrap_or_default()
        };
        let kinds: Vec<String> = scene.bench.journal.records[records..].iter().map(kind).collect();
        parts.push(if kinds.is_empty() { "nothing".to_owned() } else { format!("only {}", kinds.join(", ")) });
    }
    parts.join("; ")
}

fn page(scenes: &[(&str, Build)]) -> String {
    let mut text = String::new();
    for (name, build) in scenes {
        let origin = build();
        let count = inputs(&origin).len();
        let mut accepted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut rejected: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for index in 0..count {
            // Built anew for every pair: nothing of one pair is left for the next.
            let mut scene = build();
            let (label, input) = inputs(&scene).remove(index);
            let what = format!("{name} × {label}");
            let (before, whole) = (facts(&scene.bench), everything(&scene.bench));
            let (effects, records) = (scene.bench.effects.len(), scene.bench.journal.records.len());
            match scene.bench.say(input.clone()) {
                Ok(()) => {
                    assert_sound(&scene.bench, &what);
                    let consequence = consequence(&before, effects, records, &scene);
                    accepted.entry(consequence).or_default().push(label);
                    if matches!(input, Input::Reported { .. } | Input::TargetAnswered { .. }) {
                        let whole = everything(&scene.bench);
                        let again = scene.bench.say(input);
                        assert!(again.is_err(), "{what}: taken twice");
                        assert_eq!(whole, everything(&scene.bench), "{what}: its duplicate changed something");
                    }
                }
                Err(why) => {
                    assert_eq!(whole, everything(&scene.bench), "{what}: rejected, and yet it changed something");
                    rejected.entry(why.name().to_owned()).or_default().push(label);
                }
            }
        }
        let is = detail(&origin.bench.run.state().task(origin.task()).state);
        let all: Vec<String> = inputs(&origin).into_iter().map(|(label, _)| label).collect();
        text.push_str(&format!("== {name}: `{}` {is}\n", origin.path));
        for (consequence, labels) in by_first(accepted, &origin) {
            text.push_str(&format!("  {}\n      → {consequence}\n", shortened(&labels, &all)));
        }
        for (rejection, labels) in by_first(rejected, &origin) {
            text.push_str(&format!("  rejected, {rejection}: {}\n", shortened(&labels, &all)));
        }
        text.push('\n');
    }
    text
}

/// In the order in which the inputs stand.
fn by_first(groups: BTreeMap<String, Vec<String>>, scene: &Scene) -> Vec<(String, Vec<String>)> {
    let order: Vec<String> = inputs(scene).into_iter().map(|(label, _)| label).collect();
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, labels)| order.iter().position(|label| *label == labels[0]));
    groups
}

/// `main ok | main bad | …` as `main {ok | bad | …}`, and as `main *` where it is all of them.
fn shortened(labels: &[String], all: &[String]) -> String {
    let split = |label: &str| {
        let (first, rest) = label.split_once(' ').unwrap_or((label, ""));
        (first.to_owned(), rest.to_owned())
    };
    let of = |group: &str| all.iter().filter(|label| split(label).0 == group).count();
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (first, rest) in labels.iter().map(|label| split(label)) {
        match groups.last_mut() {
            Some((group, rests)) if *group == first => rests.push(rest),
            _ => groups.push((first, vec![rest])),
        }
    }
    let text = |(first, rests): &(String, Vec<String>)| match rests.as_slice() {
        [one] => format!("{first} {one}").trim_end().to_owned(),
        rests if rests.len() == of(first) => format!("{first} *"),
        rests => format!("{first} {{{}}}", rests.join(" | ")),
    };
    groups.iter().map(text).collect::<Vec<_>>().join(" | ")
}

#[test]
fn checks_by_inputs() {
    insta::assert_snapshot!(page(CHECKS));
}

#[test]
fn commands_by_inputs() {
    insta::assert_snapshot!(page(COMMANDS));
}

#[test]
fn gates_by_inputs() {
    insta::assert_snapshot!(page(GATES));
}

#[test]
fn asks_by_inputs() {
    insta::assert_snapshot!(page(ASKS));
}

#[test]
fn doubts_by_inputs() {
    insta::assert_snapshot!(page(DOUBTS));
}

#[test]
fn ends_by_inputs() {
    insta::assert_snapshot!(page(ENDS));
}

#[test]
fn runs_by_inputs() {
    insta::assert_snapshot!(page(RUNS));
}
