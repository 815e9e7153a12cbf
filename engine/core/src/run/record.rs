//! The only serialised history.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Actor, BootId, RecordKind};

/// One line of a journal, without its hash: a run's, unless `K` says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<K = RecordKind> {
    /// Number of this shape: 1.
    pub v: u32,
    /// Counted from 1 without gaps.
    pub seq: u64,
    /// Which batch wrote it, counted from 1.
    pub batch: u64,
    /// When it happened, wall clock.
    #[serde(with = "millis")]
    pub at: DateTime<Utc>,
    /// When it was written, wall clock.
    #[serde(with = "millis")]
    pub recorded: DateTime<Utc>,
    /// Which boot `elapsed` counts from.
    pub boot: BootId,
    /// Nanoseconds of the boot clock at `recorded`.
    pub elapsed: u64,
    /// Who caused it.
    pub actor: Actor,
    /// What happened.
    pub kind: K,
}

/// RFC 3339 UTC with milliseconds.
mod millis {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(at: &DateTime<Utc>, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(d)?;
        DateTime::parse_from_rfc3339(&text).map(|t| t.with_timezone(&Utc)).map_err(de::Error::custom)
    }
}
