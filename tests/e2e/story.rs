//! One night on a bastion, on full screens and real hosts: started at home, approved by a second person, failed on one
//! host, mended, left, its terminal killed, taken over by a colleague, its engine killed, resumed, finished.

use std::process::Command;

use banister_lab::testing::{Inside, inside};

use crate::pty::Pty;
use crate::scenario::until;
use crate::sharing::{STATE, author, bastion, by, has, journal, key_of_both, lets_in, root, spec, write};

const STORY: &str = "runbook: story\ntitle: The story\nif_it_fails: Call the owner.\nhosts: web\ntimeout: 5m\n\
    params:\n  word: { type: text, prompt: Which word? }\nsteps:\n\
    \x20 - { id: agree, approve: { for: [mend], by: 1, of: [oncall], not: starter } }\n\
    \x20 - id: mend\n    roll:\n      steps:\n\
    \x20       - { id: touch, effect: repeatable, run: 'test -e /tmp/ready && echo {{ word }} >> /tmp/story' }\n\
    \x20     gate: { probe: { run: 'true' }, samples: 1 }\n\
    \x20 - { id: look, pause: Look at the graph }\n\
    \x20 - { id: last, hosts: [web-1], effect: repeatable, run: 'echo last >> /tmp/story' }\n";

/// Two hosts that both people reach by keys of their own; gives what reaches them.
pub(crate) fn hosts(lab: &Inside) -> (String, String) {
    let public = key_of_both();
    let inventory = lets_in(lab, |_| public.clone());
    let config = "Host *\n  UserKnownHostsFile /srv/known_hosts\n  IdentityFile ~/.ssh/id\n";
    (write("ssh_config", config), inventory)
}

/// Somebody at a full screen.
pub(crate) fn sits(name: &str, args: &[&str]) -> Pty {
    let mut command: Command = by(name, args);
    command.env("TERM", "xterm-256color").env_remove("ACCESSIBLE").env("LANG", "C.UTF-8");
    Pty::start(command, 120, 40).expect("the lab has what a terminal needs")
}

/// What a host was told, in order.
pub(crate) fn said(lab: &Inside, host: &str) -> String {
    let host = lab.host(host).expect("a host");
    let output = host.exec("cat /tmp/story 2>/dev/null || true").expect("the host answers");
    String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The one word of a pause, and its confirmation.
fn goes_on(pty: &mut Pty) {
    pty.sees("! ASK  ");
    pty.types("a");
    pty.sees("number or word");
    pty.types("1");
    pty.goes();
}

#[test]
fn a_night_on_a_bastion() {
    inside(&spec(2), "story::a_night_on_a_bastion", |lab| {
        bastion();
        let (config, inventory) = hosts(lab);
        root("install -d -m 755 /srv/runbooks");
        write("runbooks/story.yaml", STORY);
        lab.host("web-1").expect("a host").sh("touch /tmp/ready").expect("web-1 is ready");

        // Alice starts it at home.
        let mut alice = sits("alice", &["-i", &inventory, "-F", &config]);
        alice.sees("RUNBOOKS");
        alice.sees("story");
        alice.types("\r");
        alice.sees("Which word?");
        alice.types("mended\r");
        alice.sees("a run would start here");
        alice.types("\r");
        alice.sees("type `go`, then enter");
        alice.types("go\r");
        alice.sees("! ASK  ");
        assert_eq!(said(lab, "web-1"), "");

        // Bob approves what she may not, after he has read it to its end.
        let mut bob = sits("bob", &["attach", "last"]);
        bob.sees("! ASK  ");
        bob.types("a");
        bob.sees("number or word");
        bob.types("1");
        bob.sees("TO BE ALLOWED");
        bob.types(&"\x1b[6~".repeat(40));
        bob.goes();
        until("the approval is granted", || journal().contains("approval.granted"));
        assert_eq!(author("ask.answered").0, "bob");

        // web-1 is mended, web-2 fails; once it can be, it is mended too.
        alice.sees("failed, what now");
        assert_eq!((said(lab, "web-1").as_str(), said(lab, "web-2").as_str()), ("mended", ""));
        lab.host("web-2").expect("a host").sh("touch /tmp/ready").expect("web-2 is ready");
        alice.types("r");
        alice.goes();
        until("it waits for a look", || journal().contains("\"path\":\"look\""));
        assert_eq!(said(lab, "web-2"), "mended");
        alice.sees("ASK 3 look");

        // She leaves and comes back; then her terminal is gone.
        alice.types("q");
        // An engine that does not say in time what it waits for is live all the same.
        alice.watches("home has the run", |home| home.contains("WAITS FOR A PERSON") || home.contains("LIVE"));
        alice.types("g\r");
        alice.sees("Look at the graph");
        alice.hangs_up();
        alice.ends();

        // Bob takes the pen: only then the pause is his.
        bob.types(":pen\r");
        bob.goes();
        until("bob has the pen", || journal().contains("pen.taken"));
        assert_eq!(author("pen.taken").0, "bob");

        // The engine is killed; his screen says so, and he goes on with another.
        root("pkill -9 -u alice -f 'banister-twin engine'");
        bob.sees("ENGINE GONE");
        bob.types("q");
        bob.ends();
        let mut bob = sits("bob", &["resume", "last"]);
        bob.sees("Look at the graph");
        goes_on(&mut bob);
        bob.sees("the run is over, 0");
        bob.types("q");
        assert_eq!(bob.exit(), 0);
        assert_eq!((said(lab, "web-1").as_str(), said(lab, "web-2").as_str()), ("mended last", "mended"));
        assert!(has("step.succeeded", "last/@web-1"));

        // Another run of it is aborted before anything was agreed to.
        let first = root(&format!("ls {STATE}/runs"));
        let mut bob = sits("bob", &["run", "story", "-i", &inventory, "-F", &config, "-p", "word=again"]);
        bob.sees("! ASK  ");
        bob.types(":abort\r");
        bob.sees("wait");
        bob.types("1");
        bob.sees("to abort");
        let both = root(&format!("ls {STATE}/runs"));
        let second = both.lines().find(|run| *run != first.trim()).expect("another run");
        bob.types(&format!("{}\r", second.get(..8).expect("an id")));
        bob.sees("the run is over, 43");
        bob.types("q");
        assert_eq!(bob.exit(), 43);
        assert_eq!((said(lab, "web-1").as_str(), said(lab, "web-2").as_str()), ("mended last", "mended"));
    });
}
