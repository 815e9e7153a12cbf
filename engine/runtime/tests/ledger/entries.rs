//! What runs have left, seen and removed.

use banister_runtime::ledger::LedgerEntry;

use crate::host::{Fifo, Host, execute, once, run_id, shells};

async fn entries(host: &Host) -> Vec<LedgerEntry> {
    host.again().entries().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_seen_with_what_it_has_left() {
    for shell in shells() {
        let unmet = Host::unmet(&shell);
        assert_eq!(entries(&unmet).await, [], "{shell:?}: no ledger is nothing left");
        let host = Host::new(&shell).await;
        host.run(&once("true")).await;
        let found = entries(&host).await;
        let [entry] = &found[..] else { panic!("{found:?}") };
        assert_eq!((entry.run.clone(), entry.ended), (run_id().to_owned(), false), "{shell:?}");
        assert_eq!((entry.commands, entry.running), (1, 0), "{shell:?}");
        assert!(entry.kib > 0 && entry.changed > 1_700_000_000, "{entry:?}");
        host.executor.finish(1).await.unwrap();
        assert!(entries(&host).await[0].ended, "{shell:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_over_goes_and_nothing_that_lives() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "gate");
        let step = once(&format!("read line <{}", fifo.path().display()));
        let (executor, request) = (host.executor.clone(), step.clone());
        let running = tokio::spawn(async move { execute(&executor, &request).await.0 });
        let writer = fifo.opened_by_reader().await;
        assert_eq!(entries(&host).await[0].running, 1, "{shell:?}");
        let run = [run_id().to_owned()];
        let prune = async |open| host.again().prune(&run, open).await.unwrap();
        let kept = |why: &str| vec![(run_id().to_owned(), Some(why.to_owned()))];
        assert_eq!(prune(false).await, kept("it has not ended"), "{shell:?}");
        assert_eq!(prune(true).await, kept("1 of its commands still run"), "{shell:?}");
        drop(writer);
        running.await.unwrap();
        assert_eq!(prune(true).await, [(run_id().to_owned(), None)], "{shell:?}");
        assert!(!host.ledger().join(run_id()).exists() && host.ledger().join("id").exists(), "{shell:?}");
        assert_eq!(prune(true).await, kept("it is not there"), "{shell:?}");
        assert_eq!(entries(&host).await, [], "{shell:?}");
    }
}
