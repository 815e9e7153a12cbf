//! What a lab leaves behind: nothing, and this looks for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use banister_lab::{Lab, LabError, OPS};

/// What a lab could leave behind, taken down while it is up.
pub(super) struct Left {
    /// Mounts of this machine before the lab was made.
    mounts: BTreeSet<Mount>,
    /// The file systems of the lab. They live as long as its namespaces are held open, so that no other gets their numbers.
    devices: BTreeSet<String>,
    /// The lab's namespaces by their numbers, held open: the number of one that is gone is the next lab's, and its
    /// processes were taken for what this one had left.
    spaces: BTreeMap<u64, File>,
}

/// A process's own, and what its children are born in: who enters a host stays outside of its processes.
const SPACES: [&str; 4] = ["net", "mnt", "pid", "pid_for_children"];

/// How long what was killed may take to be gone.
const MOMENT: Duration = Duration::from_secs(30);

impl Left {
    /// Looks at the machine before the lab is made.
    pub(super) fn before() -> Self {
        Self { mounts: mounts("self"), devices: BTreeSet::new(), spaces: BTreeMap::new() }
    }

    /// Looks at the lab's hosts. Those that are down, and those whose namespaces were not seen, are not looked for.
    pub(super) fn during(&mut self, lab: &Lab) {
        let names = lab.hosts().map(|host| host.name().to_owned()).chain([OPS.to_owned()]);
        for name in names {
            let Ok((spaces, mounts)) = entered(lab.command(&name, "cat")) else { continue };
            self.spaces.extend(spaces);
            self.devices.extend(mounts.into_iter().map(|mount| mount.device));
        }
    }

    /// Takes the lab down and looks at the machine again: whether nothing is left, and what is.
    pub(super) fn after(&self, lab: Lab) -> (bool, String) {
        let down: Result<(), LabError> = lab.down();
        if let Err(error) = down {
            return (false, error.to_string());
        }
        if self.spaces.is_empty() {
            return (false, "the lab's namespaces were never seen".to_owned());
        }
        let deadline = Instant::now() + MOMENT;
        let mut processes = self.processes();
        while !processes.is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
            processes = self.processes();
        }
        let mounts: Vec<String> = self.leavings(mounts("self"));
        match (processes.is_empty(), mounts.is_empty()) {
            (true, true) => (true, format!("no process in {} namespaces, no mount", self.spaces.len())),
            (false, _) => (false, format!("processes {}", processes.join(", "))),
            (true, false) => (false, format!("mounts {}", mounts.join(", "))),
        }
    }

    /// Where file systems of the lab are mounted that were not there before. Other programs mount and unmount meanwhile.
    fn leavings(&self, now: BTreeSet<Mount>) -> Vec<String> {
        let is_the_labs = |mount: &Mount| self.devices.contains(&mount.device) && !self.mounts.contains(mount);
        now.into_iter().filter(is_the_labs).map(|mount| mount.at).collect()
    }

    /// Processes that are in one of the lab's namespaces.
    fn processes(&self) -> Vec<String> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let is_inside = |pid: &String| {
            let mut numbers = SPACES.iter().filter_map(|space| Some(fs::metadata(of(pid, space)).ok()?.ino()));
            numbers.any(|number| self.spaces.contains_key(&number))
        };
        let pids = entries.filter_map(|entry| entry.file_name().into_string().ok());
        pids.filter(|name| name.bytes().all(|b| b.is_ascii_digit())).filter(is_inside).collect()
    }
}

fn of(pid: &str, space: &str) -> String {
    format!("/proc/{pid}/ns/{space}")
}

/// The namespaces that `cat` of a host is in, once it has answered from there, and what is mounted there.
fn entered(mut cat: Command) -> io::Result<(BTreeMap<u64, File>, BTreeSet<Mount>)> {
    let mut child = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut answer = [0];
    let spaces = (|| {
        let (Some(stdin), Some(stdout)) = (&mut child.stdin, &mut child.stdout) else { return Ok(Default::default()) };
        stdin.write_all(b".")?;
        stdout.read_exact(&mut answer)?;
        let outside: Vec<u64> =
            SPACES.iter().filter_map(|space| Some(fs::metadata(of("self", space)).ok()?.ino())).collect();
        let mut spaces = BTreeMap::new();
        for space in SPACES {
            let file = File::open(of(&child.id().to_string(), space))?;
            let number = file.metadata()?.ino();
            if !outside.contains(&number) {
                spaces.insert(number, file);
            }
        }
        Ok((spaces, mounts(&child.id().to_string())))
    })();
    drop(child.stdin.take());
    child.wait()?;
    spaces
}

/// A file system, by the kernel's number for it, and where it is mounted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mount {
    device: String,
    at: String,
}

/// What is mounted where a process is.
fn mounts(pid: &str) -> BTreeSet<Mount> {
    listed(&fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default())
}

fn listed(mountinfo: &str) -> BTreeSet<Mount> {
    let mount = |line: &str| {
        let mut words = line.split(' ').skip(2);
        let (device, at) = (words.next()?, words.nth(1)?);
        Some(Mount { device: device.to_owned(), at: at.to_owned() })
    };
    mountinfo.lines().filter_map(mount).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_mount_meanwhile_is_not_left_by_the_lab() {
        const BEFORE: &str = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
        const LAB: &str = "80 70 8:1 / /old rw - ext4 /dev/sda1 rw\n81 80 0:61 / / rw - overlay overlay rw\n";
        const OTHERS: &str = "90 22 0:77 / /tmp/other rw - tmpfs none rw\n";
        let devices = listed(LAB).into_iter().map(|mount| mount.device).collect();
        let left = Left { mounts: listed(BEFORE), devices, spaces: BTreeMap::new() };
        let check = |now: &str, expect: &[&str]| assert_eq!(left.leavings(listed(now)), expect, "{now}");
        check(&format!("{BEFORE}{OTHERS}"), &[]);
        check(&format!("{BEFORE}{OTHERS}91 22 0:61 / /tmp/lab rw - overlay overlay rw\n"), &["/tmp/lab"]);
    }
}
