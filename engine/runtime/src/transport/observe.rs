//! Reading commands: no ledger, killed whole when our side lets go.

use std::time::Duration;

use banister_core::run::{CancelReport, Ended, ExecuteRequest, NotStartedReason, Report, UnknownReason};
use tokio::io::AsyncReadExt as _;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::executor::{Context, Finished, Stop, exit_of};
use super::talk::Broken;
use super::{Transport, account};
use crate::agent::lending;
use crate::ledger::{LedgerPlace, Verb, script};
use crate::output::StreamKind;

/// How long after a kill the wrapper may take to report, beyond its grace.
const REPORT_TIME: Duration = Duration::from_secs(10);

/// Runs one to its end, its deadline or its cancel.
pub(super) async fn observe(
    transport: &dyn Transport,
    place: &LedgerPlace,
    request: &ExecuteRequest,
    context: Context,
    mut stop: watch::Receiver<Stop>,
    over: &CancellationToken,
) -> Finished {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let verb = Verb::Observe { request, secrets: &*context.secrets };
    let script = match script(place, None, &nonce, &verb) {
        Ok(script) => script,
        Err(e) => return Report::NotStarted(e.into()).into(),
    };
    let started = Instant::now();
    let channel = match transport.open_before(script, over).await {
        Ok(channel) => channel,
        Err(e) if e.no_agent => {
            let why = Broken::NoAgent(e.why).why(&lending("retry"));
            return Report::NotStarted(NotStartedReason::NoAgent { why }).into();
        }
        Err(e) => return Report::NotStarted(NotStartedReason::Unreachable { why: e.to_string() }).into(),
    };
    let mut sink = context.sink;
    let mut stdin = Some(channel.stdin);
    let (mut stdout, mut stderr) = (channel.stdout, channel.stderr);
    let mut splitters = [Splitter::new(&nonce), Splitter::new(&nonce)];
    let (mut out_open, mut err_open) = (true, true);
    let mut buffers = [vec![0u8; 64 * 1024], vec![0u8; 64 * 1024]];
    let mut shown = Vec::new();
    let mut deadline = request.kill_after_ms.map(|ms| started + Duration::from_millis(ms));
    let [out_buffer, err_buffer] = &mut buffers;
    while (out_open && splitters[0].tail.is_none()) || (err_open && splitters[1].body().is_none()) {
        let (index, kind, read) = tokio::select! {
            read = stdout.read(out_buffer), if out_open => (0, StreamKind::Stdout, read),
            read = stderr.read(err_buffer), if err_open => (1, StreamKind::Stderr, read),
            () = until(deadline) => {
                if stdin.take().is_none() {
                    break;
                }
                deadline = Some(Instant::now() + Duration::from_millis(place.grace_ms) + REPORT_TIME);
                continue;
            }
            _ = stop.wait_for(|s| *s != Stop::No), if stdin.is_some() => {
                stdin = None;
                deadline = Some(Instant::now() + Duration::from_millis(place.grace_ms) + REPORT_TIME);
                continue;
            }
        };
        let buffer = if index == 0 { &*out_buffer } else { &*err_buffer };
        match read {
            Ok(n) if n > 0 => {
                shown.clear();
                splitters[index].push(&buffer[..n], &mut shown);
                if !shown.is_empty() {
                    sink.take(kind, &shown);
                }
            }
            _ if index == 0 => out_open = false,
            _ => err_open = false,
        }
    }
    let killed = stdin.is_none();
    drop(stdin);
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Some(body) = splitters[1].body() else {
        return Report::Unknown(UnknownReason::Lost {
            why: if killed {
                "it was killed, and the host did not confirm it"
            } else {
                "its connection ended before it did"
            }
            .to_owned(),
        })
        .into();
    };
    let mut lines = body.lines();
    let (word, rest) = lines.next().and_then(|l| l.split_once(' ')).unwrap_or(("", ""));
    match word {
        _ if killed && word == "exit" => {
            Report::Cancelled(CancelReport { alive: lines.map(str::to_owned).collect() }).into()
        }
        "exit" => match rest.parse() {
            Ok(status) => {
                let (stdout, stderr) = sink.finish();
                Report::Ended(Box::new(Ended { exit: exit_of(status), took_ms, stdout, stderr })).into()
            }
            Err(_) => Report::Unknown(UnknownReason::Lost { why: format!("its status reads `{rest}`") }).into(),
        },
        "account" => {
            let name = request.command.account.as_deref().unwrap_or("");
            Report::NotStarted(NotStartedReason::Account { why: account::refusal(name, rest) }).into()
        }
        _ => Report::NotStarted(NotStartedReason::Refused { why: rest.to_owned() }).into(),
    }
}

pub(super) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Divides a stream into what the command printed and what the wrapper added: from the nonce on.
struct Splitter {
    nonce: Vec<u8>,
    held: Vec<u8>,
    /// What follows the nonce, once it came.
    tail: Option<Vec<u8>>,
}

impl Splitter {
    fn new(nonce: &str) -> Self {
        Self { nonce: nonce.as_bytes().to_vec(), held: Vec::new(), tail: None }
    }

    fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        /// Bytes of a wrapper's last words; what a child left behind prints after them is nobody's.
        const MAX_TAIL: usize = 64 * 1024;
        if let Some(tail) = &mut self.tail {
            let room = MAX_TAIL.saturating_sub(tail.len()).min(chunk.len());
            tail.extend_from_slice(&chunk[..room]);
            return;
        }
        self.held.extend_from_slice(chunk);
        if let Some(at) = find(&self.held, &self.nonce) {
            self.tail = Some(self.held.split_off(at + self.nonce.len()));
            self.held.truncate(at);
            out.append(&mut self.held);
        } else {
            let clear = self.held.len().saturating_sub(self.nonce.len() - 1);
            out.extend(self.held.drain(..clear));
        }
    }

    /// What stands between the first nonce and the second.
    fn body(&self) -> Option<String> {
        let tail = self.tail.as_ref()?;
        let end = find(tail, &self.nonce)?;
        Some(String::from_utf8_lossy(&tail[..end]).into_owned())
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = what.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| b == first) {
        if text[from + at..].starts_with(what) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_wherever_chunks_end() {
        let text = b"NON output NONCNONCEexit 7NONCEnoise";
        for size in 1..text.len() {
            let mut splitter = Splitter::new("NONCE");
            let mut out = Vec::new();
            for chunk in text.chunks(size) {
                splitter.push(chunk, &mut out);
            }
            assert_eq!((out.as_slice(), splitter.body().as_deref()), (&b"NON output NONC"[..], Some("exit 7")));
        }
        let mut splitter = Splitter::new("NONCE");
        let mut out = Vec::new();
        splitter.push(b"no end in sight", &mut out);
        assert_eq!((out.as_slice(), splitter.body()), (&b"no end in s"[..], None));
    }
}
