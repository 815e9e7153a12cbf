//! Durations, sizes and names as people read them.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::run::Actor;
use crate::source::visible;

/// A duration as `0:03`, `3:12`, `1:02:05`: minutes and seconds, hours where there are some. Below ten seconds with
/// tenths, `0:00.4`, since most probes end there.
#[must_use]
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, seconds) {
        (0, 0..=9) if ms % 1000 >= 100 => format!("0:0{rest}.{}", ms % 1000 / 100),
        (0, _) => format!("{minutes}:{rest:02}"),
        _ => format!("{hours}:{minutes:02}:{rest:02}"),
    }
}

/// The time of day of a moment, UTC.
pub(crate) fn clock(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%SZ").to_string()
}

/// A size: `812 bytes`, `3.1 KiB`.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        0..=1023 => format!("{count} bytes"),
        1024..=1_048_575 => format!("{}.{} KiB", count / 1024, count % 1024 * 10 / 1024),
        _ => format!("{}.{} MiB", count / 1_048_576, count % 1_048_576 * 10 / 1_048_576),
    }
}

/// Who did it; a person's name comes from outside.
pub(crate) fn who(actor: &Actor) -> String {
    visible(&actor.to_string()).into_owned()
}

/// `1 host`, `3 hosts`.
pub(crate) fn count(n: usize, one: &str) -> String {
    let mut text = format!("{n} {one}");
    if n != 1 {
        let _ = text.write_str(match one.ends_with("ch") {
            true => "es",
            false => "s",
        });
    }
    text
}

/// Names, eight of them at most, then how many more there are.
#[must_use]
pub fn names<T: ToString>(names: &[T]) -> String {
    const MOST: usize = 8;
    let mut text = names.iter().take(MOST).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        let _ = write!(text, " and {} more", names.len() - MOST);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        for (ms, text) in [
            (0, "0:00"),
            (99, "0:00"),
            (430, "0:00.4"),
            (9_999, "0:09.9"),
            (10_999, "0:10"),
            (192_000, "3:12"),
            (3_725_000, "1:02:05"),
            (90_000_000, "25:00:00"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn sizes_and_counts() {
        assert_eq!(
            [bytes(0), bytes(1), bytes(1023), bytes(3200), bytes(1_600_000)].join(", "),
            "0 bytes, 1 byte, 1023 bytes, 3.1 KiB, 1.5 MiB"
        );
        assert_eq!([count(1, "host"), count(2, "host"), count(2, "batch")].join(", "), "1 host, 2 hosts, 2 batches");
        assert_eq!(names(&["a"; 10]), "a, a, a, a, a, a, a, a and 2 more");
    }
}
