//! Connections that are lost under a command.

use std::time::{Duration, Instant};

use banister_core::run::{Exit, TargetAnswer};

use banister_runtime::ssh::{PROBE_TIME, SILENT_TIME};

use super::ended::exit;
use super::site::{Site, change, execute, look, lost, settle};

/// What a person was promised. What the engine itself waits for leaves some seconds of it to the machine.
const PROMISED: Duration = Duration::from_secs(20);
const _: () = assert!(SILENT_TIME.as_secs() + PROBE_TIME.as_secs() + 4 <= PROMISED.as_secs());

/// The same on a machine that is loaded, as one with all these checks on it is.
const LOADED: Duration = Duration::from_secs(2 * PROMISED.as_secs());

/// How the half of an sshd calls itself that opens no session.
const MONITOR: &str = "sshd: ops [priv]";

/// Starts a command, breaks something, and expects it to be unknown in time; then mends it and expects the outcome to be
/// adopted, and the command to have run once.
async fn broken(site: &Site, way: impl FnOnce(&Site), mend: impl FnOnce(&Site)) -> String {
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
    assert!(took < LOADED, "{}: unknown only after {took:?}: {why}", site.name());
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
    broken(&site, freeze, |_| ()).await;
}

pub(crate) async fn cut_network(site: Site) {
    broken(&site, |site| site.lab.cut().unwrap(), |site| site.lab.mend().unwrap()).await;
}

pub(crate) async fn dead_monitor(site: Site) {
    let kill = |site: &Site| drop(site.sh(&format!("kill -9 {}", site.sshd(MONITOR))));
    broken(&site, kill, |_| ()).await;
    // Its connection is closed, and the host may not have seen that yet.
    site.no_sshd(MONITOR).await;
    // Nothing but the probe touches the connection of a reading command.
    let masters = site.masters();
    let executor = site.executor(&masters);
    let from = Instant::now();
    let running = tokio::spawn(async move { execute(&executor, &look(": >/tmp/looks; sleep 98766")).await.0 });
    site.until("test -e /tmp/looks").await;
    kill(&site);
    let why = lost(&running.await.unwrap());
    println!("{}: unknown after {} ms: {why}", site.name(), from.elapsed().as_millis());
    assert!(from.elapsed() > SILENT_TIME && from.elapsed() < LOADED);
    masters.close().await;
}

pub(crate) async fn closed_connection(site: Site) {
    let kill = |site: &Site| drop(site.sh(&format!("kill -9 {}", site.sshd("sshd: ops@"))));
    let why = broken(&site, kill, |_| ()).await;
    // Not by a clock, which on a loaded machine says nothing: nobody had to be asked in vain for it.
    assert!(!why.contains("silent") && !why.contains("not responding"), "{}: {why}", site.name());
}
