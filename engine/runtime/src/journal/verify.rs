//! Says in words how far a journal can be trusted.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use banister_core::plan::StepPath;
use banister_core::run::{EffectKey, ExitCode, Purpose, Record, RecordKind, StreamInfo};
use banister_core::runbook::HostName;
use sha2::{Digest as _, Sha256};

use super::read::is_of_hosts;
use super::{JournalError, JournalRead, RunEnd, Tail, read};
use crate::output::{OutputName, StreamKind};

/// What verifying found. Prints as its verdict on the first line, then what else is to be said, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The file.
    pub path: PathBuf,
    /// One line, the same as `tests/verify_journal.py` says, as long as no stored output is wrong.
    pub verdict: String,
    /// What is wrong; empty: nothing that can be seen from here.
    pub failures: Vec<String>,
    /// What should be known, and is no failure.
    pub remarks: Vec<String>,
}

/// What a file alone cannot tell.
const UNWITNESSED: &str = "its end is unwitnessed: whole lines missing after the last one cannot be noticed from here";

impl Verification {
    /// The hosts are asked next: what they say stands in place of what a file alone cannot tell.
    pub fn leave_the_end_to_witnesses(&mut self) {
        self.remarks.retain(|remark| remark != UNWITNESSED);
    }

    /// 0, or 23.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.failures.is_empty() { ExitCode::DONE } else { ExitCode::JOURNAL_BROKEN }
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.verdict)?;
        // The first failure of journal or plan is the verdict; it is not said twice.
        let said = |failure: &&String| !self.verdict.ends_with(failure.as_str());
        self.failures.iter().filter(said).try_for_each(|line| writeln!(f, "broken: {line}"))?;
        self.remarks.iter().try_for_each(|line| writeln!(f, "note: {line}"))
    }
}

/// Verifies a journal, the plan beside it, and the stored outputs beside it.
///
/// # Errors
/// [`JournalError::Read`] if the journal cannot be read at all.
pub fn verify(path: &Path) -> Result<Verification, JournalError> {
    let read = read(path)?;
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut failures = Vec::new();
    let mut remarks = Vec::new();
    if let Tail::Corrupt { line, why } = &read.tail {
        failures.push(format!("line {line}: {why}"));
    }
    let of_hosts = read.is_of_hosts();
    if !of_hosts {
        failures.extend(check_plan(&read, dir));
    }
    let verdict = failures.first().map_or_else(|| read.verdict(), |failure| format!("corrupt: {failure}"));
    if !failures.is_empty() {
        remarks.push(format!("{} records before it verify, head {}", read.whole, read.head));
    }
    for unknown in read.unreadable.iter().filter(|record| !(of_hosts && is_of_hosts(record))) {
        remarks.push(format!(
            "line {}: record {} verifies and is not known to this version ({}); the run can be looked at, not resumed",
            unknown.line, unknown.seq, unknown.why
        ));
    }
    match &read.tail {
        Tail::Torn { .. } => remarks
            .push("the torn bytes are what a crash in a write leaves; the next engine says so behind them".to_owned()),
        Tail::LacksLf => remarks.push("a crash took the last line feed; the next engine completes it".to_owned()),
        Tail::Whole | Tail::Corrupt { .. } => {}
    }
    remarks.push(match read.end() {
        _ if of_hosts => "it is the journal of host keys, no run's".to_owned(),
        RunEnd::Open => "no end is recorded: the run goes on, or its engine died".to_owned(),
        RunEnd::Drained(exit) => format!("the run was drained with exit code {exit}; it can be resumed"),
        RunEnd::Finished(exit) => format!("the run finished with exit code {exit}"),
    });
    remarks.push(UNWITNESSED.to_owned());
    check_outputs(&read.records, &dir.join("out"), &mut failures, &mut remarks);
    Ok(Verification { path: path.to_owned(), verdict, failures, remarks })
}

/// The plan must be the one that record 1 names. A journal without records names none.
fn check_plan(read: &JournalRead, dir: &Path) -> Option<String> {
    let first = read.records.first().filter(|r| r.seq == 1);
    let expected = match first.map(|r| &r.kind) {
        Some(RecordKind::RunPlanned { info, .. }) => &info.plan_digest,
        _ if read.whole == 0 => return None,
        _ => return Some("record 1 does not name a plan".to_owned()),
    };
    match std::fs::read(dir.join("plan.json")) {
        Ok(bytes) if crate::digest::sha256(&bytes) == *expected => None,
        Ok(_) => Some("plan.json is not the plan that record 1 names".to_owned()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Some("plan.json is missing".to_owned()),
        Err(e) => Some(format!("plan.json cannot be read: {e}")),
    }
}

/// Compares what is stored with what the records say. What is not there was never kept, or is no longer.
fn check_outputs(records: &[Record], out: &Path, failures: &mut Vec<String>, remarks: &mut Vec<String>) {
    let (mut same, mut absent, mut cut) = (0u64, 0u64, 0u64);
    for (key, [stdout, stderr]) in outputs(records) {
        for (kind, info) in [(StreamKind::Stdout, stdout), (StreamKind::Stderr, stderr)] {
            let Some(info) = info.filter(|i| i.bytes > 0) else { continue };
            let path = out.join(OutputName::new(&key).stream(kind));
            match digest_of(&path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => absent += 1,
                Err(e) => failures.push(format!("{} cannot be read: {e}", path.display())),
                Ok(_) if info.cut => cut += 1,
                Ok(found) if found == (info.bytes, info.sha256.clone()) => same += 1,
                Ok((bytes, _)) => failures.push(format!(
                    "{} is not what was recorded: it has {bytes} bytes, recorded are {} with SHA-256 {}",
                    path.display(),
                    info.bytes,
                    info.sha256
                )),
            }
        }
    }
    if same + absent + cut > 0 {
        remarks.push(format!(
            "stored outputs: {same} as recorded, {cut} kept in part and not comparable, {absent} not kept"
        ));
    }
}

type Streams<'a> = [Option<&'a StreamInfo>; 2];

fn outputs(records: &[Record]) -> BTreeMap<EffectKey, Streams<'_>> {
    let run = records.iter().find_map(|r| match &r.kind {
        RecordKind::RunPlanned { info, .. } => Some(info.run.clone()),
        _ => None,
    });
    let run = run.unwrap_or_default();
    let mut hosts: BTreeMap<(&StepPath, Purpose, u32), &HostName> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for record in records {
        let (path, purpose, attempt, streams) = match &record.kind {
            RecordKind::StepIntended { path, host, purpose, attempt, .. } => {
                hosts.insert((path, *purpose, *attempt), host);
                continue;
            }
            RecordKind::StepSucceeded { path, purpose, attempt, stdout, stderr, .. } => {
                (path, *purpose, *attempt, [Some(stdout), Some(stderr)])
            }
            RecordKind::StepFailed { path, purpose, attempt, stdout, stderr, .. } => {
                (path, *purpose, *attempt, [stdout.as_ref(), stderr.as_ref()])
            }
            _ => continue,
        };
        if let Some(host) = hosts.get(&(path, purpose, attempt)).copied().or_else(|| path.host()) {
            let key = EffectKey { run: run.clone(), path: path.clone(), host: host.clone(), purpose, attempt };
            found.insert(key, streams);
        }
    }
    found
}

fn digest_of(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut digest, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut block = vec![0; 64 * 1024];
    loop {
        let part = match file.read(&mut block) {
            Ok(0) => return Ok((bytes, crate::digest::hex(&digest.finalize()))),
            Ok(n) => block.get(..n).unwrap_or_default(),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        digest.update(part);
        bytes += part.len() as u64;
    }
}
