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
    check(&[], 64, "", "Usage: banister <COMMAND>");
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
