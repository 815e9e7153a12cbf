//! Three hosts over ssh: the windows in which an engine can die, and random moments. Ssh masters outlive each engine.

use std::fs;

use banister_lab::testing::{Inside, inside};
use banister_lab::{Bind, LabHost, LabSpec};

use crate::random_kills;
use crate::scenario::{Engine, Scenario, until};

const ALL: &str = "one two three";
/// The host on which things go wrong.
const WRONG: &str = "web-2";

fn spec() -> LabSpec {
    LabSpec { binds: vec![Bind::read_only(env!("CARGO_BIN_EXE_banister-twin"))], ..LabSpec::web(3) }
}

/// A run of three steps on three hosts, each of which adds its name to the host's log. On one of them `two` can be held.
struct Many<'a> {
    lab: &'a Inside,
    scenario: Scenario,
}

impl<'a> Many<'a> {
    /// `last` is what `one` does in the end on the host where things go wrong.
    fn new(lab: &'a Inside, last: &str) -> (Self, Engine) {
        let many = Self { lab, scenario: Scenario::new() };
        many.scenario.write("inventory.yaml", &lab.inventory());
        for host in lab.hosts() {
            // A login that finds `hold` waits at the gate before its command begins.
            let text = "rm -rf /srv/* /var/tmp/banister-ledger-0; mkfifo /srv/gate
                echo 'if rm /srv/hold 2>/dev/null; then echo $$ >/srv/arrived; read -r _ </srv/gate; fi' >/root/.bashrc";
            host.sh(text).expect("a host as it was");
        }
        let step = |id: &str, more: &str| {
            format!(
                "  - id: {id}\n    all_at_once: It is a test.\n    effect: repeatable\n    run: |\n      \
                 echo {id} >>/srv/log\n      {more}\n"
            )
        };
        let here = |what: &str| format!("if [ \"$(uname -n)\" = {WRONG} ]; then {what}; fi");
        let runbook = many.scenario.write(
            "three.yaml",
            &format!(
                "runbook: three\nif_it_fails: Nothing happened.\nhosts: [web-1, web-2, web-3]\ntimeout: 5m\nsteps:\n{}{}{}",
                step("one", &here(last)),
                step("two", "if rm /srv/block 2>/dev/null; then echo $$ >/srv/arrived; read -r _ </srv/gate; fi"),
                step("three", "true")
            ),
        );
        let engine = many.scenario.run(&runbook);
        let runs = many.scenario.path("state/runs");
        until("there is a run", || fs::read_dir(&runs).is_ok_and(|mut all| all.next().is_some()));
        (many, engine)
    }

    fn wrong(&self) -> &LabHost {
        self.lab.host(WRONG).expect("a host of the lab")
    }

    fn holds(&self, condition: &str) -> bool {
        self.wrong().exec(condition).is_ok_and(|output| output.status.success())
    }

    /// Waits until somebody stands at the gate of the host; gives its process.
    fn arrived(&self) -> String {
        until("somebody stands at the gate", || self.holds("[ -s /srv/arrived ]"));
        self.wrong().sh("cat /srv/arrived; rm /srv/arrived").expect("the mark")
    }

    fn open_gate(&self) {
        self.wrong().sh("timeout 60 sh -c 'echo >/srv/gate'").expect("somebody at the gate");
    }

    /// A file of `two` in the ledger.
    fn key(&self, file: &str) -> String {
        let run = self.scenario.run_dir();
        let run = run.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        format!("/var/tmp/banister-ledger-0/{run}/two,@{WRONG}:main#1.{file}")
    }

    fn count(&self, kind: &str) -> usize {
        let (kind, path) = (format!("\"kind\":{{\"{kind}\":"), format!("\"path\":\"two/@{WRONG}\""));
        self.scenario.journal().lines().filter(|line| line.contains(&kind) && line.contains(&path)).count()
    }

    fn is_intended(&self) {
        assert_eq!((self.count("step.intended"), self.count("step.succeeded")), (1, 0), "intended, and no outcome");
    }

    fn log(&self, host: &LabHost) -> String {
        host.sh("cat /srv/log 2>/dev/null; true").expect("the log").replace('\n', " ")
    }

    fn resume(&self) {
        self.scenario.expect(&["resume", "last"], 0);
    }

    fn is_whole(&self) {
        for host in self.lab.hosts() {
            assert_eq!(self.log(host), ALL, "every step once, in order, on {}", host.name());
        }
        let said = self.scenario.expect(&["verify", "last", "--witnesses"], 0);
        assert!(said.contains("the run finished with exit code 0"), "{said}");
    }
}

/// The start is in a login that has not come to its command. Which login is held is not ours to choose: one that looks
/// at the output of `one` may come first. Then it is tried again.
fn held_login(lab: &Inside) -> (Many<'_>, String) {
    for _ in 0..10 {
        let (many, engine) = Many::new(lab, "touch /srv/hold");
        let login = many.arrived();
        let others = |host: &LabHost| host.name() == WRONG || many.log(host) == "one two";
        until("the others have come further", || lab.hosts().all(others) || many.count("step.intended") == 0);
        engine.kill();
        let reached = many.holds(&format!("[ -e {} ]", many.key("meta")));
        if !reached && many.count("step.intended") == 1 {
            many.is_intended();
            return (many, login);
        }
        many.open_gate();
    }
    panic!("ten times another login was held");
}

fn intent_synced_and_never_arrived(lab: &Inside) {
    let (many, login) = held_login(lab);
    many.wrong().sh(&format!("kill -9 {login}")).expect("the login");
    many.resume();
    assert!(many.holds(&format!("[ -h {} ]", many.key("fence"))), "asking was claiming");
    assert_eq!(many.count("step.intended"), 2);
    many.is_whole();
}

/// Its first words go to nobody, so it ends before it has claimed anything.
fn dispatched_and_the_engine_gone_before_it_arrives(lab: &Inside) {
    let (many, login) = held_login(lab);
    // Its ssh and its sshd learn of the engine's end in their own time; until then somebody reads what the login writes.
    let is_heard = format!(
        "out=$(readlink /proc/{login}/fd/1) && read -r _ _ _ sshd _ </proc/{login}/stat && ls -l /proc/$sshd/fd | grep -qF \"$out\""
    );
    until("nobody hears it", || !many.holds(&is_heard));
    many.open_gate();
    until("the start has ended", || !many.holds(&format!("kill -0 {login}")));
    assert_eq!(many.log(many.wrong()), "one", "it has not run");
    many.resume();
    assert_eq!(many.count("step.intended"), 2, "asked, told that it never started, and run");
    many.is_whole();
}

fn a_late_start_finds_that_it_must_not(lab: &Inside) {
    let (many, login) = held_login(lab);
    many.resume();
    assert_eq!(many.count("step.intended"), 2, "asked, told that it never started, and run");
    assert!(many.holds(&format!("kill -0 {login}")), "witness: the first start is still under way");
    many.open_gate();
    until("the late start has ended", || !many.holds(&format!("kill -0 {login}")));
    many.is_whole();
}

/// The key is claimed, and where the command would write down its process stands a pipe that nobody reads.
fn held_claim(lab: &Inside) -> Many<'_> {
    let ledger = "/var/tmp/banister-ledger-0/${BANISTER_KEY%%/*}";
    let (many, engine) = Many::new(lab, &format!("mkfifo \"{ledger}/two,@{WRONG}:main#1.process\""));
    until("it is claimed", || many.holds(&format!("[ -s {} ]", many.key("meta"))));
    engine.kill();
    many.is_intended();
    assert!(!many.holds(&format!("[ -e {} ]", many.key("fence"))), "witness: its start is not decided");
    many
}

/// Lets the claimed start go on.
fn let_go(many: &Many<'_>) {
    let process = many.key("process");
    many.wrong()
        .sh(&format!("line=$(timeout 60 cat {process}); rm {process}; echo \"$line\" >{process}"))
        .expect("it goes");
}

fn claimed_and_asked_before_it_starts(lab: &Inside) {
    let many = held_claim(lab);
    many.resume();
    assert_eq!(many.count("step.intended"), 2);
    let out = many.key("out");
    let find = format!("for p in /proc/[0-9]*; do [ \"$(readlink $p/fd/1)\" != {out} ] || echo ${{p#/proc/}}; done");
    let claimer = many.wrong().sh(&find).expect("a look");
    assert!(many.holds(&format!("kill -0 {claimer}")), "witness: the first start is still under way");
    let_go(&many);
    until("the late start has ended", || !many.holds(&format!("kill -0 {claimer}")));
    assert!(many.holds(&format!("[ -h {} ]", many.key("fence"))), "it was revoked");
    many.is_whole();
}

fn claimed_and_started_without_its_engine(lab: &Inside) {
    let many = held_claim(lab);
    let_go(&many);
    until("it runs without its engine", || many.log(many.wrong()) == "one two");
    many.resume();
    assert_eq!(many.count("step.intended"), 1);
    many.is_whole();
}

fn started_and_still_running_when_the_next_engine_comes(lab: &Inside) {
    let (many, engine) = Many::new(lab, "touch /srv/block");
    many.arrived();
    engine.kill();
    many.is_intended();
    let next = many.scenario.spawn(&["resume", "last"]);
    until("the next engine has found it", || many.count("step.reattached") == 1);
    many.open_gate();
    assert_eq!(next.exit(), 0);
    many.is_whole();
}

/// `two` has ended while its engine stood still; nobody has read it.
fn ended_unread(lab: &Inside) -> Many<'_> {
    let (many, engine) = Many::new(lab, "touch /srv/block");
    many.arrived();
    engine.stop();
    many.open_gate();
    until("the status is whole", || many.holds(&format!("grep -q ' end' {}", many.key("status"))));
    engine.kill();
    many.is_intended();
    many
}

fn status_written_and_not_read(lab: &Inside) {
    let many = ended_unread(lab);
    many.resume();
    assert_eq!(many.count("step.intended"), 1, "its outcome was adopted");
    many.is_whole();
}

fn an_outcome_torn_in_the_journal_is_read_again(lab: &Inside) {
    let many = ended_unread(lab);
    let journal = many.scenario.run_dir().join("journal.jsonl");
    let mut bytes = fs::read(&journal).expect("the journal");
    bytes.extend_from_slice(b"{\"v\":1,\"seq\":99,\"batch\":8,\"at\":\"2026-");
    fs::write(&journal, &bytes).expect("a torn journal");
    many.resume();
    assert!(many.scenario.journal().contains("tail.recovered"), "witness: the torn end was found");
    many.is_whole();
}

fn a_journal_that_lost_what_a_host_has_seen_is_not_resumed(lab: &Inside) {
    let (many, engine) = Many::new(lab, "touch /srv/block");
    many.arrived();
    engine.kill();
    let journal = many.scenario.run_dir().join("journal.jsonl");
    let text = fs::read_to_string(&journal).expect("the journal");
    let intent = format!("\"path\":\"two/@{WRONG}\"");
    let lost = text.lines().position(|line| line.contains("step.intended") && line.contains(&intent)).expect("it");
    let kept: String = text.lines().take(lost).map(|line| format!("{line}\n")).collect();
    fs::write(&journal, kept).expect("a shorter journal");
    let said = many.scenario.expect(&["resume", "last"], 23);
    assert!(said.contains("has seen a record"), "{said}");
    many.open_gate();
}

/// Its name, and what goes wrong in it.
type Window = (&'static str, fn(&Inside));

#[test]
fn the_windows_over_ssh() {
    inside(&spec(), "many::the_windows_over_ssh", |lab| {
        let windows: [Window; 9] = [
            ("intent synced and never arrived", intent_synced_and_never_arrived),
            ("dispatched and the engine gone", dispatched_and_the_engine_gone_before_it_arrives),
            ("a late start", a_late_start_finds_that_it_must_not),
            ("claimed and asked", claimed_and_asked_before_it_starts),
            ("claimed and started", claimed_and_started_without_its_engine),
            ("started and running", started_and_still_running_when_the_next_engine_comes),
            ("status written and not read", status_written_and_not_read),
            ("an outcome torn", an_outcome_torn_in_the_journal_is_read_again),
            ("a journal that lost its end", a_journal_that_lost_what_a_host_has_seen_is_not_resumed),
        ];
        for (name, window) in windows {
            println!("window: {name}");
            window(lab);
        }
    });
}

/// One run, killed at up to three random moments.
fn killed_at_random(lab: &Inside, seed: u64) -> usize {
    for host in lab.hosts() {
        // The ledger too: a seed alone does what it does among the others.
        host.sh("rm -rf /srv/* /var/tmp/banister-ledger-*; : >/root/.bashrc").expect("a host as it was");
    }
    let scenario = Scenario::new();
    scenario.write("inventory.yaml", &lab.inventory());
    let mut text =
        "runbook: five\nif_it_fails: Nothing happened.\nhosts: [web-1, web-2, web-3]\ntimeout: 5m\nsteps:\n".to_owned();
    for step in ["a", "b", "c", "d", "e"] {
        text.push_str(&format!(
            "  - {{ id: {step}, effect: repeatable, all_at_once: It is a test., run: 'echo {step} >>/srv/log; sleep 0.02' }}\n"
        ));
    }
    let runbook = scenario.write("five.yaml", &text);
    let kills = random_kills::one_run(&scenario, &runbook, 100..800, seed);
    for host in lab.hosts() {
        let log = host.sh("cat /srv/log || :").expect("the log").replace('\n', " ");
        assert_eq!(log, "a b c d e", "seed {seed} on {}, after\n{}", host.name(), scenario.journal());
    }
    let said = scenario.expect(&["verify", "last", "--witnesses"], 0);
    assert!(said.contains("the run finished with exit code 0"), "{said}");
    kills
}

#[test]
fn killed_at_thirty_random_moments_over_ssh() {
    inside(&spec(), "many::killed_at_thirty_random_moments_over_ssh", |lab| {
        random_kills::thirty(|seed| killed_at_random(lab, seed));
    });
}

#[test]
fn what_a_host_keeps_and_what_it_would_end() {
    inside(&spec(), "many::what_a_host_keeps_and_what_it_would_end", |lab| {
        let scenario = Scenario::new();
        let address = lab.host(WRONG).expect("a host of the lab").address();
        let inventory = lab.inventory().replace(
            &format!("  {WRONG}: {{ address: {address}, user: root,"),
            &format!("  {WRONG}: {{ address: {address}, user: ops,"),
        );
        scenario.write("inventory.yaml", &inventory);
        let runbook = |host: &str| {
            let steps = "steps: [{ id: one, run: 'true', effect: repeatable }]";
            let text = format!("runbook: one\nif_it_fails: Nothing.\nhosts: {host}\ntimeout: 5m\n{steps}\n");
            scenario.write("one.yaml", &text)
        };
        assert_eq!(scenario.run(&runbook("web-1")).exit(), 0);
        let hosts = ["-i", "inventory.yaml"];
        let ledger = |words: &[&str], exit| scenario.expect(&[&["ledger"], words, &hosts].concat(), exit);
        let said = ledger(&["list", "web-1"], 0);
        assert!(said.contains("ended") && said.contains("1 commands") && said.contains("of one in lab"), "{said}");
        assert!(ledger(&["prune", "web-1"], 0).contains("ended 30 days ago or earlier"), "younger than that");
        assert!(ledger(&["prune", "web-1", "--older-than", "0"], 0).contains("removed"));
        assert!(ledger(&["list", "web-1"], 0).contains("no run has left anything"));
        assert!(ledger(&["list", "web-9"], 64).contains("the inventory has no host `web-9`"));

        // A login manager that ends what a user has started when he logs out: a step would end with its connection.
        let host = lab.host(WRONG).expect("a host of the lab");
        let conf = "mkdir -p /run/systemd/seats /etc/systemd/logind.conf.d
            printf '[Login]\nKillUserProcesses=yes\n' >/etc/systemd/logind.conf.d/kill.conf";
        host.sh(conf).expect("a login manager");
        fs::remove_dir_all(scenario.run_dir()).expect("the first run");
        let engine = scenario.run(&runbook(WRONG));
        until("it is refused", || engine.said().contains("ended with"));
        let said = engine.said();
        assert!(said.contains("KillUserProcesses=yes") && said.contains("loginctl enable-linger ops"), "{said}");
        assert_eq!(engine.exit(), 30, "{said}");
        host.sh("mkdir -p /var/lib/systemd/linger; touch /var/lib/systemd/linger/ops").expect("lingering");
        fs::remove_dir_all(scenario.run_dir()).expect("the refused run");
        assert_eq!(scenario.run(&runbook(WRONG)).exit(), 0);
    });
}
