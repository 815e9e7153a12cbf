//! What holds on every walk through a run: the counters, the fold, duplicates, the order of reports; and the rules of
//! approvals as a table.

use std::sync::Arc;

use proptest::prelude::*;

use super::checks::{assert_sound, everything};
use super::testing::*;
use super::*;
use crate::plan::{
    Action, Approve, Condition, EffectClass, Fact, HostIndex, Manual, OnFailure, Plan, Probe, Retry, Roll, StepIndex,
    Template, Verify,
};

fn probe() -> Probe {
    Probe { command: script("look"), expect: None, timeout_ms: 1_000 }
}

/// One plan with something of everything: a roll in two batches, an approval with a preview, an undo, a verify, asks.
fn everything_plan() -> Plan {
    let mut drain = command(EffectClass::Repeatable);
    drain.retry = Retry { attempts: 2, delay_ms: 1_000 };
    let mut restart = command(EffectClass::Once);
    restart.verify = Some(Verify::Probe(probe()));
    restart.undo = vec![step("back", &[], &[], Action::Command(Box::new(command(EffectClass::Repeatable))))];
    let roll = Roll {
        batches: vec![vec![HostIndex(0)], vec![HostIndex(1), HostIndex(2)]],
        budget: 1,
        steps: vec![
            step("drain", &[], &[], Action::Command(Box::new(drain))),
            step("restart", &[0], &[], Action::Command(Box::new(restart))),
        ],
        gate: Some(gate(1)),
    };
    let approve =
        Approve { allows: vec![StepIndex(3)], show: vec![], by: 1, of: vec![], not_starter: false, fact: None };
    let mut wipe = command(EffectClass::Destroy);
    wipe.preview = Some(probe());
    wipe.on_failure = OnFailure::Undo;
    wipe.undo = vec![step("restore", &[], &[], Action::Command(Box::new(command(EffectClass::Repeatable))))];
    let manual = Manual { text: Template::text("do it"), verify: Verify::Person };
    let steps = vec![
        step("facts", &[], &[0, 1, 2], Action::Command(Box::new(command(EffectClass::Read)))),
        step("roll", &[0], &[], Action::Roll(Box::new(roll))),
        step("agree", &[1], &[], Action::Approve(Box::new(approve))),
        step("wipe", &[2], &[0], Action::Command(Box::new(wipe))),
        step("hand", &[0], &[], Action::Manual(Box::new(manual))),
        step("wait", &[4], &[], Action::Wait { ms: 1_000 }),
    ];
    plan(3, steps)
}

fn a_report(choice: u16) -> Report {
    match choice % 10 {
        0..=4 => ended(0, "3 rows"),
        5 | 6 => ended(1, ""),
        7 => Report::Unknown(UnknownReason::Lost { why: "cable".to_owned() }),
        8 => Report::NotStarted(NotStartedReason::Unreachable { why: "no route".to_owned() }),
        _ => Report::Cancelled(CancelReport::default()),
    }
}

fn an_answer(choice: u16) -> TargetAnswer {
    match choice % 5 {
        0 => TargetAnswer::NeverStarted(NotStartedReason::Revoked {}),
        1 => TargetAnswer::Running,
        2 => TargetAnswer::Ended(ended(0, "")),
        3 => TargetAnswer::Ended(ended(1, "")),
        _ => TargetAnswer::Unknown(UnknownReason::NoStatus { why: "it rebooted".to_owned() }),
    }
}

/// What answers an effect, if anything does.
fn reply(effect: Effect, choice: u16) -> Option<Input> {
    Some(match effect {
        Effect::Preflight { host, .. } => {
            let identity = HostIdentity { ledger: None, machine: host.to_string(), boot: "b".to_owned() };
            Input::Preflighted { host, result: Ok(identity) }
        }
        Effect::Execute(request) => Input::Reported { key: request.key, report: a_report(choice), at: None },
        Effect::AskTarget(request) => Input::TargetAnswered { key: request.key, answer: an_answer(choice) },
        Effect::ArmTimer { timer, .. } => Input::TimerFired { timer },
        Effect::Cancel(_) => return None,
    })
}

fn answer_to(ask: &Ask, choice: u16) -> Input {
    let text = Some("because".to_owned());
    let answer = Answer {
        ask: ask.id.clone(),
        word: ask.words[usize::from(choice) % ask.words.len()],
        reason: text.clone(),
        evidence: text,
        fact: None,
        plan: None,
        typed: ask.typed.clone(),
        wait_ms: Some(5_000),
        prepared: false,
    };
    Input::Answered { actor: operator(), answer }
}

/// The next input of a walk: something that the run waits for, now and then a command, a crash or a drain.
fn next_input(bench: &mut Bench, kind: u16, choice: u16) -> Option<Input> {
    let commanded = |command| Some(Input::Commanded { actor: operator(), command });
    if bench.run.state().drained().is_some() || kind == 0 {
        *bench = bench.again(1);
        return Some(Input::Resumed { actor: operator() });
    }
    match kind {
        1 if bench.run.state().is_held() => return commanded(Command::Continue),
        1 => return commanded(Command::Hold),
        2 if choice < 2_000 => return commanded(Command::Abort { running: RunningAtAbort::Wait }),
        3 if choice < 8_000 => return Some(Input::Drain { reason: DrainReason::Signal }),
        _ => {}
    }
    let asks: Vec<Ask> = bench.run.state().asks().cloned().collect();
    let count = bench.effects.len() + asks.len();
    let at = usize::from(kind) % count.max(1);
    if at < bench.effects.len() {
        return reply(bench.effects.remove(at), choice);
    }
    asks.get(at - bench.effects.len()).map(|ask| answer_to(ask, choice))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// After every input of every walk: counters as recounted, state as folded; what is rejected or doubled changes
    /// nothing.
    #[test]
    fn every_walk_keeps_the_counters_and_the_fold(choices in proptest::collection::vec((0_u16..60, any::<u16>()), 1..90)) {
        let run = Run::resume(Arc::new(everything_plan()), "sha256:plan", &[]).unwrap();
        let mut bench = Bench { run, journal: Memory { records: Vec::new() }, effects: Vec::new(), seconds: 0 };
        bench.say(Input::Start { actor: operator(), info: Box::new(info()) }).unwrap();
        for (kind, choice) in choices {
            if bench.run.state().finished().is_some() {
                break;
            }
            let Some(input) = next_input(&mut bench, kind, choice) else { continue };
            let what = format!("{input:?}");
            let before = everything(&bench);
            if bench.say(input.clone()).is_err() {
                prop_assert_eq!(before, everything(&bench), "{} was rejected and changed something", what);
                continue;
            }
            assert_sound(&bench, &what);
            if matches!(input, Input::Reported { .. } | Input::TargetAnswered { .. } | Input::Preflighted { .. }) {
                let after = everything(&bench);
                prop_assert!(bench.say(input).is_err(), "{} was taken twice", what);
                prop_assert_eq!(after, everything(&bench), "the duplicate of {} changed something", what);
            }
        }
        // The journal as text and back is the same run.
        let lines: Vec<String> = bench.journal.records.iter().map(|r| serde_json::to_string(r).unwrap()).collect();
        let read: Vec<Record> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let fold = Run::resume(Arc::clone(bench.run.plan()), "sha256:plan", &read).unwrap();
        prop_assert_eq!(bench.run.state().differs_from(fold.state()), None);
    }

    /// Reports that arrive together may arrive in any order. (Which host of several a budget leaves out is the order's;
    /// here it takes all or none.)
    #[test]
    fn the_order_of_reports_in_a_batch_does_not_matter(
        statuses in proptest::collection::vec(0_i32..2, 4),
        order in Just([0_usize, 1, 2, 3]).prop_shuffle(),
        in_roll in any::<bool>(),
        budget in prop_oneof![Just(0_u32), Just(4)],
    ) {
        let work = || Action::Command(Box::new(command(EffectClass::Repeatable)));
        let steps = if in_roll {
            let batches = vec![(0..4).map(HostIndex).collect()];
            let roll = Roll { batches, budget, steps: vec![step("work", &[], &[], work())], gate: None };
            vec![step("roll", &[], &[], Action::Roll(Box::new(roll)))]
        } else {
            vec![step("work", &[], &[0, 1, 2, 3], work())]
        };
        let end = |order: &[usize]| {
            let mut bench = Bench::start(plan(4, steps.clone()));
            let requests: Vec<ExecuteRequest> = std::iter::from_fn(|| bench.sent()).collect();
            assert_eq!(requests.len(), 4);
            let mut batch = bench.run.batch(at(100));
            for &index in order {
                let key = requests[index].key.clone();
                batch.decide(Input::Reported { key, report: ended(statuses[index], ""), at: None }).unwrap();
            }
            let Ok(_) = batch.commit(&mut bench.journal);
            assert_sound(&bench, "a batch of reports");
            let asks: std::collections::BTreeSet<_> =
                bench.run.state().asks().map(|a| (a.id.path.to_string(), a.kind)).collect();
            (bench.states(), asks, bench.run.state().finished(), bench.run.state().exit())
        };
        prop_assert_eq!(end(&[0, 1, 2, 3]), end(&order));
    }
}

fn person(name: &str, uid: Option<u32>, groups: &[&str]) -> Actor {
    Actor::Person { name: name.to_owned(), uid, groups: groups.iter().map(|g| (*g).to_owned()).collect() }
}

struct Said {
    actor: Actor,
    word: Word,
    reason: Option<&'static str>,
    fact: Option<&'static str>,
    plan: Option<&'static str>,
    typed: Option<&'static str>,
    prepared: bool,
}

fn said(actor: Actor) -> Said {
    Said { actor, word: Word::Approve, reason: None, fact: None, plan: None, typed: Some("go"), prepared: false }
}

fn broken(actor: Actor) -> Said {
    Said { word: Word::BreakGlass, reason: Some("nobody else is awake"), ..said(actor) }
}

/// Says each in turn to one approval; the last verdict, and whether the step it allows has begun.
fn approvals(drill: bool, effect: EffectClass, rules: Approve, all: Vec<Said>) -> String {
    let work = Action::Command(Box::new(command(effect)));
    let steps = vec![step("agree", &[], &[], Action::Approve(Box::new(rules))), step("work", &[0], &[0], work)];
    let run = Run::resume(Arc::new(plan(1, steps)), "sha256:plan", &[]).unwrap();
    let mut bench = Bench { run, journal: Memory { records: Vec::new() }, effects: Vec::new(), seconds: 0 };
    bench.say(Input::Start { actor: operator(), info: Box::new(StartInfo { drill, ..info() }) }).unwrap();
    bench.preflight();
    let mut verdict = "nothing said".to_owned();
    for said in all {
        let Some(ask) = bench.run.state().asks().next().map(|a| a.id.clone()) else { return "no ask".to_owned() };
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let answer = Answer {
            ask,
            word: said.word,
            reason: owned(said.reason),
            evidence: None,
            fact: owned(said.fact),
            plan: owned(said.plan),
            typed: owned(said.typed),
            wait_ms: None,
            prepared: said.prepared,
        };
        let result = bench.say(Input::Answered { actor: said.actor, answer });
        assert_sound(&bench, "an approval");
        verdict = result.map_or_else(|why| why.name().to_owned(), |()| "taken".to_owned());
    }
    let begun = bench.states().iter().any(|(path, word)| path == "work/@web-1" && *word == "RUN");
    format!("{verdict}, {}", if begun { "granted" } else { "not granted" })
}

#[test]
fn the_rules_of_approvals() {
    use EffectClass::{Destroy, Repeatable};
    let rules =
        || Approve { allows: vec![StepIndex(1)], show: vec![], by: 1, of: vec![], not_starter: false, fact: None };
    let of = || Approve { of: vec!["dba".to_owned(), "carol".to_owned()], ..rules() };
    let other = || Approve { not_starter: true, ..rules() };
    let two = || Approve { by: 2, ..rules() };
    let fact = || Approve {
        fact: Some(Fact { question: Template::text("how many?"), answer: Condition("'3'".to_owned()) }),
        ..rules()
    };
    let alice = || operator();
    let bob = || person("bob", Some(1001), &["dba"]);
    let carol = || person("carol", Some(1002), &[]);
    let dave = || person("dave", Some(1003), &["web"]);
    let cases: Vec<(&str, String)> = vec![
        ("anybody", approvals(false, Repeatable, rules(), vec![said(alice())])),
        ("the engine", approvals(false, Repeatable, rules(), vec![said(Actor::Engine {})])),
        ("a name without an account", approvals(false, Repeatable, rules(), vec![said(person("eve", None, &[]))])),
        (
            "a name without an account, in a drill",
            approvals(true, Repeatable, rules(), vec![said(person("eve", None, &[]))]),
        ),
        ("of: by group", approvals(false, Repeatable, of(), vec![said(bob())])),
        ("of: by name", approvals(false, Repeatable, of(), vec![said(carol())])),
        ("of: neither", approvals(false, Repeatable, of(), vec![said(dave())])),
        ("not_starter: the starter", approvals(true, Repeatable, other(), vec![said(alice())])),
        (
            "not_starter: the starter's account under another name",
            approvals(true, Repeatable, other(), vec![said(person("root", Some(1000), &[]))]),
        ),
        ("not_starter: another", approvals(true, Repeatable, other(), vec![said(bob())])),
        ("by 2: one", approvals(true, Repeatable, two(), vec![said(alice())])),
        ("by 2: the same person twice", approvals(true, Repeatable, two(), vec![said(bob()), said(bob())])),
        ("by 2: two", approvals(true, Repeatable, two(), vec![said(alice()), said(bob())])),
        ("fact: right", approvals(false, Repeatable, fact(), vec![Said { fact: Some(" 3 "), ..said(alice()) }])),
        ("fact: wrong", approvals(false, Repeatable, fact(), vec![Said { fact: Some("4"), ..said(alice()) }])),
        ("fact: none", approvals(false, Repeatable, fact(), vec![said(alice())])),
        (
            "plan: this one",
            approvals(false, Repeatable, rules(), vec![Said { plan: Some("sha256:plan"), ..said(alice()) }]),
        ),
        (
            "plan: another",
            approvals(false, Repeatable, rules(), vec![Said { plan: Some("sha256:other"), ..said(alice()) }]),
        ),
        ("typed: nothing", approvals(false, Repeatable, rules(), vec![Said { typed: None, ..said(alice()) }])),
        ("typed: y", approvals(false, Repeatable, rules(), vec![Said { typed: Some("y"), ..said(alice()) }])),
        ("destroys, typed: go", approvals(false, Destroy, rules(), vec![said(alice())])),
        (
            "destroys, typed: its name",
            approvals(false, Destroy, rules(), vec![Said { typed: Some("lab web-1"), ..said(alice()) }]),
        ),
        (
            "beforehand, without plan",
            approvals(false, Repeatable, rules(), vec![Said { typed: None, prepared: true, ..said(alice()) }]),
        ),
        (
            "destroys, beforehand, without plan",
            approvals(false, Destroy, rules(), vec![Said { typed: None, prepared: true, ..said(alice()) }]),
        ),
        (
            "destroys, beforehand, with plan",
            approvals(
                false,
                Destroy,
                rules(),
                vec![Said { typed: None, prepared: true, plan: Some("sha256:plan"), ..said(alice()) }],
            ),
        ),
        ("not_starter: another, who attached", approvals(false, Repeatable, other(), vec![said(bob())])),
        ("by 2: two, who attached", approvals(false, Repeatable, two(), vec![said(alice()), said(bob())])),
        ("glass: where nobody is excluded", approvals(false, Repeatable, rules(), vec![broken(alice())])),
        ("glass: the starter", approvals(false, Repeatable, other(), vec![broken(alice())])),
        ("glass: one who may approve", approvals(false, Repeatable, other(), vec![broken(bob())])),
        ("glass: not among them", approvals(false, Repeatable, of(), vec![broken(dave())])),
        ("glass: by 2, alone", approvals(false, Repeatable, two(), vec![broken(alice())])),
        ("glass: by 2, after approving", approvals(false, Repeatable, two(), vec![said(alice()), broken(alice())])),
        ("glass: the engine", approvals(false, Repeatable, other(), vec![broken(Actor::Engine {})])),
        (
            "glass: without a reason",
            approvals(false, Repeatable, other(), vec![Said { reason: Some(" "), ..broken(alice()) }]),
        ),
        ("glass: mistyped", approvals(false, Repeatable, other(), vec![Said { typed: Some("y"), ..broken(alice()) }])),
        ("glass: beforehand", approvals(false, Repeatable, other(), vec![Said { prepared: true, ..broken(alice()) }])),
        (
            "glass: for another plan",
            approvals(false, Repeatable, other(), vec![Said { plan: Some("sha256:other"), ..broken(alice()) }]),
        ),
        (
            "glass: with a wrong fact",
            approvals(
                false,
                Repeatable,
                Approve { not_starter: true, ..fact() },
                vec![Said { fact: Some("4"), ..broken(alice()) }],
            ),
        ),
        (
            "glass: destroys, typed: its name",
            approvals(false, Destroy, other(), vec![Said { typed: Some("lab web-1"), ..broken(alice()) }]),
        ),
    ];
    let table: String = cases.iter().map(|(case, verdict)| format!("{case:<55} {verdict}\n")).collect();
    insta::assert_snapshot!(table);
}
