//! The one place where a run's `Now` is made.

use std::io;

use banister_core::run::{BootId, Now};
use chrono::Utc;
use rustix::time::{ClockId, clock_gettime};

/// Both clocks of this machine.
#[derive(Debug, Clone)]
pub struct Clock {
    boot: BootId,
}

impl Clock {
    /// Reads which boot this is.
    ///
    /// # Errors
    /// The system's, where there is no `/proc`.
    pub fn new() -> io::Result<Self> {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        Ok(Self { boot: BootId(id.trim().to_owned()) })
    }

    /// Nanoseconds of the boot clock, which counts through suspend.
    #[must_use]
    pub fn elapsed() -> u64 {
        let time = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
    }

    /// This moment on both clocks.
    #[must_use]
    pub fn now(&self) -> Now {
        Now { wall: Utc::now(), elapsed: Self::elapsed(), boot: self.boot.clone() }
    }
}
