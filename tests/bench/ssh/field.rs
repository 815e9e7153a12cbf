//! Hosts to measure against: real sshd on loopback addresses, as many as are asked for.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// One sshd takes at most 16 addresses.
const EACH: usize = 13;
const PORT: u16 = 2222;

/// A field of hosts; they end with it.
pub(super) struct Field {
    dir: tempfile::TempDir,
    servers: Vec<Child>,
    hosts: Vec<String>,
}

impl Drop for Field {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // What cannot be killed is gone.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Field {
    pub(super) fn new(count: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let hosts: Vec<String> = (1..=count).map(|n| format!("127.0.88.{n}")).collect();
        let mut field = Self { dir, servers: Vec::new(), hosts };
        for name in ["key", "hostkey"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(field.path(name));
            assert!(keygen.status().unwrap().success());
        }
        fs::create_dir_all("/run/sshd").unwrap();
        let authorized = field.path("key.pub");
        for (n, some) in field.hosts.chunks(EACH).enumerate() {
            let mut config = String::new();
            for host in some {
                writeln!(config, "ListenAddress {host}:{PORT}").unwrap();
            }
            write!(
                config,
                "HostKey {}\nPidFile none\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nUseDNS no\n\
                 PasswordAuthentication no\nPermitRootLogin prohibit-password\nMaxStartups 500:100:1000\n\
                 MaxSessions 200\nPrintMotd no\nPrintLastLog no\nLogLevel FATAL\n",
                field.path("hostkey").display(),
                authorized.display()
            )
            .unwrap();
            let file = field.path(&format!("sshd{n}.conf"));
            fs::write(&file, config).unwrap();
            let mut server = Command::new("/usr/sbin/sshd");
            server.args(["-D", "-e", "-f"]).arg(file).stdin(Stdio::null());
            field.servers.push(server.spawn().unwrap());
        }
        let public = fs::read_to_string(field.path("hostkey.pub")).unwrap();
        let key: Vec<&str> = public.split(' ').take(2).collect();
        let known: String =
            field.hosts.iter().map(|host| format!("[{host}]:{PORT} {}\n", key.join(" ").trim())).collect();
        fs::write(field.path("known_hosts"), known).unwrap();
        fs::write(
            field.config(),
            format!(
                "Host *\n  User root\n  Port {PORT}\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n  \
                 GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  BatchMode yes\n  \
                 KexAlgorithms curve25519-sha256\n",
                field.path("key").display(),
                field.path("known_hosts").display()
            ),
        )
        .unwrap();
        let inventory: String = field
            .hosts
            .iter()
            .enumerate()
            .map(|(n, host)| {
                // Two names with one ledger are one host, and refused.
                let ledger = field.path(&format!("ledger-{n}"));
                fs::create_dir(&ledger).unwrap();
                format!("  {}: {{ address: {host}, ledger: {{ dir: {} }} }}\n", name(n), ledger.display())
            })
            .collect();
        fs::write(field.inventory(), format!("environment: test\nhosts:\n{inventory}")).unwrap();
        field.wait();
        field
    }

    /// Returns when every server takes connections.
    fn wait(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        for host in &self.hosts {
            while let Err(error) = std::net::TcpStream::connect((host.as_str(), PORT)) {
                assert!(Instant::now() < until, "sshd on {host}: {error}");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn config(&self) -> PathBuf {
        self.path("ssh_config")
    }

    pub(super) fn inventory(&self) -> PathBuf {
        self.path("inventory.yaml")
    }

    pub(super) fn hosts(&self, count: usize) -> &[String] {
        &self.hosts[..count]
    }
}

/// The inventory's name of a host.
pub(super) fn name(index: usize) -> String {
    format!("h{}", index + 1)
}
