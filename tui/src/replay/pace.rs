//! How fast a replay goes; the person at the screen changes it while it goes.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The slowest that still moves; below it stands.
const SLOWEST: f64 = 0.125;
/// The fastest that a key leads to.
const FASTEST: f64 = 1024.0;

struct State {
    /// Seconds of the run a second; 0 stands.
    speed: f64,
    over: bool,
}

/// The pace of one replay. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pace(Arc<(Mutex<State>, Condvar)>);

impl Pace {
    pub(crate) fn new(speed: f64) -> Self {
        let speed = if speed.is_nan() { 1.0 } else { speed.max(0.0) };
        Self(Arc::new((Mutex::new(State { speed, over: false }), Condvar::new())))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn speed(&self) -> f64 {
        self.state().speed
    }

    /// Half as fast, and after the slowest not at all.
    pub(super) fn slower(&self) -> f64 {
        self.change(|speed| if speed / 2.0 < SLOWEST { 0.0 } else { (speed / 2.0).min(FASTEST) })
    }

    /// Twice as fast; what stands goes on.
    pub(super) fn faster(&self) -> f64 {
        self.change(|speed| if speed < SLOWEST { SLOWEST } else { (speed * 2.0).min(FASTEST) })
    }

    fn change(&self, to: impl Fn(f64) -> f64) -> f64 {
        let mut state = self.state();
        state.speed = to(state.speed);
        self.0.1.notify_all();
        state.speed
    }

    /// Nobody looks any more.
    pub(super) fn end(&self) {
        self.state().over = true;
        self.0.1.notify_all();
    }

    /// Waits so long (`None`: as long as it takes), or until the pace is another one than it was. False when nobody
    /// looks any more.
    pub(super) fn wait(&self, was: f64, long: Option<Duration>) -> bool {
        let until = long.map(|long| Instant::now() + long);
        let mut state = self.state();
        while !state.over && state.speed == was {
            let wait = &self.0.1;
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => break,
                Some(left) => wait.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => wait.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        !state.over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slower_comes_to_a_stand_and_faster_goes_on() {
        let pace = Pace::new(0.5);
        assert_eq!([pace.slower(), pace.slower(), pace.slower(), pace.slower()], [0.25, 0.125, 0.0, 0.0]);
        assert_eq!([pace.faster(), pace.faster()], [0.125, 0.25]);
        let fast = Pace::new(f64::INFINITY);
        assert_eq!([fast.faster(), fast.slower()], [1024.0, 512.0]);
        assert!(pace.wait(1.0, None), "another pace than that one");
        pace.end();
        assert!(!pace.wait(0.25, None));
    }
}
