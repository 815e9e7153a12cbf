//! A ledger in a directory of its own, and what goes with requests.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use banister_core::plan::{EffectClass, Shell, StepPath};
use banister_core::run::{EffectKey, ExecuteRequest, Purpose, Report, ResolvedCommand, ResolvedKind, TargetAnswer};
use banister_core::runbook::{HostName, ParamName};
use banister_runtime::ledger::{LedgerPlace, SecretSource};
use banister_runtime::transport::{Asked, Context, Executor, Finished, LocalTransport};

use crate::ended::Printed;

/// How long anything may take before a test gives up. Long: a loaded machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// One shell the wrapper must run under.
pub(crate) type ShellWords = Vec<&'static str>;

/// Every shell the wrapper must run under, as far as this machine has them.
pub(crate) fn shells() -> Vec<ShellWords> {
    let all = [vec!["dash"], vec!["bash"], vec!["busybox", "ash"]];
    all.into_iter().filter(|words| has_program(words[0])).collect()
}

/// Whether a program is there; says so if not, and fails where everything must be tested.
pub(crate) fn has_program(name: &str) -> bool {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|d| d.join(name).exists());
    if !found {
        skip(&format!("{name} is not installed"));
    }
    found
}

/// Says why a test does not run here, or fails where it must.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("BANISTER_LAB").is_none_or(|v| v != "required"), "must run here: {why}");
    eprintln!("skipped: {why}");
}

pub(crate) struct Host {
    pub(crate) executor: Arc<Executor>,
    pub(crate) scratch: tempfile::TempDir,
    pub(crate) shell: ShellWords,
}

impl Host {
    /// A host whose ledger exists.
    pub(crate) async fn new(shell: &ShellWords) -> Self {
        let host = Self::unmet(shell);
        host.executor.preflight(&[], true).await.unwrap();
        host
    }

    /// A host that was not met before.
    pub(crate) fn unmet(shell: &ShellWords) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let transport = Arc::new(LocalTransport::with_shell(shell));
        let executor = Executor::new(transport, place(scratch.path()));
        Self { executor, scratch, shell: shell.clone() }
    }

    /// Another engine on the same host: nothing is shared but the ledger.
    pub(crate) fn again(&self) -> Arc<Executor> {
        self.through(&self.shell)
    }

    pub(crate) fn through(&self, shell: &[&str]) -> Arc<Executor> {
        Executor::new(Arc::new(LocalTransport::with_shell(shell)), place(self.scratch.path()))
    }

    /// An engine that gives what it stops all the time it wants to end by itself.
    pub(crate) fn patient(&self) -> Arc<Executor> {
        let grace_ms = u64::try_from(PATIENCE.as_millis()).unwrap();
        let place = LedgerPlace { grace_ms, ..place(self.scratch.path()) };
        Executor::new(Arc::new(LocalTransport::with_shell(&self.shell)), place)
    }

    /// An engine whose request waits, wholly sent, until somebody has written to a pipe.
    pub(crate) fn late(&self, fifo: &Fifo) -> Arc<Executor> {
        let waits = format!("read line <{}; exec {}", fifo.path().display(), self.shell.join(" "));
        let transport = LocalTransport::with_shell(["sh", "-c", &waits]);
        // A heartbeat would wait there too.
        let place = LedgerPlace { beat_ms: 3_600_000, ..place(self.scratch.path()) };
        Executor::new(Arc::new(transport), place)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.path(&format!("banister-ledger-{}", rustix::process::geteuid().as_raw()))
    }

    /// A file of a key, by the end of its name.
    pub(crate) fn key(&self, request: &ExecuteRequest, file: &str) -> PathBuf {
        let name = format!("{},@web-1:main#{}.{file}", request.key.path, request.key.attempt);
        self.ledger().join(run_id()).join(name)
    }

    pub(crate) async fn run(&self, request: &ExecuteRequest) -> (Report, Printed) {
        execute(&self.executor, request).await
    }

    pub(crate) async fn ask(&self, request: &ExecuteRequest) -> TargetAnswer {
        ask(&self.again(), request).await.0
    }
}

/// One for each test, here and in another run of these tests beside this one: a cancel looks for its run's processes on the whole machine.
pub(crate) fn run_id() -> String {
    let thread = std::thread::current();
    let test = || {
        let name = thread.name().and_then(|name| name.rsplit("::").next()).unwrap();
        format!("{name}-{}", std::process::id())
    };
    std::env::var("BANISTER_TEST_RUN").unwrap_or_else(|_| test())
}

pub(crate) fn place(dir: &Path) -> LedgerPlace {
    LedgerPlace {
        dir: dir.to_str().unwrap().to_owned(),
        run: run_id(),
        manifest: format!("{} of test.yaml", run_id()),
        expect: None,
        machine: None,
        holder: "alice@ops".into(),
        grace_ms: 300,
        beat_ms: 50,
    }
}

pub(crate) async fn execute(executor: &Arc<Executor>, request: &ExecuteRequest) -> (Report, Printed) {
    execute_with(executor, request, Arc::new(Token)).await
}

/// The same with other secrets.
pub(crate) async fn execute_with(
    executor: &Arc<Executor>,
    request: &ExecuteRequest,
    secrets: Arc<dyn SecretSource + Send + Sync>,
) -> (Report, Printed) {
    let printed = Printed::default();
    let context = Context { secrets, sink: Box::new(printed.clone()), head: None };
    let Finished { report, .. } = executor.execute(request, context).await;
    (report, printed)
}

/// Asks, and waits for the end if it runs.
pub(crate) async fn ask(executor: &Arc<Executor>, request: &ExecuteRequest) -> (TargetAnswer, Printed) {
    let printed = Printed::default();
    match executor.ask(request, Box::new(printed.clone())).await {
        Asked::Settled(answer, _) => (answer, printed),
        Asked::Running(_) => (TargetAnswer::Running, printed),
    }
}

/// A changing command.
pub(crate) fn once(script: &str) -> ExecuteRequest {
    request(EffectClass::Once, ResolvedKind::Script { shell: Shell::Sh, text: script.to_owned() })
}

/// A reading command.
pub(crate) fn read(script: &str) -> ExecuteRequest {
    request(EffectClass::Read, ResolvedKind::Script { shell: Shell::Sh, text: script.to_owned() })
}

pub(crate) fn request(effect: EffectClass, kind: ResolvedKind) -> ExecuteRequest {
    ExecuteRequest {
        key: EffectKey {
            run: run_id(),
            path: StepPath::parse("step").unwrap(),
            host: HostName::new("web-1").unwrap(),
            purpose: Purpose::Main,
            attempt: 1,
        },
        epoch: 1,
        ledger: None,
        effect,
        command: ResolvedCommand { kind, account: None, env: vec![], stdin: None, cwd: None },
        digest: "d1".to_owned(),
        kill_after_ms: None,
        start_within_ms: None,
    }
}

/// The same step once more.
pub(crate) fn attempt(request: &ExecuteRequest, attempt: u32) -> ExecuteRequest {
    let mut request = request.clone();
    request.key.attempt = attempt;
    request
}

/// One secret: `token`.
pub(crate) struct Token;

pub(crate) const TOKEN: &str = "hunter2 \"$(id)\" `id` '\\' \u{00e9}";

impl SecretSource for Token {
    fn reveal(&self, name: &ParamName) -> Option<&[u8]> {
        (name.as_str() == "token").then_some(TOKEN.as_bytes())
    }
}

/// Waits for a condition of the world. Fails after a time in which it must have come about.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "never came about: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A named pipe: each end waits for the other, so a command can be held exactly where the test wants it.
pub(crate) struct Fifo(PathBuf);

impl Fifo {
    pub(crate) fn new(host: &Host, name: &str) -> Self {
        let path = host.path(name);
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Waits until somebody reads; the reader goes on when the file is dropped. Looks again and again, and does not wait
    /// in the kernel: a wait there that was given up would open the pipe for the next reader, and close it again.
    pub(crate) async fn opened_by_reader(&self) -> std::fs::File {
        use std::os::unix::fs::OpenOptionsExt as _;
        let not_waiting = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap();
        let mut opened = None;
        until("the pipe is read", || {
            opened = match std::fs::File::options().write(true).custom_flags(not_waiting).open(&self.0) {
                Ok(file) => Some(file),
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => None,
                Err(error) => panic!("{}: {error}", self.0.display()),
            };
            opened.is_some()
        })
        .await;
        opened.unwrap()
    }
}
