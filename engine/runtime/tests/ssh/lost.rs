//! Connections that are lost under a command.

use std::time::{Duration, Instant};

use banister_core::run::{Exit, TargetAnswer};

use banister_runtime::ssh::SILENT_TIME;

use super::ended::exit;
use super::site::{Site, change, execute, look, lost, settle};

/// What a person was promised.
const PROMISED: Duration = Duration::from_secs(20);

/// Starts a command, breaks something, and expects it to be unknown in time; then mends it and expects the outcome to be
/// adopted, and the command to have run once.
async fn broken(site: &Site, at_once: Duration, way: impl FnOnce(&Site), mend: impl FnOnce(&Site)) -> String {
    let masters = site.masters();
    let executor = site.met(&masters).await;
    let script = ": >/tmp/begun; until [ -e /tmp/go ]; do sleep 0.1; done; echo once >>/tmp/ran; echo done";
    let request = change("change", script);
    let running = tokio::spawn({
        let (executor, request) = (executor.clone(), request.clone());
        async move { execute(&executor, &request).await.0 }
    });
    site.until("test -e /tmp/begun").await;
    // Some output was fetched and nothing is under way.
    tokio::time::sleep(Duration::from_millis(300)).await;
    tokio::task::block_in_place(|| way(site));
    let from = Instant::now();
    let why = lost(&running.await.unwrap());
    let took = from.elapsed();
    println!("{}: unknown after {} ms: {why}", site.name(), took.as_millis());
    assert!(took < at_once, "{}: unknown only after {took:?}: {why}", site.name());
    site.sh(": >/tmp/go");
    tokio::task::block_in_place(|| mend(site));
    let (answer, printed) = settle(&executor, &request).await;
    let TargetAnswer::Ended(report) = answer else { panic!("{}: {answer:?}", site.name()) };
    assert_eq!(exit(&report), Exit::Code(0));
    assert_eq!(printed.stdout(), "done\n", "{}", site.name());
    assert_eq!(site.sh("cat /tmp/ran"), "once");
    masters.close().await;
    why
}

pub(crate) async fn frozen_peer(site: Site) {
    let freeze = |site: &Site| drop(site.sh(&format!("kill -STOP {}", site.sshd("sshd: ops@"))));
    broken(&site, PROMISED, freeze, |_| ()).await;
}

pub(crate) async fn cut_network(site: Site) {
    broken(&site, PROMISED, |site| site.lab.cut().unwrap(), |site| site.lab.mend().unwrap()).await;
}

pub(crate) async fn dead_monitor(site: Site) {
    let kill = |site: &Site| drop(site.sh(&format!("kill -9 {}", site.sshd("sshd: ops [priv]"))));
    broken(&site, Duration::from_secs(12), kill, |_| ()).await;
    // Nothing but the probe touches the connection of a reading command.
    let masters = site.masters();
    let executor = site.executor(&masters);
    let running = tokio::spawn(async move { execute(&executor, &look(": >/tmp/looks; sleep 98766")).await.0 });
    site.until("test -e /tmp/looks").await;
    kill(&site);
    let from = Instant::now();
    let why = lost(&running.await.unwrap());
    println!("{}: unknown after {} ms: {why}", site.name(), from.elapsed().as_millis());
    assert!(from.elapsed() > SILENT_TIME - Duration::from_secs(1) && from.elapsed() < Duration::from_secs(14));
    masters.close().await;
}

pub(crate) async fn closed_connection(site: Site) {
    let kill = |site: &Site| drop(site.sh(&format!("kill -9 {}", site.sshd("sshd: ops@"))));
    broken(&site, Duration::from_secs(10), kill, |_| ()).await;
}
