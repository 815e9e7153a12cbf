//! Who may start a command, when several want to or somebody asks meanwhile.

use banister_core::run::{ExecuteRequest, NotStartedReason, Report, TargetAnswer};

use crate::ended::exit;
use crate::host::{Fifo, Host, ask, execute, once, shells};

fn times_run(host: &Host) -> usize {
    std::fs::read_to_string(host.path("count")).map_or(0, |text| text.lines().count())
}

fn counting(host: &Host) -> ExecuteRequest {
    once(&format!("echo ran >>{}", host.path("count").display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_claims_one_runs() {
    for shell in shells() {
        for round in 0..12 {
            let host = Host::new(&shell).await;
            let step = counting(&host);
            let starts: Vec<_> = (0..6)
                .map(|_| {
                    let (executor, step) = (host.again(), step.clone());
                    tokio::spawn(async move { execute(&executor, &step).await.0 })
                })
                .collect();
            let mut ended = 0;
            for start in starts {
                match start.await.unwrap() {
                    Report::Ended(_) => ended += 1,
                    Report::Unknown(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            assert!(ended >= 1, "round {round}, {shell:?}");
            assert_eq!(times_run(&host), 1, "round {round}, {shell:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_comes_after_the_question_finds_it_and_refuses() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "late");
        // The whole request has left the engine; the host's shell has just not read it yet.
        let late = host.late(&fifo);
        let step = counting(&host);
        let start = tokio::spawn({
            let step = step.clone();
            async move { execute(&late, &step).await.0 }
        });
        let writer = fifo.opened_by_reader().await;
        assert_eq!(host.ask(&step).await, TargetAnswer::NeverStarted(NotStartedReason::Revoked {}), "{shell:?}");
        drop(writer);
        assert_eq!(start.await.unwrap(), Report::NotStarted(NotStartedReason::Revoked {}), "{shell:?}");
        assert_eq!(times_run(&host), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_start_before_the_question_is_the_one_execution() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "late");
        let late = host.late(&fifo);
        let step = counting(&host);
        let start = tokio::spawn({
            let step = step.clone();
            async move { execute(&late, &step).await.0 }
        });
        drop(fifo.opened_by_reader().await);
        assert_eq!(exit(&start.await.unwrap()).status(), 0);
        let TargetAnswer::Ended(report) = host.ask(&step).await else { panic!("it ended") };
        assert_eq!(exit(&report).status(), 0);
        assert_eq!(times_run(&host), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_between_claim_and_start_decides_for_good() {
    // Whatever moment the question hits, what it answers is what happened.
    let (mut never, mut ran) = (0, 0);
    for shell in shells() {
        for round in 0..25 {
            let host = Host::new(&shell).await;
            let step = counting(&host);
            let (starter, asker) = (host.again(), host.again());
            let start = tokio::spawn({
                let step = step.clone();
                async move { execute(&starter, &step).await.0 }
            });
            // Not a fixed pause: ever more turns of the scheduler before the question leaves.
            for _ in 0..round * 40 {
                tokio::task::yield_now().await;
            }
            let (answer, _) = ask(&asker, &step).await;
            let report = start.await.unwrap();
            match answer {
                TargetAnswer::NeverStarted(NotStartedReason::Revoked {}) => {
                    never += 1;
                    assert_eq!(report, Report::NotStarted(NotStartedReason::Revoked {}), "round {round}, {shell:?}");
                    assert_eq!(times_run(&host), 0, "round {round}, {shell:?}");
                }
                TargetAnswer::Running | TargetAnswer::Ended(_) => {
                    ran += 1;
                    assert_eq!(exit(&report).status(), 0, "round {round}, {shell:?}");
                    assert_eq!(times_run(&host), 1, "round {round}, {shell:?}");
                }
                other => panic!("{other:?} in round {round}, {shell:?}"),
            }
        }
    }
    println!("{never} revoked, {ran} ran");
}
