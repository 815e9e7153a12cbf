//! A record as an event for other programs: `--output ndjson`.
//!
//! The journal's format is ours; this is its projection, in the shape of CloudEvents 1.0.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{RunView, path_of};
use crate::run::{Actor, Record};

/// One record of a run. `data` holds the record's own fields, `type` its name in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `1.0`, of CloudEvents.
    pub specversion: String,
    /// Number of the shape of `type` and `data`: 1.
    pub banisterversion: u32,
    /// Unique: run id and sequence.
    pub id: String,
    /// `run/ID`.
    pub source: String,
    /// What happened, such as `step.succeeded`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The step it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened.
    pub time: String,
    /// When it was written.
    pub recordedtime: String,
    /// Sequence number, zero-padded: CloudEvents compares it as text.
    pub sequence: String,
    /// `user` or `system`.
    pub authtype: String,
    /// Who, where it was a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authid: Option<String>,
    /// The incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlationid: Option<String>,
    /// The record's fields.
    pub data: Value,
}

impl Event {
    /// The event of a record; the view must have taken it, it knows the run and the incident.
    #[must_use]
    pub fn of(view: &RunView, record: &Record) -> Self {
        let (kind, data) = match serde_json::to_value(&record.kind) {
            Ok(Value::Object(fields)) => fields.into_iter().next().unwrap_or_default(),
            // A record's kind is always an object of one field; whatever else it were is handed on as it is.
            Ok(other) => (String::new(), other),
            Err(_) => (String::new(), Value::Null),
        };
        let run = view.run_id();
        let sequence = format!("{:08}", record.seq);
        let authid = match &record.actor {
            Actor::Engine {} => None,
            Actor::Person { name, .. } => Some(name.clone()),
        };
        Self {
            specversion: "1.0".to_owned(),
            banisterversion: 1,
            id: format!("{run}-{sequence}"),
            source: format!("run/{run}"),
            kind,
            subject: path_of(&record.kind).map(ToString::to_string),
            time: millis(record.at),
            recordedtime: millis(record.recorded),
            sequence,
            authtype: if authid.is_some() { "user" } else { "system" }.to_owned(),
            authid,
            correlationid: view.incident().map(str::to_owned),
            data,
        }
    }

    /// One line, in ASCII escapes and without its line feed: safe to show as it is.
    #[must_use]
    pub fn to_line(&self) -> String {
        ascii(self)
    }
}

/// One line of live output, for `--output ndjson`. It is no record: it has no sequence and is not kept here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputEvent {
    /// `1.0`.
    pub specversion: String,
    /// As in [`Event`].
    pub banisterversion: u32,
    /// Unique: run id, step, host, stream and the line's number.
    pub id: String,
    /// `run/ID`.
    pub source: String,
    /// `step.output`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The step.
    pub subject: String,
    /// Host, stream (`stdout`, `stderr`) and the line as text.
    pub data: OutputData,
}

/// The line itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputData {
    /// Where it was written.
    pub host: String,
    /// `stdout` or `stderr`.
    pub stream: String,
    /// The line without its line feed; bytes that are no UTF-8 are replaced. The exact bytes are kept beside the journal.
    pub line: String,
}

impl OutputEvent {
    /// The event of one line of a step's output; `number` counts the lines of this stream.
    #[must_use]
    pub fn new(run: &str, subject: &str, host: &str, stream: &str, number: u64, line: &[u8]) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            banisterversion: 1,
            id: format!("{run}-{subject}-{host}-{stream}-{number}"),
            source: format!("run/{run}"),
            kind: "step.output".to_owned(),
            subject: subject.to_owned(),
            data: OutputData {
                host: host.to_owned(),
                stream: stream.to_owned(),
                line: String::from_utf8_lossy(line).into_owned(),
            },
        }
    }

    /// As [`Event::to_line`].
    #[must_use]
    pub fn to_line(&self) -> String {
        ascii(self)
    }
}

fn millis(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// JSON with everything outside printable ASCII escaped: only strings can hold it, where `\u` is allowed.
fn ascii<T: Serialize>(value: &T) -> String {
    // Invariant: these types hold strings, numbers and values made of them, which always serialise.
    let json = serde_json::to_string(value).expect("an event serialises");
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\x7f' {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line
}
