//! Does home's work on a thread of its own: the only part of home that touches the world.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use banister_core::plan::{Plan, PrintStyle, check, print_human};
use banister_core::run::Record;
use banister_core::runbook::parse_runbook;
use banister_core::source::{Diagnostic, Look, render_human, visible};
use banister_core::view::RunView;
use banister_runtime::control::survey;
use banister_runtime::driver::{DriverError, probe};
use banister_runtime::journal::Follower;
use banister_runtime::secrets::Secrets;
use banister_runtime::settings::read_source;
use banister_runtime::state::{DrillNote, RunId, RunRef, StateDir};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::title::unfilled;
use super::{Book, Described, Drilled, HomeNews, Job, Listing, Opened, Planned, Trouble};
use crate::checks::Checks;
use crate::cli::{HostsArgs, StateArgs, TargetArgs};
use crate::compile::{Compiled, Told, compile_telling};
use crate::failure::Failure;
use crate::inventory::inventory_telling;
use crate::launch::ssh;
use crate::settings::Settings;
use crate::ui::Post;
use crate::{select, terminal};

/// Runbooks that are read for the list, of one directory.
const MOST_BOOKS: usize = 500;

/// Works until nobody wants anything any more.
pub(crate) fn work(jobs: Receiver<Job>, post: Post<HomeNews>, hosts: HostsArgs, state: StateArgs) {
    let Ok(runtime) = crate::runtime::runtime() else { return };
    let worker = Worker { post, hosts, state };
    let mut probing: Option<JoinHandle<()>> = None;
    while let Ok(job) = jobs.recv() {
        if matches!(job, Job::Drop | Job::Plan { .. })
            && let Some(probing) = probing.take()
        {
            probing.abort();
        }
        let alive = match job {
            Job::List => worker.list(),
            Job::Open(file) => worker.post.news(HomeNews::Opened(worker.open(&file).map(Box::new))),
            Job::Plan { asked, file, params } => {
                probing = worker.plan(asked, &file, params, &runtime);
                true
            }
            Job::Drop => true,
            Job::Describe(run) => worker.post.news(HomeNews::Described(worker.describe(&run).map(Box::new))),
        };
        if !alive {
            break;
        }
    }
    runtime.shutdown_background();
}

#[derive(Clone)]
struct Worker {
    post: Post<HomeNews>,
    hosts: HostsArgs,
    state: StateArgs,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        let hint = (!failure.hint.is_empty()).then(|| format!("hint: {}", visible(&failure.hint)));
        let message = (!failure.message.is_empty()).then(|| visible(&failure.message).into_owned());
        Self(message.into_iter().chain(hint).collect())
    }
}

impl Trouble {
    /// What was told, then the failure.
    fn after(told: Vec<String>, failure: Failure) -> Self {
        Self(told.into_iter().chain(Self::from(failure).0).collect())
    }
}

/// Keeps what is told as lines.
fn keep(lines: &mut Vec<String>) -> impl FnMut(Told<'_>) {
    |told| match told {
        Told::Findings(source, findings) => {
            lines.extend(render_human(source, findings, Look::Plain).lines().map(str::to_owned));
        }
        Told::Note(note) => lines.push(format!("note: {}", visible(&note))),
    }
}

impl Worker {
    fn list(&self) -> bool {
        let mut listing = Listing::default();
        let settings = match Settings::read() {
            Ok(settings) => settings,
            Err(failure) => {
                listing.notes = Trouble::from(failure).0;
                return self.post.news(HomeNews::Listed(Box::new(listing)));
            }
        };
        let mut told = Vec::new();
        let inventory = inventory_telling(&settings, &self.hosts, &mut keep(&mut told));
        match inventory {
            Ok((inventory, _)) => inventory.environment().clone_into(&mut listing.environment),
            Err(failure) => {
                listing.environment = "no inventory".to_owned();
                let Trouble(all) = Trouble::after(told, failure);
                // One line is all there is room for: what and where. Whoever opens a runbook reads it whole.
                let all: Vec<&str> = all.iter().map(|line| line.trim()).take(2).collect();
                listing.notes.push(format!("no inventory: {}", all.join(" ")));
            }
        }
        let mut drills = Vec::new();
        match StateDir::open(settings.state_dir(&self.state)).and_then(|state| Ok((survey(&state)?, state.drills()))) {
            Ok(found) => (listing.runs, drills) = found,
            Err(error) => listing.notes.push(error.to_string()),
        }
        listing.looked_in = settings.runbook_directories();
        for dir in &listing.looked_in {
            listing.books.extend(books(dir, &drills));
        }
        listing.books.sort_by(|a, b| (&a.name, &a.file).cmp(&(&b.name, &b.file)));
        self.post.news(HomeNews::Listed(Box::new(listing)))
    }

    fn open(&self, file: &Path) -> Result<Opened, Trouble> {
        let settings = Settings::read()?;
        let mut told = Vec::new();
        let inventory = inventory_telling(&settings, &self.hosts, &mut keep(&mut told));
        let (inventory, _) = inventory.map_err(|failure| Trouble::after(told, failure))?;
        let source = read_source(file).map_err(Failure::from)?;
        let findings = check(&source);
        if findings.iter().any(Diagnostic::is_error) {
            return Err(Trouble(render_human(&source, &findings, Look::Plain).lines().map(str::to_owned).collect()));
        }
        let (runbook, _) = parse_runbook(&source);
        let runbook = runbook.ok_or_else(|| Trouble(vec!["this is no runbook".to_owned()]))?;
        let name = runbook.name.map(|name| name.value).unwrap_or_default();
        Ok(Opened {
            file: file.to_owned(),
            title: runbook.title.map_or_else(|| name.clone(), |title| unfilled(&title.value)),
            name,
            if_it_fails: runbook.if_it_fails.map(|text| unfilled(&text.value)).unwrap_or_default(),
            params: runbook.params,
            inventory: Arc::new(inventory),
        })
    }

    fn drilled(&self, compiled: &Compiled) -> Option<Drilled> {
        let state = StateDir::open(Settings::read().ok()?.state_dir(&self.state)).ok()?;
        let digest = Plan::file_digest(compiled.source.text().as_bytes());
        Drilled::last(&state.drills(), &compiled.plan.runbook, &digest)
    }

    /// Compiles at once; what looks at the hosts goes on by itself.
    fn plan(
        &self,
        asked: u64,
        file: &Path,
        params: Vec<(String, String)>,
        runtime: &Runtime,
    ) -> Option<JoinHandle<()>> {
        let target = TargetArgs { params, hosts: self.hosts.clone() };
        let mut told = Vec::new();
        let compiled = compile_telling(&file.display().to_string(), &target, &mut keep(&mut told));
        let compiled = match compiled {
            Ok(compiled) => compiled,
            Err(failure) => {
                let planned = Err(Trouble::after(told, failure));
                self.post.news(HomeNews::Planned { asked, planned });
                return None;
            }
        };
        let plan = &compiled.plan;
        let style = PrintStyle { ascii: !terminal::knows_utf8() };
        let planned = Planned {
            title: plan.title.clone(),
            environment: plan.environment.clone(),
            hash: plan.hash(),
            hosts: plan.hosts.len(),
            lines: print_human(plan, style).lines().map(str::to_owned).collect(),
            warnings: told,
            drilled: self.drilled(&compiled),
        };
        self.post.news(HomeNews::Planned { asked, planned: Ok(Box::new(planned)) });
        let worker = self.clone();
        Some(runtime.spawn(async move { worker.probe(asked, compiled).await }))
    }

    async fn probe(&self, asked: u64, compiled: Compiled) {
        let origin = compiled.origin(None);
        let mut checks = Checks::of(&compiled.plan);
        // What is typed at a prompt is typed when the run starts, not here.
        let nobody = |name: &_| Err(std::io::Error::other(format!("`{name}` is typed when the run starts")));
        let ready = ssh(self.hosts.ssh_config.as_deref()).and_then(|ssh| {
            let secrets = Secrets::load(&compiled.plan.params, &mut { nobody }).map_err(DriverError::from)?;
            Ok((ssh, secrets))
        });
        let refused = match ready {
            Ok((ssh, secrets)) => {
                let mut seen = |record: &Record, said: Option<String>| {
                    for check in checks.lines(record, said.as_deref()) {
                        self.post.news(HomeNews::Checked { asked, check });
                    }
                };
                let probed = probe(compiled.plan, &origin, &ssh, secrets, &mut seen).await;
                probed.map(|probed| probed.refused).map_err(|error| Trouble::from(Failure::from(error)))
            }
            Err(failure) => Err(Trouble::from(failure)),
        };
        self.post.news(HomeNews::Probed { asked, refused });
    }

    fn describe(&self, run: &RunId) -> Result<Described, Trouble> {
        let reference: RunRef = run.as_str().parse().map_err(Failure::from)?;
        let dir = select::state(&self.state)?.find(&reference).map_err(Failure::from)?;
        let plan = Arc::new(dir.read_plan().map_err(Failure::from)?.0);
        let mut view = RunView::new(plan.clone());
        let mut last = None;
        let mut follower = Follower::open(&dir.journal_path()).map_err(Failure::from)?;
        while let Some(followed) = follower.next().map_err(Failure::from)? {
            last = Some(followed.record.recorded);
            // A record that does not fit is said when the run is resumed.
            if view.apply(&followed.record).is_err() {
                break;
            }
        }
        let mut lines: Vec<String> =
            last.map(|at| format!("Its last record is of {}.", at.format("%Y-%m-%d %H:%M:%SZ"))).into_iter().collect();
        let running: Vec<String> = view.now().map(|row| format!("was running: {}", row.path)).collect();
        if running.is_empty() {
            lines.push("nothing was running".to_owned());
        }
        lines.extend(running);
        lines.extend(view.state().asks().map(|ask| format!("waits for a person: {}", ask.id.path)));
        lines.extend(view.next().map(|row| format!("next: {}", row.path)));
        lines.push(format!("IF IT FAILS  {}", visible(view.if_it_fails())));
        let (title, environment) = (plan.title.clone(), plan.environment.clone());
        Ok(Described { run: run.clone(), title, environment, lines })
    }
}

/// The runbooks of a directory. A directory that is not there has none.
fn books(dir: &Path, drills: &[DrillNote]) -> Vec<Book> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let is_yaml = |path: &PathBuf| matches!(path.extension().and_then(|end| end.to_str()), Some("yaml" | "yml"));
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_yaml).collect();
    files.sort();
    files.truncate(MOST_BOOKS);
    files.into_iter().filter_map(|file| book(file, drills)).collect()
}

/// What a file says about itself; `None` for what is no runbook at all, an inventory for example.
fn book(file: PathBuf, drills: &[DrillNote]) -> Option<Book> {
    let source = read_source(&file).ok()?;
    if !source.text().lines().any(|line| line.starts_with("runbook:")) {
        return None;
    }
    let mistakes = check(&source).iter().filter(|finding| finding.is_error()).count();
    let (runbook, _) = parse_runbook(&source);
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let named = runbook.as_ref().and_then(|runbook| runbook.name.clone()).map_or(stem, |name| name.value);
    let title = runbook.and_then(|runbook| runbook.title).map_or_else(|| named.clone(), |title| unfilled(&title.value));
    let drilled = Drilled::last(drills, &named, &Plan::file_digest(source.text().as_bytes()));
    Some(Book { file, name: named, title, mistakes, drilled })
}
