//! The command line from outside: what a shell sees.

use std::process::{Command, Output, Stdio};

fn banister(home: &std::path::Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_banister"))
        .args(args)
        .env_clear()
        .env("HOME", home)
        .current_dir(home)
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts")
}

fn check(args: &[&str], code: i32, stdout: &str, stderr: &str) {
    let home = tempfile::tempdir().expect("a home");
    let output = banister(home.path(), args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    assert!(if stdout.is_empty() { out.is_empty() } else { out.contains(stdout) }, "{args:?}: stdout is\n{out}");
    assert!(if stderr.is_empty() { err.is_empty() } else { err.contains(stderr) }, "{args:?}: stderr is\n{err}");
}

#[test]
fn help_and_version_are_data() {
    check(&["--version"], 0, concat!("banister ", env!("CARGO_PKG_VERSION"), "\n"), "");
    check(&["--help"], 0, &banister::exit_code::help(), "");
    check(&["run", "--help"], 0, "--answers <FILE>", "");
}

#[test]
fn a_wrong_command_line_ends_64_and_says_so_on_stderr() {
    check(&[], 64, "", "Usage: banister [OPTIONS]\n       banister <COMMAND>");
    check(&["climb"], 64, "", "unrecognized subcommand 'climb'");
    check(&["check"], 64, "", "<FILE>...");
    check(&["plan", "x", "-p", "novalue"], 64, "", "there is no `=`: write NAME=VALUE");
    check(&["output", "last", "step", "--attempt", "0"], 64, "", "0 is not in 1..");
    check(&["abort", "last", "--running", "hope"], 64, "", "wait, kill, leave");
}

#[test]
fn a_runbook_that_is_nowhere_ends_66() {
    check(&["plan", "nosuch"], 66, "", "error: no runbook `nosuch` in `runbooks`");
    check(&["plan", "./nosuch.yaml"], 66, "", "error: no such file: `./nosuch.yaml`");
}

#[test]
fn a_broken_configuration_ends_78() {
    let home = tempfile::tempdir().expect("a home");
    let dir = home.path().join(".config/banister");
    std::fs::create_dir_all(&dir).expect("a directory");
    std::fs::write(dir.join("config.yaml"), "runbook: x\n").expect("a file");
    let output = banister(home.path(), &["plan", "nosuch"]);
    assert_eq!(output.status.code(), Some(78), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn completions_come_for_every_shell_and_survive_a_closed_pipe() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        check(&["completions", shell], 0, "banister", "");
    }
    let script = format!("{} completions bash | true; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_banister"));
    let output = Command::new("bash").args(["-c", &script]).output().expect("bash starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_rehearsal_says_in_every_line_that_it_is_one_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().expect("a home");
    let runbooks = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../runbooks");
    let path = |name: &str| runbooks.join(name).display().to_string();
    let rehearse = |world: &str, more: &[&str]| {
        let (runbook, world) = (path("first.yaml"), path(world));
        let args: Vec<&str> =
            ["rehearse", &runbook, "--world", &world].into_iter().chain(more.iter().copied()).collect();
        let output = banister(home.path(), &args);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    for (world, code, last) in [
        ("worlds/first.yaml", 0, "SIMULATED ended with 0: done\n"),
        ("worlds/first-bad.yaml", 42, "SIMULATED ended with 42: a gate did not hold\n"),
    ] {
        let (exit, out, err) = rehearse(world, &[]);
        assert_eq!((exit, err.as_str()), (Some(code), ""), "{world}\n{out}");
        assert!(out.ends_with(last), "{out}");
        assert!(out.lines().all(|line| line.starts_with("SIMULATED ")), "{out}");
        assert_eq!(rehearse(world, &[]).1, out, "the same files give the same lines");
        if code != 0 {
            let page = include_str!("../../book/src/rehearse.md");
            let missing = out.lines().find(|line| !line.contains("sha256:") && !page.contains(line));
            assert_eq!(missing, None, "book/src/rehearse.md shows this rehearsal");
        }
    }
    assert_eq!(std::fs::read_dir(home.path()).expect("the home").count(), 0, "something was written");

    let answers = home.path().join("answers.yaml");
    let text = "answers: [{ step: 'restart/#1/gate', answer: override, reason: seen, typed: override, as: bob }]\n";
    std::fs::write(&answers, text).expect("a file");
    let (exit, out, err) = rehearse("worlds/first-bad.yaml", &["--answers", &answers.display().to_string()]);
    assert!(out.contains("bob"), "{out}\n{err}");
    assert_eq!(exit, Some(20), "the last look does not see the greeting\n{out}\n{err}");
}

#[test]
fn a_world_of_another_runbook_ends_65() {
    let home = tempfile::tempdir().expect("a home");
    let world = home.path().join("world.yaml");
    std::fs::write(&world, "world: w\nsteps: { start/@localhots: { status: 1 }, go: {} }\n").expect("a file");
    let runbook = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/first.yaml");
    let output = banister(home.path(), &["rehearse", runbook, "--world", &world.display().to_string()]);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(65), "{err}");
    assert!(err.contains("did you mean `start/@localhost`?") && err.contains("no command for `go`"), "{err}");
    assert!(output.stdout.is_empty());
}

#[test]
fn the_hosts_of_the_ssh_configuration_are_an_inventory() {
    let home = tempfile::tempdir().expect("a home");
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).expect("a file");
    write("config", "Include ~/more\nHost web-* !x\n User ops\nHost web-1 web-2 a/b\n");
    write("more", "Host db-1\n");
    write(
        "r.yaml",
        "runbook: r\nif_it_fails: call\nsteps: [{ id: a, hosts: [db-1, web-2], probe: { run: 'true' } }]\n",
    );
    let output = banister(home.path(), &["plan", "r.yaml", "-i", "ssh", "-F", "config"]);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    for expect in ["UNKNOWN - r", "db-1   ssh db-1", "web-2  ssh web-2"] {
        assert!(out.contains(expect), "no `{expect}` in\n{out}");
    }
    assert!(err.contains("config:4: left out: `a/b` is not a host name"), "{err}");

    let ends = |args: &[&str], code: i32, says: &str| {
        let output = banister(home.path(), args);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?} {err}");
        assert!(err.contains(says), "{args:?} {err}");
    };
    ends(&["plan", "r.yaml", "-i", "ssh", "-F", "nowhere"], 66, "there is no ssh configuration at `nowhere`");
    write("patterns", "Host *\n");
    ends(&["plan", "r.yaml", "-i", "ssh", "-F", "patterns"], 66, "`patterns` names no host");
    write("broken", "Host \"a\n");
    ends(&["plan", "r.yaml", "-i", "ssh", "-F", "broken"], 65, "`broken:1`: a quote is not closed");
}

#[test]
fn the_schemas_are_the_committed_ones() {
    for kind in ["runbook", "inventory", "answers", "world"] {
        let home = tempfile::tempdir().expect("a home");
        let output = banister(home.path(), &["schema", kind]);
        let path = format!("{}/../book/src/schema/{kind}.schema.json", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            std::fs::read_to_string(path).expect("the schema"),
            "{kind}"
        );
    }
}
