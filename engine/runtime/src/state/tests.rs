use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use banister_core::plan::Plan;
use banister_core::run::{
    Actor, Awaited, AwaitedKind, BootId, Durability, ExitCode, Journal as _, Now, Record, RecordKind, StartInfo,
};
use chrono::DateTime;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::*;
use crate::journal::Limits;

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

/// What an administrator prepares: `install -d -m 2770 -g GROUP DIR`, here with a group of ours.
fn shared() -> (tempfile::TempDir, StateDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shared");
    std::fs::create_dir(&path).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o2770)).unwrap();
    let state = StateDir::open(&path).unwrap();
    (dir, state)
}

#[test]
fn what_an_administrator_shares_is_the_groups_and_nobody_elses() {
    let (_dir, state) = shared();
    assert!(state.is_shared());
    let run = state.create_run(&RunId::random()).unwrap();
    let digest = run.write_plan(&plan()).unwrap();
    let lock = run.lock().unwrap();
    let journal = lock.create_journal(Limits { min_free: 0, ballast: 1 }).unwrap();
    for dir in [state.path(), &state.path().join("runs"), run.path(), &run.out_path()] {
        assert_eq!(mode(dir), 0o2770, "{}", dir.display());
    }
    let ballast = run.path().join("ballast");
    for file in [journal.path(), &run.plan_path(), &run.path().join("holder.json"), &ballast] {
        assert_eq!(mode(file), 0o660, "{}", file.display());
    }
    assert_eq!(run.read_plan().unwrap(), (plan(), digest));
}

#[test]
fn what_was_copied_is_of_everybody_of_the_run_and_the_last_counts() {
    for ((_dir, state), expect) in [(temp(), 0o600), (shared(), 0o660)] {
        let run = state.create_run(&RunId::random()).unwrap();
        run.keep_copied("the first, and longer").unwrap();
        let path = run.keep_copied("the last").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "the last");
        assert_eq!(mode(&path), expect);
        assert_eq!(std::fs::read_dir(run.path()).unwrap().count(), 2, "out, copied.txt");
    }
}

#[test]
fn a_shared_directory_that_is_open_to_everybody_is_refused_with_the_way_to_mend_it() {
    let (_dir, state) = shared();
    let group = std::fs::metadata(state.path()).unwrap().gid();
    let name = crate::accounts::lookup("group", group).map_or(group.to_string(), |e| e[..e.find(':').unwrap()].into());
    std::fs::set_permissions(state.path(), Permissions::from_mode(0o2775)).unwrap();
    assert_eq!(
        refused(state.path()),
        format!(
            "PATH has mode 2775: it is shared with group {name}, and open to everybody else as well; look what they did \
             there, then: chmod o= PATH"
        )
    );
    std::fs::set_permissions(state.path(), Permissions::from_mode(0o2770)).unwrap();
    let run = state.create_run(&RunId::random()).unwrap();
    run.write_plan(&plan()).unwrap();
    std::fs::set_permissions(run.plan_path(), Permissions::from_mode(0o664)).unwrap();
    assert!(run.read_plan().unwrap_err().to_string().contains("chmod 660"));
    std::fs::set_permissions(run.path(), Permissions::from_mode(0o700)).unwrap();
    let error = run.lock().unwrap_err().to_string();
    assert!(error.contains(&format!("mode 0700 and is not shared with group {name}")), "{error}");
}

#[test]
fn what_root_makes_in_a_shared_directory_is_the_groups() {
    let (_dir, state) = shared();
    if !rustix::process::geteuid().is_root() {
        assert!(std::env::var_os("BANISTER_LAB").is_none_or(|v| v != "required"), "this needs root");
        println!("skipped: only root can give a directory to a group it is not in");
        return;
    }
    std::os::unix::fs::chown(state.path(), None, Some(12345)).unwrap();
    std::fs::set_permissions(state.path(), Permissions::from_mode(0o2770)).unwrap();
    std::fs::remove_dir(state.path().join("runs")).unwrap();
    let state = StateDir::open(state.path()).unwrap();
    let run = state.create_run(&RunId::random()).unwrap();
    assert_eq!(std::fs::metadata(run.path()).unwrap().gid(), 12345);
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
fn a_run_is_free_also_while_another_thread_starts_a_program() {
    let (_dir, state) = temp();
    let run = state.create_run(&RunId::random()).unwrap();
    // What such a program has of its engine until it is itself: a copy of the file that the lock is on.
    let lock = run.lock().unwrap();
    let copy = lock.copy().unwrap();
    drop(lock);
    assert!(!run.is_running().unwrap());
    run.lock().unwrap();
    drop(copy);
}

#[test]
fn a_shadow_is_waited_for_and_an_engine_is_not() {
    for dead in [true, false] {
        let (_dir, state) = temp();
        let run = state.create_run(&RunId::random()).unwrap();
        let mut engine = Command::new("sh").args(["-c", "read x"]).stdin(Stdio::piped()).spawn().unwrap();
        if dead {
            // Dead, and its number is nobody's before it is taken note of.
            engine.kill().unwrap();
            let pid = WaitId::Pid(Pid::from_child(&engine));
            waitid(pid, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
        }
        let holder = Holder { pid: engine.id(), since: chrono::Utc::now() };
        std::fs::write(run.path().join("holder.json"), serde_json::to_vec(&holder).unwrap()).unwrap();
        let left = std::fs::File::open(run.path()).unwrap();
        left.lock().unwrap();
        let mut looks = 0;
        let taken = RunLock::take_between(&run, &mut || {
            looks += 1;
            if looks == 100 {
                left.unlock().unwrap();
            }
        });
        assert_eq!((taken.is_ok(), looks), if dead { (true, 100) } else { (false, 19) });
        engine.kill().unwrap();
        engine.wait().unwrap();
    }
}

#[test]
fn who_only_looks_whether_a_run_is_held_is_waited_for() {
    let (_dir, state) = temp();
    let run = state.create_run(&RunId::random()).unwrap();
    drop(run.lock().unwrap());
    let looker = std::fs::File::open(run.path()).unwrap();
    looker.lock_shared().unwrap();
    let mut looks = 0;
    let taken = RunLock::take_between(&run, &mut || {
        looks += 1;
        if looks == 100 {
            looker.unlock().unwrap();
        }
    });
    assert_eq!((taken.is_ok(), looks), (true, 100));
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

fn begin(state: &StateDir, id: &str, at: i64, then: &[RecordKind]) -> RunDir {
    let run = state.create_run(&RunId::parse(id).unwrap()).unwrap();
    let lock = run.lock().unwrap();
    let mut journal = lock.create_journal(Limits { min_free: 0, ballast: 1 }).unwrap();
    let wall = DateTime::from_timestamp(at, 0).unwrap();
    let first = RecordKind::RunPlanned {
        format: 1,
        semantics: 1,
        plan_hash: "h".into(),
        runbook: format!("runbook-{}", &id[..1]),
        environment: "test".into(),
        info: Box::new(info(id)),
    };
    let records: Vec<Record> = (1..)
        .zip([first].iter().chain(then))
        .map(|(seq, kind)| Record {
            v: 1,
            seq,
            batch: 1,
            at: wall,
            recorded: wall,
            boot: BootId("b".into()),
            elapsed: 1,
            actor: Actor::Engine {},
            kind: kind.clone(),
        })
        .collect();
    journal.append(&records, Durability::Synced).unwrap();
    run
}

fn info(id: &str) -> StartInfo {
    StartInfo {
        run: id.into(),
        plan_digest: "d".into(),
        runbook_file: "f".into(),
        runbook_digest: "d".into(),
        git_commit: None,
        git_dirty: None,
        inventory_digest: None,
        incident: None,
        tool: "0".into(),
        machine: "m".into(),
        time_zone: "+00:00".into(),
        drill: false,
        ssh_config: None,
    }
}

#[test]
fn the_list_begins_with_what_nobody_may_overlook() {
    let (_dir, state) = temp();
    let id = |c: &str| c.repeat(32);
    // A long journal after the record that counts: the end is found from behind, across blocks.
    let mut long = vec![RecordKind::RunFinished { exit: ExitCode::FAILED }];
    long.extend((0..600).map(|n| RecordKind::NoteAdded { text: format!("{n} {}", "x".repeat(200)) }));
    begin(&state, &id("a"), 100, &long);
    begin(&state, &id("b"), 500, &[RecordKind::RunDrained { exit: ExitCode::DRAINED }]);
    begin(&state, &id("c"), 300, &[RecordKind::RunStarted {}]);
    let held = begin(&state, &id("d"), 400, &[]);
    let resumed = RecordKind::RunResumed { epoch: 2, gap_ms: 1, rebooted: false, rechecked: false, again: vec![] };
    begin(&state, &id("e"), 50, &[RecordKind::RunDrained { exit: ExitCode::DRAINED }, resumed]);
    state.create_run(&RunId::parse(&id("f")).unwrap()).unwrap();
    std::fs::create_dir(state.path().join("runs/lost+found")).unwrap();
    let _lock = held.lock().unwrap();

    let list = state.list().unwrap();
    let lines: Vec<String> = list
        .iter()
        .map(|run| {
            let state = match &run.state {
                RunState::Running(holder) => format!("running, pid known: {}", holder.is_some()),
                other => format!("{other:?}"),
            };
            format!("{} {} {state}", &run.id.as_str()[..1], run.runbook.as_deref().unwrap_or("-"))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    c runbook-c Interrupted
    e runbook-e Interrupted
    d runbook-d running, pid known: true
    b runbook-b Drained(ExitCode(51))
    a runbook-a Finished(ExitCode(20))
    f - NeverStarted
    ");
    // Made just now, though nothing is recorded; the others were begun long ago.
    assert_eq!(state.find(&RunRef::Last).unwrap().id().as_str(), id("f"));
    std::fs::remove_dir_all(state.path().join("runs").join(id("f"))).unwrap();
    assert_eq!(state.find(&RunRef::Last).unwrap().id().as_str(), id("b"));
}

#[test]
fn a_run_that_waits_for_a_person_stands_before_those_that_only_go_on() {
    let (_dir, state) = temp();
    let awaited = Awaited {
        since: DateTime::from_timestamp(60, 0).unwrap(),
        kind: AwaitedKind::Continue { held_by: Actor::Engine {} },
    };
    let runs = [
        ("a", RunState::Running(None), None),
        ("b", RunState::Finished(ExitCode::DONE), None),
        ("c", RunState::Running(None), Some(vec![awaited])),
        ("d", RunState::Running(None), Some(Vec::new())),
        ("e", RunState::Interrupted, None),
    ];
    let mut list: Vec<RunSummary> = Vec::new();
    for (n, (name, how, awaited)) in (0..).zip(runs) {
        let run = begin(&state, &name.repeat(32), n, &[]);
        list.push(RunSummary { state: how, awaited, ..RunSummary::of(&run) });
    }
    RunSummary::sort(&mut list);
    let order: String = list.iter().filter_map(|run| run.id.as_str().chars().next()).collect();
    assert_eq!(order, "ecdab");
}

#[test]
fn a_run_that_died_before_its_first_record_is_resumed_with_none() {
    let (_dir, state) = temp();
    let run = state.create_run(&RunId::random()).unwrap();
    let lock = run.lock().unwrap();
    let now = Now { wall: DateTime::from_timestamp(1, 0).unwrap(), elapsed: 1, boot: BootId("b".into()) };
    let limits = Limits { min_free: 0, ballast: 1 };
    for _ in 0..2 {
        let (_, records) = lock.resume_journal(limits, &now).unwrap();
        assert_eq!(records, []);
    }
}
