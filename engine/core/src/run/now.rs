//! Time as an argument.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Names one boot of the engine's machine; elapsed times of different boots cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BootId(pub String);

/// The moment a batch is made, on both clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// Wall clock, for people.
    pub wall: DateTime<Utc>,
    /// Nanoseconds of the boot clock (it counts through suspend), for durations.
    pub elapsed: u64,
    /// Which boot `elapsed` counts from.
    pub boot: BootId,
}
