//! Signs of life of what runs: how much it printed, when last, and its last line.
//!
//! A viewer that looks at one command still has to see which of a hundred others fell silent. The way not taken:
//! sending it everything that all of them print.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use banister_core::run::EffectKey;

use crate::locked::locked;

/// Bytes of the last line that are kept.
const LINE: usize = 200;

/// What one command that runs has shown so far.
#[derive(Debug, Clone)]
pub(crate) struct Pulse {
    /// Which.
    pub(crate) key: EffectKey,
    /// Bytes on both streams.
    pub(crate) bytes: u64,
    /// When it printed last.
    pub(crate) at: Instant,
    /// Its last line that is not empty, as far as it came; redacted.
    pub(crate) line: Vec<u8>,
    /// Counts changes of all pulses.
    change: u64,
}

/// The signs of life of everything that runs.
#[derive(Debug, Default)]
pub(super) struct Pulses {
    each: Mutex<BTreeMap<EffectKey, Pulse>>,
    changes: AtomicU64,
}

impl Pulses {
    /// A command printed something.
    pub(super) fn beat(&self, key: &EffectKey, bytes: &[u8]) {
        let change = self.changes.fetch_add(1, Ordering::AcqRel) + 1;
        let mut each = locked(&self.each);
        if !each.contains_key(key) {
            let fresh = Pulse { key: key.clone(), bytes: 0, at: Instant::now(), line: Vec::new(), change };
            each.insert(key.clone(), fresh);
        }
        let Some(pulse) = each.get_mut(key) else { return };
        (pulse.at, pulse.change) = (Instant::now(), change);
        pulse.bytes += bytes.len() as u64;
        if let Some(line) = bytes.rsplit(|b| *b == b'\n').find(|line| !line.is_empty()) {
            pulse.line.clear();
            pulse.line.extend_from_slice(line.get(..LINE).unwrap_or(line));
        }
    }

    /// It has ended: its record says the rest.
    pub(super) fn forget(&self, key: &EffectKey) {
        locked(&self.each).remove(key);
    }

    /// Those that changed after a count, and the count now.
    pub(super) fn since(&self, change: u64) -> (u64, Vec<Pulse>) {
        let now = self.changes.load(Ordering::Acquire);
        if now == change {
            return (now, Vec::new());
        }
        (now, locked(&self.each).values().filter(|pulse| pulse.change > change).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(host: &str) -> EffectKey {
        let text = format!(r#"{{"run":"r","path":"a","host":"{host}","purpose":"main","attempt":1}}"#);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_last_line_counts_and_what_did_not_change_is_not_said_again() {
        let pulses = Pulses::default();
        pulses.beat(&key("a"), b"one\ntwo\n");
        pulses.beat(&key("b"), b"\n");
        let (count, all) = pulses.since(0);
        let shown: Vec<_> = all.iter().map(|p| (p.bytes, String::from_utf8_lossy(&p.line).into_owned())).collect();
        assert_eq!(shown, [(8, "two".to_owned()), (1, String::new())]);
        pulses.beat(&key("a"), &[b'x'; 1000]);
        let (later, changed) = pulses.since(count);
        assert_eq!((changed.len(), changed[0].bytes, changed[0].line.len()), (1, 1008, LINE));
        pulses.forget(&key("a"));
        assert_eq!(pulses.since(later).1.len(), 0);
    }
}
