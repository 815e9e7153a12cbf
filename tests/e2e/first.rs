//! The runbook a newcomer runs first, with its engine killed on the way, and the one that takes it away again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::crash;
use crate::scenario::{Scenario, until};

fn runbook(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../runbooks").join(name).display().to_string()
}

/// How often each instance is said to have succeeded.
fn successes(scenario: &Scenario) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for line in scenario.journal().lines() {
        let body = line.split('\t').next().expect("a body");
        let record: serde_json::Value = serde_json::from_str(body).expect("a record");
        let done = &record["kind"]["step.succeeded"];
        if done["purpose"] == "main" {
            *count.entry(done["path"].as_str().expect("a path").to_owned()).or_default() += 1;
        }
    }
    count
}

#[test]
fn killed_on_its_way_it_is_finished_and_nothing_is_done_twice() {
    let scenario = Scenario::new();
    let place = scenario.path("place");
    // The gate asks for the time: after its first good look it gets no answer while `hook/hold` is there, so that there is
    // an engine to be killed whoever stands still meanwhile. The worker asks too, and always gets one.
    let (hook, runs) = (scenario.path("hook").display().to_string(), scenario.path("state/runs").display().to_string());
    let date = crash::real("date");
    scenario.stand_in(
        "date",
        &format!(
            "case \"$(tr '\\0' ' ' </proc/$PPID/cmdline)\" in *'sh worker '*) exec {date} \"$@\";; esac\n\
             grep -q '\"streak\":1' {runs}/*/journal.jsonl && while [ -e {hook}/hold ]; do sleep 0.05; done\n\
             exec {date} \"$@\"\n"
        ),
    );
    scenario.hook("hold");
    let dir = format!("dir={}", place.display());
    let args = ["run", &runbook("first.yaml"), "-i", "inventory.yaml", "-p", &dir];
    let mut engine = scenario.spawn(&args);
    // Early, while the worker is started, in the middle of the roll, and while its gate looks.
    for (kind, step) in [
        ("run.planned", ""),
        ("step.intended", "\"path\":\"start/@localhost\""),
        ("step.intended", "\"path\":\"restart/@localhost/stop\""),
        ("gate.sampled", "\"streak\":1"),
    ] {
        until(&format!("{kind} {step}"), || {
            let journal = fs::read_dir(scenario.path("state/runs")).ok().and_then(|mut runs| runs.next());
            let journal = journal.and_then(Result::ok).map(|run| run.path().join("journal.jsonl"));
            let text = journal.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
            text.lines().any(|line| line.contains(kind) && line.contains(step))
        });
        engine.kill();
        engine = scenario.spawn(&["resume", "last"]);
    }
    scenario.unhook("hold");
    assert_eq!(engine.exit(), 0);
    let twice: Vec<_> = successes(&scenario).into_iter().filter(|(_, n)| *n != 1).collect();
    // What only reads may be looked at again.
    assert_eq!(
        twice.iter().filter(|(path, _)| !path.starts_with('?') && path != "look/@localhost").count(),
        0,
        "{twice:?}"
    );
    let heartbeat = fs::read_to_string(place.join("heartbeat")).expect("a heartbeat");
    assert!(heartbeat.ends_with(" good morning\n"), "{heartbeat}");

    let down = runbook("first-down.yaml");
    let plan = scenario.expect(&["plan", &down, "-i", "inventory.yaml", "-p", &dir, "--format", "json"], 0);
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("a plan");
    let hash = plan["hash"].as_str().expect("a hash");
    scenario.write("answers.yaml", &format!("answers: [{{ step: approval, answer: approve, plan: \"{hash}\" }}]\n"));
    scenario.expect(&["run", &down, "-i", "inventory.yaml", "-p", &dir, "--answers", "answers.yaml"], 0);
    assert!(!place.exists(), "taken away");
}
