//! What commands printed, as much of it as a screen keeps.

use std::collections::{BTreeMap, VecDeque};

use banister_core::plan::StepPath;
use banister_core::run::EffectKey;
use banister_core::runbook::HostName;
use chrono::{DateTime, Utc};

/// Lines that are kept of one stream; the rest lies beside the journal and is read when somebody scrolls there.
const LINES: usize = 2_000;
/// Bytes of a line that are kept.
const WIDTH: usize = 4 * 1024;
/// Streams that are kept: those of what ended longest ago go first.
const STREAMS: usize = 64;

/// Names one stream: which instance, where, and whether it is standard error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamKey {
    pub(crate) path: StepPath,
    pub(crate) host: HostName,
    pub(crate) stderr: bool,
}

/// The last lines of one stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {
    /// Whole lines, oldest first, exactly as they came but for their length.
    pub(crate) lines: VecDeque<Vec<u8>>,
    /// What came after the last line feed.
    pub(crate) partial: Vec<u8>,
    /// Lines that were dropped at the front.
    pub(crate) dropped: u64,
    /// Bytes that came.
    pub(crate) bytes: u64,
    /// When something came last.
    pub(crate) last: Option<DateTime<Utc>>,
    /// The attempt that printed it.
    pub(crate) attempt: u32,
    /// It does not begin with the first byte, because only the end of it was read.
    pub(crate) cut: bool,
    touched: u64,
}

/// All streams that this screen keeps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outputs {
    streams: BTreeMap<StreamKey, Stream>,
    clock: u64,
    /// Bytes that the engine left out for this screen.
    pub(crate) lost: u64,
}

impl Outputs {
    /// Takes what a command printed.
    pub(crate) fn push(&mut self, key: &EffectKey, stderr: bool, bytes: &[u8], at: DateTime<Utc>) {
        self.clock += 1;
        let name = StreamKey { path: key.path.clone(), host: key.host.clone(), stderr };
        self.make_room(&name);
        let stream = self.streams.entry(name).or_default();
        if stream.attempt != key.attempt {
            *stream = Stream { attempt: key.attempt, ..Stream::default() };
        }
        (stream.touched, stream.last) = (self.clock, Some(at));
        stream.push(bytes);
    }

    /// Puts what is stored of a stream in the place of what came of it live. `from`: bytes that stand before it.
    pub(crate) fn put(&mut self, name: StreamKey, attempt: u32, from: u64, bytes: &[u8]) {
        self.clock += 1;
        let total = from + bytes.len() as u64;
        let was = self.streams.remove(&name);
        // Who heard it from its first byte on has all that is stored, and perhaps what is not stored yet.
        if let Some(was) = was.as_ref().filter(|was| was.attempt == attempt && was.bytes >= total) {
            self.streams.insert(name, was.clone());
            return;
        }
        let mut stream = Stream { attempt, bytes: from, cut: from > 0, ..Stream::default() };
        stream.push(bytes);
        stream.touched = self.clock;
        stream.last = was.filter(|was| was.attempt == attempt).and_then(|was| was.last);
        self.make_room(&name);
        self.streams.insert(name, stream);
    }

    fn make_room(&mut self, name: &StreamKey) {
        if !self.streams.contains_key(name) && self.streams.len() >= STREAMS {
            let oldest = self.streams.iter().min_by_key(|(_, stream)| stream.touched).map(|(key, _)| key.clone());
            oldest.map(|key| self.streams.remove(&key));
        }
    }

    /// The lines of one stream.
    pub(crate) fn of(&self, key: &StreamKey) -> Option<&Stream> {
        self.streams.get(key)
    }

    /// When an instance printed last on a host, on either stream.
    pub(crate) fn last(&self, path: &StepPath, host: &HostName) -> Option<DateTime<Utc>> {
        let of = |stderr| self.streams.get(&StreamKey { path: path.clone(), host: host.clone(), stderr });
        [false, true].into_iter().filter_map(of).filter_map(|stream| stream.last).max()
    }
}

impl Stream {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        // Only what can be kept is looked at: a flood costs what a screen keeps, not what was printed.
        let mut rest = bytes;
        let feeds = rest.iter().filter(|b| **b == b'\n').count();
        if feeds > LINES {
            let skip = feeds - LINES;
            let at = rest.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(skip - 1).map_or(0, |(at, _)| at + 1);
            rest = rest.get(at..).unwrap_or_default();
            self.dropped += (self.lines.len() + skip) as u64;
            self.lines.clear();
            self.partial.clear();
        }
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let (line, after) = rest.split_at(end);
            self.keep(line);
            let line = std::mem::take(&mut self.partial);
            self.lines.push_back(line);
            if self.lines.len() > LINES {
                self.lines.pop_front();
                self.dropped += 1;
            }
            rest = after.get(1..).unwrap_or_default();
        }
        self.keep(rest);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = WIDTH.saturating_sub(self.partial.len());
        self.partial.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
    }

    /// Number of the first line that is kept, counted from the first that was seen here.
    pub(crate) fn first(&self) -> u64 {
        self.dropped
    }

    /// Number behind the last line.
    pub(crate) fn end(&self) -> u64 {
        self.dropped + self.lines.len() as u64 + u64::from(!self.partial.is_empty())
    }

    /// One line by its number.
    pub(crate) fn line(&self, number: u64) -> Option<&[u8]> {
        let at = usize::try_from(number.checked_sub(self.dropped)?).ok()?;
        if at == self.lines.len() && !self.partial.is_empty() {
            return Some(&self.partial);
        }
        self.lines.get(at).map(Vec::as_slice)
    }

    /// Lines to show: the whole ones, and the last as far as it came.
    pub(crate) fn shown(&self) -> impl DoubleEndedIterator<Item = &[u8]> + Clone {
        let partial = (!self.partial.is_empty()).then_some(self.partial.as_slice());
        self.lines.iter().map(Vec::as_slice).chain(partial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(stream: &Stream) -> Vec<String> {
        stream.shown().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    #[test]
    fn lines_are_put_together_and_a_flood_keeps_its_end() {
        let mut stream = Stream::default();
        stream.push(b"one\ntw");
        stream.push(b"o\nthree");
        assert_eq!(lines(&stream), ["one", "two", "three"]);
        let flood: String = (0..LINES + 10).map(|n| format!("{n}\n")).collect();
        stream.push(flood.as_bytes());
        assert_eq!(stream.lines.len(), LINES);
        assert_eq!(lines(&stream).last().map(String::as_str), Some("2009"));
        assert_eq!(stream.bytes, 13 + flood.len() as u64);
        stream.push(&vec![b'x'; 1 << 20]);
        assert_eq!(stream.partial.len(), WIDTH);
    }
}
