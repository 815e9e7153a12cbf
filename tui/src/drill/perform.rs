//! One drill in a lab, from the first host to the last check.

use std::process::Child;
use std::time::{Duration, Instant};

use banister_core::drill::{Act, ActKind, Evidence, Verdict};
use banister_core::plan::{Plan, PrintStyle, print_human};
use banister_core::source::visible;
use banister_runtime::state::{DrillNote, RunState, RunSummary};
use chrono::Utc;
use tokio::signal::unix::{SignalKind, signal};

use super::acts::Acts;
use super::clients::Clients;
use super::engine::{Engines, has_terminal};
use super::file::DrillFile;
use super::follow::Follow;
use super::left::Left;
use super::look::look;
use super::stage::{Stage, answers_file, give_back, given, lab_failure};
use super::teller::Teller;
use super::{Named, say_head};
use crate::cli::{DrillArgs, RunOutput};
use crate::exit_code;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal;
use crate::ui::chosen;

/// How often it is looked at what happened.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long a drill may take in which nobody is asked.
const PATIENCE: Duration = Duration::from_secs(300);

/// What came of the engines.
struct Ran {
    evidence: Evidence,
    run: Option<String>,
    acts: Option<Verdict>,
}

/// Makes the lab, runs the drill and says all but the check lines, which it gives.
pub(super) fn perform(file: &DrillFile, fault: Option<Named<'_>>, args: &DrillArgs) -> Result<Vec<Verdict>, Failure> {
    let drill = &file.drill;
    terminal::talk(&say_head(drill, fault));
    // Not opened: by sudo it is somebody else's, and root is asked for the lab alone.
    let state = Settings::read()?.state_dir(&args.state);
    let mut left = Left::before();
    let (fault_name, fault) = (fault.map(|(name, _)| name), fault.map(|(_, fault)| fault));
    let began = Instant::now();
    let stage = Stage::up(drill, fault, &state)?;
    left.during(&stage.lab);
    stage.set_up(drill)?;
    terminal::talk(&format!("lab: {} hosts are up after {:.1} s\n", drill.hosts.len(), began.elapsed().as_secs_f64()));

    let inventory = stage.inventory();
    stage.write("inventory.yaml", inventory.text())?;
    let (plan, runbook) = file.plan(&inventory, fault)?;
    let digest = Plan::file_digest(runbook.text().as_bytes());
    terminal::data(&(print_human(&plan, PrintStyle { ascii: !terminal::knows_utf8() }) + "\n"))?;
    let runbook = stage.write(&format!("{}.yaml", file_name(&plan.runbook)), runbook.text())?;
    let people = serde_json::to_string(&drill.people).unwrap_or_default();
    let has_terminal = has_terminal();
    let has_screen = has_terminal && chosen(&args.ui, RunOutput::Plain)?.is_some();
    let engines = Engines { stage: &stage, people: stage.write("people.json", &people)?, has_terminal, has_screen };
    let answers = answers_file(given(drill.answers(fault), engines.has_terminal), &plan.hash());
    let answers = stage.write("answers.yaml", &answers)?;
    let mut words = vec![runbook.display().to_string(), "-i".to_owned(), inventory.name().to_owned()];
    words.extend(["--answers".to_owned(), answers.display().to_string()]);
    for (name, value) in drill.params(fault) {
        words.extend(["-p".to_owned(), format!("{name}={value}")]);
    }

    let clients = Clients::start(drill, &stage)?;
    let acts = fault.map(|fault| fault.acts.as_slice()).unwrap_or_default();
    let mut ran = run(&engines, &words, acts, &plan.hash())?;
    ran.evidence.samples = clients.finish()?;

    let checks = drill.checks(fault);
    let mut verdicts: Vec<Option<Vec<Verdict>>> =
        checks.iter().map(|check| look(check, &ran.evidence, &stage, ran.run.as_deref())).collect();
    drop(engines);
    let Stage { lab, dir } = stage;
    // Once more: a host that was rebooted or replaced has others.
    left.during(&lab);
    let (nothing_left, found) = left.after(lab);
    for (verdict, check) in verdicts.iter_mut().zip(&checks) {
        verdict.get_or_insert_with(|| {
            vec![Verdict { holds: nothing_left, name: check.name.clone(), found: found.clone() }]
        });
    }
    let verdicts: Vec<Verdict> = ran.acts.into_iter().chain(verdicts.into_iter().flatten().flatten()).collect();
    let note = DrillNote {
        drill: drill.name.clone(),
        fault: fault_name.map(str::to_owned),
        runbook: plan.runbook.clone(),
        runbook_digest: digest,
        ended: Utc::now(),
        checks: verdicts.len(),
        held: verdicts.iter().filter(|verdict| verdict.holds).count(),
    };
    if let Err(error) = note.write(&dir) {
        terminal::talk(&format!("note: home will not know of this drill: cannot write to {}: {error}", dir.display()));
    }
    give_back(&dir)?;
    if let Some(run) = &ran.run {
        let dir = dir.display();
        terminal::talk(&format!(
            "\njournal: {dir}/runs/{run}/journal.jsonl\nverify it: banister verify {run} --state-dir {dir}\n"
        ));
    }
    Ok(verdicts)
}

/// The engine, and everything that goes wrong, until nothing can happen any more.
fn run(engines: &Engines<'_>, words: &[String], acts: &[Act], plan: &str) -> Result<Ran, Failure> {
    let fault = |error: std::io::Error| Failure::new(exit_code::IO, format!("cannot wait for the engine: {error}"));
    // Ctrl-C is the engine's to take: it asks how to go on. Of this process it would take the lab away with everything.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(fault)?;
    let _inside = runtime.enter();
    let _interrupts = signal(SignalKind::interrupt()).map_err(fault)?;

    let mut follow = Follow::new(engines.stage.state()?);
    let count = acts.len();
    let mut acts = Acts::new(acts);
    let mut teller = Teller::new(engines.has_screen);
    let mut child = Running(engines.run(words)?);
    let (mut ended, mut exit, mut first_act) = (false, None, None);
    let began = Instant::now();
    loop {
        // Before the records: what an engine recorded before it ended is read after its end.
        if !ended && let Some(status) = child.0.try_wait().map_err(fault)? {
            (ended, exit) = (true, status.code());
            let left = exit == Some(i32::from(exit_code::DETACHED.0));
            if let Some(run) = follow.run().filter(|_| left && engines.has_screen) {
                child = Running(engines.attach(run.id().as_str())?);
                ended = false;
            }
        }
        follow.look()?;
        if let Some(act) = acts.next(&follow.records, ended, Instant::now()) {
            // A person may have mended it without an end in between.
            let is_over = |run| matches!(RunSummary::of(run).state, RunState::Finished(_));
            if matches!(act.kind, ActKind::Resume(_)) && follow.run().is_some_and(is_over) {
                teller.say(follow.run(), "the run is over already, there is nothing to resume");
                continue;
            }
            teller.say(follow.run(), &visible(&act.kind.describe()));
            first_act.get_or_insert_with(Utc::now);
            match &act.kind {
                ActKind::KillEngine => {
                    let Some(pid) = follow.engine()? else { continue };
                    exit = engines.kill(&mut child.0, pid)?.code();
                    ended = true;
                    teller.killed();
                }
                ActKind::Resume(answers) => {
                    let Some(run) = follow.run() else { continue };
                    let text = answers_file(given(answers, engines.has_terminal), plan);
                    let answers = engines.stage.write("answers-resume.yaml", &text)?;
                    child = Running(engines.resume(run.id().as_str(), &answers.display().to_string())?);
                    ended = false;
                }
                other => hosts(engines.stage, other)?,
            }
        } else if ended && acts.are_over() {
            break;
        } else if !engines.has_terminal && began.elapsed() > PATIENCE {
            let message = format!("the drill was not over after {} s", PATIENCE.as_secs());
            return Err(Failure::new(exit_code::UNAVAILABLE, message));
        } else {
            std::thread::sleep(LOOK_EVERY);
        }
    }
    teller.finish();
    let (happened, never) = acts.result();
    let acts = (count > 0).then(|| Verdict {
        holds: never.is_none(),
        name: "everything went wrong that should".to_owned(),
        found: never.map_or_else(|| format!("{happened} of {count}"), |act| format!("never happened: {act}")),
    });
    let evidence = Evidence {
        samples: Vec::new(),
        exit: exit.and_then(|exit| u8::try_from(exit).ok()),
        plan_hash: plan.to_owned(),
        first_act,
        records: std::mem::take(&mut follow.records),
    };
    Ok(Ran { evidence, run: follow.run().map(|run| run.id().to_string()), acts })
}

/// What happens to hosts.
fn hosts(stage: &Stage, act: &ActKind) -> Result<(), Failure> {
    let millis = |ms: &u64| Duration::from_millis(*ms);
    let done = match act {
        ActKind::Cut(host) => stage.host(host.as_str())?.cut(),
        ActKind::Mend(host) => stage.host(host.as_str())?.mend(),
        ActKind::SlowLogin { host, by_ms } => stage.host(host.as_str())?.slow_login(Some(millis(by_ms))),
        ActKind::SlowNextLogin { host, by_ms } => stage.host(host.as_str())?.slow_next_login(millis(by_ms)),
        ActKind::QuickLogin(host) => stage.host(host.as_str())?.slow_login(None),
        ActKind::Reboot(host) => stage.host(host.as_str())?.reboot(),
        ActKind::Replace(host) => stage.host(host.as_str())?.replace(),
        ActKind::Fill { host, dir } => stage.host(host.as_str())?.fill(dir),
        ActKind::Free { host, dir } => stage.host(host.as_str())?.free(dir),
        ActKind::Run { host, script } => stage.host(host.as_str())?.sh(script).map(drop),
        // The engine's are done by whoever holds it.
        ActKind::KillEngine | ActKind::Resume(_) => Ok(()),
    };
    done.map_err(|error| lab_failure(&error))
}

/// An engine that does not outlive the drill.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended is as good.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A runbook's name as that of a file.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' }).collect()
}
