//! Stopping a command and all that can be found of it.

use std::path::Path;
use std::sync::Arc;

use banister_core::run::{CancelReport, ExecuteRequest, Report, TargetAnswer};
use banister_runtime::transport::Executor;
use tokio::task::JoinHandle;

use crate::ended::exit;
use crate::host::{Fifo, Host, execute, once, read, shells, until};

fn lives(pid: &str) -> bool {
    Path::new(&format!("/proc/{pid}/exe")).exists()
}

fn start(executor: &Arc<Executor>, request: &ExecuteRequest) -> JoinHandle<Report> {
    let (executor, request) = (executor.clone(), request.clone());
    tokio::spawn(async move { execute(&executor, &request).await.0 })
}

/// Starts a script that writes pids to `pids` and then reads the gate; gives those pids.
async fn started(host: &Host, script: &str) -> (ExecuteRequest, JoinHandle<Report>, Vec<String>, std::fs::File) {
    let fifo = Fifo::new(host, "gate");
    let pids = host.path("pids");
    let script = script.replace("PIDS", pids.to_str().unwrap()).replace("GATE", fifo.path().to_str().unwrap());
    let step = once(&script);
    let running = start(&host.executor, &step);
    let writer = fifo.opened_by_reader().await;
    let pids = std::fs::read_to_string(pids).unwrap();
    (step, running, pids.split_whitespace().map(str::to_owned).collect(), writer)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_tree_goes() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let script = "sleep 1000 & a=$!
            (trap '' TERM; sleep 1000 & echo $! >>PIDS; exec sleep 1000) & b=$!
            until test -s PIDS; do sleep 0.01; done
            # In a session of its own and nobody's child, it is found by its environment, which it has once it is itself.
            (setsid sleep 1000 & echo $! >>PIDS
                until [ \"$(cat /proc/$!/comm)\" = sleep ] && grep -q BANISTER_KEY /proc/$!/environ; do sleep 0.01; done)
            echo $a $b $$ >>PIDS; read line <GATE; wait";
        let (step, running, pids, _writer) = started(&host, script).await;
        assert_eq!(pids.len(), 5);
        assert!(pids.iter().all(|pid| lives(pid)), "{pids:?}");
        host.executor.cancel(&step).await.unwrap();
        let expect = Report::Cancelled(CancelReport { alive: vec![] });
        assert_eq!(running.await.unwrap(), expect, "{shell:?}");
        for pid in &pids {
            until("a process of the command is gone", || !lives(pid)).await;
        }
        assert_eq!(host.ask(&step).await, TargetAnswer::Ended(expect), "another engine learns the same");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_ends_at_term_may_clean_up() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        // It does not wait in `read`: a signal just before that would be seen when something was read.
        let script =
            "trap 'echo cleaned >>PIDS; exit 0' TERM; echo $$ >PIDS; exec 3<GATE; while :; do sleep 0.01; done";
        let (step, running, pids, _writer) = started(&host, script).await;
        // Not the short time of the other tests: on a loaded machine it is over before the shell has had its turn.
        host.patient().cancel(&step).await.unwrap();
        assert_eq!(running.await.unwrap(), Report::Cancelled(CancelReport::default()), "{shell:?}");
        assert!(!lives(&pids[0]) && std::fs::read_to_string(host.path("pids")).unwrap().ends_with("cleaned\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_did_not_start_it_can_stop_it() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let (step, running, pids, _writer) = started(&host, "echo $$ >PIDS; read line <GATE").await;
        host.again().cancel(&step).await.unwrap();
        assert_eq!(running.await.unwrap(), Report::Cancelled(CancelReport::default()), "{shell:?}");
        assert!(!lives(&pids[0]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_by_itself_is_not_cancelled() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let step = once("exit 3");
        host.run(&step).await;
        host.executor.cancel(&step).await.unwrap();
        let TargetAnswer::Ended(report) = host.ask(&step).await else { panic!("it ended") };
        assert_eq!(exit(&report).status(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn children_that_outlive_the_step_are_left_alone() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let pids = host.path("pids");
        let step = once(&format!("sleep 1000 & echo $! >{}; exit 2", pids.display()));
        assert_eq!(exit(&host.run(&step).await.0).status(), 2, "it ends when the step does, {shell:?}");
        let pid = std::fs::read_to_string(pids).unwrap();
        assert!(lives(pid.trim()));
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_command_is_killed_whole_at_its_deadline_and_by_cancel() {
    for shell in shells() {
        for by_deadline in [true, false] {
            let host = Host::new(&shell).await;
            let fifo = Fifo::new(&host, "gate");
            let pids = host.path("pids");
            let mut step = read(&format!(
                "trap '' TERM; sleep 1000 & echo $! $$ >{}; read line <{}; wait; wait",
                pids.display(),
                fifo.path().display()
            ));
            // On a loaded machine it may be killed on its way to the gate; then it is given more time.
            let mut deadline_ms = 1500;
            let (running, _writer) = loop {
                step.kill_after_ms = by_deadline.then_some(deadline_ms);
                let mut running = start(&host.executor, &step);
                tokio::select! {
                    writer = fifo.opened_by_reader() => break (running, writer),
                    report = &mut running => assert!(by_deadline && deadline_ms < 60_000, "{report:?}"),
                }
                deadline_ms *= 4;
            };
            let pids = std::fs::read_to_string(pids).unwrap();
            if !by_deadline {
                host.executor.cancel(&step).await.unwrap();
            }
            assert_eq!(running.await.unwrap(), Report::Cancelled(CancelReport::default()), "{shell:?}");
            assert_eq!(pids.split_whitespace().count(), 2);
            for pid in pids.split_whitespace() {
                until("a process of the command is gone", || !lives(pid)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_command_leaves_no_child_behind() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let (report, printed) = host.run(&read("sleep 1000 & echo $!; exit 3")).await;
        assert_eq!(exit(&report).status(), 3, "{shell:?}");
        let pid = printed.stdout();
        until("the child is gone", || !lives(pid.trim())).await;
    }
}
