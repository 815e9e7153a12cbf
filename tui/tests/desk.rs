//! The tools around the hosts, against real sshd in a lab: `hosts trust`, `plan --probe`, `doctor`.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use banister_lab::testing::{self, Inside};
use banister_lab::{Bind, LabSpec};

const BANISTER: &str = env!("CARGO_BIN_EXE_banister");

fn inside(hosts: usize, name: &str, body: impl FnOnce(&Inside)) {
    let mut spec = LabSpec::web(hosts);
    spec.binds.push(Bind::read_only(BANISTER));
    testing::inside(&spec, name, body);
}

fn banister(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(BANISTER);
    command.args(args).env_clear().env("HOME", home).env("PATH", std::env::var("PATH").expect("a path"));
    command.current_dir(home).stdin(Stdio::null()).output().expect("the binary starts")
}

/// Both streams, for looking into and for messages.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file");
}

fn fingerprint(text: &str, before: &str) -> String {
    let line = text.lines().find(|line| line.trim_start().starts_with(before)).unwrap_or_else(|| panic!("{text}"));
    line.split_whitespace().find(|word| word.starts_with("SHA256:")).expect("a fingerprint").to_owned()
}

#[test]
fn a_key_is_shown_compared_taken_and_journalled() {
    inside(2, "a_key_is_shown_compared_taken_and_journalled", |lab| {
        let home = tempfile::tempdir().expect("a home");
        let home = home.path();
        write(&home.join("inventory.yaml"), &lab.inventory());
        let known = home.join("known hosts");
        let config = format!("Host *\n UserKnownHostsFile \"{}\"\n", known.display());
        // A file of one's own without a blank in its name, since `ssh -G` does not quote them.
        let known = home.join("known_hosts");
        write(&home.join("config"), &config.replace("known hosts", "known_hosts"));
        let trust = |host: &str, more: &[&str]| {
            let args = ["hosts", "trust", host, "-i", "inventory.yaml", "-F", "config"];
            banister(home, &args.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
        };
        let text = || std::fs::read_to_string(&known).unwrap_or_default();

        // Nobody to ask: it is shown, and nothing is taken.
        let output = trust("web-1", &[]);
        let shown = said(&output);
        assert_eq!(output.status.code(), Some(41), "{shown}");
        assert!(shown.contains("known  nothing yet") && shown.contains("--fingerprint"), "{shown}");
        let first = fingerprint(&shown, "shows");
        let real = lab.host("web-1").expect("web-1").sh("cat /etc/ssh/ssh_host_ed25519_key.pub | ssh-keygen -lf -");
        assert!(real.expect("its key").contains(&first), "it is the one that the host has");
        assert_eq!(text(), "");

        // Another fingerprint than the one that was brought.
        let output = trust("web-1", &["--fingerprint", "SHA256:AAAA"]);
        assert_eq!((output.status.code(), text().as_str()), (Some(40), ""), "{}", said(&output));

        // The one that was brought.
        let output = trust("web-1", &["--fingerprint", &first]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(text().lines().count(), 1, "{}", text());
        let ssh = |host: &str| {
            let address = lab.host(host).expect("a host").address().to_string();
            let mut command = Command::new("ssh");
            command.args(["-F", "config", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-l", "root"]);
            command.current_dir(home).args([&address, "true"]).stdin(Stdio::null()).output().expect("ssh starts")
        };
        assert!(ssh("web-1").status.success(), "{}", said(&ssh("web-1")));
        assert!(!ssh("web-2").status.success());
        let output = trust("web-1", &[]);
        assert!(said(&output).contains("there is nothing to do") && output.status.success(), "{}", said(&output));

        // Another machine at the address: the old key is shown with its line and goes, a copy of the file stays.
        write(&known, &format!("# mine\n{}other.example ssh-ed25519 AAAA\n", text()));
        let host = lab.host("web-1").expect("web-1");
        host.replace_with_new_key().expect("another machine");
        assert!(!ssh("web-1").status.success());
        let before = text();
        let output = trust("web-1", &[]);
        let shown = said(&output);
        assert_eq!((output.status.code(), text()), (Some(41), before.clone()), "{shown}");
        assert!(shown.contains("THE KEY IS NOT THE ONE THAT IS KNOWN") && shown.contains("known_hosts:2"), "{shown}");
        let (old, second) = (fingerprint(&shown, "known"), fingerprint(&shown, "shows"));
        assert!(old == first && second != first, "{shown}");
        let output = trust("web-1", &["--fingerprint", &second]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(ssh("web-1").status.success(), "{}", said(&ssh("web-1")));
        assert!(text().starts_with("# mine\nother.example ssh-ed25519 AAAA\n"), "{}", text());
        assert_eq!(std::fs::read_to_string(home.join("known_hosts.old")).expect("a copy"), before);

        // By way of a jump host whose key is not known: that one first, and it is checked strictly.
        let jump = format!(
            "{}Host jump\n HostName {}\n User root\nHost behind\n HostName {}\n User root\n ProxyJump jump\n",
            config.replace("known hosts", "known_hosts"),
            lab.host("web-2").expect("web-2").address(),
            host.address()
        );
        write(&home.join("config"), &jump);
        let output = trust("behind", &[]);
        assert_eq!(output.status.code(), Some(69), "{}", said(&output));
        let address = lab.host("web-2").expect("web-2").address().to_string();
        assert!(
            said(&output).contains(&format!("the key of `{address}`, by way of which behind")),
            "{}",
            said(&output)
        );
        let output = trust("jump", &[]);
        let output = trust("jump", &["--fingerprint", &fingerprint(&said(&output), "shows")]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let output = trust("behind", &[]);
        assert!(output.status.success() && said(&output).contains("there is nothing to do"), "{}", said(&output));

        // A host that does not answer, this machine, and what could be an option.
        let output = trust("nosuch.invalid", &[]);
        assert_eq!(output.status.code(), Some(69), "{}", said(&output));
        assert_eq!(trust("localhost", &[]).status.code(), Some(64));
        let output = banister(home, &["hosts", "trust", "-F", "config", "--", "-oProxyCommand=touch x"]);
        assert_eq!(output.status.code(), Some(64), "{}", said(&output));
        assert!(!home.join("x").exists());

        // Everything that was taken is journalled, and nothing else.
        let journal = home.join(".local/state/banister/hosts/journal.jsonl");
        let lines = std::fs::read_to_string(&journal).expect("the journal");
        let kinds: Vec<serde_json::Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line.split('\t').next().expect("a body")).expect("JSON"))
            .collect();
        let trusted = |n: usize| &kinds[n]["kind"]["host.trusted"];
        assert_eq!(kinds.len(), 3, "{lines}");
        assert_eq!(trusted(0)["key"]["fingerprint"], first.as_str());
        assert_eq!(trusted(0)["replaced"], serde_json::json!([]));
        assert_eq!(trusted(1)["replaced"][0]["fingerprint"], first.as_str());
        assert_eq!((&trusted(1)["host"], &trusted(1)["proof"]), (&"web-1".into(), &"fingerprint".into()));
        assert_eq!(kinds[1]["actor"]["person"]["name"], "root");
        let output = banister(home, &["verify", &journal.display().to_string()]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(said(&output).starts_with("whole: 3 records, head "), "{}", said(&output));
        assert!(said(&output).contains("the journal of host keys"), "{}", said(&output));
    });
}

const RUNBOOK: &str = "\
runbook: touch
if_it_fails: Call the owner.
hosts: lab
timeout: 1m
preconditions:
  - id: tools
    probe: { run: command -v touch }
  - id: room
    probe: { run: \"echo only a little >&2; test ! -e /run/full\" }
steps:
  - id: touch
    roll:
      steps:
        - { id: make, run: touch /run/touched, as: ACCOUNT, effect: repeatable }
      gate: { probe: { run: test -e /run/touched } }
";

#[test]
fn a_probe_looks_and_changes_nothing() {
    inside(2, "a_probe_looks_and_changes_nothing", |lab| {
        let home = tempfile::tempdir().expect("a home");
        let home = home.path();
        write(&home.join("inventory.yaml"), &lab.inventory());
        let probe = |account: &str| {
            write(&home.join("r.yaml"), &RUNBOOK.replace("ACCOUNT", account));
            let output = banister(home, &["plan", "r.yaml", "-i", "inventory.yaml", "--probe"]);
            (output.status.code(), said(&output))
        };
        let (code, text) = probe("root");
        assert_eq!(code, Some(0), "{text}");
        for host in lab.hosts() {
            let machine = host.sh("cat /etc/machine-id").expect("the lab does it");
            let boot = host.sh("cat /proc/sys/kernel/random/boot_id").expect("the lab does it");
            let line = format!("ok {} can be used: machine {}, boot {}\n", host.name(), machine.trim(), boot.trim());
            assert!(text.contains(&line), "{line}\n{text}");
            assert!(text.contains(&format!("ok ?tools/@{}", host.name())), "{text}");
        }
        assert!(text.contains("    it said: only a little\n"), "{text}");
        assert!(text.contains("a run would start here"), "{text}");

        // A precondition that does not hold, on one of them.
        let second = lab.host("web-2").expect("web-2");
        second.sh("touch /run/full").expect("the lab does it");
        let (code, text) = probe("root");
        assert_eq!(code, Some(30), "{text}");
        assert!(text.contains("FAIL ?room/@web-2") && text.contains("ok ?room/@web-1"), "{text}");
        assert!(text.contains("a run would end here with 30"), "{text}");
        second.sh("rm /run/full").expect("the lab does it");

        // An account that is not there.
        let (code, text) = probe("nosuchaccount");
        assert_eq!(code, Some(30), "{text}");
        assert!(text.contains("FAIL web-1 cannot be used") && text.contains("nosuchaccount"), "{text}");

        // A host that does not answer: its sshd is gone, and has let go of its port.
        second
            .sh("pid=$(pgrep -o sshd); kill $pid; while [ -e /proc/$pid ]; do sleep 0.01; done")
            .expect("the lab does it");
        let (code, text) = probe("root");
        assert_eq!(code, Some(30), "{text}");
        assert!(text.contains("ok web-1 can be used") && text.contains("FAIL web-2 cannot be used"), "{text}");

        // Nothing is left: no run, no ledger, no file, no master.
        assert!(!home.join(".local").exists(), "a state directory was made");
        for host in lab.hosts() {
            let left = host.sh("ls -A /var/tmp; ls /run/touched 2>/dev/null; true").expect("the lab does it");
            assert!(!left.contains("banister") && !left.contains("touched"), "{}: {left}", host.name());
        }
        let ssh = || {
            let processes = said(&Command::new("ps").args(["-eo", "args"]).output().expect("ps"));
            let is_ssh = |line: &&str| line.starts_with("ssh ") || line.contains("ssh: ");
            processes.lines().filter(is_ssh).map(str::to_owned).collect::<Vec<_>>()
        };
        // A master that is told to end may take a moment for it on a loaded machine; by itself it lives for a minute.
        let from = std::time::Instant::now();
        while !ssh().is_empty() {
            assert!(from.elapsed().as_secs() < 30, "{:?}", ssh());
        }
        // The directory of control sockets stays, one an account.
        let is_scratch = |name: &str| name.strip_prefix("banister-").is_some_and(|id| id.len() == 32);
        let names = std::fs::read_dir(std::env::temp_dir()).expect("the directory").flatten().map(|e| e.file_name());
        let left: Vec<_> = names.filter(|name| is_scratch(&name.to_string_lossy())).collect();
        assert!(left.is_empty(), "{left:?}");
    });
}

#[test]
fn a_doctor_says_what_is_missing_and_reaches_the_hosts() {
    inside(1, "a_doctor_says_what_is_missing_and_reaches_the_hosts", |lab| {
        let home = tempfile::tempdir().expect("a home");
        let home = home.path();
        write(&home.join("inventory.yaml"), &lab.inventory());
        let examined = || banister(home, &["doctor", "-i", "inventory.yaml"]);
        // A loaded machine may well have a slow disk, but not each time.
        let is_slow = |output: &Output| said(output).contains("every change waits for one");
        let output = (0..10).map(|_| examined()).find(|output| !is_slow(output)).unwrap_or_else(examined);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        for line in [
            "WARN  terminal: none here",
            "ok    configuration: it can be used",
            "ok    state directory",
            "mode 0700",
            "environment lab",
            "ok    ssh client: OpenSSH_",
            "WARN  ssh agent: none",
            "ok    web-1: reached; its clock and this machine's agree",
        ] {
            assert!(text.contains(line), "no `{line}` in\n{text}");
        }
        // A host that nobody trusts is a failure, and so is a configuration that cannot be used.
        write(&home.join("config"), "Host *\n UserKnownHostsFile /dev/null\n");
        let output = banister(home, &["doctor", "-i", "inventory.yaml", "-F", "config"]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("FAIL  web-1: ") && text.contains("hosts trust web-1"), "{text}");
        std::fs::create_dir_all(home.join(".config/banister")).expect("a directory");
        write(&home.join(".config/banister/config.yaml"), "nosuch: 1\n");
        let output = banister(home, &["doctor"]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("FAIL  configuration: "), "{}", said(&output));
    });
}
