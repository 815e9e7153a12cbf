//! Directories that a ledger must not or cannot use.

use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use banister_core::run::{Exit, NotStartedReason, Report, TargetAnswer, UnknownReason};

use crate::ended::exit;
use crate::host::{Host, attempt, once, read, shells, skip};

fn root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        skip("it needs root");
    }
    root
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

async fn refusal(host: &Host) -> String {
    host.executor.preflight(&[], true).await.unwrap_err().replace(host.scratch.path().to_str().unwrap(), "DIR")
}

/// The ledger's own directory, made by somebody before us.
fn made(host: &Host) -> PathBuf {
    std::fs::create_dir(host.ledger()).unwrap();
    mode(&host.ledger(), 0o700);
    host.ledger()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_others_could_use_is_refused() {
    let uid = rustix::process::geteuid().as_raw();
    for shell in shells() {
        let host = Host::unmet(&shell);
        symlink("/tmp", host.ledger()).unwrap();
        assert_eq!(refusal(&host).await, format!("the ledger directory DIR/banister-ledger-{uid} is a symbolic link"));

        let host = Host::unmet(&shell);
        symlink("/nonexistent", host.ledger()).unwrap();
        assert_eq!(refusal(&host).await, format!("the ledger directory DIR/banister-ledger-{uid} is a symbolic link"));

        let host = Host::unmet(&shell);
        std::fs::write(host.ledger(), "").unwrap();
        assert_eq!(refusal(&host).await, format!("the ledger directory DIR/banister-ledger-{uid} is not a directory"));

        for bits in [0o720, 0o702, 0o777] {
            let host = Host::unmet(&shell);
            mode(&made(&host), bits);
            let why = format!("the ledger directory DIR/banister-ledger-{uid} can be written by others");
            assert_eq!(refusal(&host).await, why);
        }

        let host = Host::unmet(&shell);
        mode(host.scratch.path(), 0o777);
        assert_eq!(refusal(&host).await, "others may rename what lies in DIR");
        mode(host.scratch.path(), 0o1777);
        host.executor.preflight(&[], true).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_directory_is_refused() {
    if !root() {
        return;
    }
    for shell in shells() {
        let host = Host::unmet(&shell);
        chown(made(&host), Some(65534), Some(65534)).unwrap();
        assert_eq!(refusal(&host).await, "the ledger directory DIR/banister-ledger-0 belongs to somebody else");

        // Taken over after it was met.
        let host = Host::new(&shell).await;
        chown(host.ledger(), Some(65534), Some(65534)).unwrap();
        let (report, _) = host.run(&once("true")).await;
        assert!(matches!(report, Report::NotStarted(NotStartedReason::Refused { .. })), "{report:?}");
        let answer = host.ask(&once("true")).await;
        assert!(matches!(answer, TargetAnswer::Unknown(UnknownReason::Unanswered { .. })), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_another_or_gone_says_nothing() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let step = once("true");
        host.run(&step).await;
        let met = host.executor.preflight(&[], true).await.unwrap();
        assert_eq!(host.again().preflight(&[], true).await.unwrap(), met, "it stays the same");
        let away = host.path("away");
        std::fs::rename(host.ledger(), &away).unwrap();
        let mut asked = step.clone();
        asked.ledger.clone_from(&met.ledger);
        let changed = async |what: &str| {
            let answer = host.ask(&asked).await;
            assert!(matches!(answer, TargetAnswer::Unknown(UnknownReason::LedgerChanged { .. })), "{what}: {answer:?}");
            let (report, _) = host.run(&attempt(&asked, 2)).await;
            assert!(matches!(report, Report::Unknown(UnknownReason::LedgerChanged { .. })), "{what}: {report:?}");
        };
        changed("gone").await;
        let new = host.again().preflight(&[], true).await.unwrap();
        assert_ne!(new.ledger, met.ledger);
        changed("new").await;
        assert!(host.executor.preflight(&[], true).await.unwrap_err().contains(met.ledger.as_deref().unwrap()));
        symlink(&away, host.path("link")).unwrap();
        std::fs::remove_dir_all(host.ledger()).unwrap();
        std::fs::rename(host.path("link"), host.ledger()).unwrap();
        let (report, _) = host.run(&attempt(&asked, 2)).await;
        assert!(matches!(report, Report::NotStarted(NotStartedReason::Refused { .. })), "a link: {report:?}");
        assert_eq!(
            std::fs::read_dir(away.join(crate::host::run_id()))
                .unwrap()
                .filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|end| end == "meta"))
                .count(),
            1
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_first_contacts_make_one_ledger() {
    for shell in shells() {
        for _ in 0..8 {
            let host = Host::unmet(&shell);
            let contacts: Vec<_> = (0..5)
                .map(|_| {
                    let executor = host.again();
                    tokio::spawn(async move { executor.preflight(&[], true).await })
                })
                .collect();
            let mut ids = Vec::new();
            for contact in contacts {
                ids.push(contact.await.unwrap().unwrap().ledger);
            }
            ids.dedup();
            assert_eq!(ids.len(), 1, "{shell:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_reads_needs_no_ledger() {
    for shell in shells() {
        let host = Host::unmet(&shell);
        let identity = host.executor.preflight(&[], false).await.unwrap();
        assert_eq!(identity.ledger, None);
        assert_eq!(identity.boot, std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim());
        assert!(!identity.machine.is_empty());
        assert_eq!(exit(&host.run(&read("true")).await.0), Exit::Code(0));
        assert!(!host.ledger().exists());
    }
}

/// A small file system in a directory, gone with the test, also when that panics.
struct Mounted(PathBuf);

impl Mounted {
    fn new(dir: &Path, options: &str) -> Self {
        let dir = dir.canonicalize().unwrap();
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&dir).status().unwrap();
        assert!(status.success());
        Self(dir)
    }

    fn remount(&self, options: &str) {
        let status = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_directory_is_refused() {
    if !root() {
        return;
    }
    for shell in shells() {
        let host = Host::unmet(&shell);
        let mounted = Mounted::new(host.scratch.path(), "size=80m,mode=700,ro");
        let why = refusal(&host).await;
        assert!(why.starts_with("the ledger directory cannot be made: "), "{why}");
        assert!(why.ends_with("Read-only file system"), "{why}");
        mounted.remount("rw");
        host.executor.preflight(&[], true).await.unwrap();
        assert_eq!(exit(&host.run(&once("true")).await.0), Exit::Code(0));
        mounted.remount("ro");
        let (report, _) = host.run(&attempt(&once("true"), 2)).await;
        assert!(matches!(report, Report::NotStarted(NotStartedReason::Refused { .. })), "{report:?}");
        let answer = host.ask(&attempt(&once("true"), 2)).await;
        assert!(matches!(answer, TargetAnswer::Unknown(UnknownReason::Unanswered { .. })), "{answer:?}");
        assert!(matches!(host.ask(&once("true")).await, TargetAnswer::Ended(_)), "what is there can be read");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_starts_nothing_and_loses_no_outcome() {
    if !root() {
        return;
    }
    for shell in shells() {
        let host = Host::unmet(&shell);
        let _mounted = Mounted::new(host.scratch.path(), "size=60m,mode=700");
        let why = refusal(&host).await;
        assert!(why.ends_with("KiB of room, less than 65536"), "{why}");
    }
    for shell in shells() {
        let host = Host::unmet(&shell);
        let mounted = Mounted::new(host.scratch.path(), "size=70m,mode=700");
        host.executor.preflight(&[], true).await.unwrap();
        // Its own output fills the disk; its status must be written all the same.
        let fills = once("head -c 100m /dev/zero 2>/dev/null || exit 9");
        assert_eq!(exit(&host.run(&fills).await.0), Exit::Code(9), "{shell:?}");
        let TargetAnswer::Ended(report) = host.ask(&fills).await else { panic!("it ended") };
        assert_eq!(exit(&report), Exit::Code(9), "{shell:?}");
        mounted.remount("size=70m");
        let ran = tempfile::NamedTempFile::new().unwrap();
        let next = attempt(&once(&format!("echo ran >{}", ran.path().display())), 2);
        let (report, _) = host.run(&next).await;
        assert!(matches!(report, Report::NotStarted(NotStartedReason::Refused { .. })), "{report:?}");
        assert_eq!(std::fs::read(ran.path()).unwrap(), b"");
        host.executor.clean(&[&fills]).await.unwrap();
        let answer = host.ask(&next).await;
        assert_eq!(answer, TargetAnswer::NeverStarted(NotStartedReason::Revoked {}), "{shell:?}");
    }
}
