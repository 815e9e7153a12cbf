//! What no rule needs to know of an instance, but a person does.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::run::{Exit, Purpose, Stamp, StreamInfo};
use crate::runbook::HostName;

/// One attempt at one of a step's commands, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which of the step's commands.
    pub purpose: Purpose,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// When it was intended.
    pub began: DateTime<Utc>,
    /// When its verdict was known; `None` while it runs.
    pub ended: Option<DateTime<Utc>>,
    /// The state word of its verdict: `RUN`, `ok`, `FAIL` or `UNKN`.
    pub word: String,
    /// Why it failed or is unknown, in one clause. From hosts and people: pass it through `visible`.
    pub why: Option<String>,
    /// Milliseconds the command took, if it ended.
    pub took_ms: Option<u64>,
    /// Exit status as a shell would show it.
    pub status: Option<i32>,
    /// Bytes of its standard output.
    pub stdout_bytes: u64,
    /// Bytes of its standard error.
    pub stderr_bytes: u64,
    /// Its outcome was learned from the host after the connection or the engine was lost.
    pub adopted: bool,
}

/// What a gate saw last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSample {
    /// Which sample, from 1.
    pub sample: u32,
    /// Whether it was good on every host.
    pub good: bool,
    /// Good ones in a row.
    pub streak: u32,
    /// Good ones in a row that it needs.
    pub needed: u32,
    /// Hosts where it was not good, and why; at most ten. From hosts: pass it through `visible`.
    pub bad: Vec<(HostName, String)>,
    /// Hosts where it was not good, in all.
    pub bad_hosts: u32,
}

/// The display's part of an instance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Instance {
    /// First time something of it was begun.
    pub(crate) began: Option<Stamp>,
    /// Last time it was over, one way or another.
    pub(crate) ended: Option<Stamp>,
    /// Who settled it, where it was a person or a verify.
    pub(crate) by: Option<String>,
    /// Why it is as it is: the reason of a skip, an exclusion, a failure.
    pub(crate) why: Option<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) sample: Option<LastSample>,
}

/// What an attempt ended with.
#[derive(Default)]
pub(super) struct Ended<'a> {
    pub(super) at: DateTime<Utc>,
    pub(super) word: &'static str,
    pub(super) why: Option<String>,
    pub(super) took_ms: Option<u64>,
    pub(super) exit: Option<Exit>,
    pub(super) streams: [Option<&'a StreamInfo>; 2],
    pub(super) adopted: bool,
}

impl Instance {
    /// It is over, for now.
    pub(super) fn over(&mut self, stamp: &Stamp, why: Option<String>) {
        self.ended = Some(stamp.clone());
        self.why = why;
    }

    /// The verdict of an attempt.
    pub(super) fn settle(&mut self, purpose: Purpose, attempt: u32, end: Ended<'_>) {
        let found = self.attempts.iter_mut().rev().find(|a| a.purpose == purpose && a.attempt == attempt);
        let Some(is) = found else { return };
        is.word = end.word.to_owned();
        is.ended = (end.word != "RUN").then_some(end.at);
        is.why = end.why;
        is.took_ms = end.took_ms.or(is.took_ms);
        is.status = end.exit.map(Exit::status).or(is.status);
        is.adopted |= end.adopted;
        if let [Some(stdout), _] = end.streams {
            is.stdout_bytes = stdout.bytes;
        }
        if let [_, Some(stderr)] = end.streams {
            is.stderr_bytes = stderr.bytes;
        }
    }
}
