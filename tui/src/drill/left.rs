//! What a lab leaves behind: nothing, and this looks for itself.

use std::collections::BTreeSet;
use std::fs;

use banister_lab::{Lab, LabError, OPS};

/// What a lab could leave behind, taken down while it is up.
pub(super) struct Left {
    /// Mounts of this machine before the lab was made.
    mounts: BTreeSet<String>,
    /// The lab's namespaces, as `/proc` names them.
    spaces: BTreeSet<String>,
}

const SPACES: [&str; 3] = ["net", "mnt", "pid"];

impl Left {
    /// Looks at the machine before the lab is made.
    pub(super) fn before() -> Self {
        Self { mounts: mounts(), spaces: BTreeSet::new() }
    }

    /// Looks at the lab's hosts.
    pub(super) fn during(&mut self, lab: &Lab) {
        let names = lab.hosts().map(|host| host.name().to_owned()).chain([OPS.to_owned()]);
        for name in names {
            let files = SPACES.map(|space| format!("/proc/self/ns/{space}"));
            if let Ok(output) = lab.command(&name, "readlink").args(&files).output() {
                self.spaces.extend(String::from_utf8_lossy(&output.stdout).lines().map(ToOwned::to_owned));
            }
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
        let processes = processes(&self.spaces);
        let mounts: Vec<String> = mounts().difference(&self.mounts).cloned().collect();
        match (processes.is_empty(), mounts.is_empty()) {
            (true, true) => (true, format!("no process in {} namespaces, no mount", self.spaces.len())),
            (false, _) => (false, format!("processes {}", processes.join(", "))),
            (true, false) => (false, format!("mounts {}", mounts.join(", "))),
        }
    }
}

fn mounts() -> BTreeSet<String> {
    let text = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    text.lines().filter_map(|line| line.split(' ').nth(1)).map(ToOwned::to_owned).collect()
}

/// Processes that are in one of these namespaces.
fn processes(spaces: &BTreeSet<String>) -> Vec<String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_inside = |pid: &String| {
        let links = SPACES.iter().filter_map(|space| fs::read_link(format!("/proc/{pid}/ns/{space}")).ok());
        links.into_iter().any(|link| spaces.contains(&link.to_string_lossy().into_owned()))
    };
    let pids = entries.filter_map(|entry| entry.file_name().into_string().ok());
    pids.filter(|name| name.bytes().all(|b| b.is_ascii_digit())).filter(is_inside).collect()
}
