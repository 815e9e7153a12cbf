//! One lab host with the ways to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use banister_core::plan::{EffectClass, Host, Inventory, Shell, StepPath};
use banister_core::run::{
    EffectKey, ExecuteRequest, Purpose, Report, ResolvedCommand, ResolvedKind, TargetAnswer, UnknownReason,
};
use banister_core::runbook::{HostName, ParamName};
use banister_core::source::SourceFile;
use banister_lab::testing::Inside;
use banister_lab::{LabHost, SshdProcess};
use banister_runtime::ledger::{LedgerPlace, SecretSource};
use banister_runtime::ssh::{Masters, SshSettings};
use banister_runtime::transport::{Asked, Context, Executor, OutputSink};

use crate::ended::Printed;

/// How long anything may take before a check gives up. Long: a loaded machine is no failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The hosts of the lab.
pub(crate) struct Sites(Vec<LabHost>);

impl Sites {
    pub(crate) fn new(lab: &Inside) -> Self {
        Self(lab.hosts().cloned().collect())
    }

    /// One host, and the next one for what needs two: the next is the neighbour's, and must not be broken.
    pub(crate) fn site(&self, index: usize) -> Site {
        Site { lab: self.0[index].clone(), other: self.0[1].clone() }
    }
}

/// One lab host, a check's own.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) lab: LabHost,
    /// One that nobody breaks.
    pub(crate) other: LabHost,
}

impl Site {
    pub(crate) fn name(&self) -> &str {
        self.lab.name()
    }

    /// Runs a script on the host, not over ssh.
    pub(crate) fn sh(&self, script: &str) -> String {
        tokio::task::block_in_place(|| self.lab.sh(script)).unwrap()
    }

    /// Waits until a script on the host succeeds.
    pub(crate) async fn until(&self, script: &str) {
        let from = Instant::now();
        while !tokio::task::block_in_place(|| self.lab.exec(script)).unwrap().status.success() {
            assert!(from.elapsed() < PATIENCE, "{}: never came about: {script}", self.name());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until somebody listens at a port of the host. An sshd goes to the background before it does.
    pub(crate) async fn listens(&self, port: u16) {
        self.until(&format!("grep -q ':{port:04X} .* 0A ' /proc/net/tcp")).await;
    }

    /// The pid of the host's sshd process whose title begins so.
    pub(crate) fn sshd(&self, title: &str) -> u32 {
        let all = tokio::task::block_in_place(|| self.lab.sshd_pids()).unwrap();
        let has_title = |process: &SshdProcess| process.title.starts_with(title);
        // One that has just been forked, to become a session's shell, has its parent's title until then.
        let is_forked = |child: &SshdProcess| all.iter().any(|one| one.pid == child.parent && has_title(one));
        let fits: Vec<_> = all.iter().filter(|process| has_title(process) && !is_forked(process)).collect();
        assert_eq!(fits.len(), 1, "{title}: {all:?}");
        fits[0].pid
    }

    /// Waits until no sshd process of the host has a title that begins so.
    pub(crate) async fn no_sshd(&self, title: &str) {
        let from = Instant::now();
        while tokio::task::block_in_place(|| self.lab.sshd_pids())
            .unwrap()
            .iter()
            .any(|one| one.title.starts_with(title))
        {
            assert!(from.elapsed() < PATIENCE, "{}: {title} does not go", self.name());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Masters of an engine of their own, with the settings of the lab's `ops`.
    pub(crate) fn masters(&self) -> Arc<Masters> {
        Masters::open(self.name(), &SshSettings::default()).unwrap()
    }

    /// The plan's host, as an inventory has it; logs in as `ops`.
    pub(crate) fn host(&self) -> Host {
        host(&format!("{}: {{ user: ops }}", self.name()))
    }

    pub(crate) fn executor(&self, masters: &Arc<Masters>) -> Arc<Executor> {
        executor(masters, &self.host(), "/var/tmp")
    }

    /// An executor that has met the host.
    pub(crate) async fn met(&self, masters: &Arc<Masters>) -> Arc<Executor> {
        let executor = self.executor(masters);
        executor.preflight(&[], true).await.unwrap();
        executor
    }
}

/// One host of an inventory, from its line.
pub(crate) fn host(line: &str) -> Host {
    let source = SourceFile::new("inventory.yaml", format!("environment: lab\nhosts:\n  {line}\n"));
    let (inventory, findings) = Inventory::parse(&source);
    inventory.unwrap_or_else(|| panic!("{findings:?}")).hosts()[0].clone()
}

pub(crate) fn executor(masters: &Arc<Masters>, host: &Host, dir: &str) -> Arc<Executor> {
    let place = LedgerPlace {
        dir: dir.to_owned(),
        run: "checks".to_owned(),
        manifest: "checks of the ssh transport".to_owned(),
        expect: None,
        machine: None,
        holder: "alice@ops".into(),
        grace_ms: 300,
        beat_ms: 10_000,
    };
    Executor::new(Arc::new(masters.transport(host)), place)
}

/// A changing command, under a key of that name.
pub(crate) fn change(step: &str, script: &str) -> ExecuteRequest {
    request(step, EffectClass::Once, script)
}

/// A reading command, under a key that no other has.
pub(crate) fn look(script: &str) -> ExecuteRequest {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    request(&format!("look{}", NEXT.fetch_add(1, Ordering::Relaxed)), EffectClass::Read, script)
}

fn request(step: &str, effect: EffectClass, script: &str) -> ExecuteRequest {
    ExecuteRequest {
        key: EffectKey {
            run: "checks".to_owned(),
            path: StepPath::parse(step).unwrap(),
            host: HostName::new("web-1").unwrap(),
            purpose: Purpose::Main,
            attempt: 1,
        },
        epoch: 1,
        ledger: None,
        effect,
        command: ResolvedCommand {
            kind: ResolvedKind::Script { shell: Shell::Sh, text: script.to_owned() },
            account: None,
            env: vec![],
            stdin: None,
            cwd: None,
        },
        digest: "d1".to_owned(),
        kill_after_ms: None,
        start_within_ms: None,
    }
}

struct NoSecret;

impl SecretSource for NoSecret {
    fn reveal(&self, _: &ParamName) -> Option<&[u8]> {
        None
    }
}

pub(crate) async fn execute(executor: &Arc<Executor>, request: &ExecuteRequest) -> (Report, Printed) {
    let printed = Printed::default();
    let report = execute_into(executor, request, Box::new(printed.clone())).await;
    (report, printed)
}

pub(crate) async fn execute_into(
    executor: &Arc<Executor>,
    request: &ExecuteRequest,
    sink: Box<dyn OutputSink>,
) -> Report {
    executor.execute(request, Context { secrets: Arc::new(NoSecret), sink, head: None }).await.report
}

/// Asks until it has ended.
pub(crate) async fn settle(executor: &Arc<Executor>, request: &ExecuteRequest) -> (TargetAnswer, Printed) {
    let printed = Printed::default();
    match executor.ask(request, Box::new(printed.clone())).await {
        Asked::Settled(answer, _) => (answer, printed),
        Asked::Running(attached) => (TargetAnswer::Ended(attached.finish().await.report), printed),
    }
}

/// Why nobody knows how it ended.
pub(crate) fn lost(report: &Report) -> String {
    match report {
        Report::Unknown(UnknownReason::Lost { why }) => why.clone(),
        other => panic!("it is not lost: {other:?}"),
    }
}
