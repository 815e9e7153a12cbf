use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use banister_core::plan::Plan;

use super::*;

fn temp() -> (tempfile::TempDir, StateDir) {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::open(dir.path().join("state/banister")).unwrap();
    (dir, state)
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o7777
}

fn plan() -> Plan {
    Plan {
        format: 1,
        semantics: 1,
        runbook: "first".into(),
        title: "First".into(),
        if_it_fails: "Call the owner.".into(),
        environment: "test".into(),
        params: std::collections::BTreeMap::new(),
        hosts: Vec::new(),
        preconditions: Vec::new(),
        steps: Vec::new(),
    }
}

#[test]
fn everything_is_private() {
    let (_dir, state) = temp();
    let run = state.create_run(&RunId::random()).unwrap();
    let digest = run.write_plan(&plan()).unwrap();
    let lock = run.lock().unwrap();
    for dir in [state.path(), &state.path().join("runs"), run.path(), &run.out_path()] {
        assert_eq!(mode(dir), 0o700, "{}", dir.display());
    }
    for file in [run.plan_path(), run.path().join("holder.json")] {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert_eq!(lock.run().read_plan().unwrap(), (plan(), digest));
    assert_eq!(std::fs::read_dir(run.path()).unwrap().count(), 3, "out, plan.json, holder.json");
}

fn refused(path: &Path) -> String {
    StateDir::open(path).unwrap_err().to_string().replace(&path.display().to_string(), "PATH")
}

#[test]
fn what_others_could_use_is_refused_with_the_way_to_mend_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state");
    std::fs::create_dir(&path).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    assert_eq!(
        refused(&path),
        "PATH has mode 0777: others can write to it; look what they put there, then: chmod 700 PATH"
    );
    std::fs::set_permissions(&path, Permissions::from_mode(0o720)).unwrap();
    assert!(refused(&path).contains("mode 0720"));
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(refused(&link), "PATH is a symbolic link; give the directory it leads to, if that is meant");
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(refused(&file), "PATH is not a directory; move it away, or give another --state-dir");
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state");
    std::fs::create_dir(&path).unwrap();
    if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
        assert!(std::env::var_os("BANISTER_LAB").is_none_or(|v| v != "required"), "this needs root");
        println!("skipped: only root can give a directory away");
        return;
    }
    let us = rustix::process::geteuid().as_raw();
    assert_eq!(
        refused(&path),
        format!("PATH belongs to user 12345, not to you (user {us}); give a --state-dir of your own")
    );
}

#[test]
fn an_exposed_plan_is_not_read() {
    let (_dir, state) = temp();
    let run = state.create_run(&RunId::random()).unwrap();
    run.write_plan(&plan()).unwrap();
    std::fs::set_permissions(run.plan_path(), Permissions::from_mode(0o644)).unwrap();
    assert!(run.read_plan().unwrap_err().to_string().contains("chmod 600"));
}

#[test]
fn one_engine_a_run() {
    let (_dir, state) = temp();
    let run = state.create_run(&RunId::random()).unwrap();
    let lock = run.lock().unwrap();
    let error = run.lock().unwrap_err().to_string();
    assert!(error.contains(&format!("process {} since 20", std::process::id())), "{error}");
    assert!(matches!(state.list().unwrap()[0].state, RunState::Running(Some(_))));
    drop(lock);
    assert_eq!(state.list().unwrap()[0].state, RunState::NeverStarted);
    run.lock().unwrap();
}

#[test]
fn runs_are_found_by_their_beginning() {
    let (_dir, state) = temp();
    for id in ["aa00000000000000000000000000000a", "ab00000000000000000000000000000b"] {
        state.create_run(&RunId::parse(id).unwrap()).unwrap();
    }
    let find = |text: &str| {
        let run = text.parse::<RunRef>().and_then(|r| state.find(&r));
        run.map(|r| r.id().to_string()).map_err(|e| e.to_string().replace(&state.path().display().to_string(), "STATE"))
    };
    assert_eq!(find("ab"), Ok("ab00000000000000000000000000000b".to_owned()));
    insta::assert_snapshot!(
        [find("a"), find("b"), find("../x"), find(""), find("AB")].map(Result::unwrap_err).join("\n"),
        @r"
    `a` is the beginning of 2 runs: aa00000000000000000000000000000a, ab00000000000000000000000000000b; give more of it
    no run begins with `b` in STATE/runs; `banister runs` lists them
    `../x` does not name a run: give `last`, or a run's id or its beginning (digits and a to f)
    `` does not name a run: give `last`, or a run's id or its beginning (digits and a to f)
    `AB` does not name a run: give `last`, or a run's id or its beginning (digits and a to f)
    "
    );
}

#[test]
fn without_runs_there_is_no_last_one() {
    let (_dir, state) = temp();
    assert!(matches!(state.find(&RunRef::Last), Err(StateError::NoRuns(_))));
}

#[test]
fn a_plan_left_half_written_is_replaced() {
    let (_dir, state) = temp();
    let run = state.create_run(&RunId::random()).unwrap();
    std::fs::write(run.path().join("plan.json.new"), "{").unwrap();
    run.write_plan(&plan()).unwrap();
    assert_eq!(run.read_plan().unwrap().0, plan());
}

#[test]
fn ids_are_random_from_the_first_digit() {
    let firsts: std::collections::BTreeSet<char> =
        (0..200).filter_map(|_| RunId::random().as_str().chars().next()).collect();
    assert!(firsts.len() > 10, "{firsts:?}");
}
