//! The core alone: a roll over ten thousand hosts, decided and committed one input at a time, in memory.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use banister_core::plan::{Inventory, Plan, compile};
use banister_core::run::{
    Actor, BootId, Captured, CapturedText, Durability, Effect, Ended, Exit, ExitCode, HostIdentity, Input, Journal,
    Now, Record, Report, Run, StartInfo, StreamInfo, Timer,
};
use banister_core::source::SourceFile;
use chrono::{DateTime, TimeDelta, Utc};

use crate::figure::{Figure, Judge, Unit};
use crate::watch::Watch;

const HOSTS: usize = 10_000;
const RUNS: usize = 5;
const AIM_US: f64 = 20.0;

/// Two changing steps, the second with an output of the first; a gate after each batch, and one over all hosts.
const RUNBOOK: &str = "\
runbook: figures
if_it_fails: It is a measurement; nothing was touched.
hosts: all
timeout: 1m
steps:
  - id: restart
    roll:
      batch: [BATCH]
      steps:
        - id: note_version
          run: cat /srv/app/version && touch /run/app/drained
          effect: repeatable
          outputs: { before: result.stdout }
        - id: nginx
          run: service nginx restart --from={{ steps.note_version.before }} --on={{ host.name }}
          as: root
          effect: repeatable
      gate:
        probe: { run: \"curl -fsS -m 2 http://{{ host.name }}/\" }
        until: result.stdout == \"1.2.3\"
        samples: 3
  - id: healthy
    gate:
      probe: { run: cat /srv/app/state }
      until: result.status == 0
      samples: 3
";

/// The plan of `RUNBOOK` over hosts of one group, and its hash.
pub(crate) fn plan(hosts: usize, runbook: &str) -> (Arc<Plan>, String) {
    let mut inventory = "environment: staging\nhosts:\n".to_owned();
    for host in 0..hosts {
        writeln!(inventory, "  web-{host:05}: {{ address: 10.0.{}.{}, groups: [all] }}", host / 250, host % 250)
            .unwrap();
    }
    let (inventory, findings) = Inventory::parse(&SourceFile::new("hosts.yaml", inventory));
    assert!(findings.is_empty(), "{findings:?}");
    let (plan, findings) = compile(&SourceFile::new("figures.yaml", runbook), &inventory.unwrap(), &BTreeMap::new());
    assert!(plan.is_some(), "{findings:?}");
    let plan = plan.unwrap();
    let hash = plan.hash();
    (Arc::new(plan), hash)
}

/// Gives every batch away as the run made it.
pub(crate) trait Keep {
    fn keep(&mut self, batch: &[Record], durability: Durability);
}

struct Journalled<K>(K);

impl<K: Keep> Journal for Journalled<K> {
    type Error = Infallible;

    fn append(&mut self, batch: &[Record], durability: Durability) -> Result<(), Infallible> {
        self.0.keep(batch, durability);
        Ok(())
    }
}

/// A journal in memory, as a viewer would hold it.
#[derive(Default)]
struct Memory(Vec<Record>);

impl Keep for Memory {
    fn keep(&mut self, batch: &[Record], _: Durability) {
        self.0.extend_from_slice(batch);
    }
}

/// How a run went.
pub(crate) struct Drive {
    /// Inputs that were decided and committed, each in a batch of its own.
    pub(crate) events: usize,
    /// The one that took longest, making its input left out.
    pub(crate) slowest: Duration,
}

fn now(event: usize) -> Now {
    let start: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let ms = u64::try_from(event).unwrap();
    Now {
        wall: start + TimeDelta::milliseconds(i64::try_from(ms).unwrap()),
        elapsed: ms * 1_000_000,
        boot: BootId("0d6b1c5e-4f0a-4f6e-9f63-0d2f6a1b7c11".to_owned()),
    }
}

fn start() -> Input {
    let info = StartInfo {
        run: "8c1f3a0b9d7e4c2a".to_owned(),
        plan_digest: "0".repeat(64),
        runbook_file: "figures.yaml".to_owned(),
        runbook_digest: "0".repeat(64),
        git_commit: None,
        git_dirty: None,
        inventory_digest: None,
        incident: None,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        machine: "figures".to_owned(),
        time_zone: "+00:00".to_owned(),
        drill: false,
        ssh_config: None,
    };
    let actor = Actor::Person { name: "figures".to_owned(), uid: Some(1000), groups: Vec::new() };
    Input::Start { actor, info: Box::new(info) }
}

fn succeeded() -> Report {
    let captured = |text: &str| Captured {
        text: CapturedText::Text(text.to_owned()),
        info: StreamInfo { bytes: text.len() as u64, sha256: "9f86d081".repeat(8), redactions: 0, cut: false },
    };
    Report::Ended(Box::new(Ended { exit: Exit::Code(0), took_ms: 12, stdout: captured("1.2.3"), stderr: captured("") }))
}

/// What the world says to an effect, if anything: every host answers, every command succeeds.
fn answer(effect: Effect) -> Option<Input> {
    match effect {
        Effect::Preflight { host, ledger, .. } => {
            let identity = HostIdentity {
                ledger: ledger.then(|| format!("ledger of {host}")),
                machine: format!("machine of {host}"),
                boot: "b".to_owned(),
            };
            Some(Input::Preflighted { host, result: Ok(identity) })
        }
        Effect::Execute(request) => Some(Input::Reported { key: request.key, report: succeeded(), at: None }),
        Effect::ArmTimer {
            timer: timer @ (Timer::Sample { .. } | Timer::Retry { .. } | Timer::Wait { .. }), ..
        } => Some(Input::TimerFired { timer }),
        Effect::ArmTimer { .. } | Effect::AskTarget(_) | Effect::Cancel(_) => None,
    }
}

/// Runs a plan to its end in a world where everything works.
pub(crate) fn drive(plan: &Arc<Plan>, hash: &str, keep: impl Keep) -> Drive {
    let mut run = Run::resume(Arc::clone(plan), hash, &[]).unwrap();
    let mut journal = Journalled(keep);
    let mut inputs = VecDeque::from([start()]);
    let mut drive = Drive { events: 0, slowest: Duration::ZERO };
    while let Some(input) = inputs.pop_front() {
        drive.events += 1;
        let began = Instant::now();
        let mut batch = run.batch(now(drive.events));
        batch.decide(input).unwrap();
        let Ok(effects) = batch.commit(&mut journal);
        drive.slowest = drive.slowest.max(began.elapsed());
        inputs.extend(effects.into_iter().filter_map(answer));
    }
    assert_eq!(run.state().finished(), Some(ExitCode::DONE), "the run was not driven to its end");
    drive
}

pub(crate) fn measure() -> Vec<Figure> {
    [HOSTS, 100].map(one).into()
}

fn one(batch: usize) -> Figure {
    let (plan, hash) = plan(HOSTS, &RUNBOOK.replace("BATCH", &batch.to_string()));
    let (mut samples, mut cpu) = (Vec::new(), Vec::new());
    let mut last = Drive { events: 0, slowest: Duration::ZERO };
    for _ in 0..RUNS {
        let watch = Watch::start();
        let memory = Memory::default();
        last = drive(&plan, &hash, memory);
        let (wall, busy) = watch.stop();
        let each = |ms: f64| ms * 1e3 / last.events as f64;
        samples.push(each(wall));
        cpu.push(each(busy));
    }
    let how = format!(
        "A roll over {HOSTS} hosts in batches of {batch}, two changing steps, gates; {} inputs, each decided and \
         committed by itself into a journal in memory, spreading the plan out included. The slowest single input of \
         the last run took {:.1} ms.",
        last.events,
        last.slowest.as_secs_f64() * 1e3
    );
    Figure {
        name: format!("the core, an event at {HOSTS} hosts, batches of {batch}"),
        unit: Unit::Microseconds,
        aim: Some(AIM_US),
        judge: Judge::Least,
        samples,
        cpu,
        how,
    }
}
