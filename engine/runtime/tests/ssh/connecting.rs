//! Ways not to be connected. Nothing was started in any of them.

use std::process::Command;
use std::time::{Duration, Instant};

use banister_runtime::ledger::ShellText;
use banister_runtime::ssh::{CONNECT_TIME, IDLE_TIME, Masters, SshSettings};
use banister_runtime::transport::Transport as _;

use super::ended::exit;
use super::site::{PATIENCE, Site, execute, executor, host, look};

fn nothing() -> ShellText {
    let mut text = ShellText::default();
    text.syntax("{\n:\n}\n");
    text
}

/// The ssh processes of `ops` that were called with a word.
pub(crate) fn ssh_with(word: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|b| *b == 0 || *b == b' ');
        words.next().is_some_and(|name| name.ends_with(b"ssh") || name == b"ssh:")
            && words.any(|one| one == word.as_bytes())
    })
    .collect()
}

/// How long it may take to make an ssh go. Less than a master lives that nobody uses: it is made to go.
const GOING: Duration = Duration::from_secs(IDLE_TIME.as_secs() / 2);

pub(crate) async fn gone(word: &str) {
    come_to(word, 0, GOING).await;
}

async fn come_to(word: &str, many: usize, within: Duration) {
    let from = Instant::now();
    while ssh_with(word).len() != many {
        assert!(from.elapsed() < within, "of ssh with {word} there are {:?}", ssh_with(word));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn refusals(site: Site) {
    let dir = format!("/tmp/refusals-{}", site.name());
    std::fs::create_dir(&dir).unwrap();
    let (name, address, other) = (site.name(), site.lab.address(), site.other.address());
    let known = std::fs::read_to_string("/root/.ssh/known_hosts").unwrap();
    let of_other = known.lines().find(|line| line.contains(&other.to_string())).unwrap();
    let key: Vec<&str> = of_other.split_whitespace().skip(1).collect();
    std::fs::write(format!("{dir}/changed"), format!("{address} {}\n", key.join(" "))).unwrap();
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &format!("{dir}/stranger")]).status();
    assert!(made.unwrap().success());
    // It takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let config = format!(
        "Host unknown-key\n HostName {address}\n UserKnownHostsFile {dir}/none\n\
         Host changed-key\n HostName {address}\n UserKnownHostsFile {dir}/changed\n\
         Host denied\n HostName {address}\n HostKeyAlias {name}\n IdentityFile {dir}/stranger\n IdentitiesOnly yes\n\
         Host jumping\n HostName {name}\n ProxyJump unknown-jump\n\
         Host unknown-jump\n HostName {other}\n UserKnownHostsFile {dir}/none\n\
         Host *\n User ops\n StrictHostKeyChecking no\n GlobalKnownHostsFile /dev/null\n\
         Host !denied *\n IdentityFile ~/.ssh/id_ed25519\n"
    );
    std::fs::write(format!("{dir}/config"), config).unwrap();
    let settings = SshSettings { config: Some(format!("{dir}/config").into()) };
    let masters = Masters::open(name, &settings).unwrap();
    assert!(masters.overridden().unwrap().starts_with("`StrictHostKeyChecking no` in line "), "{masters:?}");
    let table = [
        ("unknown-key".to_owned(), "is not known; compare it"),
        ("changed-key".to_owned(), "is not the one that is known for it"),
        ("denied".to_owned(), "does not let us in"),
        ("jumping".to_owned(), "is not known; compare it"),
        ("no-such-host.invalid".to_owned(), "Could not resolve hostname"),
        (format!("closed: {{ address: {address}, port: 9 }}"), "Connection refused"),
        (format!("silent: {{ address: 127.0.0.1, port: {port} }}"), "timed out"),
    ];
    let all: Vec<_> = table
        .into_iter()
        .map(|(line, expect)| {
            let line = if line.contains(": ") { line } else { format!("{line}:") };
            let way = masters.transport(&host(&line));
            tokio::spawn(async move {
                let from = Instant::now();
                let said = way.open(nothing()).await.map(drop).unwrap_err().to_string();
                assert!(said.contains(expect), "{line} {said}");
                let about_a_key = expect.contains("known");
                assert_eq!(said.contains("trust"), about_a_key, "{said}");
                assert!(!about_a_key || !said.contains("reach"), "{said}");
                // The silent one takes as long as a connection may take, the others no time of their own.
                assert!(from.elapsed() < CONNECT_TIME + PATIENCE, "{line} took {:?}", from.elapsed());
            })
        })
        .collect();
    for one in all {
        one.await.unwrap();
    }
    for word in ["unknown-key", "changed-key", "denied", "jumping", "127.0.0.1", "no-such-host.invalid"] {
        gone(word).await;
    }
    masters.close().await;
    drop(silent);
}

pub(crate) async fn given_up(site: Site) {
    let masters = site.masters();
    let silent = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let way = masters.transport(&host(&format!("silent: {{ address: 127.0.0.2, port: {port} }}")));
    let waits = tokio::spawn(async move { way.open(nothing()).await.map(drop) });
    come_to("127.0.0.2", 1, PATIENCE).await;
    let from = Instant::now();
    waits.abort();
    assert!(waits.await.unwrap_err().is_cancelled());
    // Where this process stood still meanwhile, that end may have come.
    let goes_on = ssh_with("127.0.0.2").len() == 1;
    assert!(goes_on || from.elapsed() > CONNECT_TIME / 2, "it goes on to its end");
    gone("127.0.0.2").await;
    masters.close().await;
}

pub(crate) async fn too_many_at_once(site: Site) {
    // Takes four that are not logged in yet, and refuses every other.
    site.sh("cat >/etc/ssh/four <<'END'
Port 2223
PidFile none
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys
StrictModes no
UsePAM yes
UseDNS no
MaxStartups 4:100:4
END
/usr/sbin/sshd -f /etc/ssh/four");
    site.listens(2223).await;
    let config = format!("/tmp/four-{}", site.name());
    let text = format!(
        "Host a-*\n HostName {}\n Port 2223\n HostKeyAlias {}\n User ops\n IdentityFile ~/.ssh/id_ed25519\n",
        site.lab.address(),
        site.name()
    );
    std::fs::write(&config, text).unwrap();
    let masters = Masters::open(site.name(), &SshSettings { config: Some(config.into()) }).unwrap();
    let eight: Vec<_> = (0..8)
        .map(|n| {
            let executor = executor(&masters, &host(&format!("a-{n}:")), "/var/tmp");
            tokio::spawn(async move { execute(&executor, &look("echo in")).await })
        })
        .collect();
    for one in eight {
        let (report, printed) = one.await.unwrap();
        exit(&report);
        assert_eq!(printed.stdout(), "in\n");
    }
    masters.close().await;
}
