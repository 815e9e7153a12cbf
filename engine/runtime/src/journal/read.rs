//! Reads a journal: every line checked, records parsed, and a verdict on the end of the file. Total: whatever the
//! bytes are, there is an answer.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use banister_core::run::{ExitCode, Record, RecordKind};
use sha2::{Digest as _, Sha256};

use super::line::{Line, beginning, check, has_shape};
use super::{JournalError, LineHash};

/// How a journal file ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// With a whole line.
    Whole,
    /// With a line that verifies and lacks only its LF.
    LacksLf,
    /// With bytes of a batch that was never acknowledged: the engine or its machine died while writing.
    Torn {
        /// Where they begin.
        at: u64,
        /// How many.
        len: u64,
        /// SHA-256 over them, lower-case hex.
        sha256: String,
    },
    /// With something no crash leaves behind. Everything before it verifies.
    Corrupt {
        /// The first line that does not verify, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
}

/// A record that verifies and that this version does not understand. The run can be looked at and not resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRecord {
    /// From 1.
    pub line: u64,
    /// Its number.
    pub seq: u64,
    /// What is not understood.
    pub why: String,
    /// The name of its kind, if it has one.
    pub kind: Option<String>,
}

/// How a run stands by its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// It is over.
    Finished(ExitCode),
    /// Its engine ended in good order; it can be resumed.
    Drained(ExitCode),
    /// It runs, or its engine died.
    Open,
}

/// A journal as far as it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRead {
    /// Every record that verifies and is understood, in order.
    pub records: Vec<Record>,
    /// Records that verify and are not understood.
    pub unreadable: Vec<UnreadableRecord>,
    /// Lines that verify.
    pub whole: u64,
    /// Number of the last record that verifies; 0 without any.
    pub seq: u64,
    /// Its batch; 0 without any.
    pub batch: u64,
    /// Its hash.
    pub head: LineHash,
    /// Bytes of the file.
    pub len: u64,
    /// How the file ends.
    pub tail: Tail,
}

/// Reads and verifies a journal file.
///
/// # Errors
/// [`JournalError::Read`] if the bytes cannot be had. Whatever they are, is in the answer.
pub fn read(path: &Path) -> Result<JournalRead, JournalError> {
    File::open(path)
        .and_then(|file| read_from(BufReader::with_capacity(1 << 20, file)))
        .map_err(|source| JournalError::Read { path: path.to_owned(), source })
}

pub(super) fn read_from(mut from: impl BufRead) -> io::Result<JournalRead> {
    let mut reader = Reader::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            return Ok(reader.end());
        }
        reader.take(&line);
    }
}

impl JournalRead {
    /// Reads and verifies the bytes of a journal.
    #[must_use]
    pub fn of(mut bytes: &[u8]) -> Self {
        let mut reader = Reader::default();
        while !bytes.is_empty() {
            let end = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |lf| lf + 1);
            let (line, rest) = bytes.split_at(end);
            reader.take(line);
            bytes = rest;
        }
        reader.end()
    }

    /// The verdict in one line, the same as `tests/verify_journal.py` gives.
    #[must_use]
    pub fn verdict(&self) -> String {
        let end = match &self.tail {
            Tail::Whole => String::new(),
            Tail::LacksLf => ", the last line lacks its line feed".to_owned(),
            Tail::Torn { at, len, .. } => format!(", then {len} torn bytes at {at}"),
            Tail::Corrupt { line, why } => return format!("corrupt: line {line}: {why}"),
        };
        format!("whole: {} records, head {}{end}", self.whole, self.head)
    }

    /// Whether it is the journal of host keys, which is no run's.
    #[must_use]
    pub fn is_of_hosts(&self) -> bool {
        self.unreadable.iter().any(|record| record.seq == 1 && is_of_hosts(record))
    }

    /// How the run stands.
    #[must_use]
    pub fn end(&self) -> RunEnd {
        let kinds = self.records.iter().rev().map(|r| &r.kind);
        kinds.filter_map(end_of).next().unwrap_or(RunEnd::Open)
    }
}

/// Whether a record is about a host's key; `crate::hosts` writes and knows them.
pub(super) fn is_of_hosts(record: &UnreadableRecord) -> bool {
    record.kind.as_deref().is_some_and(|kind| kind.starts_with("host.trust"))
}

/// What a record says about the end of its run, if anything.
pub(crate) fn end_of(kind: &RecordKind) -> Option<RunEnd> {
    match kind {
        RecordKind::RunFinished { exit } => Some(RunEnd::Finished(*exit)),
        RecordKind::RunDrained { exit } => Some(RunEnd::Drained(*exit)),
        RecordKind::RunPlanned { .. } | RecordKind::RunResumed { .. } => Some(RunEnd::Open),
        _ => None,
    }
}

/// Lines that do not verify; only a `tail.recovered` for exactly these bytes can follow.
struct Bad {
    line: u64,
    why: String,
    at: u64,
    len: u64,
    digest: Sha256,
    /// Every one of them could have been left by a crash: none has the shape of a whole line, and those after the
    /// first begin like the record that was to answer it.
    torn: bool,
}

pub(super) struct Reader {
    pub(super) read: JournalRead,
    lines: u64,
    bad: Option<Bad>,
}

impl Default for Reader {
    fn default() -> Self {
        let read = JournalRead {
            records: Vec::new(),
            unreadable: Vec::new(),
            whole: 0,
            seq: 0,
            batch: 0,
            head: LineHash::GENESIS,
            len: 0,
            tail: Tail::Whole,
        };
        Self { read, lines: 0, bad: None }
    }
}

impl Reader {
    /// Takes one line with its LF, or the end of the file without.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.lines += 1;
        let at = self.read.len;
        self.read.len += bytes.len() as u64;
        let (line, complete) = bytes.strip_suffix(b"\n").map_or((bytes, false), |line| (line, true));
        let checked = check(line, self.read.head, self.read.seq, self.read.batch);
        match (checked, self.bad.take()) {
            (Ok(good), None) => self.accept(&good, None, complete),
            (Ok(good), Some(bad)) => match parse(&good) {
                Ok(record) if answers(&record, &bad) => self.accept(&good, Some(record), complete),
                _ => self.go_on(bad, line, complete),
            },
            (Err(why), None) if complete => {
                let digest = Sha256::new().chain_update(line);
                let len = line.len() as u64;
                self.bad = Some(Bad { line: self.lines, why, at, len, digest, torn: !has_shape(line) });
            }
            (Err(_), None) => {
                self.read.tail = Tail::Torn { at, len: line.len() as u64, sha256: crate::digest::sha256(line) };
            }
            (Err(_), Some(bad)) => self.go_on(bad, line, complete),
        }
    }

    fn accept(&mut self, line: &Line<'_>, record: Option<Record>, complete: bool) {
        match record.map_or_else(|| parse(line), Ok) {
            Ok(record) => self.read.records.push(record),
            Err(why) => {
                let (number, seq, kind) = (self.lines, line.header.seq, kind_of(line));
                self.read.unreadable.push(UnreadableRecord { line: number, seq, why, kind });
            }
        }
        self.read.whole += 1;
        self.read.seq = line.header.seq;
        self.read.batch = line.header.batch;
        self.read.head = line.hash;
        self.read.tail = if complete { Tail::Whole } else { Tail::LacksLf };
    }

    /// One more line after a bad one.
    fn go_on(&mut self, mut bad: Bad, line: &[u8], complete: bool) {
        let expected = beginning(self.read.seq + 1);
        let common = expected.len().min(line.len());
        bad.torn &= !has_shape(line) && !line.is_empty() && line[..common] == expected.as_bytes()[..common];
        bad.len += 1 + line.len() as u64;
        bad.digest.update(b"\n");
        bad.digest.update(line);
        if bad.torn && !complete {
            self.read.tail =
                Tail::Torn { at: bad.at, len: bad.len, sha256: crate::digest::hex(&bad.digest.finalize()) };
        } else {
            self.bad = Some(bad);
        }
    }

    pub(super) fn end(mut self) -> JournalRead {
        if let Some(bad) = self.bad {
            self.read.tail = Tail::Corrupt { line: bad.line, why: bad.why };
        }
        self.read
    }
}

fn parse(line: &Line<'_>) -> Result<Record, String> {
    let record: Record = serde_json::from_slice(line.body).map_err(|e| e.to_string())?;
    // A repeated name further on could make the parsed numbers others than the verified ones.
    let same = record.seq == line.header.seq && record.batch == line.header.batch;
    if same { Ok(record) } else { Err("its numbers stand twice in it".to_owned()) }
}

/// The name of a kind that is not known here.
fn kind_of(line: &Line<'_>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(line.body).ok()?;
    body.get("kind")?.as_object()?.keys().next().cloned()
}

fn answers(record: &Record, bad: &Bad) -> bool {
    match &record.kind {
        RecordKind::TailRecovered { at, len, sha256 } => {
            (*at, *len) == (bad.at, bad.len) && *sha256 == crate::digest::hex(&bad.digest.clone().finalize())
        }
        _ => false,
    }
}
