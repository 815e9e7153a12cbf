//! A step under this machine's ledger, beside a bare `sh -c true`: both in this process, in turn.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use banister_core::plan::{EffectClass, Shell, StepPath};
use banister_core::run::{
    Captured, CapturedText, EffectKey, ExecuteRequest, Purpose, Report, ResolvedCommand, ResolvedKind, StreamInfo,
};
use banister_core::runbook::{HostName, ParamName};
use banister_runtime::ledger::{LedgerPlace, SecretSource};
use banister_runtime::output::StreamKind;
use banister_runtime::transport::{Context, Executor, LocalTransport, OutputSink};
use tokio::runtime::Runtime;

use crate::figure::{Figure, Judge, Unit, spread};
use crate::start::banister;

const ROUNDS: usize = 7;
const PAIRS: usize = 40;
const AIM: f64 = 5.0;

struct Nothing;

impl SecretSource for Nothing {
    fn reveal(&self, _: &ParamName) -> Option<&[u8]> {
        None
    }
}

impl OutputSink for Nothing {
    fn take(&mut self, _: StreamKind, _: &[u8]) {}

    fn finish(self: Box<Self>) -> (Captured, Captured) {
        let captured = || Captured { text: CapturedText::Cut, info: StreamInfo::default() };
        (captured(), captured())
    }
}

fn request(number: usize) -> ExecuteRequest {
    ExecuteRequest {
        key: EffectKey {
            run: "figures".to_owned(),
            path: StepPath::parse(&format!("step{number}")).unwrap(),
            host: HostName::new("localhost").unwrap(),
            purpose: Purpose::Main,
            attempt: 1,
        },
        epoch: 1,
        ledger: None,
        effect: EffectClass::Once,
        command: ResolvedCommand {
            kind: ResolvedKind::Script { shell: Shell::Sh, text: "true".to_owned() },
            account: None,
            env: vec![],
            stdin: None,
            cwd: None,
        },
        digest: "digest".to_owned(),
        kill_after_ms: None,
        start_within_ms: None,
    }
}

fn ms(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e3
}

async fn bare() -> f64 {
    let began = Instant::now();
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", "true"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    assert!(command.output().await.unwrap().status.success());
    ms(began)
}

async fn step(executor: &Arc<Executor>, number: usize) -> f64 {
    let request = request(number);
    let context = Context { secrets: Arc::new(Nothing), sink: Box::new(Nothing), head: None };
    let began = Instant::now();
    let finished = executor.execute(&request, context).await;
    let took = ms(began);
    assert!(matches!(finished.report, Report::Ended(_)), "{finished:?}");
    took
}

pub(crate) fn measure() -> Vec<Figure> {
    let runtime = Runtime::new().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let place = LedgerPlace {
        dir: scratch.path().to_str().unwrap().to_owned(),
        run: "figures".to_owned(),
        manifest: String::new(),
        expect: None,
        machine: None,
        holder: "alice@ops".into(),
        grace_ms: 1000,
        beat_ms: 5000,
    };
    let executor = Executor::new(Arc::new(LocalTransport::default()), place);
    runtime.block_on(executor.preflight(&[], true)).unwrap();
    let (mut ratios, mut bares, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    let mut number = 0;
    for _ in 0..ROUNDS {
        let (mut bare_round, mut step_round) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            number += 1;
            bare_round.push(runtime.block_on(bare()));
            step_round.push(runtime.block_on(step(&executor, number)));
        }
        ratios.push(spread(&step_round).1 / spread(&bare_round).1);
        bares.extend(bare_round);
        steps.extend(step_round);
    }
    let how = format!(
        "{ROUNDS} rounds of {PAIRS} pairs; of each round the median step by the median `sh -c true`. Both start from \
         the same process through the same runtime; the journal's syncs are no part of it."
    );
    let aside = |name: &str, samples: Vec<f64>, how: &str| Figure {
        name: name.to_owned(),
        unit: Unit::Milliseconds,
        aim: None,
        judge: Judge::Median,
        samples,
        cpu: Vec::new(),
        how: how.to_owned(),
    };
    vec![
        Figure {
            name: "a step under the local ledger, by a bare `sh -c true`".to_owned(),
            unit: Unit::Times,
            aim: Some(AIM),
            judge: Judge::Median,
            samples: ratios,
            cpu: Vec::new(),
            how,
        },
        aside("`sh -c true`", bares, "Every one of those pairs."),
        aside("a step under the local ledger", steps, "Every one of those pairs."),
        aside(
            "a step of a whole run",
            whole_run(),
            "What a step more costs a run: the journal synced before the \
            command and its outcome written, the output kept, the live lines printed. From runs of 1 and of 41 steps.",
        ),
    ]
}

/// What one step more costs a whole run.
fn whole_run() -> Vec<f64> {
    const MORE: usize = 40;
    let dir = tempfile::tempdir().unwrap();
    let run = |steps: usize| {
        let mut text =
            "runbook: steps\nif_it_fails: It is a measurement.\nhosts: localhost\ntimeout: 1m\nsteps:\n".to_owned();
        for n in 0..steps {
            text.push_str(&format!("  - {{ id: s{n}, run: 'true', effect: repeatable }}\n"));
        }
        let runbook = dir.path().join("steps.yaml");
        std::fs::write(&runbook, text).unwrap();
        let began = Instant::now();
        let mut command = std::process::Command::new(banister());
        command.args(["run", "--foreground", "--state-dir"]).arg(dir.path().join("state")).arg(&runbook);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "the run ended with {status}");
        ms(began)
    };
    (0..5)
        .map(|_| {
            let one = run(1);
            (run(1 + MORE) - one) / MORE as f64
        })
        .collect()
}
