//! What a step under the ledger of this machine costs, beside a bare `sh -c true`. The aim: at most five times as much.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use banister_core::plan::{EffectClass, Shell, StepPath};
use banister_core::run::{
    Captured, CapturedText, EffectKey, ExecuteRequest, Purpose, Report, ResolvedCommand, ResolvedKind, StreamInfo,
};
use banister_core::runbook::{HostName, ParamName};
use banister_runtime::ledger::{LedgerPlace, SecretSource};
use banister_runtime::output::StreamKind;
use banister_runtime::transport::{Context, Executor, LocalTransport, OutputSink};
use divan::Bencher;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

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

fn request(effect: EffectClass, attempt: u32) -> ExecuteRequest {
    ExecuteRequest {
        key: EffectKey {
            run: "bench".to_owned(),
            path: StepPath::parse(&format!("step{attempt}")).unwrap(),
            host: HostName::new("localhost").unwrap(),
            purpose: Purpose::Main,
            attempt: 1,
        },
        epoch: 1,
        ledger: None,
        effect,
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

fn steps(bencher: Bencher<'_, '_>, effect: EffectClass) {
    let runtime = Runtime::new().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let place = LedgerPlace {
        dir: scratch.path().to_str().unwrap().to_owned(),
        run: "bench".to_owned(),
        manifest: String::new(),
        expect: None,
        machine: None,
        holder: "alice@ops".into(),
        grace_ms: 1000,
        beat_ms: 5000,
    };
    let executor = Executor::new(Arc::new(LocalTransport::default()), place);
    runtime.block_on(executor.preflight(&[], true)).unwrap();
    let next = AtomicU32::new(0);
    bencher.bench_local(|| {
        let request = request(effect, next.fetch_add(1, Ordering::Relaxed));
        let context = Context { secrets: Arc::new(Nothing), sink: Box::new(Nothing), head: None };
        let finished = runtime.block_on(executor.execute(&request, context));
        assert!(matches!(finished.report, Report::Ended(_)), "{finished:?}");
    });
}

#[divan::bench(sample_count = 200)]
fn bare_sh_c_true(bencher: Bencher<'_, '_>) {
    let runtime = Runtime::new().unwrap();
    bencher.bench_local(|| {
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", "true"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        assert!(runtime.block_on(async { command.output().await }).unwrap().status.success());
    });
}

#[divan::bench(sample_count = 200)]
fn step_under_the_ledger(bencher: Bencher<'_, '_>) {
    steps(bencher, EffectClass::Once);
}

#[divan::bench(sample_count = 200)]
fn reading_step(bencher: Bencher<'_, '_>) {
    steps(bencher, EffectClass::Read);
}
