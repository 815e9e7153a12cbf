//! Runs at which a person is asked: one for each kind of ask.

use banister_core::run::{
    AskKind, Captured, CapturedText, EffectKey, Ended, Exit, Input, LockHolder, Report, StreamInfo, TargetAnswer,
    Timer, UnknownReason, Word,
};
use banister_core::runbook::HostName;
use banister_runtime::control::{AnswerSaid, Verb};

use crate::ui::testing::{APPROVED, HOSTS, Scene, compile, person};
use crate::ui::{Heard, Order, Refused};

const RESTART: &str = r#"
runbook: restart-nginx
if_it_fails: One host is without nginx, the others were not touched. Call the owner.
hosts: kafka
timeout: 1m
steps:
  - id: restart
    roll:
      steps:
        - id: nginx
          run: service nginx restart
          effect: repeatable
          undo:
            - { id: back, run: service nginx-old start, effect: repeatable }
      gate: { probe: { run: curl -fsS -m 2 http://localhost/ }, samples: 3 }
"#;

const PEOPLE: &str = r#"
runbook: move-the-address
if_it_fails: The address may be on both; call the network team.
hosts: kafka-01
timeout: 1m
steps:
  - id: first
    FIRST
  - id: move
    run: ip-move
    effect: repeatable
"#;

const WIPE: &str = r#"
runbook: wipe
if_it_fails: Files may be gone. Call the owner.
hosts: kafka-01
timeout: 1m
steps:
  - id: approval
    approve: { for: [wipe] }
  - id: wipe
    run: rm -rf /srv/uploads/import
    effect: destroy
    preview: { run: find /srv/uploads/import }
    verify: { run: "! test -e /srv/uploads/import" }
"#;

/// Where the roll's first host is restarted.
const NGINX: &str = "restart/@kafka-01/nginx";

fn people(first: &str) -> Scene {
    Scene::started(compile(&PEOPLE.replace("FIRST", first), HOSTS))
}

fn ended(status: i32, stdout: u64, stderr: u64) -> Report {
    let captured = |bytes: u64| Captured {
        text: CapturedText::Text(String::new()),
        info: StreamInfo { bytes, sha256: format!("digest of {bytes} bytes"), redactions: 0, cut: false },
    };
    let (stdout, stderr) = (captured(stdout), captured(stderr));
    Report::Ended(Box::new(Ended { exit: Exit::Code(status), took_ms: 3_200, stdout, stderr }))
}

fn key_of(scene: &Scene) -> EffectKey {
    scene.sent().next().expect("something was sent").key.clone()
}

fn reported(scene: &mut Scene, report: Report) {
    let key = key_of(scene);
    scene.report(key, report);
}

/// A failure with errors.
pub(super) fn failure() -> Scene {
    let mut scene = Scene::started(compile(RESTART, HOSTS));
    scene.after(61_000);
    reported(&mut scene, ended(1, 0, 212));
    scene.after(48_000);
    scene
}

/// A destroy step that failed.
pub(super) fn failed_wipe() -> Scene {
    let mut scene = approve(WIPE);
    scene.answers(person("alice", 1000), "approval", Word::Approve);
    scene.all_end(|request| (i32::from(request.key.purpose == banister_core::run::Purpose::Main), "3"));
    scene
}

fn approve(book: &str) -> Scene {
    let mut scene = Scene::started(compile(book, HOSTS));
    scene.all_end(|_| (0, "3"));
    scene
}

/// An approval that bob may give, on bob's screen; of a step that destroys.
pub(super) fn approval() -> Scene {
    let mut scene = approve(APPROVED);
    scene.screen.model.you = person("bob", 1001);
    scene.after(48_000);
    scene
}

/// A run that waits at an ask of a kind, and the screen of somebody who may answer it.
pub(super) fn asking(kind: AskKind) -> Scene {
    let mut scene = match kind {
        AskKind::Pause => people("pause: Is the standby quiet?"),
        AskKind::Manual => people("manual: { do: Plug the cable into port 3 }\n    verify: person"),
        AskKind::Verify => {
            let mut scene = people("run: ip-take\n    effect: once\n    verify: person");
            reported(&mut scene, ended(0, 20, 0));
            scene
        }
        AskKind::Approve => approval(),
        AskKind::Failure => failure(),
        AskKind::Unknown => {
            let mut scene = Scene::started(compile(RESTART, HOSTS));
            scene.loses(NGINX, "connection reset by peer");
            let reason = UnknownReason::NoStatus { why: "the machine was booted".to_owned() };
            scene.told(NGINX, TargetAnswer::Unknown(reason));
            scene
        }
        AskKind::Timeout => {
            let mut scene = Scene::started(compile(RESTART, HOSTS));
            scene.after(60_000).fires(|timer| matches!(timer, Timer::Timeout { .. }));
            scene
        }
        AskKind::GateTimeout => {
            let mut scene = Scene::started(compile(RESTART, HOSTS));
            scene.ends(NGINX, 0, "");
            reported(&mut scene, ended(7, 0, 0));
            scene.after(120_000).fires(|timer| matches!(timer, Timer::Gate { .. }));
            scene
        }
        AskKind::Stuck => {
            let mut scene = failure();
            scene.answers(person("alice", 1000), NGINX, Word::Undo);
            reported(&mut scene, ended(1, 0, 30));
            scene
        }
        AskKind::Lock => {
            let mut scene = Scene::planned(compile(RESTART, HOSTS));
            let by = LockHolder {
                run: "3b2fc10a".to_owned(),
                holder: "carol@ops".to_owned(),
                since: "2026-11-21T13:58:07Z".to_owned(),
            };
            let host = HostName::new("kafka-01").expect("a name");
            scene.say(Input::Locked { host, by }).expect("a host of another run");
            scene
        }
    };
    let open = scene.screen.model.view.as_ref().and_then(|view| view.asks().next()).map(|ask| ask.kind);
    assert_eq!(open, Some(kind), "{:?}", scene.records().last());
    scene.orders.clear();
    scene
}

/// Every kind.
pub(super) const KINDS: [AskKind; 10] = [
    AskKind::Pause,
    AskKind::Approve,
    AskKind::Manual,
    AskKind::Verify,
    AskKind::Failure,
    AskKind::Unknown,
    AskKind::Timeout,
    AskKind::GateTimeout,
    AskKind::Stuck,
    AskKind::Lock,
];

/// Every open request for stored output is answered with a text.
pub(super) fn serve(scene: &mut Scene, text: &str) {
    let orders = std::mem::take(&mut scene.orders);
    for order in orders {
        if let Order::Send { id, verb } = order
            && let Verb::Read { from, .. } = *verb
        {
            let (total, bytes) = (text.len() as u64, text.as_bytes().to_vec());
            assert!(from.is_none_or(|from| from == 0), "all of it came at once");
            scene.hear(Heard::Chunk { id, from: 0, total, bytes });
        }
    }
}

/// The engine takes what was ordered, as it would over the socket. Gives the reason it was not taken for.
pub(super) fn obey(scene: &mut Scene, order: &Order) -> Result<(), String> {
    let Order::Send { id, verb } = order else { panic!("{order:?} is not for the engine") };
    let actor = scene.screen.model.you.clone();
    use banister_core::run::{Answer, Command};
    let command = |command| Input::Commanded { actor: actor.clone(), command };
    let input = match verb.as_ref().clone() {
        Verb::Hold {} => command(Command::Hold),
        Verb::Continue {} => command(Command::Continue),
        Verb::Abort { running } => command(Command::Abort { running }),
        Verb::Note { text, at } => command(Command::Note { text, at }),
        Verb::Decide { text } => command(Command::Decide { text }),
        Verb::Pen {} => command(Command::Pen),
        Verb::Answer(said) => {
            let AnswerSaid { ask, word, reason, evidence, fact, plan, typed, wait_ms } = *said;
            let answer = Answer { ask, word, reason, evidence, fact, plan, typed, wait_ms, prepared: false };
            Input::Answered { actor: actor.clone(), answer }
        }
        other => panic!("{other:?} does nothing"),
    };
    let went = scene.say(input).map_err(|rejected| (rejected.name().to_owned(), rejected.to_string()));
    let result = match &went {
        Ok(()) => Ok(0),
        Err((name, why)) => Err(Refused { name: Some(name.clone()), why: why.clone() }),
    };
    scene.hear(Heard::Replied { id: *id, result });
    went.map_err(|(_, why)| why)
}

/// Orders as a test reads them; what only looks is left out.
pub(super) fn told(orders: &[Order]) -> Vec<String> {
    let say = |order: &Order| match order {
        Order::Send { verb, .. } => match verb.as_ref() {
            Verb::Read { .. } | Verb::Want { .. } => None,
            Verb::Answer(said) => {
                let mut text = format!("answer {} {}", said.ask.path, said.word);
                let fields = [
                    ("reason", &said.reason),
                    ("evidence", &said.evidence),
                    ("fact", &said.fact),
                    ("typed", &said.typed),
                ];
                for (name, value) in fields {
                    text.extend(value.iter().map(|value| format!(" {name}={value}")));
                }
                text.extend(said.wait_ms.map(|ms| format!(" wait={ms}")));
                text.push_str(if said.plan.is_some() { " plan" } else { "" });
                Some(text)
            }
            Verb::Abort { running } => Some(format!("abort {running:?}")),
            Verb::Note { text, .. } => Some(format!("note {text}")),
            Verb::Decide { text } => Some(format!("decide {text}")),
            other => Some(format!("{other:?}")),
        },
        Order::Call { .. } | Order::Redraw => None,
        other => Some(format!("{other:?}")),
    };
    orders.iter().filter_map(say).collect()
}
