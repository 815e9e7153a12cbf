//! Two people on a bastion: one state directory, the same runs, one pen, and each is who the kernel says.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Output};

use banister_lab::testing::{Inside, inside};
use banister_lab::{Bind, LabSpec};

use crate::pty::Pty;
use crate::scenario::{Scenario, until, whole_lines};

const TWIN: &str = env!("CARGO_BIN_EXE_banister-twin");
/// What the people share.
pub(crate) const STATE: &str = "/srv/banister";

pub(crate) fn spec(hosts: usize) -> LabSpec {
    LabSpec { binds: vec![Bind::read_only(TWIN)], ..LabSpec::web(hosts) }
}

/// A script of root's, here.
pub(crate) fn root(script: &str) -> String {
    let output = Command::new("sh").args(["-ec", script]).output().expect("sh");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Accounts on this host of the lab, and the directory that an administrator makes. Carol is in no group of theirs.
pub(crate) fn bastion() {
    root(&format!(
        "groupadd oncall; for name in alice bob carol; do useradd -d /srv/$name -m -s /bin/sh $name; done
         usermod -aG oncall alice; usermod -aG oncall bob; install -d -m 2770 -g oncall {STATE}"
    ));
}

/// `banister` as somebody: their account, their groups, and nothing of root's.
pub(crate) fn by(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", name, "--regid", name, "--init-groups", "--", TWIN])
        .args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("HOME", format!("/srv/{name}"))
        .env("BANISTER_STATE_DIR", STATE)
        // The plain front end, whatever else there is.
        .env("TERM", "dumb")
        .env("ACCESSIBLE", "1")
        .current_dir("/srv");
    command
}

pub(crate) fn says(name: &str, args: &[&str], exit: i32) -> String {
    let Output { status, stdout, stderr } = by(name, args).output().expect("banister");
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(exit), "{name}: {args:?}\n{said}");
    said
}

/// Somebody at a terminal before `banister`.
pub(crate) fn sits(name: &str, args: &[&str]) -> Pty {
    Pty::start(by(name, args), 240, 200).expect("the lab has what a terminal needs")
}

pub(crate) fn journal() -> String {
    let mut runs: Vec<_> = std::fs::read_dir(Path::new(STATE).join("runs")).expect("runs").flatten().collect();
    runs.sort_by_key(|run| run.metadata().and_then(|meta| meta.modified()).expect("its time"));
    let run = runs.last().expect("a run").path();
    whole_lines(std::fs::read_to_string(run.join("journal.jsonl")).expect("its journal"))
}

/// Whether there is a record of a kind that speaks of a step.
pub(crate) fn has(kind: &str, path: &str) -> bool {
    let (kind, path) = (format!("\"kind\":{{\"{kind}\":"), format!("\"path\":\"{path}\""));
    journal().lines().any(|line| line.contains(&kind) && line.contains(&path))
}

/// Who wrote the last record of a kind, by name and number.
pub(crate) fn author(kind: &str) -> (String, u64) {
    let kind = format!("\"kind\":{{\"{kind}\":");
    let journal = journal();
    let line = journal.lines().rfind(|line| line.contains(&kind)).unwrap_or_else(|| panic!("no {kind} in {journal}"));
    let record: serde_json::Value = serde_json::from_str(line.split('\t').next().expect("a body")).expect("json");
    let person = &record["actor"]["person"];
    (person["name"].as_str().expect("a name").to_owned(), person["uid"].as_u64().expect("a number"))
}

fn number(name: &str) -> u64 {
    root(&format!("id -u {name}")).trim().parse().expect("a number")
}

pub(crate) fn write(name: &str, text: &str) -> String {
    let path = format!("/srv/{name}");
    std::fs::write(&path, text).expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("its mode");
    path
}

/// Nothing of the state directory is open to anybody but the group, at any time, and all of it is open to the group. An
/// engine is at work there: what it is just making may be closed still, and what it replaces goes.
pub(crate) fn is_the_groups_alone() {
    let mut found = String::new();
    until("all of it is the group's", || {
        let (looked, not_yet) = not_the_groups();
        assert!(looked > 6, "only {looked} entries: that is no run");
        let is_so = not_yet.is_empty();
        if found != not_yet {
            println!("not the group's: {not_yet}");
            found = not_yet;
        }
        is_so
    });
}

/// How many entries there are, and those that the group cannot use yet.
fn not_the_groups() -> (usize, String) {
    let group = std::fs::metadata(STATE).expect("the directory").gid();
    let mut dirs = vec![Path::new(STATE).to_owned()];
    let (mut looked, mut not_yet) = (0, String::new());
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let (path, mode) = (entry.path(), meta.mode() & 0o7777);
            assert_eq!(mode & 0o007, 0, "{}: {mode:o}", path.display());
            let expect = if meta.is_dir() { 0o2770 } else { 0o660 };
            if (mode, meta.gid()) != (expect, group) {
                not_yet += &format!("{} {mode:o} of {}, ", path.display(), meta.gid());
            }
            looked += 1;
            if meta.is_dir() {
                dirs.push(path);
            }
        }
    }
    (looked, not_yet)
}

const SHARED: &str = "runbook: shared\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 5m\nsteps:\n\
    \x20 - { id: agree, approve: { for: [one], by: 1, of: [oncall], not: starter } }\n\
    \x20 - { id: one, effect: repeatable, run: id -un }\n\
    \x20 - { id: look, pause: Look at the graph }\n\
    \x20 - { id: two, effect: repeatable, run: id -un }\n";

#[test]
fn two_people_share_a_run() {
    inside(&spec(1), "sharing::two_people_share_a_run", |_| {
        bastion();
        let runbook = write("shared.yaml", SHARED);
        let mut alice = sits("alice", &["run", &runbook]);
        alice.sees("ASK agree");
        alice.sees("the person who started the run may not approve this");

        // Bob sees the run and what it waits for, says something, and does not drive. An engine on a loaded machine may be
        // too slow for one look.
        until("the list says who is waited for", || {
            let list = says("bob", &["runs"], 0);
            list.contains("  shared  waits for a person since 20") && list.contains("Z: ASK agree, process ")
        });
        let mut bob = sits("bob", &["attach", "last"]);
        bob.sees("ASK agree");
        says("bob", &["note", "last", "bob looks"], 0);
        alice.sees("note by bob: bob looks");
        assert_eq!(author("note.added"), ("bob".to_owned(), number("bob")));
        let refused = says("bob", &["hold", "last"], 77);
        assert!(refused.contains("alice has the pen and drives; to drive instead, take it first: `pen`"), "{refused}");

        // What alice may not approve, bob may; he came late, and sees what it is.
        bob.sees("TO BE ALLOWED, as the plan has it");
        bob.sees("choose 1 to ");
        bob.types("approve\n");
        bob.sees("type `go` to confirm");
        bob.types("go\n");
        alice.sees("bob says approve to agree");
        assert_eq!(author("ask.answered"), ("bob".to_owned(), number("bob")));

        // The pause is the driver's to end: bob takes the pen, and alice sees it.
        bob.sees("this is not yours to answer: alice has the pen");
        alice.sees("choose 1 to 1: ");
        says("bob", &["pen", "last"], 0);
        alice.sees("bob takes the pen and drives from here on");
        bob.sees("choose 1 to 1: ");
        bob.says("continue");
        alice.sees("bob says continue to look");
        assert_eq!((alice.exit(), bob.exit()), (0, 0));

        // The engine was alice's, to the end.
        let output = says("bob", &["output", "last", "two/@localhost"], 0);
        assert!(output.contains("alice"), "{output}");
        assert!(says("bob", &["verify", "last"], 0).contains("the run finished with exit code 0"));
        assert!(says("bob", &["log", "last"], 0).contains("bob takes the pen"));
        is_the_groups_alone();
    });
}

/// A key that both people have; gives its public half.
pub(crate) fn key_of_both() -> String {
    root(
        "ssh-keygen -q -t ed25519 -N '' -f /root/key
         for name in alice bob; do
             install -d -o $name -m 700 /srv/$name/.ssh; install -o $name -m 600 /root/key /srv/$name/.ssh/id
         done",
    );
    std::fs::read_to_string("/root/key.pub").expect("a key")
}

#[test]
fn somebody_else_of_the_group_resumes_and_nobody_else_looks() {
    inside(&spec(1), "sharing::somebody_else_of_the_group_resumes_and_nobody_else_looks", |lab| {
        bastion();
        let public = key_of_both();
        let (config, inventory) = host_that_knows(lab, &public, "~/.ssh/id");
        // The same account there, whoever comes: its ledger is one.
        let paused = SHARED.replace("hosts: localhost", "hosts: web-1");
        let paused =
            paused.replace("  - { id: agree, approve: { for: [one], by: 1, of: [oncall], not: starter } }\n", "");
        let runbook = write("paused.yaml", &paused);
        let alice = sits("alice", &["run", &runbook, "-i", &inventory, "-F", &config]);
        alice.sees("Look at the graph");
        is_the_groups_alone();
        let held = says("bob", &["resume", "last"], 75);
        assert!(held.contains("is held by another engine"), "{held}");
        // The engine is killed, wherever it is: its front says so, and a colleague goes on.
        root("pkill -9 -u alice -f 'banister-twin engine'");
        alice.sees("banister resume");
        let mut bob = sits("bob", &["resume", "last"]);
        bob.sees("choose 1 to 1: ");
        bob.says("continue");
        assert_eq!(bob.exit(), 0);
        assert_eq!(author("ask.answered"), ("bob".to_owned(), number("bob")));
        assert!(says("alice", &["verify", "last", "--witnesses"], 0).contains("the run finished with exit code 0"));
        is_the_groups_alone();

        let carol = says("carol", &["runs"], 77);
        assert!(carol.contains("is shared with group oncall, and you are not in it"), "{carol}");
        root(&format!("chmod o+rx {STATE}"));
        let open = says("bob", &["runs"], 77);
        assert!(open.contains("open to everybody else as well") && open.contains("chmod o= /srv/banister"), "{open}");
    });
}

pub(crate) fn agent(socket: &str) {
    root(&format!(
        "setpriv --reuid alice --regid alice --init-groups ssh-agent -a {socket} >/dev/null
         SSH_AUTH_SOCK={socket} setpriv --reuid alice --regid alice --init-groups ssh-add -q - </root/key"
    ));
}

/// The agent goes, and every connection of alice's engine is lost; both ends know it when this returns.
pub(crate) fn loses_everything(lab: &Inside) {
    root("pkill -9 -u alice ssh-agent");
    let masters = root("pgrep -u alice -x ssh");
    for host in lab.hosts() {
        host.sh("pkill -9 -u ops sshd || pkill -9 -u ops -f sshd || true").expect("its sessions");
    }
    // Until its ssh has ended an engine would begin something over it, and nobody would know how that ended.
    for pid in masters.lines() {
        until("the connection is lost", || !Path::new(&format!("/proc/{pid}")).exists());
    }
}

/// Lets into each host what is written for it, as `ops`; gives an inventory, the group `web`. Their keys are known.
pub(crate) fn lets_in(lab: &Inside, lets: impl Fn(usize) -> String) -> String {
    let (mut known, mut list) = (String::new(), String::from("environment: test\nhosts:\n"));
    for (n, host) in lab.hosts().enumerate() {
        host.sh(&format!("echo '{}' >>/etc/ssh/authorized_keys", lets(n).trim())).expect("the key is known there");
        known += &root(&format!("ssh-keyscan -t ed25519 {} 2>/dev/null", host.address()));
        list += &format!("  {}: {{ address: {}, user: ops, groups: [web] }}\n", host.name(), host.address());
    }
    write("known_hosts", &known);
    write("inventory.yaml", &list)
}

/// Lets a key into a host; gives an inventory and an ssh configuration that know it.
fn host_that_knows(lab: &Inside, public: &str, identity: &str) -> (String, String) {
    let inventory = lets_in(lab, |_| public.to_owned());
    let config =
        write("ssh_config", &format!("Host *\n  UserKnownHostsFile /srv/known_hosts\n  IdentityFile {identity}\n"));
    (config, inventory)
}

#[test]
fn the_agent_of_whoever_has_the_pen_is_lent_to_a_detached_run() {
    let name = "sharing::the_agent_of_whoever_has_the_pen_is_lent_to_a_detached_run";
    inside(&spec(1), name, |lab| {
        bastion();
        // In the agent and nowhere else that alice can read.
        root("ssh-keygen -q -t ed25519 -N '' -f /root/key");
        let public = std::fs::read_to_string("/root/key.pub").expect("a key");
        let (config, inventory) = host_that_knows(lab, &public, "/srv/none");
        let runbook = write(
            "lent.yaml",
            "runbook: lent\nif_it_fails: Nothing happened.\nhosts: web-1\ntimeout: 5m\nsteps:\n\
             \x20 - { id: one, effect: repeatable, run: echo one }\n\
             \x20 - { id: look, pause: Look at the graph }\n\
             \x20 - { id: two, effect: repeatable, run: echo two }\n\
             \x20 - { id: three, effect: repeatable, run: echo three }\n",
        );
        agent("/srv/alice/first");
        let at = |args: &[&str], socket: Option<&str>| {
            let mut command = by("alice", args);
            socket.map(|socket| command.env("SSH_AUTH_SOCK", socket));
            Pty::start(command, 240, 200).expect("the lab has what a terminal needs")
        };
        let mut alice = at(&["run", &runbook, "-i", &inventory, "-F", &config], Some("/srv/alice/first"));
        alice.sees("Look at the graph");

        // The terminal goes, the agent with it, and the connection is lost.
        alice.hangs_up();
        until("the front end has gone", || !alice.is_alive());
        loses_everything(lab);

        // Somebody without an agent lets it go on: there is no way to the host any more.
        let mut without = at(&["attach", "last"], None);
        without.sees("choose 1 to 1: ");
        without.says("continue");
        without.sees("web-1 waits for an ssh agent");
        without.sees("HELD by engine: nothing new starts");
        without.hangs_up();
        until("the front end has gone", || !without.is_alive());
        assert!(has("step.intended", "two/@web-1") && !has("step.succeeded", "two/@web-1"), "it waits");

        // With an agent what was started goes on, what was not waits for a word.
        agent("/srv/alice/second");
        let mut with = at(&["attach", "last"], Some("/srv/alice/second"));
        with.sees("ok two/@web-1");
        assert!(!has("step.intended", "three/@web-1"), "held is held");
        says("alice", &["continue", "last"], 0);
        assert_eq!(with.exit(), 0);
        let journal = journal();
        assert!(has("step.succeeded", "three/@web-1"), "{journal}");
        assert!(!journal.contains("step.failed") && !journal.contains("step.unknown"), "{journal}");
    });
}

#[test]
fn alone_at_night_the_glass_is_broken_with_a_reason_and_every_report_begins_with_it() {
    let scenario = Scenario::new();
    let runbook = scenario.write(
        "alone.yaml",
        "runbook: alone\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 1m\nsteps:\n\
         \x20 - { id: agree, approve: { for: [one], by: 1, not: starter } }\n\
         \x20 - { id: one, effect: repeatable, run: echo one }\n",
    );
    let mut command = scenario.command(&["run", &runbook.display().to_string(), "-i", "inventory.yaml"]);
    command.env("TERM", "dumb").env("ACCESSIBLE", "1");
    let Some(mut alone) = Pty::start(command, 200, 100) else { return };
    alone.sees("1  approve");
    alone.sees("3  break-glass");
    alone.sees("choose 1 to 3");
    alone.types("approve\n");
    alone.sees("not yours to say: the person who started the run may not approve this");
    alone.watches("it is asked again", |screen| screen.matches("choose 1 to 3").count() == 2);
    alone.types("break-glass\n");
    alone.watches("a reason is asked for", |screen| {
        screen.lines().any(|line| line.starts_with("agree break-glass: reason:"))
    });
    alone.types("the disk is full by six and nobody else is awake\n");
    alone.sees("type `go` to confirm");
    alone.types("go\n");
    alone.sees("alone grants agree, which needs 1 of anybody, not the starter: the disk is full by six");
    assert_eq!(alone.exit(), 10);
    let timeline = scenario.expect(&["timeline", "last"], 0);
    let (first, rest) = timeline.split_once("\n## What happened").expect("two parts");
    assert!(first.contains("\n## Break-glass\n") && first.contains("nobody else is awake"), "{timeline}");
    assert!(rest.contains("**BREAK-GLASS**"), "{timeline}");
}
