//! The ssh transport against real sshds: how the crate and ssh behave when things break, one check for each finding.
//!
//! All checks run side by side in one lab, each on a host of its own: most of the time goes into waiting for limits.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod channels;
mod configuration;
mod connecting;
#[path = "../common/ended.rs"]
mod ended;
mod engine;
mod lost;
mod masters;
mod outcomes;
mod site;

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use banister_lab::{LabSpec, testing};
use site::{Site, Sites};

type Check = fn(Site) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! checks {
    ($($name:literal: $check:path,)*) => { &[$(($name, |site| Box::pin($check(site)))),*] };
}

const CHECKS: &[(&str, Check)] = checks! {
    "1: a frozen peer is unknown within 20 s, and adopted afterwards": lost::frozen_peer,
    "1: a cut network is unknown within 20 s": lost::cut_network,
    "2: a dead monitor is unknown at the next probe": lost::dead_monitor,
    "3: a closed connection is unknown at once, and the command runs on": lost::closed_connection,
    "4: no status of ssh is taken for a command's": outcomes::statuses,
    "5: a cancel leaves no process": outcomes::cancel,
    "6, 7: an engine is killed; what it left is swept": masters::killed_engine,
    "8: six ways not to connect": connecting::refusals,
    "8: who stops waiting for a connection leaves no ssh": connecting::given_up,
    "9: more steps than channels": channels::thirty_at_once,
    "9: a cancel gets through where all channels are taken": channels::cancel_of_many,
    "10: a stopped master": masters::stopped,
    "connections that are refused for being too many": connecting::too_many_at_once,
    "start files, login shells": accounts::start_files,
    "the operator's own configuration": configuration::own,
};

#[test]
fn every_finding() {
    let spec = LabSpec { packages: vec!["zsh".to_owned()], ..LabSpec::web(CHECKS.len() + 2) };
    testing::inside(&spec, "every_finding", |lab| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        let sites = Sites::new(lab);
        // By itself, since it is about this whole process.
        runtime.block_on(channels::much_output(sites.site(0)));
        let running: Vec<_> = CHECKS
            .iter()
            .enumerate()
            .map(|(index, (name, check))| {
                let site = sites.site(index + 2);
                let check = async move {
                    let from = Instant::now();
                    check(site).await;
                    println!("check: {name}: {} ms", from.elapsed().as_millis());
                };
                (name, runtime.spawn(check))
            })
            .collect();
        let failed: Vec<&&str> =
            running.into_iter().filter_map(|(name, task)| runtime.block_on(task).is_err().then_some(name)).collect();
        assert!(failed.is_empty(), "failed: {failed:#?}");
    });
}
