//! The commands of `banister lab`, as a person types them: a lab that stands, is reached, and is taken down.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use banister_lab::testing;

struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn command(&self, program: impl AsRef<Path>, words: &[&str]) -> Output {
        let mut command = Command::new(program.as_ref());
        command.args(words).env("BANISTER_LAB_DIR", self.dir.path()).stdin(Stdio::null());
        command.output().expect("a process")
    }

    /// What it ended with, what it wrote to standard output, and what it said.
    fn lab(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let words: Vec<&str> = ["lab"].iter().chain(words).copied().collect();
        let output = self.command(env!("CARGO_BIN_EXE_banister"), &words);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // Also when a check failed: its keeper is a process of its own.
        self.lab(&["down"]);
    }
}

#[test]
fn a_lab_stands_until_it_is_taken_down() {
    if !testing::ready() {
        return;
    }
    let desk = Desk { dir: tempfile::tempdir().expect("a directory") };
    assert_eq!(desk.lab(&["list"]), (Some(0), String::new(), "no lab is up\n".to_owned()));
    assert_eq!(desk.lab(&["ssh", "web-1"]).0, Some(66));

    let (status, out, said) = desk.lab(&["up", "2"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(out.starts_with("web-1     192.0.2.11\nweb-2     192.0.2.12\n\nbanister lab ssh web-1\n"), "{out}");
    assert!(out.contains(&format!("-i {} -F {}\n", desk.path("inventory.yaml"), desk.path("ssh_config"))), "{out}");

    let (status, _, said) = desk.lab(&["up"]);
    assert_eq!(status, Some(75));
    assert!(said.contains("a lab is up already") && said.contains("`banister lab down` takes it down"), "{said}");

    let list = "web-1     192.0.2.11       answers\nweb-2     192.0.2.12       answers\n";
    assert_eq!(desk.lab(&["list"]), (Some(0), list.to_owned(), String::new()));

    let (status, out, _) = desk.lab(&["ssh", "ops@web-2", "hostname; id -un; exit 5"]);
    assert_eq!((status, out.as_str()), (Some(5), "web-2\nops\n"));
    let (status, _, said) = desk.lab(&["ssh", "web-3", "true"]);
    assert_eq!((status, said.lines().next()), (Some(66), Some("error: no host `web-3` in this lab")));

    let (status, out, _) = desk.lab(&["exec", "web-1", "--", "sh", "-c", "hostname; exit 3"]);
    assert_eq!((status, out.as_str()), (Some(3), "web-1\n"));

    // One host is silent: its way into the lab's bridge is taken away from inside.
    assert_eq!(desk.lab(&["exec", "web-2", "--", "ip", "link", "set", "eth0", "down"]).0, Some(0));
    let (_, out, _) = desk.lab(&["list"]);
    assert!(out.contains("web-1     192.0.2.11       answers\n"), "{out}");
    assert!(out.contains("web-2     192.0.2.12       does not answer: "), "{out}");

    // The machine's own ssh, if it has one, through the relay: all of it, both ways, and the status.
    if testing_ssh() {
        let config = desk.path("ssh_config");
        let output = desk.command("ssh", &["-F", &config, "192.0.2.11", "head -c 3000000 /dev/zero; exit 4"]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(4), 3_000_000), "{output:.300?}");
    }

    assert_eq!(desk.lab(&["down"]).2, "the lab is down, nothing of it is left\n");
    assert_eq!(desk.lab(&["down"]), (Some(0), String::new(), "no lab is up\n".to_owned()));
    let left: Vec<_> = std::fs::read_dir(desk.dir.path()).expect("the directory").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

fn testing_ssh() -> bool {
    let there = Command::new("ssh").arg("-V").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !there {
        println!("skipped: this machine has no ssh client of its own");
    }
    there
}
