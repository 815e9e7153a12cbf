//! Many channels, and much through one.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use banister_core::run::{Captured, CapturedText, Exit, Report, StreamInfo};
use banister_runtime::output::StreamKind;
use banister_runtime::transport::{OutputSink, Transport as _};
use sha2::{Digest as _, Sha256};

use super::ended::exit;
use super::site::{Site, change, execute, execute_into, executor, host, look};

/// Hashes what is printed, and keeps none of it.
#[derive(Clone, Default)]
struct Hashed(Arc<Mutex<(Sha256, u64)>>);

impl OutputSink for Hashed {
    fn take(&mut self, stream: StreamKind, bytes: &[u8]) {
        if stream == StreamKind::Stdout {
            let mut state = self.0.lock().unwrap();
            state.0.update(bytes);
            state.1 += bytes.len() as u64;
        }
    }

    fn finish(self: Box<Self>) -> (Captured, Captured) {
        let captured = || Captured { text: CapturedText::Cut, info: StreamInfo::default() };
        (captured(), captured())
    }
}

impl Hashed {
    fn told(&self) -> (String, u64) {
        let state = self.0.lock().unwrap();
        let hash: Vec<String> = state.0.clone().finalize().iter().map(|b| format!("{b:02x}")).collect();
        (hash.concat(), state.1)
    }
}

/// Kibibytes of this process that were resident at once at most, since that was last reset.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

pub(crate) async fn much_output(site: Site) {
    let masters = site.masters();
    let executor = site.met(&masters).await;
    site.sh("head -c 20000000 /dev/urandom >/tmp/part");
    // What is not optimised takes its time over every byte of a reading command.
    for (request, parts) in [(look("cat /tmp/big"), "1 2"), (change("flood", "cat /tmp/big"), "0 1 2 3 4 5 6 7 8 9")] {
        let bytes = 20_000_000 * parts.split(' ').count() as u64;
        let make = format!("for i in {parts}; do cat /tmp/part; done >/tmp/big; chmod 644 /tmp/*; sha256sum </tmp/big");
        let expect = site.sh(&make).trim_end_matches([' ', '-']).to_owned();
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let (before, from) = (peak_kib(), Instant::now());
        let sink = Hashed::default();
        let report = execute_into(&executor, &request, Box::new(sink.clone())).await;
        assert_eq!(exit(&report), Exit::Code(0));
        let (took, grown) = (from.elapsed(), peak_kib().saturating_sub(before));
        println!("{bytes} bytes by {:?}: {took:?}, resident size grew by {grown} KiB", request.effect);
        assert_eq!(sink.told(), (expect, bytes), "{:?}", request.effect);
        assert!(grown < 16 * 1024, "{:?}: resident size grew by {grown} KiB", request.effect);
    }
    site.sh("head -c 3000000 /tmp/part >/tmp/piece");
    for _ in 0..10 {
        let ten: Vec<_> = (0..10)
            .map(|_| {
                let executor = executor.clone();
                tokio::spawn(async move {
                    let sink = Hashed::default();
                    let report = execute_into(&executor, &look("cat /tmp/piece"), Box::new(sink.clone())).await;
                    assert_eq!(exit(&report), Exit::Code(0));
                    sink.told().1
                })
            })
            .collect();
        for one in ten {
            assert_eq!(one.await.unwrap(), 3_000_000, "a short file");
        }
    }
    let way = masters.transport(&site.host());
    let from = async |path: &str, offset| {
        let mut many = 0;
        way.copy(path.to_owned(), offset, &mut |bytes| many += bytes.len()).await.map(|()| many)
    };
    assert_eq!(from("/tmp/piece", 2_999_000).await, Ok(1000));
    assert_eq!(from("/tmp/piece", 10).await, Ok(2_999_990));
    assert_eq!(from("/tmp/piece", 3_000_000).await, Ok(0));
    assert_eq!(from("/tmp/piece", 4_000_000).await, Ok(0));
    assert_eq!(from("/tmp/it's none", 0).await, Ok(0));
    assert_eq!(from("/root/none", 0).await, Ok(0), "what cannot be seen is not there");
    assert!(from("/etc/shadow", 0).await.unwrap_err().to_string().contains("denied"));
    masters.close().await;
}

pub(crate) async fn thirty_at_once(site: Site) {
    let masters = site.masters();
    let _ = site.met(&masters).await;
    // A server that takes fewer than are asked of it, beside the one with the default.
    site.sh("cat >/etc/ssh/few <<'END'
Port 2222
PidFile none
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys
StrictModes no
UsePAM yes
UseDNS no
MaxSessions 2
END
/usr/sbin/sshd -f /etc/ssh/few");
    site.listens(2222).await;
    let few = format!("{}: {{ user: ops, port: 2222, address: {} }}", site.name(), site.lab.address());
    let known = std::fs::read_to_string("/root/.ssh/known_hosts").unwrap();
    let line = known.lines().find(|line| line.contains(&site.lab.address().to_string())).unwrap();
    let key: Vec<&str> = line.split_whitespace().skip(1).collect();
    let file = format!("/tmp/few-{}", site.name());
    std::fs::write(&file, format!("[{}]:2222 {}\n", site.lab.address(), key.join(" "))).unwrap();
    let config = format!("{file}.config");
    std::fs::write(&config, format!("UserKnownHostsFile {file}\nIdentityFile ~/.ssh/id_ed25519\n")).unwrap();
    let settings = banister_runtime::ssh::SshSettings { config: Some(config.into()) };
    let few_masters = banister_runtime::ssh::Masters::open("few", &settings).unwrap();
    for (masters, host) in [(&masters, site.host()), (&few_masters, host(&few))] {
        let executor = executor(masters, &host, "/var/tmp");
        executor.preflight(&[], true).await.unwrap();
        let thirty: Vec<_> = (0..30)
            .map(|n| {
                let executor = executor.clone();
                let port = host.port.unwrap_or(22);
                let request = if n % 2 == 0 {
                    look("sleep 0.3; echo done")
                } else {
                    change(&format!("p{port}_{n}"), "sleep 0.3; echo done")
                };
                tokio::spawn(async move { execute(&executor, &request).await })
            })
            .collect();
        for one in thirty {
            let (report, printed) = one.await.unwrap();
            assert_eq!((exit(&report), printed.stdout().as_str()), (Exit::Code(0), "done\n"));
        }
    }
    few_masters.close().await;
    masters.close().await;
}

pub(crate) async fn cancel_of_many(site: Site) {
    let masters = site.masters();
    let executor = site.met(&masters).await;
    let requests: Vec<_> = (0..10).map(|n| change(&format!("n{n}"), &format!(": >/tmp/n{n}; sleep 98763"))).collect();
    let running: Vec<_> = requests
        .iter()
        .cloned()
        .map(|request| {
            let executor = executor.clone();
            tokio::spawn(async move { execute(&executor, &request).await.0 })
        })
        .collect();
    for n in 0..10 {
        site.until(&format!("test -e /tmp/n{n}")).await;
    }
    for request in &requests {
        executor.cancel(request).await.unwrap();
    }
    for one in running {
        let report = one.await.unwrap();
        assert!(matches!(report, Report::Cancelled(_)), "{report:?}");
    }
    masters.close().await;
}
