//! The lab of one drill, and the directory that outlives it.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use banister_core::drill::{ActKind, Drill, Fault, SetUp, SetUpKind};
use banister_core::run::{Answers, PreparedAnswer, Word};
use banister_core::source::SourceFile;
use banister_lab::{Bind, Lab, LabError, LabHost, LabSpec, OPS, Small};
use banister_runtime::state::{RunId, StateDir};
use serde_json::{Map, Value, json};

use crate::exit_code;
use crate::failure::Failure;
use crate::terminal;

/// Where the engine finds its own program in `ops`.
const PROGRAM: &str = "/usr/local/bin/banister";
/// Room of a file system that can be filled: more than a ledger wants to see free.
const SMALL: u64 = 128 << 20;

/// Hosts that are up, and where everything of the drill is kept.
pub(super) struct Stage {
    /// The hosts.
    pub(super) lab: Lab,
    /// The drill's own state directory: shared with `ops`, at the same path there, and kept.
    pub(super) dir: PathBuf,
}

impl Stage {
    /// Makes the directory and the lab.
    pub(super) fn up(drill: &Drill, fault: Option<&Fault>, state: &Path) -> Result<Self, Failure> {
        let dir = make_dir(drill, state)?;
        let program = std::env::current_exe()
            .map_err(|error| Failure::new(exit_code::IO, format!("cannot find this program's own file: {error}")))?;
        let spec = LabSpec {
            hosts: drill.hosts.iter().map(ToString::to_string).collect(),
            packages: drill.packages.clone(),
            binds: vec![Bind::read_only(program).at(PROGRAM), Bind::writable(&dir)],
            small: small(fault),
        };
        let lab = Lab::up_saying(&spec, &mut |words| terminal::talk(words)).map_err(|error| lab_failure(&error))?;
        Ok(Self { lab, dir })
    }

    /// Where runs of this drill are kept.
    pub(super) fn state(&self) -> Result<StateDir, Failure> {
        Ok(StateDir::open(&self.dir)?)
    }

    /// One of the hosts, or `ops`.
    pub(super) fn host(&self, name: &str) -> Result<&LabHost, Failure> {
        self.lab.host(name).ok_or_else(|| Failure::new(exit_code::IO, format!("the lab has no host `{name}`")))
    }

    /// This program inside `ops`.
    pub(super) fn banister(&self) -> Command {
        self.lab.command(OPS, PROGRAM)
    }

    /// Writes a file that the engine reads; gives its path, which is the same in `ops`.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.dir.join(name);
        fs::write(&path, text)
            .map_err(|error| Failure::new(exit_code::IO, format!("cannot write {}: {error}", path.display())))?;
        Ok(path)
    }

    /// The lab's inventory.
    pub(super) fn inventory(&self) -> SourceFile {
        SourceFile::new(self.dir.join("inventory.yaml").display().to_string(), self.lab.inventory())
    }

    /// Makes every host what the runbook expects, all at the same time.
    pub(super) fn set_up(&self, drill: &Drill) -> Result<(), Failure> {
        let one = |host: &LabHost| {
            for part in drill.set_up.iter().filter(|part| part.hosts.iter().any(|name| name.as_str() == host.name())) {
                prepare(host, part)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let hosts: Vec<_> = self.lab.hosts().map(|host| scope.spawn(|| one(host))).collect();
            hosts.into_iter().try_for_each(|host| host.join().unwrap_or(Err(LabError::Down)))
        })
        .map_err(|error: LabError| lab_failure(&error))
    }
}

pub(super) fn lab_failure(error: &LabError) -> Failure {
    Failure::new(exit_code::UNAVAILABLE, format!("the lab: {error}"))
}

fn make_dir(drill: &Drill, state: &Path) -> Result<PathBuf, Failure> {
    // A name is no path, whatever it holds.
    let name: String = drill.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let id = RunId::random();
    let state = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
    let drills = StateDir::make_drills(&state)?;
    let dir = drills.join(format!("{name}-{}", id.as_str().get(..8).unwrap_or_default()));
    let made = fs::DirBuilder::new().mode(0o700).create(&dir);
    made.map_err(|error| Failure::new(exit_code::IO, format!("cannot make {}: {error}", dir.display())))?;
    Ok(dir)
}

/// Gives a drill's directory to whoever ran it by sudo, so that its journal can be read without.
pub(super) fn give_back(dir: &Path) -> Result<(), Failure> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
    let (Some(user), Some(group)) = (number("SUDO_UID"), number("SUDO_GID")) else { return Ok(()) };
    let fail = |error| Failure::new(exit_code::IO, format!("cannot give {} back: {error}", dir.display()));
    let mut waiting = vec![dir.to_owned()];
    // The directory above was made by us too, if this was the first drill. One that a group shares stays the group's.
    let is_shared = |above: &&Path| above.metadata().is_ok_and(|metadata| metadata.mode() & 0o020 != 0);
    waiting.extend(dir.parent().filter(|above| !is_shared(above)).map(Path::to_owned));
    while let Some(path) = waiting.pop() {
        std::os::unix::fs::lchown(&path, Some(user), Some(group)).map_err(fail)?;
        let is_ours = path.starts_with(dir);
        if is_ours && path.symlink_metadata().map_err(fail)?.is_dir() {
            for entry in fs::read_dir(&path).map_err(fail)? {
                waiting.push(entry.map_err(fail)?.path());
            }
        }
    }
    Ok(())
}

/// What a fault fills has a file system of its own.
fn small(fault: Option<&Fault>) -> Vec<Small> {
    let acts = fault.into_iter().flat_map(|fault| &fault.acts);
    let mut small: Vec<Small> = Vec::new();
    for act in acts {
        let ActKind::Fill { host, dir } = &act.kind else { continue };
        let one = Small { host: Some(host.to_string()), dir: dir.into(), size: SMALL };
        if !small.contains(&one) {
            small.push(one);
        }
    }
    small
}

fn prepare(host: &LabHost, part: &SetUp) -> Result<(), LabError> {
    let script = match &part.kind {
        SetUpKind::Run(script) => script.clone(),
        SetUpKind::File { path, text, mode } => {
            let path = quoted(path);
            format!("mkdir -p \"$(dirname {path})\" && printf %s {} >{path} && chmod {mode} {path}", quoted(text))
        }
    };
    host.sh(&script).map(drop)
}

/// A text as one word of a shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// An answers file. An approval that names no plan is bound to the one that was shown.
pub(super) fn answers_file<'a>(answers: impl Iterator<Item = &'a PreparedAnswer>, plan: &str) -> String {
    let one = |answer: &PreparedAnswer| {
        let bound = (answer.word == Word::Approve).then(|| plan.to_owned());
        let wait = answer.wait_ms.map(|ms| format!("{ms}ms"));
        let fields = [
            ("step", Some(answer.path.to_string())),
            ("answer", Some(answer.word.to_string())),
            ("reason", answer.reason.clone()),
            ("evidence", answer.evidence.clone()),
            ("fact", answer.fact.clone()),
            ("plan", answer.plan.clone().or(bound)),
            ("typed", answer.typed.clone()),
            ("wait", wait),
            ("as", answer.speaker.clone()),
        ];
        let fields = fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
        Value::Object(fields.collect::<Map<_, _>>())
    };
    // JSON is YAML.
    format!("{}\n", json!({ "answers": answers.map(one).collect::<Vec<_>>() }))
}

/// Those that are given although somebody sits at the terminal: the answers of others.
pub(super) fn given(answers: &Answers, has_terminal: bool) -> impl Iterator<Item = &PreparedAnswer> {
    answers.unused().iter().filter(move |answer| !has_terminal || answer.speaker.is_some())
}

#[cfg(test)]
mod tests {
    use banister_core::run::Voices;

    use super::*;

    #[test]
    fn an_answers_file_is_read_as_what_it_was_made_of() {
        let text = "answers:\n  - { step: go, answer: approve, fact: \"12\", as: bob }\n  \
                    - { step: a/@h, answer: skip, reason: \"it's \\\"done\\\"\\n\" }\n  \
                    - { step: a/@h, answer: wait, wait: 90s }\n";
        let read = |text: &str| {
            let (answers, findings) = Answers::parse(&SourceFile::new("a.yaml", text), Voices::Named);
            assert!(findings.is_empty(), "{text}: {findings:?}");
            let answers = answers.expect("answers");
            let facts = |a: &PreparedAnswer| (a.path.clone(), a.word, a.reason.clone(), a.plan.clone(), a.wait_ms);
            (answers.unused().iter().map(facts).collect::<Vec<_>>(), answers)
        };
        let (mut expect, answers) = read(text);
        let written = answers_file(given(&answers, false), "sha256:00");
        expect[0].3 = Some("sha256:00".to_owned());
        assert_eq!(read(&written).0, expect);
        assert_eq!(given(&answers, true).count(), 1, "at a terminal only those of others are given");
    }

    #[test]
    fn a_text_is_one_word() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
