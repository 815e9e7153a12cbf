//! `as:` with the real sudo: throw-away accounts, throw-away rules, all gone afterwards.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use banister_core::run::{CancelReport, ExecuteRequest, NotStartedReason, Report, ResolvedValue, TargetAnswer};
use banister_core::runbook::ParamName;
use banister_runtime::transport::{Executor, LocalTransport};

use crate::ended::exit;
use crate::host::{Fifo, Host, TOKEN, execute, has_program, once, place, read, shells, skip, until};

/// Two accounts and a rule file; removed also after a panic.
struct Accounts {
    /// Logs in and keeps the ledger.
    login: String,
    /// What commands run as.
    other: String,
    rules: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

/// `useradd` locks its files and fails if it cannot.
static ALONE: Mutex<()> = Mutex::new(());

fn run(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).output().is_ok_and(|o| o.status.success())
}

impl Accounts {
    /// `rules`: lines of sudoers, LOGIN and OTHER standing for the accounts. None where this cannot be tested.
    fn new(rules: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skip("it needs root");
            return None;
        }
        if !["sudo", "useradd", "userdel", "setpriv"].into_iter().all(has_program) {
            return None;
        }
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let id = std::process::id();
        let (login, other) = (format!("bn{id}login"), format!("bn{id}other"));
        let accounts = Self { rules: format!("/etc/sudoers.d/banister-test-{id}").into(), login, other, _alone: alone };
        for name in [&accounts.login, &accounts.other] {
            // The password file's lock may be somebody else's for a moment.
            let start = Instant::now();
            while !run("useradd", &["-M", "-d", "/nonexistent", "-s", "/bin/sh", name]) {
                assert!(start.elapsed().as_secs() < 30, "cannot add {name}");
            }
        }
        let rules = rules.replace("LOGIN", &accounts.login).replace("OTHER", &accounts.other);
        std::fs::write(&accounts.rules, rules + "\n").unwrap();
        assert!(run("chmod", &["440", accounts.rules.to_str().unwrap()]));
        assert!(run("visudo", &["-c", "-f", accounts.rules.to_str().unwrap()]), "these are no rules");
        Some(accounts)
    }

    /// An executor whose host is entered as the login account.
    fn host(&self, shell: &[&str]) -> (Host, Arc<Executor>) {
        let host = Host::unmet(&shell.iter().map(|_| "sh").collect());
        assert!(run("chmod", &["1777", host.scratch.path().to_str().unwrap()]));
        let mut words = vec!["setpriv", "--reuid", &self.login, "--regid", &self.login, "--clear-groups"];
        words.extend(shell);
        let transport = Arc::new(LocalTransport::with_shell(words));
        let executor = Executor::new(transport, place(host.scratch.path()));
        (host, executor)
    }

    fn as_other(&self, mut request: ExecuteRequest) -> ExecuteRequest {
        request.command.account = Some(self.other.clone());
        request
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.rules);
        for name in [&self.login, &self.other] {
            let start = Instant::now();
            while !run("userdel", &[name]) && start.elapsed().as_secs() < 30 {}
        }
    }
}

const ALLOWED: [&str; 2] = [
    "Defaults:LOGIN !use_pty\nLOGIN ALL=(OTHER) NOPASSWD: ALL",
    "Defaults:LOGIN use_pty\nLOGIN ALL=(OTHER) NOPASSWD: ALL",
];

#[tokio::test(flavor = "multi_thread")]
async fn allowed_is_run_as_the_account() {
    for rules in ALLOWED {
        let Some(accounts) = Accounts::new(rules) else { return };
        for shell in shells() {
            let (host, executor) = accounts.host(&shell);
            executor.preflight(std::slice::from_ref(&accounts.other), true).await.unwrap();
            for mut step in
                [once("id -un; printf %s \"$TOKEN\"; cat; exit 12"), read("id -un; printf %s \"$TOKEN\"; cat; exit 12")]
            {
                step = accounts.as_other(step);
                let token = ResolvedValue::Secret(ParamName::new("token").unwrap());
                step.command.env = vec![("TOKEN".into(), token.clone())];
                step.command.stdin = Some(token);
                let (report, printed) = execute(&executor, &step).await;
                assert_eq!(exit(&report).status(), 12, "{rules}, {shell:?}: {}", printed.stderr());
                assert_eq!(printed.stdout(), format!("{}\n{TOKEN}{TOKEN}", accounts.other), "{rules}, {shell:?}");
            }
            // Claim and outcome belong to the account of the ledger, whoever the command ran as.
            let uid = Command::new("id").args(["-u", &accounts.login]).output().unwrap().stdout;
            let ledger = host.path(&format!("banister-ledger-{}", String::from_utf8(uid).unwrap().trim()));
            let found = Command::new("find").arg(ledger).args(["!", "-user", &accounts.login]).output().unwrap();
            assert_eq!(String::from_utf8(found.stdout).unwrap(), "");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_reaches_through_sudo() {
    for rules in ALLOWED {
        let Some(accounts) = Accounts::new(rules) else { return };
        for shell in shells() {
            for reading in [false, true] {
                let (host, executor) = accounts.host(&shell);
                executor.preflight(&[], true).await.unwrap();
                let fifo = Fifo::new(&host, "gate");
                assert!(run("chmod", &["666", fifo.path().to_str().unwrap()]));
                let pids = host.path("pids");
                let script = format!(
                    "trap '' TERM; sleep 1000 & echo $$ $! >{}; read line <{}; wait; wait",
                    pids.display(),
                    fifo.path().display()
                );
                let step = accounts.as_other(if reading { read(&script) } else { once(&script) });
                let running = tokio::spawn({
                    let (executor, step) = (executor.clone(), step.clone());
                    async move { execute(&executor, &step).await.0 }
                });
                let _writer = fifo.opened_by_reader().await;
                executor.cancel(&step).await.unwrap();
                let expect = Report::Cancelled(CancelReport { alive: vec![] });
                assert_eq!(running.await.unwrap(), expect, "{rules}, {shell:?}, {reading}");
                for pid in std::fs::read_to_string(pids).unwrap().split_whitespace() {
                    let exe = PathBuf::from(format!("/proc/{pid}/exe"));
                    until("the account's processes are gone", || !exe.exists()).await;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sudo_does_not_give_is_refused_with_its_reason() {
    for (rules, cause) in [
        ("LOGIN ALL=(OTHER) ALL", "sudo wants a password for it; allow it with NOPASSWD in sudoers"),
        ("# nothing", "sudo wants a password for it; allow it with NOPASSWD in sudoers"),
        (
            "Defaults:LOGIN !authenticate\nLOGIN ALL=(daemon) NOPASSWD: ALL",
            "sudo does not allow it to run `sh`; allow it in sudoers",
        ),
        (
            "Defaults:LOGIN requiretty\nLOGIN ALL=(OTHER) NOPASSWD: ALL",
            "sudo wants a terminal for it; take `requiretty` from sudoers",
        ),
    ] {
        let Some(accounts) = Accounts::new(rules) else { return };
        let sentence = format!("cannot become `{}`: {cause}", accounts.other);
        for shell in shells() {
            let (_host, executor) = accounts.host(&shell);
            let preflight = executor.preflight(std::slice::from_ref(&accounts.other), true).await;
            assert_eq!(preflight, Err(sentence.clone()), "{shell:?}");
            // The rules can change after the preflight: then it is the start that says so, before anything ran.
            executor.preflight(&[], true).await.unwrap();
            for step in [once("true"), read("true")] {
                let (report, _) = execute(&executor, &accounts.as_other(step)).await;
                let expect = NotStartedReason::Account { why: sentence.clone() };
                assert_eq!(report, Report::NotStarted(expect), "{shell:?}");
            }
            let asked = crate::host::ask(&executor, &accounts.as_other(once("true"))).await.0;
            assert_eq!(asked, TargetAnswer::NeverStarted(NotStartedReason::Revoked {}));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_not_there_is_refused() {
    let Some(accounts) = Accounts::new("# nothing") else { return };
    for shell in shells() {
        let (_host, executor) = accounts.host(&shell);
        let why = executor.preflight(&["bn-nobody-at-all".to_owned()], false).await;
        assert_eq!(why, Err("cannot become `bn-nobody-at-all`: there is no such account".to_owned()), "{shell:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_account_needs_no_sudo() {
    let me = Command::new("id").arg("-un").output().unwrap().stdout;
    let me = String::from_utf8(me).unwrap().trim().to_owned();
    for shell in shells() {
        let host = Host::new(&shell).await;
        for mut step in [once("id -un; ps -o args= $PPID"), read("id -un; ps -o args= $PPID")] {
            step.command.account = Some(me.clone());
            let (_, printed) = host.run(&step).await;
            assert!(printed.stdout().starts_with(&format!("{me}\n")) && !printed.stdout().contains("sudo"));
        }
    }
}
