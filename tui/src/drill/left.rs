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
    mounts: BTreeSet<String>,
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
        Self { mounts: mounts(), spaces: BTreeMap::new() }
    }

    /// Looks at the lab's hosts. Those that are down, and those whose namespaces were not seen, are not looked for.
    pub(super) fn during(&mut self, lab: &Lab) {
        let names = lab.hosts().map(|host| host.name().to_owned()).chain([OPS.to_owned()]);
        for name in names {
            self.spaces.extend(entered(lab.command(&name, "cat")).unwrap_or_default());
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
        let mounts: Vec<String> = mounts().difference(&self.mounts).cloned().collect();
        match (processes.is_empty(), mounts.is_empty()) {
            (true, true) => (true, format!("no process in {} namespaces, no mount", self.spaces.len())),
            (false, _) => (false, format!("processes {}", processes.join(", "))),
            (true, false) => (false, format!("mounts {}", mounts.join(", "))),
        }
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

/// The namespaces that `cat` of a host is in, once it has answered from there.
fn entered(mut cat: Command) -> io::Result<BTreeMap<u64, File>> {
    let mut child = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut answer = [0];
    let spaces = (|| {
        let (Some(stdin), Some(stdout)) = (&mut child.stdin, &mut child.stdout) else { return Ok(BTreeMap::new()) };
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
        Ok(spaces)
    })();
    drop(child.stdin.take());
    child.wait()?;
    spaces
}

fn mounts() -> BTreeSet<String> {
    let text = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    text.lines().filter_map(|line| line.split(' ').nth(1)).map(ToOwned::to_owned).collect()
}
