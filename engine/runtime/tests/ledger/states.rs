//! Every state of a key, and every answer about it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use banister_core::run::{ExecuteRequest, Exit, NotStartedReason, Report, TargetAnswer, UnknownReason};
use banister_runtime::ledger::{JournalHead, LedgerPlace};
use banister_runtime::transport::{Context, Executor, LocalTransport};

use crate::ended::{Printed, exit};
use crate::host::{Fifo, Host, Token, ask, attempt, execute, once, place, read, run_id, shells};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_ends_as_it_ends() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        for (n, (script, expect)) in [
            ("true", Exit::Code(0)),
            ("exit 3", Exit::Code(3)),
            ("exit 255", Exit::Code(255)),
            ("banister-no-such-command", Exit::Code(127)),
            ("kill -KILL $$", Exit::Signal(9)),
            ("kill -TERM $$", Exit::Signal(15)),
            ("kill -HUP $$", Exit::Signal(1)),
            ("kill -PIPE $$", Exit::Signal(13)),
        ]
        .into_iter()
        .enumerate()
        {
            let n = u32::try_from(n).unwrap() + 1;
            let (report, _) = host.run(&attempt(&once(script), n)).await;
            assert_eq!(exit(&report), expect, "{script} under the ledger, {shell:?}");
            let TargetAnswer::Ended(again) = host.ask(&attempt(&once(script), n)).await else {
                panic!("{script} did not end")
            };
            assert_eq!(exit(&again), expect, "{script} asked again, {shell:?}");
            let (report, printed) = host.run(&read(script)).await;
            assert_eq!(exit(&report), expect, "{script} reading, {shell:?}");
            assert_eq!(printed.stdout(), "");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_stay_apart() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        for request in [once("echo out; echo err >&2"), read("echo out; echo err >&2")] {
            let (report, printed) = host.run(&request).await;
            assert_eq!(exit(&report), Exit::Code(0));
            assert_eq!((printed.stdout().as_str(), printed.stderr().as_str()), ("out\n", "err\n"), "{shell:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_shell_wrote_every_shell_reads() {
    for writer in shells() {
        let host = Host::new(&writer).await;
        let done = once("echo hello; exit 7");
        assert_eq!(exit(&host.run(&done).await.0), Exit::Code(7));
        for reader in shells() {
            let executor = host.through(&reader);
            let (answer, printed) = ask(&executor, &done).await;
            let TargetAnswer::Ended(report) = answer else { panic!("{answer:?} by {reader:?}") };
            assert_eq!((exit(&report), printed.stdout().as_str()), (Exit::Code(7), "hello\n"), "by {reader:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_is_adopted_once_and_never_run_again() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let count = host.path("count");
        let step = once(&format!("echo ran >>{}", count.display()));
        assert_eq!(exit(&host.run(&step).await.0), Exit::Code(0));
        let (again, _) = execute(&host.again(), &step).await;
        assert_eq!(exit(&again), Exit::Code(0), "the second start adopts the first one's end");
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "ran\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_is_claiming() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let step = once(&format!("touch {}", host.path("ran").display()));
        for _ in 0..2 {
            assert_eq!(host.ask(&step).await, TargetAnswer::NeverStarted(NotStartedReason::Revoked {}));
        }
        let (late, _) = host.run(&step).await;
        assert_eq!(late, Report::NotStarted(NotStartedReason::Revoked {}), "{shell:?}");
        assert!(!host.path("ran").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_came_to_nothing_is_settled() {
    for shell in shells() {
        for whole in [false, true] {
            let host = Host::new(&shell).await;
            let step = once("true");
            let meta = if whole { "d1 1 0 - step\n" } else { "" };
            std::fs::write(host.key(&step, "meta"), meta).unwrap();
            let (second, _) = host.run(&step).await;
            assert!(matches!(second, Report::Unknown(UnknownReason::Lost { .. })), "{second:?}");
            assert_eq!(host.ask(&step).await, TargetAnswer::NeverStarted(NotStartedReason::Revoked {}));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_command_under_the_same_key_is_unknown() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let step = once("true");
        host.run(&step).await;
        let other = ExecuteRequest { digest: "d2".to_owned(), ..step };
        assert_eq!(host.ask(&other).await, TargetAnswer::Unknown(UnknownReason::DigestDiffers {}));
        assert_eq!(host.run(&other).await.0, Report::Unknown(UnknownReason::DigestDiffers {}));
    }
}

fn refused(report: &Report) -> &str {
    match report {
        Report::NotStarted(NotStartedReason::Refused { why }) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_waits_for_the_one_before() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "gate");
        let first = once(&format!("read line <{}", fifo.path().display()));
        let executor = host.executor.clone();
        let running = tokio::spawn({
            let first = first.clone();
            async move { execute(&executor, &first).await.0 }
        });
        let writer = fifo.opened_by_reader().await;
        let (early, _) = host.run(&attempt(&first, 2)).await;
        assert!(refused(&early).starts_with("attempt 1 is still running, as process "), "{early:?}");
        drop(writer);
        assert_eq!(exit(&running.await.unwrap()), Exit::Code(1));
        assert_eq!(exit(&host.run(&attempt(&once("true"), 2)).await.0), Exit::Code(0));
        // Attempts 3 and 4 were never heard of here: a later one ends their chance to start.
        assert_eq!(exit(&host.run(&attempt(&once("true"), 5)).await.0), Exit::Code(0));
        for late in [3, 4] {
            let (report, _) = host.run(&attempt(&once("true"), late)).await;
            assert_eq!(report, Report::NotStarted(NotStartedReason::Revoked {}), "attempt {late}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_whose_time_is_over_is_refused() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let at = |epoch, n| ExecuteRequest { epoch, ..attempt(&once("true"), n) };
        assert_eq!(exit(&host.run(&at(1, 1)).await.0), Exit::Code(0));
        // A question alone raises the epoch.
        assert!(matches!(host.ask(&at(10, 1)).await, TargetAnswer::Ended(_)));
        let (old, _) = host.run(&at(9, 2)).await;
        let why = format!("epoch 9 of run {} is over: an engine with epoch 10 has taken it", run_id());
        assert_eq!(refused(&old), why);
        assert!(matches!(host.ask(&at(9, 1)).await, TargetAnswer::Unknown(UnknownReason::Unanswered { .. })));
        assert!(host.executor.cancel(&at(9, 1)).await.is_err());
        assert!(host.executor.finish(9).await.is_err());
        assert_eq!(exit(&host.run(&at(10, 2)).await.0), Exit::Code(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_witnesses_the_latest_journal_head() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        assert_eq!(host.executor.witness().await, Ok(None));
        for (n, seq) in [(1, 9), (2, 41), (3, 12)] {
            let head = JournalHead { seq, hash: format!("hash{seq}") };
            let context =
                Context { secrets: Arc::new(Token), sink: Box::new(Printed::default()), head: Some(head.clone()) };
            host.executor.execute(&attempt(&once("true"), n), context).await;
        }
        assert_eq!(host.again().witness().await, Ok(Some(JournalHead { seq: 41, hash: "hash41".to_owned() })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn output_goes_when_it_is_recorded_and_entries_a_month_after_the_run() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let step = once("echo hello");
        host.run(&step).await;
        assert!(host.key(&step, "out").exists());
        host.executor.clean(&[&step]).await.unwrap();
        assert!(!host.key(&step, "out").exists());
        assert!(matches!(host.ask(&step).await, TargetAnswer::Ended(_)), "the outcome stays");

        host.executor.finish(1).await.unwrap();
        let ended = std::fs::File::options().write(true).open(host.ledger().join(run_id()).join("ended")).unwrap();
        let other = Executor::new(
            Arc::new(LocalTransport::default()),
            LedgerPlace { run: "run2".into(), ..place(&host.path("")) },
        );
        let days_ago = |days: u64| SystemTime::now() - Duration::from_secs(days * 24 * 3600);
        ended.set_modified(days_ago(29)).unwrap();
        other.preflight(&[], true).await.unwrap();
        assert!(host.key(&step, "status").exists(), "29 days");
        ended.set_modified(days_ago(32)).unwrap();
        other.preflight(&[], true).await.unwrap();
        assert!(!host.ledger().join(run_id()).exists(), "32 days");
        assert!(host.ledger().join("run2").exists());
        let gone = host.ask(&step).await;
        assert!(
            matches!(gone, TargetAnswer::Unknown(UnknownReason::LedgerChanged { .. })),
            "never `not started`: {gone:?}"
        );
    }
}
