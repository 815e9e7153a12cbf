//! What the wrapper says, line by line.

use banister_core::run::LockHolder;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

use super::LedgerEntry;
use crate::output::StreamKind;

/// Uptimes of a host, as it printed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// Milliseconds the command ran.
    pub took_ms: u64,
    /// Milliseconds since it ended.
    pub ago_ms: u64,
}

/// One line of the wrapper's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The key is ours or known; how the paths of its files begin.
    Key(String),
    /// The key never started and never will.
    Revoked,
    /// Somebody claimed it and has not started it.
    Claimed,
    /// The entry holds another command's digest.
    Differs,
    /// It runs.
    Running,
    /// It still runs (said every few seconds).
    Beat,
    /// It ended, with a shell's status.
    Done(i32, Clocks),
    /// What it printed, from the beginning: at most [`Answer::PART`] bytes.
    Part(StreamKind, Vec<u8>),
    /// Its process is gone and left no status; what is known.
    Lost(String),
    /// A process of a cancelled command that still lives.
    Alive(String),
    /// It was cancelled; the living were said before.
    Cancelled,
    /// The ledger refuses; why.
    Refused(String),
    /// The account cannot be had; in the words of sudo, doas or ours.
    Account(String),
    /// It is not the ledger that was met first; what differs.
    Changed(String),
    /// A boot's id.
    Boot(String),
    /// A machine's id.
    Machine(String),
    /// Another run has the host.
    Locked(LockHolder),
    /// The host can be used; its ledger's id, if one was needed.
    Ready(Option<String>),
    /// The latest journal head: number and hash.
    Witness(u64, String),
    /// What a run has left.
    Entry(LedgerEntry),
    /// A run's entry was removed.
    Pruned(String),
    /// A run's entry was not removed: its id, and why.
    Kept(String, String),
    /// A clean, finish or list was done.
    Accepted,
    /// Everything was said.
    End,
}

impl Answer {
    /// Bytes of a stream that come along with an answer; `wrapper.sh` has the same number.
    pub const PART: usize = 65_536;

    /// Reads one line; `None` for a line that is not the wrapper's (a host may greet).
    fn parse(line: &str) -> Option<Self> {
        let line = line.strip_prefix("banister1 ")?;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let text = || rest.to_owned();
        Some(match word {
            "key" => Self::Key(text()),
            "revoked" => Self::Revoked,
            "claimed" => Self::Claimed,
            "differs" => Self::Differs,
            "running" => Self::Running,
            "beat" => Self::Beat,
            "done" => Self::done(rest)?,
            "part" => Self::Part(if rest == "err" { StreamKind::Stderr } else { StreamKind::Stdout }, Vec::new()),
            "lost" => Self::Lost(Self::lost(rest)),
            "alive" => Self::Alive(text()),
            "cancelled" => Self::Cancelled,
            "refused" => Self::Refused(text()),
            "account" => Self::Account(text()),
            "changed" => Self::Changed(text()),
            "boot" => Self::Boot(text()),
            "machine" => Self::Machine(text()),
            "locked" => {
                let mut words = rest.splitn(3, ' ').map(str::to_owned);
                Self::Locked(LockHolder { run: words.next()?, since: words.next()?, holder: words.next()? })
            }
            "ready" => Self::Ready((!rest.is_empty()).then(text)),
            "witness" => {
                let (seq, hash) = rest.split_once(' ')?;
                Self::Witness(seq.parse().ok()?, hash.to_owned())
            }
            "entry" => Self::Entry(LedgerEntry::parse(rest)?),
            "pruned" => Self::Pruned(text()),
            "kept" => {
                let (run, why) = rest.split_once(' ')?;
                Self::Kept(run.to_owned(), why.to_owned())
            }
            "cleaned" | "finished" | "listed" => Self::Accepted,
            "end" => Self::End,
            _ => return None,
        })
    }

    fn done(rest: &str) -> Option<Self> {
        let mut words = rest.split(' ');
        let status = words.next()?.parse().ok()?;
        let mut uptime = || words.next().and_then(milliseconds);
        let (since, ended, now) = (uptime()?, uptime()?, uptime()?);
        Some(Self::Done(status, Clocks { took_ms: ended.saturating_sub(since), ago_ms: now.saturating_sub(ended) }))
    }

    fn lost(rest: &str) -> String {
        if rest == "rebooted" {
            return "the host was started again while it ran".to_owned();
        }
        let words: Vec<&str> = rest.split(' ').collect();
        let uptime = |i: usize| words.get(i).copied().and_then(milliseconds);
        let mut why = "its process is gone and left no status".to_owned();
        if let (Some(since), Some(now)) = (uptime(0), uptime(1)) {
            why += &format!("; it started {} s ago", now.saturating_sub(since) / 1000);
            if let Some(seen) = uptime(2) {
                why += &format!(" and was last seen alive {} s ago", now.saturating_sub(seen) / 1000);
            }
        }
        why
    }
}

/// `/proc/uptime` has hundredths of a second.
fn milliseconds(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.')?;
    Some(whole.parse::<u64>().ok()? * 1000 + part.parse::<u64>().ok()? * 10)
}

/// Reads answers from a wrapper's standard output.
pub struct AnswerReader<R> {
    from: R,
    line: Vec<u8>,
    /// What ends a part of output.
    end: Vec<u8>,
    /// The part that is being read.
    part: Option<StreamKind>,
}

impl<R: AsyncBufRead + Unpin> AnswerReader<R> {
    /// Bytes a line may have.
    const MAX_LINE: u64 = 64 * 1024;

    /// A reader of a stream in which `nonce` ends what a command printed.
    pub fn new(from: R, nonce: &str) -> Self {
        Self { from, line: Vec::new(), end: format!("{nonce}\n").into_bytes(), part: None }
    }

    /// The next answer; `None` when the stream is over. Can be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// The stream's.
    pub async fn next(&mut self) -> std::io::Result<Option<Answer>> {
        loop {
            if let Some(stream) = self.part {
                return self.rest_of_part(stream).await;
            }
            let room = Self::MAX_LINE.saturating_sub(self.line.len() as u64);
            let read = (&mut self.from).take(room).read_until(b'\n', &mut self.line).await?;
            let whole = self.line.last() == Some(&b'\n');
            if !whole && read != 0 && room > read as u64 {
                continue;
            }
            if !whole {
                // The stream ended within a line, or the line is none of ours.
                return Ok(None);
            }
            let answer = Answer::parse(String::from_utf8_lossy(&self.line).trim_end_matches('\n'));
            self.line.clear();
            match answer {
                Some(Answer::Part(stream, _)) => self.part = Some(stream),
                Some(answer) => return Ok(Some(answer)),
                None => {}
            }
        }
    }

    async fn rest_of_part(&mut self, stream: StreamKind) -> std::io::Result<Option<Answer>> {
        while !self.line.ends_with(&self.end) {
            let room = (Answer::PART + self.end.len()).saturating_sub(self.line.len()) as u64;
            if (&mut self.from).take(room).read_until(b'\n', &mut self.line).await? == 0 {
                return Ok(None);
            }
        }
        self.part = None;
        let mut bytes = std::mem::take(&mut self.line);
        bytes.truncate(bytes.len() - self.end.len());
        Ok(Some(Answer::Part(stream, bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answers(text: &str) -> Vec<Answer> {
        let mut reader = AnswerReader::new(text.as_bytes(), "n0nce");
        let mut all = Vec::new();
        while let Some(answer) = reader.next().await.unwrap() {
            all.push(answer);
        }
        all
    }

    #[tokio::test]
    async fn reads_what_the_wrapper_says_and_nothing_else() {
        let text =
            "Welcome to web-1\nbanister1 key /var/tmp/x/y z\nbanister1 done 255 10.00 12.53 100.05\nbanister1 end\n";
        let done = Answer::Done(255, Clocks { took_ms: 2530, ago_ms: 87520 });
        assert_eq!(answers(text).await, [Answer::Key("/var/tmp/x/y z".into()), done, Answer::End]);
        assert_eq!(answers("banister1 revoked\nbanister1 en").await, [Answer::Revoked]);
        assert_eq!(answers("banister1 done x 1.00 2.00 3.00\nbanister1 ready\n").await, [Answer::Ready(None)]);
        assert_eq!(answers(&"x".repeat(100_000)).await, []);
    }

    #[tokio::test]
    async fn reads_what_a_command_printed_byte_for_byte() {
        let part = |stream, bytes: &[u8]| Answer::Part(stream, bytes.to_vec());
        let check = async |printed: &[u8], expect: &[Answer]| {
            let text =
                [b"banister1 part out\n", printed, b"n0nce\nbanister1 part err\nn0nce\nbanister1 end\n"].concat();
            let mut reader = AnswerReader::new(&text[..], "n0nce");
            for answer in expect {
                assert_eq!(reader.next().await.unwrap().as_ref(), Some(answer), "{}", String::from_utf8_lossy(printed));
            }
            assert_eq!(reader.next().await.unwrap(), None);
        };
        let whole = |bytes| [part(StreamKind::Stdout, bytes), part(StreamKind::Stderr, b""), Answer::End];
        let full = vec![b'\n'; Answer::PART];
        for bytes in [b"".as_slice(), b"\n", b"no end", b"banister1 end\n\xff\0", b"n0nce", b"n0nce \nx", &full] {
            check(bytes, &whole(bytes)).await;
        }
        check(&vec![b'x'; Answer::PART + 1], &[]).await;
        // Cut off: it counts for nothing.
        let mut reader = AnswerReader::new(&b"banister1 part out\nhalf of it"[..], "n0nce");
        assert_eq!(reader.next().await.unwrap(), None);
    }

    #[test]
    fn says_what_is_known_of_a_lost_one() {
        let check = |line, expect: &str| assert_eq!(Answer::parse(line), Some(Answer::Lost(expect.into())));
        check("banister1 lost rebooted", "the host was started again while it ran");
        check("banister1 lost 1.00 61.50 ", "its process is gone and left no status; it started 60 s ago");
        check(
            "banister1 lost 1.00 61.50 41.50",
            "its process is gone and left no status; it started 60 s ago and was last seen alive 20 s ago",
        );
    }
}
