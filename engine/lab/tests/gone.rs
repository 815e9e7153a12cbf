//! What is left of a lab when it is down: nothing, however its owner ended. And that labs do not see each other.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use banister_lab::{Bind, Lab, LabError, LabSpec, OPS, Small, cache_dir, testing};

/// How long anything may take before a test gives up. Long: a loaded machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Set for the process that this file starts in order to kill it.
const VICTIM: &str = "BANISTER_LAB_VICTIM";

/// What of a lab the machine itself could see: a mount, or one end of a cable. Others may mount things meanwhile; what is
/// a lab's lies in its cache.
#[derive(Debug, PartialEq, Eq)]
struct Machine {
    mounts: BTreeSet<String>,
    links: BTreeSet<String>,
}

impl Machine {
    fn now() -> Self {
        let cache = cache_dir().display().to_string();
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("mounts");
        assert!(mounts.lines().any(|line| line.contains(" / / ")), "no root is mounted: the search is broken");
        let links = std::fs::read_dir("/sys/class/net").expect("links").flatten();
        let links = links.map(|link| link.file_name().to_string_lossy().into_owned());
        Self {
            mounts: mounts.lines().filter(|line| line.contains(&cache)).map(str::to_owned).collect(),
            links: links.filter(|name| name == "br0" || name == "h2" || name == "h11").collect(),
        }
    }
}

fn entries() -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir("/proc").expect("/proc").flatten().map(|entry| entry.path())
}

fn has_word(process: &Path, word: &str) -> bool {
    let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).split('\0').any(|argument| argument == word)
}

/// The processes whose command line holds a word.
fn processes(word: &str) -> Vec<PathBuf> {
    entries().filter(|path| has_word(path, word)).collect()
}

/// The processes with a word in their command line that have become `sleep`. A process that is just replacing its program
/// has no command line at all, and its new name before the new line: what had the name first and has the line then stays
/// what it is. The other way round the line could still be the old one's.
fn sleepers(word: &str) -> Vec<PathBuf> {
    let is_sleep = |path: &PathBuf| std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name == "sleep\n");
    entries().filter(is_sleep).filter(|path| has_word(path, word)).collect()
}

/// The namespaces that processes are in.
fn namespaces() -> BTreeSet<PathBuf> {
    entries()
        .flat_map(|path| ["mnt", "net", "pid"].map(|kind| std::fs::read_link(path.join("ns").join(kind))))
        .flatten()
        .collect()
}

/// The namespaces that are a lab's alone, held open: the numbers of those that are gone are the next lab's.
struct Spaces {
    names: BTreeSet<PathBuf>,
    _held: [File; 3],
}

/// Asserts that a lab with this process in it goes, and everybody in its namespaces.
fn goes(word: &str, Spaces { names, .. }: &Spaces, before: &Machine) {
    let from = Instant::now();
    while from.elapsed() < PATIENCE {
        if processes(word).is_empty() && namespaces().is_disjoint(names) && Machine::now() == *before {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(processes(word).is_empty(), "{:?} still run", processes(word));
    assert!(namespaces().is_disjoint(names), "somebody is still in the lab's namespaces");
    assert_eq!(Machine::now(), *before);
}

/// Those of a process in it that are not ours.
fn spaces_of(word: &str) -> Spaces {
    let found = sleepers(word);
    assert_eq!(found.len(), 1, "{word}: {found:?}");
    let of =
        |path: &str| ["mnt", "net", "pid"].map(|kind| std::fs::read_link(format!("{path}/ns/{kind}")).expect("ns"));
    let process = found[0].display().to_string();
    let held = ["mnt", "net", "pid"].map(|kind| File::open(format!("{process}/ns/{kind}")).expect("ns"));
    let names: BTreeSet<PathBuf> = of(&process).into_iter().collect();
    assert!(names.is_disjoint(&of("/proc/self").into_iter().collect()), "{word} is not in a lab");
    Spaces { names, _held: held }
}

/// A word that no other process has in its command line, and that `sleep` takes for a time.
fn unique(number: u32) -> String {
    format!("9{number}{:07}", std::process::id())
}

fn sleep_in(lab: &Lab, word: &str) {
    let host = lab.host("web-1").expect("web-1");
    host.sh(&format!("setsid sleep {word} >/dev/null 2>&1 &")).expect("a script");
    let from = Instant::now();
    while sleepers(word).is_empty() && from.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Not a test of its own: the process that is killed.
#[test]
fn victim() {
    let Ok(word) = std::env::var(VICTIM) else { return };
    let lab = Lab::up(&LabSpec::web(2)).expect("a lab");
    sleep_in(&lab, &word);
    println!("\nready");
    std::thread::sleep(2 * PATIENCE);
}

#[test]
fn a_killed_owner_leaves_nothing() {
    if !testing::ready() {
        return;
    }
    let word = unique(1);
    let before = Machine::now();
    let mut child = Command::new(std::env::current_exe().expect("a name"))
        .args(["victim", "--exact", "--nocapture"])
        .env(VICTIM, &word)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let stdout = BufReader::new(child.stdout.take().expect("its output"));
    assert!(stdout.lines().map_while(Result::ok).any(|line| line == "ready"), "no lab came up");
    let spaces = spaces_of(&word);
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    goes(&word, &spaces, &before);
}

#[test]
fn labs_run_side_by_side_and_go_down_apart() {
    if !testing::ready() {
        return;
    }
    let before = Machine::now();
    let labs = ["2", "3"].map(|number| {
        let lab = Lab::up(&LabSpec::web(1)).expect("a lab");
        lab.host("web-1").expect("web-1").sh(&format!("echo {number} >/var/tmp/lab")).expect("a script");
        lab
    });
    assert_eq!(labs[0].inventory(), labs[1].inventory(), "the same names and addresses");
    for (lab, number) in labs.iter().zip(["2\n", "3\n"]) {
        let output =
            lab.command(OPS, "ssh").args(["-oBatchMode=yes", "web-1", "cat /var/tmp/lab"]).output().expect("ssh");
        assert_eq!(String::from_utf8_lossy(&output.stdout), number, "{output:?}");
    }
    let [first, second] = labs;
    let (one, two) = (unique(2), unique(3));
    sleep_in(&first, &one);
    sleep_in(&second, &two);
    let (ones, twos) = (spaces_of(&one), spaces_of(&two));
    // What was cloned out of a lab does not keep it up, and finds it gone.
    let host = first.host("web-1").expect("web-1").clone();
    first.down().expect("it goes down");
    assert!(matches!(host.reboot(), Err(LabError::Down)));
    assert_eq!(host.exec("true").expect_err("it is down").to_string(), "the lab is down");
    goes(&one, &ones, &before);
    assert_eq!(sleepers(&two).len(), 1, "the other lab went too");
    drop(second);
    goes(&two, &twos, &before);
}

#[test]
fn a_child_stands_for_the_process_inside() {
    if !testing::ready() {
        return;
    }
    let lab = Lab::up(&LabSpec::web(1)).expect("a lab");
    let word = unique(4);
    let until = |count: usize| {
        let from = Instant::now();
        while sleepers(&word).len() != count && from.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(sleepers(&word).len(), count);
    };
    let start = || {
        let child = lab.command(OPS, "sleep").arg(&word).spawn().expect("a process");
        until(1);
        child
    };
    let signal = |pid: u32, signal: &str| {
        let sent = Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill");
        assert!(sent.success());
    };
    // Ctrl-C at a terminal is sent to both; it is for the one inside to say what it means.
    let mut child = start();
    signal(child.id(), "-INT");
    let pid = sleepers(&word)[0].file_name().and_then(|name| name.to_str()?.parse().ok()).expect("a pid");
    signal(pid, "-TERM");
    assert_eq!(child.wait().expect("it ends").signal(), Some(15), "the one in between died of what was not for it");
    // Killing the child kills the process.
    let mut child = start();
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    until(0);
    lab.down().expect("it goes down");
}

#[test]
fn what_is_bound_is_seen_by_ops_alone_and_links_lead_nowhere_else() {
    if !testing::ready() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("it's"), "shown").expect("a file");
    // `/var/run` is a link to `/run`: the host's own, not the machine's.
    let there = format!("/var/run/lab-{}", std::process::id());
    let binds = vec![Bind::read_only(dir.path()).at(&there), Bind::writable(dir.path())];
    let lab = Lab::up(&LabSpec { binds, ..LabSpec::web(1) }).expect("a lab");
    let [ops, web] = [OPS, "web-1"].map(|name| lab.host(name).expect("a host"));
    assert_eq!(ops.sh(&format!("cat \"{there}/it's\"")).expect("a script"), "shown");
    assert!(ops.sh(&format!("echo x >{there}/no")).is_err());
    assert!(web.sh(&format!("ls {there}")).is_err());
    ops.sh(&format!("echo x >{}/yes", dir.path().display())).expect("a script");
    assert!(dir.path().join("yes").exists());
    assert!(!std::path::Path::new(&there).exists());
    lab.down().expect("it goes down");
}

#[test]
fn a_lab_that_cannot_come_up_says_why_and_leaves_nothing() {
    if !testing::ready() {
        return;
    }
    let before = Machine::now();
    // A file where a directory would have to be.
    let small = Small { host: None, dir: "/etc/passwd/small".into(), size: 1 << 20 };
    let error = Lab::up(&LabSpec { small: vec![small], ..LabSpec::web(1) }).expect_err("no lab").to_string();
    assert!(error.starts_with("the lab could not boot ops web-1\n"), "{error}");
    assert!(error.contains("/etc/passwd"), "{error}");
    assert_eq!(Machine::now(), before);
}
