//! 200 MB of a command's output come through in constant memory, whole. A process of its own: the figure is the whole
//! process's.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};

use banister_core::plan::{EffectClass, Shell, StepPath};
use banister_core::run::{
    Captured, CapturedText, EffectKey, ExecuteRequest, Purpose, Report, ResolvedCommand, ResolvedKind, StreamInfo,
};
use banister_core::runbook::{HostName, ParamName};
use banister_runtime::ledger::{LedgerPlace, SecretSource};
use banister_runtime::output::StreamKind;
use banister_runtime::transport::{Context, Executor, LocalTransport, OutputSink};

static ZEROS: [u8; 4096] = [0; 4096];

/// Bytes of both streams, and whether each was what it should be.
#[derive(Default, Clone)]
struct Count(Arc<Mutex<([u64; 2], bool)>>);

impl SecretSource for Count {
    fn reveal(&self, _: &ParamName) -> Option<&[u8]> {
        None
    }
}

impl OutputSink for Count {
    fn take(&mut self, stream: StreamKind, bytes: &[u8]) {
        let mut count = self.0.lock().unwrap();
        count.0[usize::from(stream == StreamKind::Stderr)] += bytes.len() as u64;
        count.1 |= bytes.chunks(ZEROS.len()).any(|part| part != &ZEROS[..part.len()]);
    }

    fn finish(self: Box<Self>) -> (Captured, Captured) {
        let captured = || Captured { text: CapturedText::Cut, info: StreamInfo::default() };
        (captured(), captured())
    }
}

/// The largest resident size this process ever had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_megabytes_in_constant_memory() {
    let scratch = tempfile::tempdir().unwrap();
    let place = LedgerPlace {
        dir: scratch.path().to_str().unwrap().to_owned(),
        run: "flood".to_owned(),
        manifest: String::new(),
        expect: None,
        machine: None,
        holder: "alice@ops".into(),
        grace_ms: 1000,
        beat_ms: 5000,
    };
    let executor = Executor::new(Arc::new(LocalTransport::default()), place);
    executor.preflight(&[], true).await.unwrap();
    for effect in [EffectClass::Once, EffectClass::Read] {
        let request = ExecuteRequest {
            key: EffectKey {
                run: "flood".to_owned(),
                path: StepPath::parse("flood").unwrap(),
                host: HostName::new("localhost").unwrap(),
                purpose: Purpose::Main,
                attempt: 1,
            },
            epoch: 1,
            ledger: None,
            effect,
            command: ResolvedCommand {
                kind: ResolvedKind::Script {
                    shell: Shell::Sh,
                    text: "head -c 200000000 /dev/zero; head -c 1000000 /dev/zero >&2".to_owned(),
                },
                account: None,
                env: vec![],
                stdin: None,
                cwd: None,
            },
            digest: "digest".to_owned(),
            kill_after_ms: None,
            start_within_ms: None,
        };
        let count = Count::default();
        let before = peak_kib();
        let context = Context { secrets: Arc::new(count.clone()), sink: Box::new(count.clone()), head: None };
        let finished = executor.execute(&request, context).await;
        assert!(matches!(finished.report, Report::Ended(_)), "{finished:?}");
        assert_eq!(*count.0.lock().unwrap(), ([200_000_000, 1_000_000], false), "{effect:?}");
        let grown = peak_kib() - before;
        assert!(grown < 16 * 1024, "{effect:?}: it grew by {grown} KiB");
    }
}
