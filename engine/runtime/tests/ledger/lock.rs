//! One run at a time has a host.

use std::sync::Arc;

use banister_core::run::{LockHolder, NotStartedReason, Report, TargetAnswer, UnknownReason};
use banister_runtime::ledger::LedgerPlace;
use banister_runtime::transport::{Executor, LocalTransport, Met};

use crate::ended::exit;
use crate::host::{Host, execute, once, place, run_id, shells};

/// Another run on the same host, with its own executor.
fn other(host: &Host, run: &str) -> Arc<Executor> {
    let place = LedgerPlace { run: run.into(), holder: "bob@desk".into(), ..place(&host.path("")) };
    Executor::new(Arc::new(LocalTransport::with_shell(&host.shell)), place)
}

async fn meet(executor: &Executor, over: Option<&str>) -> Met {
    executor.meet(&[], true, 1, over).await.unwrap()
}

fn locked_by(met: Met) -> LockHolder {
    match met {
        Met::Locked(by) => by,
        Met::Ready(_) => panic!("it has the host"),
    }
}

fn refused(report: &Report) -> &str {
    let Report::NotStarted(NotStartedReason::Refused { why }) = report else { panic!("{report:?}") };
    why
}

#[tokio::test(flavor = "multi_thread")]
async fn another_run_is_told_who_has_the_host_and_leaves_nothing() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let bob = other(&host, "bob1");
        let by = locked_by(meet(&bob, None).await);
        assert_eq!((by.run.as_str(), by.holder.as_str()), (run_id().as_str(), "alice@ops"), "{shell:?}");
        assert!(by.since.starts_with("20") && by.since.ends_with('Z'), "{by:?}");
        assert!(!host.ledger().join("bob1").exists(), "{shell:?}: a run that was refused was never here");
        // Who may take over another one may not take over this one.
        locked_by(meet(&bob, Some("somebody-else")).await);
        assert!(matches!(meet(&host.again(), None).await, Met::Ready(_)), "the same run has it already");
        host.executor.finish(1).await.unwrap();
        assert!(matches!(meet(&bob, None).await, Met::Ready(_)), "a run that is over has nothing");
        let names = |dir: &std::path::Path| {
            let mut names: Vec<_> =
                std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&host.ledger().join("locks")), ["2"], "{shell:?}");
        assert!(names(&host.ledger()).iter().all(|name| !name.starts_with('.')), "nothing half made is left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_host_was_taken_over_is_refused_there_and_may_still_ask() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let (first, second, stopped) = (once("true"), once("echo no"), once("sleep 300"));
        let step = |mut request: banister_core::run::ExecuteRequest, name: &str| {
            request.key.path = banister_core::plan::StepPath::parse(name).unwrap();
            request
        };
        let (second, stopped) = (step(second, "second"), step(stopped, "stopped"));
        host.run(&first).await;
        let bob = other(&host, "bob1");
        assert!(matches!(meet(&bob, Some(&run_id())).await, Met::Ready(_)), "{shell:?}");
        let (report, _) = host.run(&second).await;
        assert!(refused(&report).contains("run bob1 of bob@desk"), "{shell:?}: {report:?}");
        assert!(host.executor.cancel(&stopped).await.unwrap_err().contains("bob1"), "{shell:?}");
        assert!(matches!(host.ask(&first).await, TargetAnswer::Ended(_)), "what it did is still known");
        let mut bobs = once("true");
        bobs.key.run = "bob1".into();
        assert_eq!(exit(&execute(&bob, &bobs).await.0), banister_core::run::Exit::Code(0));

        // Also when the other run is over: what it changed nobody of this run has seen.
        bob.finish(1).await.unwrap();
        assert!(refused(&host.run(&second).await.0).contains("bob1"), "{shell:?}");
        assert_eq!(locked_by(meet(&host.again(), None).await).run, "bob1");
        assert!(matches!(meet(&host.again(), Some("bob1")).await, Met::Ready(_)));
        assert_eq!(exit(&host.run(&second).await.0), banister_core::run::Exit::Code(0), "{shell:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_a_host_at_once_one_gets_it_and_all_others_are_told_of_that_one() {
    for shell in shells() {
        for round in 0..4 {
            let host = Host::unmet(&shell);
            // A lock that follows another one, too.
            let before = other(&host, "before");
            meet(&before, None).await;
            if round % 2 == 0 {
                before.finish(1).await.unwrap();
            }
            let contacts: Vec<_> = (0..6)
                .map(|n| {
                    let executor = other(&host, &format!("run{n}"));
                    tokio::spawn(async move { (format!("run{n}"), meet(&executor, Some("before")).await) })
                })
                .collect();
            let (mut winners, mut told) = (Vec::new(), Vec::new());
            for contact in contacts {
                match contact.await.unwrap() {
                    (run, Met::Ready(_)) => winners.push(run),
                    (_, Met::Locked(by)) => told.push(by.run),
                }
            }
            assert_eq!(winners.len(), 1, "{shell:?}, round {round}: {winners:?}");
            assert!(told.iter().all(|run| *run == winners[0]), "{shell:?}, round {round}: {winners:?} {told:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_another_one_is_unknown_also_with_the_same_ledger() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let step = once("true");
        host.run(&step).await;
        let place = LedgerPlace { machine: Some("another".into()), ..place(&host.path("")) };
        let replaced = Executor::new(Arc::new(LocalTransport::with_shell(&shell)), place);
        let (answer, _) = crate::host::ask(&replaced, &step).await;
        let TargetAnswer::Unknown(UnknownReason::LedgerChanged { why }) = answer else { panic!("{answer:?}") };
        assert!(why.contains("not another"), "{shell:?}: {why}");
        let mut never = once("true");
        never.key.attempt = 7;
        let (answer, _) = crate::host::ask(&replaced, &never).await;
        assert!(matches!(answer, TargetAnswer::Unknown(UnknownReason::LedgerChanged { .. })), "never `not started`");
    }
}
