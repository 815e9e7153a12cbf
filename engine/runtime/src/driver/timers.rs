//! Timers by the boot clock: a laptop that slept finds its deadlines passed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use banister_core::run::{Input, Timer};
use tokio::sync::mpsc;

use super::{Clock, Inbox};

/// How long a sleep may be at most.
const SLICE: Duration = Duration::from_secs(1);

/// Arms timers.
#[derive(Debug, Clone)]
pub(super) struct Timers(mpsc::UnboundedSender<(u64, Timer)>);

impl Timers {
    /// Starts the task that waits. It ends with the last of its handles.
    pub(super) fn start(inbox: Inbox) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(wait(receiver, inbox));
        Self(sender)
    }

    /// Sends `TimerFired` when the boot clock has come to `at`, nanoseconds.
    pub(super) fn arm(&self, at: u64, timer: Timer) {
        // The task is gone only when the run is over.
        let _ = self.0.send((at, timer));
    }
}

async fn wait(mut arm: mpsc::UnboundedReceiver<(u64, Timer)>, inbox: Inbox) {
    let mut heap: BinaryHeap<Reverse<(u64, Timer)>> = BinaryHeap::new();
    loop {
        let next = heap.peek().map(|Reverse((at, _))| *at);
        tokio::select! {
            armed = arm.recv() => match armed {
                Some(armed) => heap.push(Reverse(armed)),
                None => return,
            },
            () = reach(next) => {}
        }
        let now = Clock::elapsed();
        while heap.peek().is_some_and(|Reverse((at, _))| *at <= now)
            && let Some(Reverse((_, timer))) = heap.pop()
        {
            if inbox.send(Input::TimerFired { timer }).await.is_err() {
                return;
            }
        }
    }
}

/// Comes back when the boot clock has reached a moment, or a slice of the way there; never without a moment.
///
/// Tokio's clock stands still while the machine sleeps, the boot clock does not: no sleep is longer than a slice, so
/// that a machine that wakes up finds its deadlines within one. The way not taken: a timer of the kernel on the boot
/// clock (`timerfd`), which tokio can only watch through unsafe code.
async fn reach(at: Option<u64>) {
    let Some(at) = at else { return std::future::pending().await };
    let left = Duration::from_nanos(at.saturating_sub(Clock::elapsed()));
    tokio::time::sleep(left.min(SLICE)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use banister_core::plan::StepPath;

    #[tokio::test]
    async fn timers_come_in_the_order_of_their_moments_and_not_before() {
        let (inbox, mut messages) = Inbox::new();
        let timers = Timers::start(inbox);
        let now = Clock::elapsed();
        let timer = |name: &str| Timer::Wait { path: StepPath::parse(name).unwrap() };
        for (name, ms) in [("late", 40), ("soon", 5), ("past", 0)] {
            timers.arm(now + ms * 1_000_000, timer(name));
        }
        for (name, ms) in [("past", 0), ("soon", 5), ("late", 40)] {
            let fired = messages.recv().await.unwrap().input;
            assert_eq!(*fired, Input::TimerFired { timer: timer(name) });
            assert!(Clock::elapsed() >= now + ms * 1_000_000, "{name} came before its time");
        }
    }
}
