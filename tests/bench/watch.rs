//! Wall time and this process's processor time of one piece of work.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

pub(crate) struct Watch {
    wall: Instant,
    cpu: Duration,
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self { cpu: cpu(), wall: Instant::now() }
    }

    /// Milliseconds of wall and of processor time.
    pub(crate) fn stop(&self) -> (f64, f64) {
        let wall = self.wall.elapsed();
        (wall.as_secs_f64() * 1e3, (cpu().saturating_sub(self.cpu)).as_secs_f64() * 1e3)
    }
}
