//! Masters that outlive somebody, or stop.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use banister_core::run::{Exit, TargetAnswer};
use rustix::process::{Pid, Signal, kill_process};

use super::connecting::{gone, ssh_with};
use super::ended::exit;
use super::engine;
use super::outcomes::none_runs;
use super::site::{PATIENCE, Site, change, execute, look, settle};

pub(crate) async fn killed_engine(site: Site) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["engine::engine", "--exact", "--nocapture"])
        .env(engine::HOST, site.name())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let ready = tokio::task::spawn_blocking(move || out.lines().any(|line| line.is_ok_and(|line| line == "ready")));
    assert!(ready.await.unwrap(), "the engine was never ready");
    site.until("test -e /tmp/changing -a -e /tmp/looking").await;
    // What a shell has just started is that shell for a moment more.
    for arguments in ["sleep 98764", "sleep 98765"] {
        site.until(&format!("! ( {} )", none_runs(arguments))).await;
    }
    // Dropping and waiting say nothing: this is the end of the whole process.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(ssh_with(site.name()).len(), 1, "its master lives, for a while");
    site.until(&none_runs("sleep 98764")).await;
    assert!(!tokio::task::block_in_place(|| site.lab.exec(&none_runs("sleep 98765"))).unwrap().status.success());
    let masters = site.masters();
    gone(site.name()).await;
    let executor = site.met(&masters).await;
    site.sh(": >/tmp/go");
    let (answer, _) = settle(&executor, &engine::changing()).await;
    let TargetAnswer::Ended(report) = answer else { panic!("{answer:?}") };
    assert_eq!(exit(&report), Exit::Code(0));
    assert_eq!(site.sh("cat /tmp/ran"), "once");
    masters.close().await;
    gone(site.name()).await;
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

pub(crate) async fn stopped(site: Site) {
    let masters = site.masters();
    let executor = site.met(&masters).await;
    let [master] = ssh_with(site.name())[..] else { panic!("one master") };
    signal(master, Signal::STOP);
    // A step finds out, and another master is made.
    let (report, _) = execute(&executor, &look("echo")).await;
    assert_eq!(exit(&report), Exit::Code(0));
    let from = Instant::now();
    while ssh_with(site.name()).contains(&master) {
        assert!(from.elapsed() < PATIENCE, "the stopped master was not killed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // And at the end nothing waits for one.
    let (report, _) = execute(&executor, &change("last", "echo")).await;
    assert_eq!(exit(&report), Exit::Code(0));
    for master in ssh_with(site.name()) {
        signal(master, Signal::STOP);
    }
    let from = Instant::now();
    masters.close().await;
    drop((executor, masters));
    println!("{}: closed over a stopped master in {} ms", site.name(), from.elapsed().as_millis());
    assert!(from.elapsed() < PATIENCE, "{:?}", from.elapsed());
    gone(site.name()).await;
}
