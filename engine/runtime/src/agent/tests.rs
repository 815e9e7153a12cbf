//! What goes from an ssh through an engine and a front end to an agent, all of it over real sockets.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use banister_core::run::{Actor, Input};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::*;
use crate::driver::Inbox;

fn person(name: &str, uid: u32) -> Actor {
    Actor::Person { name: name.to_owned(), uid: Some(uid), groups: Vec::new() }
}

/// An agent that answers whatever it is asked with its name.
fn agent(path: &Path, name: &'static str) {
    let listener = StdListener::bind(path).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = [0; 4];
            if stream.read_exact(&mut asked).is_ok() {
                stream.write_all(format!("{name} heard {}", String::from_utf8_lossy(&asked)).as_bytes()).unwrap();
            }
        }
    });
}

/// What an ssh hears that asks `keys`; nothing where nobody answers.
async fn asks(relay: &Relay) -> String {
    let path = relay.path().to_owned();
    let heard = tokio::task::spawn_blocking(move || {
        let mut ssh = StdStream::connect(path).unwrap();
        ssh.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // Nobody reads it where nobody is there.
        drop(ssh.write_all(b"keys"));
        let mut heard = String::new();
        drop(ssh.read_to_string(&mut heard));
        heard
    });
    heard.await.unwrap()
}

/// A loan whose other end does what a front end does.
fn loan(who: Actor, name: &'static str) -> Loan {
    let (engine, front) = UnixStream::pair().unwrap();
    let mut front = front.into_std().unwrap();
    front.set_nonblocking(false).unwrap();
    std::thread::spawn(move || {
        let mut line = Vec::new();
        let mut byte = [0];
        while front.read(&mut byte).is_ok_and(|n| n == 1) && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        if line != br#"{"v":1,"id":7,"is":{"use":{}}}"# {
            return;
        }
        let mut asked = [0; 4];
        front.read_exact(&mut asked).unwrap();
        front.write_all(format!("{name} heard {}", String::from_utf8_lossy(&asked)).as_bytes()).unwrap();
    });
    Loan { who, id: 7, stream: engine }
}

#[tokio::test]
async fn the_agent_of_whoever_drives_answers_else_the_starters() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own");
    agent(&own, "the starter's");
    // Nobody lends twice here: that is not waited for.
    let lent = Lent::waiting(Duration::ZERO);
    let agent = Agent { lent: lent.clone(), own: Some(own.clone()), waits: None };
    let relay = Relay::open(dir.path().join("agent"), agent).unwrap();
    let (alice, bob) = (person("alice", 1000), person("bob", 1001));
    lent.drives(Some(&alice));
    assert_eq!(asks(&relay).await, "the starter's heard keys");
    lent.lend(loan(bob.clone(), "bob's"));
    assert_eq!(asks(&relay).await, "the starter's heard keys", "bob only watches");
    lent.drives(Some(&bob));
    assert_eq!(asks(&relay).await, "bob's heard keys");
    assert_eq!(asks(&relay).await, "the starter's heard keys", "a loan serves one ssh");
    lent.lend(loan(bob.clone(), "bob's"));
    lent.drives(None);
    assert_eq!(asks(&relay).await, "the starter's heard keys", "nobody drives");
    std::fs::remove_file(&own).unwrap();
    assert_eq!((asks(&relay).await.as_str(), relay.missed()), ("", 1), "nobody is there");
}

#[tokio::test]
async fn of_many_that_ask_at_once_each_gets_a_loan() {
    let dir = tempfile::tempdir().unwrap();
    let lent = Lent::waiting(Duration::from_secs(20));
    let agent = Agent { lent: lent.clone(), own: None, waits: None };
    let relay = Relay::open(dir.path().join("agent"), agent).unwrap();
    let bob = person("bob", 1001);
    lent.drives(Some(&bob));
    lent.lend(loan(bob.clone(), "bob's"));
    // A front end has one loan there at a time, and lends the next when it is used.
    let lender = tokio::spawn({
        let (lent, bob) = (lent.clone(), bob.clone());
        async move {
            for _ in 0..8 {
                while lent.is_there() {
                    tokio::task::yield_now().await;
                }
                lent.lend(loan(bob.clone(), "bob's"));
            }
        }
    });
    let heard = tokio::join!(asks(&relay), asks(&relay), asks(&relay), asks(&relay), asks(&relay), asks(&relay));
    let heard: [String; 6] = heard.into();
    assert_eq!((heard, relay.missed()), (["bob's heard keys"; 6].map(str::to_owned), 0));
    lender.abort();
}

#[tokio::test]
async fn a_front_end_that_has_gone_lends_nothing() {
    let lent = Lent::default();
    let bob = person("bob", 1001);
    lent.drives(Some(&bob));
    let (engine, front) = UnixStream::pair().unwrap();
    lent.lend(Loan { who: bob.clone(), id: 7, stream: engine });
    drop(front);
    assert!(lent.take().await.is_none());
    assert!(timeout(Duration::from_millis(20), lent.wait()).await.is_err(), "it is waited for another");
    lent.lend(loan(bob, "bob's"));
    timeout(Duration::from_secs(20), lent.wait()).await.expect("there is one");
}

#[tokio::test]
async fn where_nobody_can_be_asked_nobody_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Agent { lent: Lent::default(), own: None, waits: None };
    let relay = Relay::open(dir.path().join("agent"), agent).unwrap();
    let before = relay.missed();
    assert_eq!(asks(&relay).await, "");
    assert!(!relay.came("web-1", before).await);
}

#[test]
fn what_is_waited_for_is_said_with_whose_and_what_to_do() {
    let lent = Lent::default();
    let agent = Agent { lent: lent.clone(), own: None, waits: None };
    let then = "attach with one that has its key (`ssh-add`), take the pen, and continue";
    let says = |whose| format!("web-1 waits for an ssh agent ({whose}): {then}");
    let hosts = |n: u32| (1..=n).map(|n| format!("web-{n}")).collect::<Vec<_>>();
    assert_eq!(agent.waited_for(&hosts(1)), says("nobody has the pen"));
    lent.drives(Some(&person("alice", 1000)));
    assert_eq!(agent.waited_for(&hosts(1)), says("alice has the pen and lends none"));
    let two = agent.waited_for(&hosts(2));
    assert!(two.starts_with("web-1, web-2 wait for an ssh agent (alice has"), "{two}");
    let many = agent.waited_for(&hosts(40));
    let names = "web-1, web-2, web-3, web-4, web-5, web-6, web-7, web-8 and 32 more";
    let whose = "alice has the pen and lends none";
    assert_eq!(many, format!("40 hosts wait for an ssh agent ({whose}; {names}): {then}"));
}

#[tokio::test]
async fn all_hosts_that_wait_are_named_and_the_first_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own");
    agent(&own, "the starter's");
    let lent = Lent::default();
    let bob = person("bob", 1001);
    lent.drives(Some(&bob));
    let (inbox, mut inputs) = Inbox::that_takes_all();
    let agent = Agent { lent: lent.clone(), own: Some(own.clone()), waits: Some(inbox) };
    let relay = Arc::new(Relay::open(dir.path().join("agent"), agent).unwrap());
    assert_eq!(asks(&relay).await, "the starter's heard keys");
    std::fs::remove_file(&own).unwrap();
    let before = relay.missed();
    assert_eq!(asks(&relay).await, "");
    let mut said = async || match timeout(Duration::from_secs(60), inputs.recv()).await {
        Ok(Some(Input::Halted { why })) => why.split_once(" for an ssh agent").expect("the sentence").0.to_owned(),
        other => panic!("{other:?}"),
    };
    let comes = |host: &'static str| {
        let relay = relay.clone();
        tokio::spawn(async move { relay.came(host, before).await })
    };
    let first = comes("web-2");
    assert_eq!(said().await, "web-2 waits");
    let others = [comes("web-1"), comes("web-3")];
    // A machine with no time at all may let the third come late: then it is said for it once more.
    while said().await != "web-1, web-2, web-3 wait" {}
    lent.lend(loan(bob, "bob's"));
    for host in [first].into_iter().chain(others) {
        assert!(host.await.unwrap(), "one loan is enough for all of them");
    }
}
