//! A secret is in the step that uses it, and nowhere else.

use std::fs;
use std::path::Path;

use crate::scenario::Scenario;

const CANARY: &str = "canary-8d1f-7be2-secret";

/// Files below a directory that hold the canary, and how many were looked at.
fn search(dir: &Path, looked: &mut usize) -> Vec<String> {
    let mut hits = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            hits.extend(search(&path, looked));
        } else if path.is_file() {
            *looked += 1;
            let bytes = fs::read(&path).unwrap_or_default();
            if bytes.windows(CANARY.len()).any(|w| w == CANARY.as_bytes()) {
                hits.push(path.display().to_string());
            }
        }
    }
    hits
}

fn command_lines() -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
}

#[test]
fn nothing_that_is_kept_or_seen_holds_it() {
    let mut scenario = Scenario::new();
    scenario.env.push(("DEPLOY_TOKEN".into(), CANARY.into()));
    let (hook, copy) = (scenario.path("hook").display().to_string(), scenario.path("copy"));
    let runbook = scenario.write(
        "secret.yaml",
        &format!(
            "runbook: secret\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 1m\n\
             params: {{ token: {{ type: secret }} }}\nsteps:\n\
             \x20 - id: by_env\n    effect: repeatable\n    env: {{ TOKEN: \"{{{{ token }}}}\" }}\n\
             \x20   run: |\n      echo \"token $TOKEN\"\n      printf %s \"$TOKEN\" > {}\n      echo $$ > {hook}/arrived\n      read -r _ < {hook}/gate\n\
             \x20 - id: by_stdin\n    effect: repeatable\n    stdin: \"{{{{ token }}}}\"\n    run: cat; cat /proc/$$/cmdline | base64\n",
            copy.display()
        ),
    );
    let runbook = runbook.display().to_string();
    let engine = scenario.spawn(&["run", &runbook, "-i", "inventory.yaml", "-p", "token=env:DEPLOY_TOKEN"]);
    scenario.arrived();
    let lines = command_lines();
    assert!(lines.iter().any(|line| line.contains("token=env:DEPLOY_TOKEN")), "the search sees command lines");
    assert!(!lines.iter().any(|line| line.contains(CANARY)), "no command line holds it");
    assert_eq!(fs::read_to_string(&copy).expect("the step's copy"), CANARY, "the step has it");
    scenario.open_gate();
    let said = engine.said();
    assert_eq!(engine.exit(), 0, "{said}");
    let mut looked = 0;
    for place in ["state", "ledger", "home"] {
        assert_eq!(search(&scenario.path(place), &mut looked), Vec::<String>::new());
    }
    assert!(looked > 8, "only {looked} files were looked at");
    let printed = scenario.expect(&["output", "last", "by_env"], 0);
    assert_eq!(printed, "token [redacted]\n");
    assert!(!scenario.expect(&["log", "last", "--format", "ndjson"], 0).contains(CANARY));
}

#[test]
fn a_secret_that_is_not_there_leaves_no_run_behind() {
    let scenario = Scenario::new();
    let runbook = scenario.write(
        "secret.yaml",
        "runbook: secret\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 1m\n\
         params: { token: { type: secret } }\nsteps:\n  - { id: one, effect: repeatable, stdin: \"{{ token }}\", run: cat }\n",
    );
    let args = ["run", &runbook.display().to_string(), "-i", "inventory.yaml", "-p", "token=env:NOT_SET"];
    let said = scenario.expect(&args, 65);
    assert!(said.contains("the environment variable `NOT_SET` is not set"), "{said}");
    assert_eq!(fs::read_dir(scenario.path("state/runs")).expect("runs").count(), 0);
}
