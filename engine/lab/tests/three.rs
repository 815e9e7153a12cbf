//! Three hosts, and everything that can be done to them, in one lab so that the file takes seconds.

use std::process::Command;
use std::time::{Duration, Instant};

use banister_lab::testing::{self, Inside};
use banister_lab::{LabHost, LabSpec, Small};

/// How long anything may take before a test gives up. Long: a loaded machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

fn ssh(host: &str, script: &str) -> (Option<i32>, String) {
    ssh_within(PATIENCE, host, script)
}

/// The same where nobody is expected to answer.
fn ssh_within(patience: Duration, host: &str, script: &str) -> (Option<i32>, String) {
    let patience = format!("ConnectTimeout={}", patience.as_secs());
    let options = ["-o", "BatchMode=yes", "-o", &patience];
    let output = Command::new("ssh").args(options).args([host, script]).output().expect("ssh");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).trim().to_owned())
}

fn host<'a>(lab: &'a Inside, name: &str) -> &'a LabHost {
    lab.host(name).unwrap_or_else(|| panic!("no host {name}"))
}

type Check = fn(&Inside);

/// One list a host, so that lists run side by side; the first is for all hosts and comes before the others.
const CHECKS: [&[(&str, Check)]; 4] = [
    &[("hosts answer by name, with checked keys", answers), ("each is a machine of its own", own)],
    &[
        ("the machine's own files are hidden", hidden),
        ("the account ops becomes root", account),
        ("accounts are made with other shells", accounts),
        ("what is the machine's cannot be changed", machine),
    ],
    &[("slow login", slow), ("a frozen sshd", frozen)],
    &[("cut and mend", cut), ("reboot", reboot), ("fill and free", fill), ("replace", replace)],
];

#[test]
fn three_hosts() {
    let small = Small { host: Some("web-3".into()), dir: "/var/small".into(), size: 1 << 20 };
    let spec = LabSpec { small: vec![small], ..LabSpec::web(3) };
    testing::inside(&spec, "three_hosts", |lab| {
        let all = |checks: &[(&str, Check)]| {
            for (name, check) in checks {
                let from = Instant::now();
                check(lab);
                println!("check: {name}: {} ms", from.elapsed().as_millis());
            }
        };
        all(CHECKS[0]);
        std::thread::scope(|scope| {
            for checks in &CHECKS[1..] {
                scope.spawn(move || all(checks));
            }
        });
    });
}

fn answers(lab: &Inside) {
    assert_eq!(lab.hosts().count(), 3);
    for host in lab.hosts() {
        assert_eq!(ssh(host.name(), "hostname; id -u"), (Some(0), format!("{}\n0", host.name())));
        assert_eq!(ssh(&host.address().to_string(), "exit 7").0, Some(7));
    }
    // A host that the lab does not know is not trusted.
    assert_eq!(ssh("-oHostKeyAlias=stranger web-1", "true").0, Some(255));
}

fn own(lab: &Inside) {
    let ids = |path: &str| {
        lab.hosts().map(|host| host.sh(&format!("cat {path}")).expect("the lab does it")).collect::<Vec<_>>()
    };
    for path in ["/etc/machine-id", "/proc/sys/kernel/random/boot_id", "/etc/ssh/ssh_host_ed25519_key.pub"] {
        let mut ids = ids(path);
        ids.push(std::fs::read_to_string(path).map(|own| own.trim().to_owned()).unwrap_or_default());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4, "{path}: {ids:?}");
    }
    // Only its own processes, once those of the logins above have ended.
    let pids = || -> usize {
        let said = host(lab, "web-1").sh("ls -d /proc/[0-9]* | wc -l").expect("the lab does it");
        said.parse().expect("the lab does it")
    };
    let from = Instant::now();
    while pids() >= 12 {
        assert!(from.elapsed() < PATIENCE, "{} processes", pids());
    }
}

fn account(_: &Inside) {
    assert_eq!(ssh("ops@web-1", "id -un; echo $HOME; sudo -n id -u"), (Some(0), "ops\n/home/ops\n0".to_owned()));
}

fn accounts(lab: &Inside) {
    host(lab, "web-1")
        .sh("useradd -m -s /bin/dash noisy && echo 'echo noise' >/home/noisy/.profile")
        .expect("the lab does it");
    assert_eq!(ssh("noisy@web-1", "echo $0; id -un"), (Some(0), "dash\nnoisy".to_owned()));
}

fn hidden(lab: &Inside) {
    for host in ["web-1", "ops"].map(|name| host(lab, name)) {
        assert_eq!(host.sh("ls /home").expect("the lab does it"), "ops");
        assert_eq!(
            host.sh("cut -d: -f2 /etc/shadow | sort -u | tr '\\n' ' '").expect("the lab does it"),
            "! * ",
            "{}",
            host.name()
        );
        assert_eq!(
            host.sh("ls -A /root | grep -v '^\\.\\(bash\\|profile\\|ssh\\)' | wc -l").expect("the lab does it"),
            "0"
        );
        assert_eq!(
            host.sh("ls -A /tmp /mnt /srv /media | grep -v : | grep -v '^$' | wc -l").expect("the lab does it"),
            "0"
        );
    }
}

fn machine(lab: &Inside) {
    let host = host(lab, "web-1");
    for script in ["date -s @0", "echo 1 >/proc/sys/vm/drop_caches", "echo h >/proc/sysrq-trigger", "mknod /x b 8 0"] {
        assert!(!host.exec(script).expect("the lab does it").status.success(), "{script}");
        assert_ne!(ssh("web-1", script).0, Some(0), "{script}");
    }
    host.sh("rm -rf /usr/share/perl5 /usr/share/doc").expect("the lab does it");
    assert!(!host.exec("test -e /usr/share/doc").expect("the lab does it").status.success());
    assert!(std::fs::exists("/usr/share/doc").expect("the lab does it"), "another host lost it too");
}

fn cut(lab: &Inside) {
    let host = host(lab, "web-3");
    host.cut().expect("the lab does it");
    let from = Instant::now();
    let (status, said) = ssh_within(Duration::from_secs(2), "web-3", "true");
    assert_eq!(status, Some(255));
    assert!(said.contains("timed out"), "{said}");
    assert!(from.elapsed() > Duration::from_millis(1900), "somebody was told after {:?}", from.elapsed());
    assert_eq!(ssh("ops@web-1", "true").0, Some(0));
    host.mend().expect("the lab does it");
    assert_eq!(ssh("web-3", "true"), (Some(0), String::new()));
}

fn reboot(lab: &Inside) {
    let host = host(lab, "web-3");
    let boot = "cat /proc/sys/kernel/random/boot_id";
    let (machine, first) =
        (host.sh("cat /etc/machine-id").expect("the lab does it"), host.sh(boot).expect("the lab does it"));
    host.sh("echo kept >/var/tmp/kept; : >/run/gone; setsid sh -c 'exec sleep 1234' >/dev/null 2>&1 &")
        .expect("the lab does it");
    host.reboot().expect("the lab does it");
    let second = host.sh(boot).expect("the lab does it");
    assert_ne!(first, second);
    assert_eq!(
        ssh("web-3", &format!("{boot}; cat /var/tmp/kept /etc/machine-id")).1,
        format!("{second}\nkept\n{machine}")
    );
    assert!(!host.exec("test -e /run/gone").expect("the lab does it").status.success());
    assert_eq!(
        host.sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c '[s]leep 1234' || :").expect("the lab does it"),
        "0"
    );
}

fn replace(lab: &Inside) {
    let host = host(lab, "web-3");
    let machine = host.sh("cat /etc/machine-id; echo kept >/var/tmp/kept").expect("the lab does it");
    host.replace().expect("the lab does it");
    assert_eq!(ssh("web-3", "cat /var/tmp/kept 2>/dev/null; hostname"), (Some(0), "web-3".to_owned()));
    assert_ne!(host.sh("cat /etc/machine-id").expect("the lab does it"), machine);
    host.replace_with_new_key().expect("the lab does it");
    let (status, said) = ssh("web-3", "true");
    assert_eq!(status, Some(255));
    assert!(said.contains("REMOTE HOST IDENTIFICATION HAS CHANGED"), "{said}");
}

fn fill(lab: &Inside) {
    let host = host(lab, "web-3");
    host.fill("/var/small").expect("the lab does it");
    let write = "echo x >/var/small/x";
    let (status, said) = ssh("web-3", write);
    assert_ne!(status, Some(0));
    assert!(said.contains("No space left on device"), "{said}");
    host.free("/var/small").expect("the lab does it");
    assert_eq!(ssh("web-3", write).0, Some(0));
    host.reboot().expect("the lab does it");
    assert_eq!(ssh("ops@web-3", "cat /var/small/x; echo y >/var/small/y"), (Some(0), "x".to_owned()));
    host.replace().expect("the lab does it");
    assert_eq!(host.sh("ls -A /var/small").expect("the lab does it"), "");
    assert!(host.fill("/var/tmp").is_err(), "this would have filled the machine's memory");
}

fn slow(lab: &Inside) {
    let host = host(lab, "web-2");
    let took = |account: &str| {
        let from = Instant::now();
        assert_eq!(ssh(account, "read -r line; echo got $line").0, Some(0));
        from.elapsed()
    };
    let long = Duration::from_secs(2);
    // One that is slow always takes so long; one that is not takes less as soon as the machine has time for it.
    let is_quick = |account: &str| {
        let from = Instant::now();
        std::iter::repeat_with(|| took(account)).take_while(|_| from.elapsed() < PATIENCE).any(|took| took < long)
    };
    host.slow_login(Some(long)).expect("the lab does it");
    assert!(took("web-2") > long);
    assert!(took("ops@web-2") > long);
    host.slow_login(None).expect("the lab does it");
    assert!(is_quick("web-2"));
    host.slow_next_login(long).expect("the lab does it");
    assert!(took("ops@web-2") > long);
    assert!(is_quick("ops@web-2"));
    host.slow_login(None).expect("the lab does it");
}

fn frozen(lab: &Inside) {
    let host = host(lab, "web-2");
    let pids = host.sshd_pids().expect("the lab does it");
    assert_eq!(pids.iter().filter(|process| process.is_listener()).count(), 1, "{pids:?}");
    let listener = pids.iter().find(|process| process.is_listener()).expect("the lab does it").pid;
    host.sh(&format!("kill -STOP {listener}")).expect("the lab does it");
    assert_eq!(ssh_within(Duration::from_secs(2), "web-2", "true").0, Some(255));
    host.sh(&format!("kill -CONT {listener}")).expect("the lab does it");
    assert_eq!(ssh("web-2", "true").0, Some(0));
    // It listens until it is quite gone.
    host.sh(&format!("kill -KILL {listener}; while [ -e /proc/{listener} ]; do sleep 0.01; done"))
        .expect("the lab does it");
    assert!(ssh("web-2", "true").1.contains("refused"));
    host.reboot().expect("the lab does it");
    assert_eq!(ssh("web-2", "true").0, Some(0));
}
