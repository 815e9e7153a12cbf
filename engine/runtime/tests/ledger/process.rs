//! Which process it is, and what is said when there is none.

use std::process::{Command, Stdio};

use banister_core::run::{Exit, Report, TargetAnswer, UnknownReason};
use banister_runtime::transport::Asked;

use crate::ended::{Printed, exit};
use crate::host::{Fifo, Host, ask, execute, once, place, run_id, shells, until};

/// The fields of a key's `process`: pid, start time, boot, then the keeper's pid and start time, then uptime.
fn process(host: &Host) -> Vec<String> {
    let text = std::fs::read_to_string(host.key(&once(""), "process")).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

fn rewrite(host: &Host, change: impl FnOnce(&mut Vec<String>)) {
    let mut fields = process(host);
    change(&mut fields);
    std::fs::write(host.key(&once(""), "process"), fields.join(" ") + "\n").unwrap();
}

fn kill(pid: &str) {
    let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

fn no_status(answer: &TargetAnswer) -> &str {
    match answer {
        TargetAnswer::Unknown(UnknownReason::NoStatus { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_command_is_attached_to_again() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "gate");
        let step = once(&format!("echo before; read line <{}; echo after; exit 5", fifo.path().display()));
        let (first, request) = (host.again(), step.clone());
        let lost = tokio::spawn(async move { execute(&first, &request).await });
        let writer = fifo.opened_by_reader().await;
        lost.abort();
        let printed = Printed::default();
        let Asked::Running(attached) = host.again().ask(&step, Box::new(printed.clone())).await else {
            panic!("it runs, {shell:?}")
        };
        let end = tokio::spawn(attached.finish());
        until("its output is shown while it runs", || printed.stdout() == "before\n").await;
        drop(writer);
        let end = end.await.unwrap();
        assert_eq!(exit(&end.report), Exit::Code(5), "{shell:?}");
        assert_eq!(printed.stdout(), "before\nafter\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_command_without_keeper_left_no_status() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "gate");
        let step = once(&format!("read line <{}", fifo.path().display()));
        let (executor, request) = (host.again(), step.clone());
        let start = tokio::spawn(async move { execute(&executor, &request).await.0 });
        let _writer = fifo.opened_by_reader().await;
        until("a heartbeat", || std::fs::metadata(host.key(&step, "beat")).is_ok_and(|beat| beat.len() > 0)).await;
        let fields = process(&host);
        kill(&fields[3]);
        let lost = start.await.unwrap();
        assert!(matches!(lost, Report::Unknown(UnknownReason::Lost { .. })), "the keeper is gone: {lost:?}");
        assert_eq!(host.ask(&step).await, TargetAnswer::Running, "the command is not, {shell:?}");
        kill(&fields[0]);
        until("its end is seen", || !std::path::Path::new(&format!("/proc/{}/exe", fields[0])).exists()).await;
        let answer = host.ask(&step).await;
        let why = no_status(&answer);
        assert!(why.starts_with("its process is gone and left no status; it started"), "{why}");
        assert!(why.contains(" and was last seen alive"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_with_the_same_pid_is_not_it() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let step = once("true");
        host.run(&step).await;
        std::fs::remove_file(host.key(&step, "status")).unwrap();
        // This test's own process stands for whoever got the pid next: it lives, and it was started at another time.
        rewrite(&host, |fields| {
            fields[0] = std::process::id().to_string();
            fields[3] = std::process::id().to_string();
        });
        let answer = host.ask(&step).await;
        no_status(&answer);
        // A cancel must not reach it either: it is still here to see that.
        assert!(host.executor.cancel(&step).await.is_err(), "{shell:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_of_another_boot_is_gone() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "gate");
        let step = once(&format!("read line <{}", fifo.path().display()));
        let (executor, request) = (host.again(), step.clone());
        let start = tokio::spawn(async move { execute(&executor, &request).await });
        let writer = fifo.opened_by_reader().await;
        rewrite(&host, |fields| fields[2] = "00000000-0000-0000-0000-000000000000".to_owned());
        let answer = host.ask(&step).await;
        assert_eq!(no_status(&answer), "the host was started again while it ran", "{shell:?}");
        drop(writer);
        start.await.unwrap();
    }
}

/// Not a test by itself: the engine that the next test kills.
#[tokio::test(flavor = "multi_thread")]
async fn engine_to_be_killed() {
    let Some(dir) = std::env::var_os("BANISTER_TEST_LEDGER") else { return };
    let shell = std::env::var("BANISTER_TEST_SHELL").unwrap();
    let script = std::env::var("BANISTER_TEST_SCRIPT").unwrap();
    let words: Vec<&str> = shell.split(' ').collect();
    let transport = std::sync::Arc::new(banister_runtime::transport::LocalTransport::with_shell(words));
    let executor = banister_runtime::transport::Executor::new(transport, place(dir.as_ref()));
    let request = match std::env::var_os("BANISTER_TEST_READ") {
        Some(_) => crate::host::read(&script),
        None => once(&script),
    };
    execute(&executor, &request).await;
}

/// An engine of its own, in a process group of its own.
fn engine(host: &Host, script: &str, read: bool) -> std::process::Child {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "process::engine_to_be_killed", "--nocapture"])
        .env("BANISTER_TEST_LEDGER", host.path(""))
        .env("BANISTER_TEST_RUN", run_id())
        .env("BANISTER_TEST_SHELL", host.shell.join(" "))
        .env("BANISTER_TEST_SCRIPT", script)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    if read {
        command.env("BANISTER_TEST_READ", "1");
    }
    command.spawn().unwrap()
}

fn kill_group(engine: &mut std::process::Child) {
    let pid = rustix::process::Pid::from_raw(engine.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process_group(pid, rustix::process::Signal::KILL).unwrap();
    engine.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_outlives_its_engine() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "gate");
        let script = format!("echo before; read line <{}; echo after; exit 4", fifo.path().display());
        let mut engine = engine(&host, &script, false);
        let writer = fifo.opened_by_reader().await;
        kill_group(&mut engine);
        let step = once(&script);
        assert_eq!(host.ask(&step).await, TargetAnswer::Running, "{shell:?}");
        drop(writer);
        until("its status is written", || {
            std::fs::read_to_string(host.key(&step, "status")).is_ok_and(|s| s.trim_end().ends_with("end"))
        })
        .await;
        let (answer, printed) = ask(&host.again(), &step).await;
        let TargetAnswer::Ended(report) = answer else { panic!("{answer:?}") };
        assert_eq!((exit(&report), printed.stdout().as_str()), (Exit::Code(4), "before\nafter\n"), "{shell:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_command_dies_with_its_engine() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "gate");
        let pids = host.path("pids");
        let script = format!("sleep 1000 & echo $$ $! >{}; read line <{}; wait", pids.display(), fifo.path().display());
        let mut engine = engine(&host, &script, true);
        let _writer = fifo.opened_by_reader().await;
        let pids = std::fs::read_to_string(&pids).unwrap();
        kill_group(&mut engine);
        for pid in pids.split_whitespace() {
            let exe = format!("/proc/{pid}/exe");
            until("the whole tree is gone", || !std::path::Path::new(&exe).exists()).await;
        }
    }
}
